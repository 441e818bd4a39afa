package arrowc

import "errors"

var (
	// ErrSchemaMismatch reports streams that cannot be one: their schemas differ.
	ErrSchemaMismatch = errors.New("schemas differ")
	// ErrReleased reports a stream that was consumed before, or given twice.
	ErrReleased = errors.New("stream already consumed")
	// ErrMalformed reports a structure that breaks the rules of the C Data interface.
	ErrMalformed = errors.New("malformed Arrow structure")
	// ErrStream reports a stream that answered with an error of its own.
	ErrStream = errors.New("stream failed")
)
