// Package pgread reads queries from PostgreSQL into Arrow record batches, in bounded memory.
//
// A query runs in a transaction of its own, repeatable read and read only, over the extended
// protocol, with parameters bound and results in the binary form. What it will give is asked of
// the server before, by Parse and Describe, without running it:
//
//	r, err := pgread.ParseRequest([]byte(`{"dsn": "postgresql://host/db", "sql": "SELECT id, price FROM trades"}`))
//	d, err := pgread.Describe(ctx, r) // id int64, price decimal[18, 4]
//
//	s := pgread.Open(r)
//	defer s.Close(ctx)
//	for {
//		batch, err := s.Next(ctx)
//		if errors.Is(err, io.EOF) {
//			break
//		}
//		...
//		batch.Release()
//	}
//
// # Invariants
//
// A value arrives whole or not at all: what its column cannot hold is an error that names column and
// row, or, for infinities and what lies outside of Polars' calendar, a null if the request says so.
// Bytes that are not what their type says are an error, never a panic. A type without a sound
// counterpart is refused before anything is read, with what to write instead.
//
// A batch has at most so many rows and bytes, one batch waits, and one is being made: memory does not
// grow with the result. Buffers go round (recycler).
//
// Connecting and beginning a query is tried again where that may help, a query whose first row has
// come is not. A cancelled stream ends its query on the server; sessions have
// client_connection_check_interval set, so that a query of a process that was killed ends as well.
//
// No error shows a password: not of a connection string that cannot be read, not of a server that
// refuses it.
//
// # What it does not do
//
// It writes no SQL but its own, and does not look into the user's: that is one statement, by the
// protocol. It has no pool that others would wait for: how many connections there may be is decided
// where the work is handed out.
package pgread
