package main

// #include "abi.h"
import "C"

import (
	"context"
	"runtime/cgo"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// slice is how long a caller waits for a job before it looks for signals, and grace how long for a
// job that was given up to end. Together they are less than what a person takes for at once.
const (
	slice = 50 * time.Millisecond
	grace = 25 * time.Millisecond
)

// work is the long part of a call. A loop in it looks at ctx, which ends when the call was given up.
type work func(ctx context.Context) ([]byte, error)

// answer is what the body of a call that may be long gives at once: its result, or what is left to do.
type answer struct {
	result []byte
	rest   work
}

func written(result []byte, err error) (answer, error) { return answer{result: result}, err }

// bySize does the work at once if it is small, of a size up to limit. A job costs as much as a short
// call several times over, since its goroutine has to run on another thread.
func bySize(size, limit int, f work) (answer, error) {
	if size > limit {
		return answer{rest: f}, nil
	}
	return written(f(context.Background()))
}

// job is the long part of a call while it runs: in a goroutine, while the thread that called waits
// and lets Python handle signals.
type job struct {
	*guard.Job
	result []byte
}

// guardedJob runs f, the body of an exported function that may be long, and puts its result or its
// error into out; if something is left to do that does not end within a slice, a handle for piotWait
// and piotGiveUp.
func guardedJob(name string, out *C.piot_result, f func() (answer, error)) {
	guarded(name, out, func() ([]byte, error) {
		a, err := f()
		if err != nil || a.rest == nil {
			return a.result, err
		}
		j := &job{}
		j.Job = guard.Start(name, func(ctx context.Context) (err error) {
			j.result, err = a.rest(ctx)
			return err
		})
		if j.Wait(slice) {
			err := j.Err()
			return j.result, err
		}
		out.job = C.uintptr_t(cgo.NewHandle(j))
		return nil, nil
	})
}

// piotWait waits a slice longer.
//
//export piotWait
func piotWait(handle C.uintptr_t, out *C.piot_result) {
	guarded("wait", out, func() ([]byte, error) { return wait(cgo.Handle(handle), out) })
}

func wait(h cgo.Handle, out *C.piot_result) ([]byte, error) {
	j := h.Value().(*job)
	if !j.Wait(slice) {
		return nil, nil
	}
	h.Delete()
	out.job = 0
	err := j.Err()
	return j.result, err
}

// piotGiveUp cancels a job, whose result nobody wants any more. If it does not end within the grace,
// out has a job, which keeps what it uses until its end.
//
//export piotGiveUp
func piotGiveUp(handle C.uintptr_t, kept *C.piot_kept, out *C.piot_result) {
	guarded("give up", out, func() ([]byte, error) { return nil, giveUp(cgo.Handle(handle), kept, out) })
}

func giveUp(h cgo.Handle, kept *C.piot_kept, out *C.piot_result) error {
	j := h.Value().(*job)
	h.Delete()
	j.Cancel()
	if j.Wait(grace) {
		return nil
	}
	out.job = C.uintptr_t(h)
	guard.Start("give up", func(context.Context) error {
		err := j.Err()
		if kept != nil {
			C.piot_kept_over(kept)
		}
		return err
	})
	return nil
}
