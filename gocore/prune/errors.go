package prune

import (
	"errors"
	"fmt"
)

// ErrRequest says that a request to this package does not make sense.
var ErrRequest = errors.New("malformed pruning request")

// ErrIndex says that bytes are not an index as [Build] makes it.
var ErrIndex = errors.New("malformed pruning index")

// ErrChanged says that a file is not the one that was there at planning time.
var ErrChanged = errors.New("collect the query again to read the files as they are now")

// ErrUnreadable says that a file could not be looked at while planning.
var ErrUnreadable = errors.New("file cannot be read")

func malformed(what string) error { return fmt.Errorf("prune: %s: %w", what, ErrIndex) }
