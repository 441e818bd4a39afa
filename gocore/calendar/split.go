package calendar

import (
	"fmt"
	"math"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Period is the half-open range [Start, End) of ticks: what a set holds of one calendar unit, from
// its least value there up to and including its greatest. Label names the unit.
type Period struct {
	Label      string
	Start, End int64
}

// Split returns one period for each calendar unit that holds a value of set, in ascending order.
// The set must be over r.Domain() or other integers, days from -2^61 to 2^61 if r is Days; an empty
// one has no periods.
//
// It returns an error that is [ErrUnbounded] when the set lacks an end, [ErrTooManyPeriods] when
// it needs more than limit periods, and [ErrUnknownUnit] when u is none. It takes time linear in
// the intervals of the set and the periods returned; to find that there are too many it makes none.
func Split(set interval.Set[int64], r Resolution, u Unit, limit int) ([]Period, error) {
	needed, err := Count(set, r, u)
	if err != nil {
		return nil, err
	}
	if needed > int64(limit) {
		coarser := suggest(set, r, u, limit)
		err := &TooManyError{Needed: needed, Limit: int64(limit), Unit: u, Suggested: coarser}
		return nil, fmt.Errorf("calendar: split by %s: %w", u, err)
	}
	g := newGrid(r, u)
	periods := make([]Period, 0, needed)
	last := int64(math.MinInt64) // the unit of the last period; below the index of any unit
	for _, iv := range set.Intervals() {
		// Both ends are inclusive and no extreme of the domain, where the canonical form has
		// unbounded ends, and Count has refused those. So hi < MaxInt64, and the greatest End, hi + 1,
		// is an int64.
		lo, hi := iv.Lo.Value, iv.Hi.Value
		for tick := lo; tick <= hi; {
			index := g.index(tick)
			end := min(g.lastTick(index), hi) + 1
			if index == last {
				periods[len(periods)-1].End = end
			} else {
				periods = append(periods, Period{Label: units[u].label(index), Start: tick, End: end})
				last = index
			}
			tick = end
		}
	}
	return periods, nil
}

// Count returns the number of periods that Split makes of set without a limit, in time linear in
// the intervals of the set. Its errors are those of Split.
func Count(set interval.Set[int64], r Resolution, u Unit) (int64, error) {
	if !u.known() {
		return 0, fmt.Errorf("calendar: split by %s: %w", u, ErrUnknownUnit)
	}
	if lower, upper := !set.BoundedBelow(), !set.BoundedAbove(); lower || upper {
		return 0, fmt.Errorf("calendar: split by %s: %w", u, &UnboundedError{Lower: lower, Upper: upper})
	}
	g := newGrid(r, u)
	var n int64
	last := int64(math.MinInt64) // the last unit counted
	for _, iv := range set.Intervals() {
		first := max(g.index(iv.Lo.Value), last+1)
		last = g.index(iv.Hi.Value)
		n += last - first + 1
	}
	return n, nil
}

// suggest returns the finest unit coarser than u that needs at most limit periods, or u.
func suggest(set interval.Set[int64], r Resolution, u Unit, limit int) Unit {
	for c, ok := u.Coarser(); ok; c, ok = c.Coarser() {
		if n, err := Count(set, r, c); err == nil && n <= int64(limit) {
			return c
		}
	}
	return u
}

// grid lays the units over the ticks of a resolution.
type grid struct {
	unit         unitRow
	ticksPerSlot int64
}

func newGrid(r Resolution, u Unit) grid {
	return grid{unit: units[u], ticksPerSlot: r.TicksPerDay() / units[u].slotsPerDay}
}

// index returns the number of the unit that holds tick.
func (g grid) index(tick int64) int64 { return g.unit.index(floorDiv(tick, g.ticksPerSlot)) }

// lastTick returns the last tick of a unit that holds a tick, or the greatest int64 when the unit
// ends later. The product cannot fall below the least int64: it is above a tick of the unit.
func (g grid) lastTick(index int64) int64 {
	next := g.unit.firstSlot(index + 1)
	if next > math.MaxInt64/g.ticksPerSlot {
		return math.MaxInt64
	}
	return next*g.ticksPerSlot - 1
}
