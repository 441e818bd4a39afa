package pgread

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// ahead is how many batches wait for the caller beside the one that is being made.
const ahead = 1

// Stream reads a query in the background, a batch ahead. Its methods may be called by any goroutine.
type Stream struct {
	job     *guard.Job
	batches chan arrow.RecordBatch
	// mu guards what is left for the next call.
	mu     sync.Mutex
	ready  arrow.RecordBatch
	closed bool
}

// Open begins to read a query. It does not wait: errors of the connection and of the query come from Next.
func Open(r *Request) *Stream {
	s := &Stream{batches: make(chan arrow.RecordBatch, ahead)}
	s.job = guard.Start("read from PostgreSQL", func(ctx context.Context) error {
		defer close(s.batches)
		read := &reading{request: r, batches: s.batches}
		return r.retrying(ctx, func() error { return read.run(ctx) })
	})
	return s
}

// Wait waits until Next has an answer, for at most a duration; false if it has none yet.
func (s *Stream) Wait(ctx context.Context, most time.Duration) bool {
	if most <= 0 {
		// Another caller may hold it until the next batch.
		if !s.mu.TryLock() {
			return false
		}
	} else {
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	if s.ready != nil || s.closed {
		return true
	}
	// What is there already counts, however short the time.
	select {
	case b, ok := <-s.batches:
		s.ready, s.closed = b, !ok
		return true
	default:
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case b, ok := <-s.batches:
		s.ready, s.closed = b, !ok
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// Next gives the next batch, or io.EOF at the end. There is at least one batch: that of a query
// without rows is empty. The caller releases it.
func (s *Stream) Next(ctx context.Context) (arrow.RecordBatch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.ready; b != nil {
		s.ready = nil
		return b, nil
	}
	if !s.closed {
		select {
		case b, ok := <-s.batches:
			if ok {
				return b, nil
			}
			s.closed = true
		case <-ctx.Done():
			return nil, classify(ctx, ctx.Err())
		}
	}
	if err := s.job.Err(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// Cancel tells the stream to end, and its query on the server with it. It does not wait.
func (s *Stream) Cancel() { s.job.Cancel() }

// Close cancels the stream and waits until the server knows, or for a while.
func (s *Stream) Close(ctx context.Context) {
	s.job.Cancel()
	for ctx.Err() == nil && !s.job.Wait(10*time.Millisecond) {
	}
}

// reading is one attempt after the other at reading a query.
type reading struct {
	request *Request
	batches chan<- arrow.RecordBatch
}

// run reads the query once. An error after the first batch is final: rows would come twice.
func (r *reading) run(ctx context.Context) error {
	s, err := begun(ctx, r.request.target, r.request.Snapshot, r.request.timeout())
	if err != nil {
		return err
	}
	defer release(s, use(r.request.Once))
	st, err := prepare(ctx, s, r.request.SQL)
	if err != nil {
		return err
	}
	plans, err := st.plan(r.request.overrides)
	if err != nil {
		return err
	}
	if err := r.request.checkExpected(plans); err != nil {
		return err
	}
	values, err := bind(r.request.Params, st.params)
	if err != nil {
		return err
	}
	formats := make([]int16, len(plans))
	for i, p := range plans {
		formats[i] = p.format
	}
	// What ends before its last row is cancelled, so that closing does not read the rest.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// The catalogue was asked through the unnamed statement, so the query is parsed again.
	rows := s.conn.ExecParams(ctx, r.request.SQL, values, st.oids, nil, formats)
	err = r.rows(ctx, rows, newBatcher(plans, r.request.Rows, r.request.Infinite))
	stop()
	_, _ = rows.Close()
	return err
}

// rows reads all rows.
func (r *reading) rows(ctx context.Context, rows *pgconn.ResultReader, b *batcher) error {
	for rows.NextRow() {
		if err := b.row(rows.Values()); err != nil {
			return err
		}
		if b.full() {
			if err := r.send(ctx, b.take()); err != nil {
				return err
			}
		}
	}
	if _, err := rows.Close(); err != nil {
		return failed(ctx, b.seen, err)
	}
	if b.rows > 0 || b.seen == 0 {
		return r.send(ctx, b.take())
	}
	return nil
}

// failed is what becomes of an error of the server or of the connection: after the first row, it is final.
func failed(ctx context.Context, seen int64, err error) error {
	err = classify(ctx, err)
	var f *failure
	if errors.As(err, &f) && f.retry == again && seen > 0 {
		return &failure{kind: f.kind, text: f.text, cause: err}
	}
	return err
}

func (r *reading) send(ctx context.Context, b arrow.RecordBatch) error {
	select {
	case r.batches <- b:
		return nil
	case <-ctx.Done():
		b.Release()
		return classify(ctx, ctx.Err())
	}
}
