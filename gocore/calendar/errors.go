package calendar

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknownUnit says that a text is neither the name of a unit nor a duration.
	ErrUnknownUnit = errors.New("unknown unit")
	// ErrSubDay says that a unit is not a whole number of days and the column is of dates.
	ErrSubDay = errors.New("the unit is not a whole number of days, and a Date column has no time of day")
	// ErrBadZone says that a list of transitions describes no zone.
	ErrBadZone = errors.New("malformed zone")
	// ErrDateZone says that dates cannot be split by the calendar of a zone: they are no instants.
	ErrDateZone = errors.New("a Date column has no time zone")
	// ErrUnbounded says that a set without a lower or an upper end cannot be split. The error that
	// wraps it is an [*UnboundedError].
	ErrUnbounded = errors.New("the set is unbounded")
	// ErrTooManyPeriods says that a split would make more periods than allowed. The error that
	// wraps it is a [*TooManyError].
	ErrTooManyPeriods = errors.New("too many periods")
)

// UnboundedError says which ends a set lacks; at least one of them is set. It is ErrUnbounded.
type UnboundedError struct {
	Lower, Upper bool
}

func (e *UnboundedError) Error() string {
	side := "below"
	switch {
	case e.Lower && e.Upper:
		side = "below and above"
	case e.Upper:
		side = "above"
	}
	return fmt.Sprintf("%v %s", ErrUnbounded, side)
}

// Unwrap returns ErrUnbounded.
func (e *UnboundedError) Unwrap() error { return ErrUnbounded }

// TooManyError says how many periods a split needs. It is ErrTooManyPeriods.
type TooManyError struct {
	Needed, Limit int64
	Unit          Unit
	// Suggested is the finest coarser unit that stays within the limit, or Unit itself when none
	// does.
	Suggested Unit
}

func (e *TooManyError) Error() string {
	s := fmt.Sprintf("%v: %d %s periods, at most max_periods=%d are allowed",
		ErrTooManyPeriods, e.Needed, e.Unit, e.Limit)
	if e.Suggested != e.Unit {
		s += fmt.Sprintf("; %s periods would do", e.Suggested)
	}
	return s
}

// Unwrap returns ErrTooManyPeriods.
func (e *TooManyError) Unwrap() error { return ErrTooManyPeriods }
