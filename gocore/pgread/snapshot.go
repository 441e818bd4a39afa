package pgread

import (
	"context"
	"sync"
)

// Snapshot is a state of the database that other sessions, in any process, can read as well, for as
// long as it is held.
type Snapshot struct {
	// Name is what a Request has to give to read this state.
	Name string

	mu      sync.Mutex
	session *session
}

// holding keeps the transaction open that nothing else happens in.
const holding = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL statement_timeout = 0`

// Export takes a snapshot with a session of its own, which counts as a connection until Close.
func Export(ctx context.Context, r *Request) (*Snapshot, error) {
	var name string
	export := func(s *session) error {
		if err := s.run(ctx, holding); err != nil {
			return err
		}
		rows, err := s.query(ctx, "SELECT pg_catalog.pg_export_snapshot()")
		if err == nil {
			name = rows[0][0]
		}
		return err
	}
	var out *Snapshot
	err := r.retrying(ctx, func() error {
		s, err := started(ctx, r.target, export)
		if err == nil {
			out = &Snapshot{Name: name, session: s}
		}
		return err
	})
	return out, err
}

// Check fails if the snapshot has ended, as it does when the server restarts.
func (s *Snapshot) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return failf(ErrSnapshot, "the snapshot was closed")
	}
	if _, err := s.session.query(ctx, "SELECT 1"); err != nil {
		return &failure{kind: ErrSnapshot, text: "the snapshot has ended: " + err.Error(), cause: err}
	}
	return nil
}

// Close ends the snapshot. Transactions that have begun with it go on.
func (s *Snapshot) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return
	}
	// A server ends a session that goes away a little later; a transaction it ends at once.
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = s.session.run(ctx, "ROLLBACK")
	s.session.close()
	s.session = nil
}
