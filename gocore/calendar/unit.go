package calendar

import (
	"fmt"
	"slices"
)

// Unit is a calendar unit: what one period is at most. It is a number of months, weeks, days or
// ticks of the clock, and comparable: "60m" and "hourly" are the same unit. The zero value is no
// unit.
type Unit struct {
	base  base
	count int64
}

// base is what a unit is a multiple of. The two differ by more than length: weeks begin on Mondays
// while 7 days begin on the weekday of 1970-01-01.
type base uint8

const (
	noBase base = iota
	// clock counts nanoseconds; a unit of whole days never has it.
	clock
	days
	weeks
	months
)

const (
	nanosPerSecond = int64(1e9)
	nanosPerHour   = 3600 * nanosPerSecond
	nanosPerDay    = secondsPerDay * nanosPerSecond
)

// The named units, from the finest to the coarsest.
var (
	Hourly    = Unit{clock, nanosPerHour}
	Daily     = Unit{days, 1}
	Weekly    = Unit{weeks, 1}
	Monthly   = Unit{months, 1}
	Quarterly = Unit{months, 3}
	Yearly    = Unit{months, 12}
)

// namedUnit is a unit that has a name, and labels of its own.
type namedUnit struct {
	unit Unit
	name string
	// label names the unit that begins on a day, at a second of it.
	label func(day, second int64) string
}

// namedUnits are in order of length.
var namedUnits = [...]namedUnit{
	{Hourly, "hourly", func(day, second int64) string { return fmt.Sprintf("%sT%02d", formatDay(day), second/3600) }},
	{Daily, "daily", func(day, _ int64) string { return formatDay(day) }},
	{Weekly, "weekly", func(day, _ int64) string { return formatWeek(day) }},
	{Monthly, "monthly", func(day, _ int64) string {
		y, m, _ := civil(day)
		return formatMonth(y, m)
	}},
	{Quarterly, "quarterly", func(day, _ int64) string {
		y, m, _ := civil(day)
		return fmt.Sprintf("%s-Q%d", formatYear(y), (m+2)/3)
	}},
	{Yearly, "yearly", func(day, _ int64) string {
		y, _, _ := civil(day)
		return formatYear(y)
	}},
}

// named returns the row of a unit that has a name.
func (u Unit) named() (namedUnit, bool) {
	i := slices.IndexFunc(namedUnits[:], func(n namedUnit) bool { return n.unit == u })
	if i < 0 {
		return namedUnit{}, false
	}
	return namedUnits[i], true
}

func (u Unit) known() bool { return u.base != noBase && u.count > 0 }

// String returns the shortest text that ParseUnit understands as u: a name where there is one.
func (u Unit) String() string {
	if n, ok := u.named(); ok {
		return n.name
	}
	if !u.known() {
		return "no unit"
	}
	for _, s := range slices.Backward(symbols[:]) {
		if s.base == u.base && u.count%s.count == 0 && s.symbol != "q" {
			return fmt.Sprintf("%d%s", u.count/s.count, s.symbol)
		}
	}
	return "no unit"
}

// Coarser returns the next longer unit that has a name, and false when there is none.
func (u Unit) Coarser() (Unit, bool) {
	for _, n := range namedUnits {
		if u.known() && n.unit.seconds() > u.seconds() {
			return n.unit, true
		}
	}
	return u, false
}

// seconds returns the mean length of a unit, rounded down.
func (u Unit) seconds() int64 {
	const perMonth = secondsPerDay * daysPerEra / (400 * 12) // an integer: 2629746
	switch u.base {
	case clock:
		return u.count / nanosPerSecond
	case days:
		return u.count * secondsPerDay
	case weeks:
		return u.count * 7 * secondsPerDay
	default:
		return u.count * perMonth
	}
}

// Check returns an error that is [ErrUnknownUnit] when u is no unit, and [ErrSubDay] when u cuts
// through the days of a column that has nothing finer. Split and Count check for themselves.
func (u Unit) Check(r Resolution) error {
	switch {
	case !u.known():
		return fmt.Errorf("calendar: split by %s: %w", u, ErrUnknownUnit)
	case r == Days && u.base == clock:
		return fmt.Errorf(`calendar: split by %s: %w: write "daily" or another unit of whole days, `+
			`such as "3d" or "2mo" ("m" are minutes), or cast the column to Datetime first`, u, ErrSubDay)
	}
	return nil
}
