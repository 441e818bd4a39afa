package pgread

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// Idle sessions are kept for the next query of the process: one for each connection string, and no
// more than a few in all, not for long. A session that is in use is not counted: two queries that
// feed one join must not wait for each other.
const (
	mostIdle = 4
	idleFor  = time.Minute
)

// pool holds the idle sessions of the process.
type pool struct {
	mu   sync.Mutex
	idle []*session
	wake *time.Timer
}

var idle pool

// take gives a session that was used before, or nil.
func (p *pool) take(k key) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range p.idle {
		if s.key == k {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			s.origin = reused
			return s
		}
	}
	return nil
}

// give keeps a session, and closes what is too much.
func (p *pool) give(s *session) {
	p.mu.Lock()
	var over []*session
	kept := p.idle[:0]
	for _, other := range p.idle {
		if other.key == s.key {
			over = append(over, other)
		} else {
			kept = append(kept, other)
		}
	}
	s.idle = time.Now()
	p.idle = append(kept, s)
	for len(p.idle) > mostIdle {
		over = append(over, p.idle[0])
		p.idle = p.idle[1:]
	}
	if p.wake == nil {
		p.wake = time.AfterFunc(idleFor, func() { _ = guard.Call("close idle sessions", p.sweep) })
	}
	p.mu.Unlock()
	closeAll(over)
}

// sweep closes what nobody has used for long.
func (p *pool) sweep() error {
	p.mu.Lock()
	var over, kept []*session
	for _, s := range p.idle {
		if time.Since(s.idle) >= idleFor {
			over = append(over, s)
		} else {
			kept = append(kept, s)
		}
	}
	p.idle, p.wake = kept, nil
	if len(kept) > 0 {
		p.wake = time.AfterFunc(idleFor, func() { _ = guard.Call("close idle sessions", p.sweep) })
	}
	p.mu.Unlock()
	closeAll(over)
	return nil
}

func closeAll(sessions []*session) {
	for _, s := range sessions {
		s.close()
	}
}

// Disconnect closes the idle sessions of the process.
func Disconnect() {
	idle.mu.Lock()
	over := idle.idle
	idle.idle = nil
	idle.mu.Unlock()
	closeAll(over)
}

// begun gives a session in a transaction of its own.
func begun(ctx context.Context, t *Target, snapshot string, timeout time.Duration) (*session, error) {
	return started(ctx, t, func(s *session) error { return s.begin(ctx, snapshot, timeout) })
}

// started gives a session with which begin has done well. One that was kept may have lost its server
// meanwhile; then the next one is taken, at last a new one.
func started(ctx context.Context, t *Target, begin func(*session) error) (*session, error) {
	for {
		s := idle.take(t.key)
		if s == nil {
			var err error
			if s, err = connect(ctx, t); err != nil {
				return nil, err
			}
		}
		err := begin(s)
		if err == nil {
			return s, nil
		}
		s.close()
		if s.origin == fresh || !errors.Is(err, ErrConnection) && !errors.Is(err, ErrTransient) {
			return nil, err
		}
	}
}

// release ends the transaction of a session and keeps it, or closes it.
func release(s *session, u use) {
	if u == once {
		s.close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if s.end(ctx) {
		idle.give(s)
		return
	}
	s.close()
}
