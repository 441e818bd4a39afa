package pgread

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
)

// Request asks for a query to be described or read.
type Request struct {
	// DSN is the connection string.
	DSN string `json:"dsn"`
	SQL string `json:"sql"`
	// Params are the values of $1, $2, and so on.
	Params []Param `json:"params"`
	// Overrides are wire names of types by columns. Those of columns that are not there count in
	// Describe only: what is read may be fewer columns.
	Overrides map[string]string `json:"overrides"`
	Infinite  Infinite          `json:"on_infinity"`
	// Snapshot is the name of one that was exported, or empty.
	Snapshot string `json:"snapshot"`
	// Once says that the connection is closed after the query, and not kept for the next one.
	Once bool `json:"once"`
	// Timeout is how long the query may run on the server, in ms; 0 is for as long as it takes.
	Timeout int64 `json:"timeout_ms"`
	// Retries is how often connecting and beginning the query is tried again.
	Retries int `json:"retries"`
	// Rows is the most of a batch, 0 for a good number.
	Rows int `json:"batch_rows"`
	// Expect are the columns as they were described; nil is for whatever comes.
	Expect []Expected `json:"expect"`

	target    *Target
	overrides map[string]Dtype
}

// Expected is a column as it was described.
type Expected struct {
	Name   string   `json:"name"`
	Dtype  string   `json:"dtype"`
	Labels []string `json:"labels"`
}

// ParseRequest reads a request:
//
//	{"dsn": "postgresql://host/db", "sql": "SELECT * FROM t WHERE n > $1", "params": [["int", "5"]],
//	 "overrides": {"price": "decimal[18, 4]"}, "on_infinity": "null", "retries": 3}
//
// The error wraps ErrRequest and shows nothing of the connection string.
func ParseRequest(text []byte) (*Request, error) {
	if !isWhole(text) {
		return nil, failf(ErrRequest, "the request cannot be read: it has text that is not Unicode, such as half of a surrogate pair")
	}
	var r Request
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, failf(ErrRequest, "the request cannot be read: %v", err)
	}
	if r.Infinite == "" {
		r.Infinite = InfiniteError
	}
	if r.Infinite != InfiniteError && r.Infinite != InfiniteNull {
		return nil, failf(ErrRequest, "on_infinity is 'error' or 'null', not '%s'", r.Infinite)
	}
	if r.Retries < 0 || r.Timeout < 0 || r.Rows < 0 {
		return nil, failf(ErrRequest, "retries, the time-out and the rows of a batch are not negative")
	}
	if r.Rows == 0 {
		r.Rows = defaultRows
	}
	r.overrides = map[string]Dtype{}
	for name, text := range r.Overrides {
		d, err := ParseDtype(text)
		if err != nil {
			return nil, failf(ErrRequest, "column '%s': %v", name, err)
		}
		r.overrides[name] = d
	}
	var err error
	r.target, err = ParseTarget(r.DSN)
	return &r, err
}

// isWhole tells whether all text in JSON is Unicode. Package json would replace what is not, and a
// query or a value would be another one.
func isWhole(text []byte) bool {
	if !utf8.Valid(text) {
		return false
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		first, ok := escaped(text[i:])
		if !ok || !utf16.IsSurrogate(first) {
			continue
		}
		rest, isEscape := bytes.CutPrefix(text[i+5:], []byte{'\\'})
		second, ok := escaped(rest)
		if !isEscape || !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
			return false
		}
		i += len(`uD800\uDC0`)
	}
	return true
}

// escaped reads four digits after a u.
func escaped(text []byte) (rune, bool) {
	if len(text) < 5 || text[0] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(text[1:5]), 16, 16)
	return rune(v), err == nil
}

func (r *Request) timeout() time.Duration { return time.Duration(r.Timeout) * time.Millisecond }

// checkOverrides fails on an override of a column that the query does not give.
func (r *Request) checkOverrides(fields []pgconn.FieldDescription) error {
	for name := range r.overrides {
		found := false
		for _, f := range fields {
			found = found || f.Name == name
		}
		if !found {
			return failf(ErrRequest, "schema_overrides names '%s', which the query does not give", name)
		}
	}
	return nil
}

// checkExpected fails where a column is not what it was.
func (r *Request) checkExpected(plans []columnPlan) error {
	if r.Expect == nil {
		return nil
	}
	if len(plans) != len(r.Expect) {
		return failf(ErrDrift, "the query had %d columns when it was described and has %d now", len(r.Expect), len(plans))
	}
	for i, was := range r.Expect {
		now := plans[i]
		if now.name != was.Name {
			return failf(ErrDrift, "column %d was '%s' when the query was described and is '%s' now", i+1, was.Name, now.name)
		}
		if now.dtype.String() != was.Dtype {
			return failf(ErrDrift, "column '%s' was %s when the query was described and is %s now", was.Name, was.Dtype, now.dtype)
		}
		if labels := (Dtype{Kind: Enum, Labels: was.Labels}); !labels.equal(Dtype{Kind: Enum, Labels: now.dtype.labels()}) {
			return failf(ErrDrift, "the labels of the enum in column '%s' have changed since the query was described", was.Name)
		}
	}
	return nil
}

// timed gives the server's word for a query that took too long its meaning: it has one for all that
// ends a query.
func (r *Request) timed(ctx context.Context, err error) error {
	if !errors.Is(err, ErrCancelled) || r.Timeout == 0 || ctx.Err() != nil {
		return err
	}
	return &failure{kind: ErrTimeout, text: fmt.Sprintf("%v; the time-out was %v", err, r.timeout()), cause: errors.Unwrap(err)}
}

// The wait before a first retry and the longest one.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 5 * time.Second
)

// retrying tries again what fails for the moment, after waits that double. They differ by chance, so
// that many workers do not come back at once.
func (r *Request) retrying(ctx context.Context, try func() error) error {
	wait := firstWait
	for attempt := 0; ; attempt++ {
		err := r.timed(ctx, try())
		if err == nil || !isTransient(err) || attempt >= r.Retries || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return classify(ctx, ctx.Err())
		}
		wait = min(2*wait, longestWait)
	}
}
