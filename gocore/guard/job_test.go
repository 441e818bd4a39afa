package guard_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

func TestJob(t *testing.T) {
	tests := []struct {
		name string
		f    func(context.Context) error
		want string
	}{
		{"result", func(context.Context) error { return nil }, "<nil>"},
		{"error", func(context.Context) error { return errPlain }, "plain"},
		{"panic", func(context.Context) error { panic("boom") }, "panic in job: boom"},
		{"Goexit", func(context.Context) error { runtime.Goexit(); return nil }, "guard: goroutine ended by runtime.Goexit: job"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := guard.Start("job", tt.f)
			if !j.Wait(time.Hour) {
				t.Error("Wait gave up")
			}
			if got := fmt.Sprint(j.Err()); got != tt.want {
				t.Errorf("Err gave %q, want %q", got, tt.want)
			}
		})
	}
}

func TestJobCanBeGivenUp(t *testing.T) {
	j := guard.Start("job", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	for range 3 {
		if j.Wait(time.Millisecond) {
			t.Fatal("Wait reports the end of a job that goes on")
		}
	}
	j.Cancel()
	if !j.Wait(time.Hour) || !errors.Is(j.Err(), context.Canceled) {
		t.Errorf("after Cancel, Err gave %v", j.Err())
	}
}

func BenchmarkJob(b *testing.B) {
	for b.Loop() {
		j := guard.Start("job", func(context.Context) error { return nil })
		if !j.Wait(time.Second) || j.Err() != nil {
			b.Fatal("no result")
		}
	}
}
