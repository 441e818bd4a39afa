package main

// #include <stdlib.h>
// #include "abi.h"
import "C"

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// places are where the test hook can panic.
var places = []string{"call", "nil", "wild", "goroutine", "callback", "slow"}

// panicAt panics in the named place. It is how the tests show, in an installed package,
// that a panic anywhere in Go becomes an exception.
func panicAt(where string) error {
	switch where {
	case "call":
		panic("test hook: call")
	case "nil":
		var p *int
		*p = 1
	case "wild":
		*(*int)(wildPointer()) = 1
	case "goroutine":
		var g guard.Group
		g.Go("_test_panic goroutine", func() error { panic("test hook: goroutine") })
		return g.Wait()
	case "callback":
		return panicInCallback()
	case "slow":
		time.Sleep(slow)
		panic("test hook: slow")
	}
	return fmt.Errorf("_test_panic: %w %q, the places are %s", errTestHook, where, strings.Join(places, ", "))
}

// slow is long enough for a test to see that other Python threads run meanwhile.
const slow = 300 * time.Millisecond

// wildPointer points where nothing is mapped, beyond what Go takes for a nil pointer.
func wildPointer() unsafe.Pointer {
	address := uintptr(1 << 20)
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}

// panicInCallback has C drive a stream whose get_next is piotHookNext, and reports what
// get_last_error says, as the consumer of a stream would.
func panicInCallback() error {
	text := C.piot_hook_drive()
	if text == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(text))
	return fmt.Errorf("stream of the test hook: %s", C.GoString(text))
}

//export piotHookNext
func piotHookNext(_ *C.struct_ArrowArray, lastError **C.char) C.int {
	return guardedNext("_test_panic callback", lastError, func() error { panic("test hook: callback") })
}

// ended counts how the jobs of the test hook ended.
var ended struct{ cancelled, deaf atomic.Int64 }

// testJob works for long in the way that how names, to show that a call can be stopped.
func testJob(how []byte) answer {
	return answer{rest: func(ctx context.Context) ([]byte, error) { return workAs(ctx, how) }}
}

func workAs(ctx context.Context, how []byte) ([]byte, error) {
	switch name := string(how); name {
	case "loop":
		for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(time.Millisecond) {
			if ctx.Err() != nil {
				ended.cancelled.Add(1)
				return nil, ctx.Err()
			}
		}
		return how, nil
	case "deaf":
		time.Sleep(4 * slow)
		if string(how) == name {
			ended.deaf.Add(1)
		}
		return how, nil
	case "short":
		time.Sleep(slow)
		return how, nil
	case "panic":
		time.Sleep(slow)
		panic("test hook: job")
	case "ended":
		return fmt.Appendf(nil, "%d cancelled, %d deaf", ended.cancelled.Load(), ended.deaf.Load()), nil
	}
	return nil, fmt.Errorf("_test_job: %w %q", errTestHook, how)
}
