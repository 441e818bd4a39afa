// Package main is the extension module polars_io_tools._gocore: the only place where C,
// cgo and Python meet Go. It is built with -buildmode=c-shared and never run as a program.
//
// C parses arguments and raises exceptions; it decides nothing. Go decides, in the
// packages under gocore, which know nothing of Python. The files here only connect:
//
//	module.c  functions of the module      exports.go, export_*.go  their Go side
//	call.c    enter Go, come back          main.go                  guard, results, messages
//	inputs.c  bytes lent to Go             export_job.go            calls that may be long
//	concat.c  capsules of Arrow streams    status.go                Go error -> exception class
//	chain.c   several streams as one       fault.c                  keeps Go's fault handling
//	abi.h     what C and Go pass           pyabi.h                  the stable ABI in use
//	pack.c    a stream into buffers        source.c                 arrays that buffers keep
//	unpack.c  buffers into a stream        assembled.c              the stream over them
//	held.c    buffers given back later     pack.h, held.h           what these pass
//	pg.c      streams, snapshots, batches  export_pg.go             the PostgreSQL reader
//	tables.c  keys and shards of tables    export_tables.go         their Go side
//
// # Ownership
//
// Bytes from Python are lent to Go for the time of one call, or of the job that it
// started: Go keeps no pointer to them. What Go gives back it mallocs, and C frees it with piot_result_free, always,
// after copying it once into a Python object. Arrow streams are moved: the source's
// release becomes NULL under the GIL, before anything is checked, and from then on the
// chain owns them and releases each exactly once, also on error. Chains lie in C memory
// and their callbacks are C, so no Go pointer ever lives in a C structure.
//
// Packed arrays belong to a capsule that every buffer over their memory holds: the last
// buffer releases them. Unpacking is the other way round: each structure of a batch is a
// reference to the batch's block, each block one to the Python buffers of its part.
//
// A query that is read and a snapshot are Go's own, under a cgo.Handle that a capsule holds. Dropping
// the capsule cancels the one and ends the other in the background; in a forked child it does nothing.
// A batch is copied into C memory before Python sees it, so that it is released without Go.
//
// # The GIL
//
// It is released around every call into Go and every call of a stream's function. No
// Python object crosses into Go. The callbacks of a result need no GIL: any thread may
// read or release it. Giving a Python buffer back does need it, so a release only puts the
// buffer onto a list and asks the interpreter to empty that (held.c).
//
// # Signals
//
// Python's handlers run in the main thread only, and only between two lines of Python, so
// Ctrl-C would wait for the end of a call. A call that may take more than a few
// milliseconds therefore does its long part as a job: see guardedJob. The job runs in a
// goroutine; the thread that called comes back every 50 ms to let Python handle signals. A
// handler that raises ends the call: the context of the job is cancelled, and loops in Go
// look at it. A job that does not end within 25 ms more is left to itself, with what it uses:
// inputs stay lent until it ends, and the first call after that gives them back; a source and
// a frame are dropped when it ends (piot_kept). Waiting for a server is a job, whose context cancels the
// wait. What is short by its size runs in the calling
// thread, as handing over to another costs several short calls. A stream is read in the
// calling thread too: how long that takes is up to its producer.
//
// # Panics
//
// Every exported function is one call of guarded, of guardedJob, or, for callbacks, of
// guardedNext, which run it inside guard.Call; goroutines start only in a guard.Group. A
// test in gocore/guard reads these sources and checks both. A panic becomes
// InternalError, or in a callback the stream's last error, with the stack in its text.
// A bad memory access in Go is a panic too, also when faulthandler, another Go library or a
// crash reporter takes over SIGSEGV after the import, one after another: see fault.c. Running out of memory or stack cannot be
// recovered.
//
// # Fork
//
// The Go runtime does not survive fork() without exec: its other threads are gone, and
// the next garbage collection waits for them forever, although simple calls may still
// work. So a flag set by pthread_atfork makes every function of the module raise
// ForkedProcessError in the child, in C, before Go is touched. Reading and releasing
// streams made by concat before the fork works, for they are C.
//
// # Python
//
// One binary serves every CPython from 3.11 on, through the limited API as declared in
// pyabi.h. PyInit__gocore is the only symbol it shows. It refuses free-threaded builds,
// whose objects have another layout, and sub-interpreters, because a process has only
// one Go runtime.
//
// # Adding a function
//
// Put its Go side, func([]byte) ([]byte, error), into an export file and an exported
// wrapper into exports.go, or, if some input can make it long, func([]byte) (answer, error); add the method to module.c and its stub to _gocore.pyi; give
// each error that callers can act on a line in status.go.
package main
