package pgread

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// key names a server, a database and a user, without showing the password.
type key [sha256.Size]byte

// Target is a parsed connection string.
type Target struct {
	config *pgconn.Config
	key    key
}

// application is what the server shows for sessions whose connection string gives no name.
const application = "polars-io-tools"

// readBuffer is how much is read from the network at once.
const readBuffer = 64 << 10

// ParseTarget reads a connection string: a URI, or keywords and values, as libpq has them. What it
// leaves out comes from the environment, a password file or a service file. The error wraps ErrRequest.
func ParseTarget(dsn string) (*Target, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		// What pgx says may show parts of a password that it took for something else.
		reason := ""
		if !strings.Contains(dsn, "@") && !strings.Contains(strings.ToLower(dsn), "pass") {
			reason = ": " + err.Error()
		}
		return nil, failf(ErrRequest, "the connection string cannot be read; write postgresql://user:password@host:port/database, "+
			"with special characters percent-encoded, or host=... dbname=... user=...%s", reason)
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = application
	}
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		// pgx reads 8 KiB at a time.
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, readBuffer), w)
	}
	return &Target{config: config, key: sha256.Sum256([]byte(dsn))}, nil
}

// session is one connection. It is used by one goroutine at a time.
type session struct {
	conn *pgconn.PgConn
	key  key
	// origin tells whether it was used before.
	origin origin
	idle   time.Time
}

// origin says where a session comes from.
type origin bool

const (
	fresh  origin = false
	reused origin = true
)

// use says whether a session is kept after its query.
type use bool

const (
	often use = false
	once  use = true
)

// checkInterval is how often the server looks whether its client is still there while a query runs.
const checkInterval = "500ms"

// asIs is the encoding of databases that have none.
const asIs = "SQL_ASCII"

// connect opens a session.
func connect(ctx context.Context, t *Target) (*session, error) {
	conn, err := pgconn.ConnectConfig(ctx, t.config)
	if err != nil {
		return nil, classify(ctx, err)
	}
	s := &session{conn: conn, key: t.key}
	if conn.ParameterStatus("server_encoding") == asIs {
		// Such a server holds any bytes, and would fail to send those that are not UTF-8 as such: then they
		// could not be read at all, and the error would not say which they are.
		if err := s.run(ctx, "SET client_encoding = "+asIs); err != nil {
			s.close()
			return nil, err
		}
	}
	// Servers before 14 do not know the setting, and some systems cannot do it: then a query of a client
	// that was killed goes on to its end.
	_, err = s.query(ctx, "SELECT pg_catalog.set_config(name, $1, false) FROM pg_catalog.pg_settings "+
		"WHERE name = 'client_connection_check_interval'", []byte(checkInterval))
	if err != nil && (ctx.Err() != nil || conn.IsClosed()) {
		s.close()
		return nil, classify(ctx, err)
	}
	return s, nil
}

// query runs a short query whose parameters and results are text.
func (s *session) query(ctx context.Context, sql string, params ...[]byte) ([][]string, error) {
	result := s.conn.ExecParams(ctx, sql, params, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, classify(ctx, result.Err)
	}
	rows := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		for _, v := range row {
			rows[i] = append(rows[i], string(v))
		}
	}
	return rows, nil
}

// run runs statements that give nothing.
func (s *session) run(ctx context.Context, sql string) error {
	_, err := s.conn.Exec(ctx, sql).ReadAll()
	return classify(ctx, err)
}

// settings hold for the transaction only, so that they do no harm behind a pooler. Text that is cast
// to a time while the query is parsed means UTC; what is read as text looks the same everywhere.
const settings = `SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres';
SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL standard_conforming_strings = on;
`

var snapshotName = regexp.MustCompile(`^[0-9A-Fa-f-]{1,64}$`)

// begin starts the transaction of one query.
func (s *session) begin(ctx context.Context, snapshot string, timeout time.Duration) error {
	var sql strings.Builder
	sql.WriteString("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n")
	if snapshot != "" {
		if !snapshotName.MatchString(snapshot) {
			return failf(ErrRequest, "'%s' is not the name of a snapshot", snapshot)
		}
		fmt.Fprintf(&sql, "SET TRANSACTION SNAPSHOT '%s';\n", snapshot)
	}
	sql.WriteString(settings)
	if timeout > 0 {
		fmt.Fprintf(&sql, "SET LOCAL statement_timeout = %d;\n", max(1, timeout.Milliseconds()))
	}
	err := s.run(ctx, sql.String())
	return snapshotEnded(err, snapshot)
}

// snapshotEnded gives the server's word for a name that is not known any more its meaning.
func snapshotEnded(err error, snapshot string) error {
	// 22023: invalid snapshot identifier; 42704 from version 17 on; 55000: its transaction is over.
	states := map[string]bool{"22023": true, "42704": true, "55000": true}
	if snapshot == "" || !states[sqlState(err)] {
		return err
	}
	return &failure{
		kind: ErrSnapshot, cause: err,
		text: fmt.Sprintf("the snapshot of this read has ended: %v. It lives as long as the process that exported it, "+
			"and on the same server only", err),
	}
}

// end leaves the session as it was before the transaction; false if it cannot be used any more.
func (s *session) end(ctx context.Context) bool {
	if s.conn.IsClosed() {
		return false
	}
	// A query may take advisory locks of its session.
	return s.run(ctx, "ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all()") == nil && s.conn.TxStatus() == 'I'
}

// closeWithin is how long a server is waited for that is told to end a session or a query, and
// askAgain how long until it is told again.
const (
	closeWithin = time.Second
	askAgain    = 200 * time.Millisecond
)

// leave ends a session in which nothing runs, and waits until the server has ended it too: it counts
// there for as long as it does, and another one may be made in its place.
func (s *session) leave() {
	front := s.conn.Frontend()
	front.Send(&pgproto3.Terminate{})
	if front.Flush() != nil {
		return
	}
	c := s.conn.Conn()
	if c.SetReadDeadline(time.Now().Add(closeWithin)) == nil {
		_, _ = io.Copy(io.Discard, c)
	}
}

// close ends the session, and what runs in it.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if !s.conn.IsClosed() {
		s.leave()
	}
	_ = s.conn.Close(ctx)
	// A query that was cancelled is read to its end by pgx, which is soon, as a rule. But a server may
	// miss that it was told, as one does while it compiles the query, and would go on for as long as
	// somebody reads.
	for ctx.Err() == nil {
		select {
		case <-s.conn.CleanupDone():
			return
		case <-time.After(askAgain):
			_ = s.conn.CancelRequest(ctx)
		}
	}
	// It finds nobody there when it writes, or looks.
	_ = s.conn.Conn().Close()
}
