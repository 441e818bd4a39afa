package guard

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/errgroup"
)

// ErrGoexit reports a function that ended its goroutine by runtime.Goexit instead of returning.
var ErrGoexit = errors.New("guard: goroutine ended by runtime.Goexit")

// PanicError is a panic that was recovered.
type PanicError struct {
	// Name says what ran, as given to Call or Group.Go.
	Name string
	// Value is what was passed to panic.
	Value any
	// Stack is the stack of the goroutine that panicked.
	Stack string
}

// Error gives the name and the panic's value, without the stack.
//
// PanicError does not unwrap to an error that was the panic's value: a panic is
// always a defect, whatever error it carried.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic in %s: %v", e.Name, e.Value)
}

// Call runs f and returns its error, or a *PanicError if f panicked.
func Call(name string, f func() error) (err error) {
	// A wild pointer in a structure that came through C is then a panic, not the end of the process.
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Name: name, Value: v, Stack: string(debug.Stack())}
		}
	}()
	return f()
}

// Group runs functions in goroutines of their own. The zero Group is ready for use;
// it must not be copied, nor used again after Wait.
type Group struct {
	group errgroup.Group
	once  sync.Once
	first error
}

// Limit makes Go wait while n functions are running. It must be called before Go.
func (g *Group) Limit(n int) { g.group.SetLimit(n) }

// Go starts f in a goroutine, inside Call.
func (g *Group) Go(name string, f func() error) {
	// errgroup neither recovers panics nor sees Goexit: errors are kept here.
	g.group.Go(func() error {
		// Goexit runs deferred functions but never returns from Call: the error set here stays.
		err := fmt.Errorf("%w: %s", ErrGoexit, name)
		defer func() {
			if err != nil {
				g.once.Do(func() { g.first = err })
			}
		}()
		err = Call(name, f)
		return nil
	})
}

// Wait returns when all functions have, with the error or panic that came first, if any.
func (g *Group) Wait() error {
	_ = g.group.Wait() // always nil
	return g.first
}
