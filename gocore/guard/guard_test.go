package guard_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

var errPlain = errors.New("plain")

func setIn(m map[int]int) error {
	m[1] = 1
	return nil
}

// wild points into memory that was given back to the system.
func wild() *byte {
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	p := &page[0]
	if err := syscall.Munmap(page); err != nil {
		panic(err)
	}
	return p
}

func TestCall(t *testing.T) {
	tests := []struct {
		name string
		f    func() error
		want string
	}{
		{"result", func() error { return nil }, "<nil>"},
		{"error", func() error { return errPlain }, "plain"},
		{"panic with text", func() error { panic("boom") }, "panic in job: boom"},
		{"panic with error", func() error { panic(errPlain) }, "panic in job: plain"},
		{"panic with nil", func() error { panic(nil) }, "panic in job: panic called with nil argument"},
		{"index", func() error { var s []int; return fmt.Errorf("%d", s[len(s)]) }, "panic in job: runtime error: index out of range [0] with length 0"},
		{"nil map", func() error { return setIn(nil) }, "panic in job: assignment to entry in nil map"},
		{"nil pointer", func() error { var p *int; *p = 1; return nil }, "panic in job: runtime error: invalid memory address or nil pointer dereference"},
		{"wild pointer", func() error { *wild() = 1; return nil }, "panic in job: runtime error: invalid memory address or nil pointer dereference"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fmt.Sprint(guard.Call("job", tt.f)); !strings.HasPrefix(got, tt.want) {
				t.Errorf("Call gave %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPanicErrorTellsWhere(t *testing.T) {
	err := guard.Call("job", func() error { panic(errPlain) })
	var p *guard.PanicError
	if !errors.As(err, &p) {
		t.Fatalf("Call gave %T, want *PanicError", err)
	}
	if p.Value != errPlain || !strings.Contains(p.Stack, "TestPanicErrorTellsWhere") {
		t.Errorf("Value %v, Stack %s", p.Value, p.Stack)
	}
	if errors.Is(err, errPlain) {
		t.Error("a panic passes for the error it carried")
	}
}

func TestGroupRunsAll(t *testing.T) {
	var g guard.Group
	var n atomic.Int64
	for range 100 {
		g.Go("count", func() error { n.Add(1); return nil })
	}
	if err := g.Wait(); err != nil || n.Load() != 100 {
		t.Errorf("Wait gave %v after %d runs", err, n.Load())
	}
}

func TestGroupReportsTheFirstFailure(t *testing.T) {
	tests := []struct {
		name string
		f    func() error
		want string
	}{
		{"error", func() error { return errPlain }, "plain"},
		{"panic", func() error { panic("boom") }, "panic in job: boom"},
		{"Goexit", func() error { runtime.Goexit(); return nil }, "guard: goroutine ended by runtime.Goexit: job"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var g guard.Group
			failed := make(chan struct{})
			g.Go("job", func() error {
				defer close(failed)
				return tt.f()
			})
			var after bool
			g.Go("other", func() error {
				<-failed
				after = true
				return nil
			})
			if got := fmt.Sprint(g.Wait()); got != tt.want || !after {
				t.Errorf("Wait gave %q, want %q; the other ran: %v", got, tt.want, after)
			}
		})
	}
}

func BenchmarkCall(b *testing.B) {
	for b.Loop() {
		_ = guard.Call("job", func() error { return nil })
	}
}
