package payload

import (
	"errors"
	"fmt"
)

// ErrUnknownLayout says that the bytes are not a plan as this package knows it. The
// caller ships the plan as it is, or refuses it.
var ErrUnknownLayout = errors.New("unknown layout of the plan")

// ErrInexact says that a scan cannot be rewritten without a change of its answer.
var ErrInexact = errors.New("the scan cannot be rewritten exactly")

// ErrEdit says that an edit does not fit the payload it is applied to.
var ErrEdit = errors.New("the edit does not fit the plan")

func unknown(at int, expected string) error {
	return fmt.Errorf("payload: byte %d: expected %s: %w", at, expected, ErrUnknownLayout)
}

func inexact(why string) error {
	return fmt.Errorf("payload: %s: %w", why, ErrInexact)
}
