package pgread

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// What can go wrong, by what the caller can do about it. The errors of this package wrap one of them.
var (
	// ErrRequest reports a request, parameter or override that does not make sense.
	ErrRequest = errors.New("malformed request")
	// ErrConnection reports that there is no connection to the server, or that it was lost.
	ErrConnection = errors.New("no connection to the database")
	// ErrTransient reports that the server could not serve the query at the moment.
	ErrTransient = errors.New("the database is busy")
	// ErrQuery reports that the server refused the query, or failed in it.
	ErrQuery = errors.New("the query failed")
	// ErrReadOnly reports a query that writes.
	ErrReadOnly = errors.New("the query is not read-only")
	// ErrCancelled reports a query that was cancelled, by the caller or on the server.
	ErrCancelled = errors.New("the query was cancelled")
	// ErrTimeout reports a query that ran for longer than it was given.
	ErrTimeout = errors.New("the query ran out of time")
	// ErrSnapshot reports a snapshot that has ended.
	ErrSnapshot = errors.New("the snapshot has ended")
	// ErrUnsupported reports a column of a type that has no sound counterpart.
	ErrUnsupported = errors.New("unsupported type")
	// ErrValue reports a value that its column cannot hold.
	ErrValue = errors.New("value out of range")
	// ErrMalformed reports bytes that are not what the type of their column says.
	ErrMalformed = errors.New("malformed value")
	// ErrDrift reports a column that is not what it was when the query was described.
	ErrDrift = errors.New("the columns have changed")
)

// retry says whether trying again may help.
type retry bool

const (
	final retry = false
	again retry = true
)

// failure is an error whose text is whole by itself: that of its kind would say less again.
type failure struct {
	kind  error
	text  string
	retry retry
	cause error
}

func (f *failure) Error() string { return f.text }

func (f *failure) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

func failf(kind error, format string, args ...any) error {
	return &failure{kind: kind, text: fmt.Sprintf(format, args...)}
}

// isTransient tells whether trying again may help.
func isTransient(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.retry == again
}

// classify gives an error of the connection its kind. Its text never has a secret: what the server
// says has none, and what pgx says of a connection names user, database and addresses only.
func classify(ctx context.Context, err error) error {
	var f *failure
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil || errors.As(err, &f):
		return err
	case ctx.Err() != nil:
		return &failure{kind: ErrCancelled, text: "the query was cancelled", cause: ctx.Err()}
	case errors.As(err, &connect):
		return unconnected(connect)
	case errors.As(err, &server):
		return fromServer(server)
	}
	return &failure{kind: ErrConnection, text: "the connection to the database was lost: " + err.Error(), retry: again, cause: err}
}

// unconnected words why there is no connection: what the server said, or what became of each address.
func unconnected(e *pgconn.ConnectError) error {
	c := e.Config
	f := &failure{kind: ErrConnection, retry: again, cause: e}
	var server *pgconn.PgError
	var why []string
	if errors.As(e, &server) {
		said := fromServer(server).(*failure)
		f.kind, f.retry = said.kind, said.retry
		why = append(why, said.text)
	} else {
		// With TLS and without is the same failure twice.
		for _, line := range strings.Split(errors.Unwrap(e).Error(), "\n") {
			if !slices.Contains(why, line) {
				why = append(why, line)
			}
		}
	}
	f.text = fmt.Sprintf("no connection to database '%s' on %s:%d as user '%s': %s", c.Database, c.Host, c.Port, c.User,
		strings.Join(why, "; "))
	return f
}

// byState holds kinds of SQLSTATEs, and of their classes, which are the first two characters.
var byState = map[string]struct {
	kind  error
	retry retry
}{
	"08":    {ErrConnection, again},
	"28":    {ErrConnection, final}, // not authorised
	"25006": {ErrReadOnly, final},
	"3D000": {ErrConnection, final}, // no such database
	"40001": {ErrTransient, again},  // a standby had to undo what the query reads
	"53300": {ErrTransient, again},  // too many connections
	"57P01": {ErrTransient, again},  // the server shuts down
	"57P02": {ErrTransient, again},  // the server restarts after a crash
	"57P03": {ErrTransient, again},  // the server starts
	"57014": {ErrCancelled, final},
}

// fromServer words an error of the server, with its SQLSTATE.
func fromServer(e *pgconn.PgError) error {
	var text strings.Builder
	text.WriteString(e.Error())
	for _, more := range []struct{ label, text string }{{"detail", e.Detail}, {"hint", e.Hint}} {
		if more.text != "" {
			fmt.Fprintf(&text, "; %s: %s", more.label, more.text)
		}
	}
	f := &failure{kind: ErrQuery, text: text.String(), cause: e}
	for _, state := range []string{e.Code, e.Code[:min(2, len(e.Code))]} {
		if known, ok := byState[state]; ok {
			f.kind, f.retry = known.kind, known.retry
			break
		}
	}
	if f.kind == ErrReadOnly {
		f.text += "; queries run in a transaction that is read-only"
	}
	return f
}

// sqlState is the SQLSTATE of an error of the server, or empty.
func sqlState(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}
