package sqlpush

import (
	"errors"
	"fmt"
)

var (
	// ErrRequest says that a request is malformed: a defect of the sender.
	ErrRequest = errors.New("malformed request")

	// ErrQuery says that the user's text is not one SELECT, WITH or VALUES that can
	// be a subquery.
	ErrQuery = errors.New("not one query")

	// ErrColumns says that columns of the query cannot be told apart by name.
	ErrColumns = errors.New("ambiguous columns")
)

// refusal is an error that users see as it is: its kind is for programs, and would say
// less again.
type refusal struct {
	kind error
	text string
}

func (r *refusal) Error() string { return r.text }

func (r *refusal) Unwrap() error { return r.kind }

func refusef(kind error, format string, args ...any) error {
	return &refusal{kind: kind, text: fmt.Sprintf(format, args...)}
}
