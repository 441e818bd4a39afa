package guard

import (
	"context"
	"time"
)

// Job is a function that runs in a goroutine of its own, so that whoever waits for it
// can look at something else in between, and give up.
type Job struct {
	cancel context.CancelFunc
	done   chan struct{}
	group  Group
}

// Start runs f in a goroutine, inside Call. The context of f ends with Cancel: a loop that can be
// long looks at it, and returns its error.
func Start(name string, f func(ctx context.Context) error) *Job {
	ctx, cancel := context.WithCancel(context.Background())
	j := &Job{cancel: cancel, done: make(chan struct{})}
	j.group.Go(name, func() error {
		// Also on a panic and on Goexit; the group's own account of them comes after, and Err waits for it.
		defer close(j.done)
		return f(ctx)
	})
	return j
}

// Wait returns when f has ended, true, or after a duration, false.
func (j *Job) Wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-j.done:
		return true
	case <-timer.C:
		return false
	}
}

// Cancel tells f to end. It does not wait.
func (j *Job) Cancel() { j.cancel() }

// Err waits for the end of f and returns its error, or its panic as an error.
func (j *Job) Err() error {
	defer j.cancel()
	return j.group.Wait()
}
