package calendar

import (
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// grid lays a unit over the ticks of a clock that never jumps: UTC, or the wall clock of a zone
// between two changes of it. The units are numbered in order and without gaps. The origins are
// those of Polars' dt.truncate: 1970-01-01, and for weeks Monday, 1970-01-05.
type grid struct {
	unit       Unit
	resolution Resolution
	// step is the number of ticks in a unit of the clock.
	step int64
}

const firstMonday = 4

func newGrid(r Resolution, u Unit) grid {
	g := grid{unit: u, resolution: r}
	if u.base == clock {
		// What is no whole number of ticks is rounded down, as dt.truncate does.
		g.step = max(1, u.count/(nanosPerSecond/ticksPerSecond[r]))
	}
	return g
}

// index returns the number of the unit that holds tick.
func (g grid) index(tick int64) int64 {
	n := g.unit.count
	if g.unit.base == clock {
		return saturate.FloorDiv(tick, g.step)
	}
	day := saturate.FloorDiv(tick, g.resolution.TicksPerDay())
	switch g.unit.base {
	case weeks:
		return saturate.FloorDiv(day-firstMonday, 7*n)
	case months:
		y, m, _ := civil(day)
		return saturate.FloorDiv(12*(y-1970)+m-1, n)
	default:
		return saturate.FloorDiv(day, n)
	}
}

// first returns the first tick of a unit that holds a tick or follows one that does. Where int64
// does not reach so far it returns its nearer end.
func (g grid) first(index int64) int64 {
	if g.unit.base == clock {
		return saturate.Mul(index, g.step)
	}
	return saturate.Mul(g.firstDay(index), g.resolution.TicksPerDay())
}

// firstDay returns the first day of a unit that is none of the clock.
func (g grid) firstDay(index int64) int64 {
	n := g.unit.count
	switch g.unit.base {
	case weeks:
		return 7*n*index + firstMonday
	case months:
		year := saturate.FloorDiv(n*index, 12)
		return daysFromCivil(year+1970, n*index-12*year+1, 1)
	default:
		return n * index
	}
}

// label names a unit that holds a tick by its start.
func (g grid) label(index int64) string {
	day, nanos := g.start(index)
	if n, ok := g.unit.named(); ok {
		return n.label(day, nanos/nanosPerSecond)
	}
	if g.unit.base != clock {
		return formatDay(day)
	}
	second := nanos / nanosPerSecond
	text := fmt.Sprintf("%sT%02d:%02d", formatDay(day), second/3600, second/60%60)
	if nanos%(60*nanosPerSecond) != 0 {
		text += fmt.Sprintf(":%02d%s", second%60, formatFraction(nanos%nanosPerSecond))
	}
	return text
}

// start returns the day on which a unit that holds a tick begins, and the nanosecond of that day.
// The first tick of the unit may be below the least int64; its day is not.
func (g grid) start(index int64) (day, nanos int64) {
	if g.unit.base != clock {
		return g.firstDay(index), 0
	}
	perDay := g.resolution.TicksPerDay()
	tick := g.first(index) // in the unit, if not its first one
	day = saturate.FloorDiv(tick, perDay)
	rest := tick - day*perDay - floorMod(tick, g.step)
	borrow := saturate.FloorDiv(rest, perDay)
	return day + borrow, (rest - borrow*perDay) * (nanosPerDay / perDay)
}
