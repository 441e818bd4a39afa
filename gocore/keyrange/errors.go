package keyrange

import "errors"

// ErrType says that a column cannot be a key.
var ErrType = errors.New("no type of a key")

// ErrValue says that a text is no value of a key, or that bytes are no key.
var ErrValue = errors.New("no value of the key")

// ErrNull says that a key column has a null.
var ErrNull = errors.New("a key has no nulls")

// ErrRange says that two ends are not those of a range, or that ranges do not fit together.
var ErrRange = errors.New("no such range of keys")
