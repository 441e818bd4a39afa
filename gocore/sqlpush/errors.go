package sqlpush

import "errors"

var (
	// ErrRequest says that a request is malformed: a defect of the sender.
	ErrRequest = errors.New("malformed request")

	// ErrQuery says that the user's text is not one SELECT, WITH or VALUES that can
	// be a subquery.
	ErrQuery = errors.New("not one query")

	// ErrColumns says that columns of the query cannot be told apart by name.
	ErrColumns = errors.New("ambiguous columns")
)
