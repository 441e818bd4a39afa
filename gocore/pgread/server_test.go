package pgread

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// visit is what the fake server does in one connection.
type visit struct {
	// refuse is the SQLSTATE with which it refuses the connection.
	refuse string
	// fail is the SQLSTATE with which the query fails after so many rows.
	fail string
	rows int
	// once makes only the first query of the connection fail.
	once bool
	// hang makes the query wait until the connection is closed.
	hang bool
	// deaf is how many requests to cancel are missed by a query that goes on giving rows.
	deaf int
	// gone closes the connection in the place of an answer to BEGIN.
	gone bool
	// begin is the SQLSTATE with which a transaction is refused.
	begin string
}

// fakeServer speaks the protocol as far as this package uses it, and counts.
type fakeServer struct {
	listener net.Listener
	group    guard.Group

	mu       sync.Mutex
	visits   []visit
	connects int
	cancels  int
	ended    int // connections
	queries  []string
}

// serve starts a server for visits, one after the other; the last one is for all that follow.
func serve(t *testing.T, visits ...visit) *fakeServer {
	t.Helper()
	Disconnect()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeServer{listener: listener, visits: visits}
	s.group.Go("accept", func() error {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return nil
			}
			s.group.Go("serve", func() error {
				defer func() {
					conn.Close()
					s.mu.Lock()
					s.ended++
					s.mu.Unlock()
				}()
				s.connection(conn)
				return nil
			})
		}
	})
	t.Cleanup(func() {
		Disconnect()
		listener.Close()
	})
	return s
}

func (s *fakeServer) dsn() string {
	return fmt.Sprintf("postgresql://me:canary@%s/db?sslmode=disable", s.listener.Addr())
}

func (s *fakeServer) next() visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.visits[min(s.connects, len(s.visits)-1)]
	s.connects++
	return v
}

func (s *fakeServer) count() (connects, cancels int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connects, s.cancels
}

func serverError(state string) *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{Severity: "ERROR", Code: state, Message: "fake"}
}

func (s *fakeServer) connection(conn net.Conn) {
	b := pgproto3.NewBackend(conn, conn)
	first, err := b.ReceiveStartupMessage()
	if err != nil {
		return
	}
	if _, ok := first.(*pgproto3.CancelRequest); ok {
		s.mu.Lock()
		s.cancels++
		s.mu.Unlock()
		return
	}
	v := s.next()
	if v.refuse != "" {
		b.Send(serverError(v.refuse))
		_ = b.Flush()
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: "15.18 (fake)"})
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if b.Flush() != nil {
		return
	}
	query := ""
	for s.answer(b, &v, &query) {
	}
}

// answer answers a message; false ends the connection. What was parsed last is the query.
func (s *fakeServer) answer(b *pgproto3.Backend, v *visit, query *string) bool {
	message, err := b.Receive()
	if err != nil {
		return false
	}
	switch m := message.(type) {
	case *pgproto3.Query:
		s.mu.Lock()
		s.queries = append(s.queries, m.String)
		s.mu.Unlock()
		begins := len(m.String) > 5 && m.String[:5] == "BEGIN"
		if begins && v.gone {
			return false
		}
		if begins && v.begin != "" {
			b.Send(serverError(v.begin))
		} else {
			b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SET")})
		}
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	case *pgproto3.Parse:
		*query = m.Query
		b.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Bind:
		b.Send(&pgproto3.BindComplete{})
	case *pgproto3.Describe:
		if m.ObjectType == 'S' {
			b.Send(&pgproto3.ParameterDescription{})
		}
		b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
			{Name: []byte("n"), DataTypeOID: int8OID, DataTypeSize: 8, TypeModifier: -1},
		}})
	case *pgproto3.Execute:
		if strings.Contains(*query, "set_config") {
			return s.execute(b, visit{})
		}
		now := *v
		if v.once {
			*v = visit{rows: 1}
		}
		return s.execute(b, now)
	case *pgproto3.Sync:
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'T'})
	case *pgproto3.Terminate:
		return false
	}
	return b.Flush() == nil
}

func (s *fakeServer) execute(b *pgproto3.Backend, v visit) bool {
	for range v.rows {
		b.Send(&pgproto3.DataRow{Values: [][]byte{{0, 0, 0, 0, 0, 0, 0, 7}}})
	}
	switch {
	case v.deaf > 0:
		return s.goOn(b, v.deaf)
	case v.hang:
		_ = b.Flush()
		for {
			message, err := b.Receive()
			if _, ended := message.(*pgproto3.Terminate); ended || err != nil {
				return false
			}
		}
	case v.fail != "":
		b.Send(serverError(v.fail))
	default:
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT")})
	}
	return true
}

// goOn gives rows until it was told often enough to stop, or nobody is there any more.
func (s *fakeServer) goOn(b *pgproto3.Backend, deaf int) bool {
	for {
		if _, cancels := s.count(); cancels > deaf {
			b.Send(serverError("57014"))
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'E'})
			return b.Flush() == nil
		}
		b.Send(&pgproto3.DataRow{Values: [][]byte{{0, 0, 0, 0, 0, 0, 0, 7}}})
		if b.Flush() != nil {
			return false
		}
	}
}
