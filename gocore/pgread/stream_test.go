package pgread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// requestTo makes a request to a fake server.
func requestTo(t *testing.T, s *fakeServer, change func(*Request)) *Request {
	t.Helper()
	r := &Request{DSN: s.dsn(), SQL: "SELECT n FROM t", Rows: 2, Retries: 2}
	if change != nil {
		change(r)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseRequest(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// readAll reads a stream to its end, and gives the sizes of its batches.
func readAll(s *Stream) (sizes []int64, err error) {
	for {
		b, err := s.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return sizes, nil
		}
		if err != nil {
			return sizes, err
		}
		sizes = append(sizes, b.NumRows())
		b.Release()
	}
}

func TestStreams(t *testing.T) {
	tests := []struct {
		name     string
		visits   []visit
		want     string
		connects int
		kind     error
	}{
		{"rows", []visit{{rows: 5}}, "[2 2 1] <nil>", 1, nil},
		{"whole batches", []visit{{rows: 4}}, "[2 2] <nil>", 1, nil},
		{"no rows", []visit{{}}, "[0] <nil>", 1, nil},
		{"too many connections at first", []visit{{refuse: "53300"}, {refuse: "57P03"}, {rows: 1}}, "[1] <nil>", 3, nil},
		{"too many for too long", []visit{{refuse: "53300"}}, "[] no connection", 3, ErrTransient},
		{"a wrong password", []visit{{refuse: "28P01"}}, "[] no connection", 1, ErrConnection},
		{"no such database", []visit{{refuse: "3D000"}}, "[] no connection", 1, ErrConnection},
		{"a standby that undoes", []visit{{fail: "40001", once: true}}, "[1] <nil>", 1, nil},
		{"the same after the first row", []visit{{fail: "40001", rows: 1}, {rows: 1}}, "[] ERROR: fake (SQLSTATE 40001)", 1, ErrTransient},
		{"the same after a batch", []visit{{fail: "40001", rows: 3}, {rows: 1}}, "[2] ERROR: fake (SQLSTATE 40001)", 1, ErrTransient},
		{"a connection that ends", []visit{{gone: true}, {rows: 1}}, "[1] <nil>", 2, nil},
		{"a query that fails", []visit{{fail: "22012"}}, "[] ERROR: fake (SQLSTATE 22012)", 1, ErrQuery},
		{"a query that writes", []visit{{fail: "25006"}}, "[] ERROR: fake (SQLSTATE 25006); queries run", 1, ErrReadOnly},
		{"a query that somebody cancels", []visit{{fail: "57014"}}, "[] ERROR: fake (SQLSTATE 57014)", 1, ErrCancelled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, tt.visits...)
			sizes, err := readAll(Open(requestTo(t, server, nil)))
			got := fmt.Sprint(sizes, " ", err)
			connects, _ := server.count()
			if !strings.HasPrefix(got, tt.want) || connects != tt.connects {
				t.Errorf("got %s with %d connections, want %s with %d", got, connects, tt.want, tt.connects)
			}
			if tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Errorf("%v is no %v", err, tt.kind)
			}
			if strings.Contains(got, "canary") {
				t.Errorf("the password is in %s", got)
			}
		})
	}
}

func TestSessionsAreUsedAgain(t *testing.T) {
	server := serve(t, visit{rows: 1})
	for range 3 {
		if _, err := readAll(Open(requestTo(t, server, nil))); err != nil {
			t.Fatal(err)
		}
		waitForIdle(t, 1)
	}
	if connects, _ := server.count(); connects != 1 {
		t.Errorf("%d connections for three queries", connects)
	}
	Disconnect()
	if _, err := readAll(Open(requestTo(t, server, nil))); err != nil {
		t.Fatal(err)
	}
	if connects, _ := server.count(); connects != 2 {
		t.Errorf("%d connections after the idle one was closed", connects)
	}
}

func waitForIdle(t *testing.T, n int) {
	t.Helper()
	for give := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		idle.mu.Lock()
		got := len(idle.idle)
		idle.mu.Unlock()
		if got == n {
			return
		}
		if time.Now().After(give) {
			t.Fatalf("%d idle sessions, want %d", got, n)
		}
	}
}

// A server that was restarted has ended the sessions that are kept: that is no failure of the query.
func TestASessionThatWasLostWhileIdleIsReplaced(t *testing.T) {
	server := serve(t, visit{rows: 1})
	r := requestTo(t, server, func(r *Request) { r.Retries = 0 })
	if _, err := readAll(Open(r)); err != nil {
		t.Fatal(err)
	}
	waitForIdle(t, 1)
	idle.idle[0].conn.Conn().Close()
	if _, err := readAll(Open(r)); err != nil {
		t.Fatal(err)
	}
}

func TestPoolIsBounded(t *testing.T) {
	for range mostIdle + 2 {
		server := serveBeside(t, visit{rows: 1})
		if _, err := readAll(Open(requestTo(t, server, nil))); err != nil {
			t.Fatal(err)
		}
	}
	waitForIdle(t, mostIdle)
}

// serveBeside starts a server, and leaves the idle sessions of others.
func serveBeside(t *testing.T, visits ...visit) *fakeServer {
	idle.mu.Lock()
	kept := idle.idle
	idle.idle = nil
	idle.mu.Unlock()
	s := serve(t, visits...)
	idle.mu.Lock()
	idle.idle = kept
	idle.mu.Unlock()
	return s
}

func TestCancel(t *testing.T) {
	for _, rows := range []int{0, 1000} {
		server := serve(t, visit{hang: true, rows: rows})
		s := Open(requestTo(t, server, nil))
		for server.busy() == 0 {
			time.Sleep(time.Millisecond)
		}
		s.Close(context.Background())
		_, err := readAll(s)
		if !errors.Is(err, ErrCancelled) {
			t.Errorf("after %d rows: %v", rows, err)
		}
		if _, cancels := server.count(); cancels != 1 {
			t.Errorf("after %d rows: the server was told %d times", rows, cancels)
		}
	}
}

// A server may miss that it was told to stop, and goes on for as long as somebody reads.
func TestCancelIsRepeated(t *testing.T) {
	for _, tt := range []struct {
		deaf, atLeast int
	}{{1, 2}, {1 << 30, 1}} {
		server := serve(t, visit{deaf: tt.deaf})
		s := Open(requestTo(t, server, nil))
		if !s.Wait(context.Background(), time.Minute) {
			t.Fatal("no rows in a minute")
		}
		s.Close(context.Background())
		for give := time.Now().Add(time.Minute); server.open() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(give) {
				t.Fatalf("deaf to %d: the query goes on", tt.deaf)
			}
		}
		if _, cancels := server.count(); cancels < tt.atLeast {
			t.Errorf("deaf to %d: told %d times", tt.deaf, cancels)
		}
	}
}

// open counts connections, those of requests to cancel as well.
func (s *fakeServer) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connects + s.cancels - s.ended
}

// busy counts transactions that have begun.
func (s *fakeServer) busy() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queries)
}

func TestWaitDoesNotTakeTheBatch(t *testing.T) {
	server := serve(t, visit{rows: 3})
	s := Open(requestTo(t, server, nil))
	ctx := context.Background()
	for range 3 {
		if !s.Wait(ctx, time.Minute) {
			t.Fatal("no answer in a minute")
		}
	}
	if sizes, err := readAll(s); fmt.Sprint(sizes, err) != "[2 1] <nil>" {
		t.Errorf("got %v %v", sizes, err)
	}
	if !s.Wait(ctx, 0) {
		t.Error("the end is no answer")
	}
	if s.mu.Lock(); s.Wait(ctx, 0) {
		t.Error("an answer that another caller waits for")
	}
	s.mu.Unlock()
	hanging := Open(requestTo(t, serve(t, visit{hang: true}), nil))
	defer hanging.Close(ctx)
	if hanging.Wait(ctx, time.Millisecond) {
		t.Error("an answer from a query that hangs")
	}
}

func TestTimeout(t *testing.T) {
	server := serve(t, visit{fail: "57014"})
	_, err := readAll(Open(requestTo(t, server, func(r *Request) { r.Timeout = 1500 })))
	if !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "the time-out was 1.5s") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(server.queries[0], "SET LOCAL statement_timeout = 1500;") {
		t.Errorf("the transaction began with %s", server.queries[0])
	}
}

func TestSnapshots(t *testing.T) {
	server := serve(t, visit{begin: "22023"})
	_, err := readAll(Open(requestTo(t, server, func(r *Request) { r.Snapshot = "0000-1" })))
	if !errors.Is(err, ErrSnapshot) || !strings.Contains(err.Error(), "the snapshot of this read has ended") {
		t.Errorf("got %v", err)
	}
	if !strings.HasPrefix(server.queries[0], "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSET TRANSACTION SNAPSHOT '0000-1';\n") {
		t.Errorf("the transaction began with %s", server.queries[0])
	}
	_, err = readAll(Open(requestTo(t, server, func(r *Request) { r.Snapshot = "'; DROP TABLE t; --" })))
	if !errors.Is(err, ErrRequest) {
		t.Errorf("a name with quotes gave %v", err)
	}
}

func TestDrift(t *testing.T) {
	tests := []struct {
		name   string
		expect []Expected
		want   string
	}{
		{"the same", []Expected{{Name: "n", Dtype: "int64"}}, "<nil>"},
		{"another type", []Expected{{Name: "n", Dtype: "string"}}, "column 'n' was string when the query was described and is int64 now"},
		{"another name", []Expected{{Name: "m", Dtype: "int64"}}, "column 1 was 'm' when the query was described and is 'n' now"},
		{"fewer", []Expected{}, "the query had 0 columns when it was described and has 1 now"},
		{"other labels", []Expected{{Name: "n", Dtype: "int64", Labels: []string{"a"}}}, "the labels of the enum in column 'n' have changed since the query was described"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, visit{})
			_, err := readAll(Open(requestTo(t, server, func(r *Request) { r.Expect = tt.expect })))
			if got := fmt.Sprint(err); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if err != nil && !errors.Is(err, ErrDrift) {
				t.Errorf("%v is no ErrDrift", err)
			}
		})
	}
}
