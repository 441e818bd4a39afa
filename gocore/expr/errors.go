package expr

import "errors"

// ErrMalformed says that wire bytes are not a tree this package can read.
var ErrMalformed = errors.New("malformed expression")
