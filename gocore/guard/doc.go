// Package guard runs functions and goroutines so that a panic in them becomes an error.
//
// The module lives inside somebody else's Python process: a panic that nobody
// recovers ends that process. So every function that C calls runs inside [Call],
// and goroutines start only through a [Group], which runs them inside Call too. A [Job]
// is one goroutine that can be waited for in slices, and cancelled.
//
// The invariant: control always comes back from Call and Wait, and what went wrong
// comes back as an error. A test beside this package reads the sources of the whole
// module and fails on a go statement, or on an exported function, that is not guarded.
//
//	err := guard.Call("plan", func() error { return plan(request) })
//	var p *guard.PanicError
//	if errors.As(err, &p) {
//		log.Print(p.Value, p.Stack)
//	}
//
// A bad memory access is a panic as well, also at an address that is not nil, which
// plain Go treats as fatal. What Go cannot recover from stays fatal: running out of
// memory or of stack, a deadlock, concurrent writes to a map.
package guard
