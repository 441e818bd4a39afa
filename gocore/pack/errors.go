package pack

import "errors"

var (
	// ErrUnsupported reports a type that Polars does not give: unions, run-end encoded
	// values, and formats that the specification does not know.
	ErrUnsupported = errors.New("type cannot be packed")
	// ErrTooMany reports arrays of more values than the caller wants to look at.
	ErrTooMany = errors.New("too many values")
	// ErrCorrupt reports a description that does not fit itself or its buffers.
	ErrCorrupt = errors.New("corrupt description of packed buffers")
)
