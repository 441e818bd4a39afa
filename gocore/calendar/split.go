package calendar

import (
	"context"
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
// it needs more than limit periods, [ErrUnknownUnit] when u is none, and [ErrSubDay] when r is
// Days and u no whole number of days. It takes time linear in the intervals of the set and the
// periods returned; to find that there are too many it makes none.
func Split(set interval.Set[int64], r Resolution, u Unit, limit int) ([]Period, error) {
	return SplitZoned(set, r, u, Zone{}, limit)
}

// SplitZoned is Split for instants, ticks of UTC, by the calendar of a zone. A unit is then a range
// of instants, as the package comment describes it. For Days it returns an error that is
// [ErrDateZone] unless the zone is UTC. It takes time linear in the changes of the zone as well.
func SplitZoned(set interval.Set[int64], r Resolution, u Unit, z Zone, limit int) ([]Period, error) {
	return SplitContext(context.Background(), set, r, u, z, limit)
}

// SplitContext is SplitZoned that ends early, with an error that is ctx.Err(), when ctx ends.
func SplitContext(
	ctx context.Context, set interval.Set[int64], r Resolution, u Unit, z Zone, limit int,
) ([]Period, error) {
	t, err := newTimeline(r, u, z)
	if err != nil {
		return nil, err
	}
	needed, err := count(set, t, u)
	if err != nil {
		return nil, err
	}
	if needed > int64(limit) {
		coarser := suggest(set, r, u, z, limit)
		err := &TooManyError{Needed: needed, Limit: int64(limit), Unit: u, Suggested: coarser}
		return nil, fmt.Errorf("calendar: split by %s: %w", u, err)
	}
	periods := make([]Period, 0, min(needed, looksEvery))
	last := int64(math.MinInt64) // the unit of the last period; below the index of any unit
	for _, iv := range set.Intervals() {
		// Both ends are inclusive and no extreme of the domain, where the canonical form has
		// unbounded ends, and count has refused those. So hi < MaxInt64, and the greatest End, hi + 1,
		// is an int64.
		lo, hi := iv.Lo.Value, iv.Hi.Value
		for tick := lo; tick <= hi; {
			if len(periods)%looksEvery == 0 && ctx.Err() != nil {
				return nil, fmt.Errorf("calendar: split by %s: %w", u, ctx.Err())
			}
			index := t.index(tick)
			end := min(t.first(index+1), hi+1)
			if index == last {
				periods[len(periods)-1].End = end
			} else {
				periods = append(periods, Period{Label: t.label(index), Start: tick, End: end})
				last = index
			}
			tick = end
		}
	}
	return periods, nil
}

// looksEvery is after how many periods a split looks whether it should end: a few milliseconds.
const looksEvery = 1 << 13

// Count returns the number of periods that Split makes of set without a limit, in time linear in
// the intervals of the set. Its errors are those of Split.
func Count(set interval.Set[int64], r Resolution, u Unit) (int64, error) {
	return CountZoned(set, r, u, Zone{})
}

// CountZoned returns the number of periods that SplitZoned makes of set without a limit, in time
// linear in the intervals of the set and the changes of the zone. Its errors are those of
// SplitZoned. More than the greatest int64 count as that.
func CountZoned(set interval.Set[int64], r Resolution, u Unit, z Zone) (int64, error) {
	t, err := newTimeline(r, u, z)
	if err != nil {
		return 0, err
	}
	return count(set, t, u)
}

func count(set interval.Set[int64], t timeline, u Unit) (int64, error) {
	if lower, upper := !set.BoundedBelow(), !set.BoundedAbove(); lower || upper {
		return 0, fmt.Errorf("calendar: split by %s: %w", u, &UnboundedError{Lower: lower, Upper: upper})
	}
	var n uint64
	last := int64(math.MinInt64) // the last unit counted
	for _, iv := range set.Intervals() {
		first := max(t.index(iv.Lo.Value), last+1)
		last = t.index(iv.Hi.Value)
		n += uint64(last-first) + 1 // all units of one tick are not more than a uint64 counts
	}
	return int64(min(n, math.MaxInt64)), nil
}

// suggest returns the finest unit coarser than u that needs at most limit periods, or u.
func suggest(set interval.Set[int64], r Resolution, u Unit, z Zone, limit int) Unit {
	for c, ok := u.Coarser(); ok; c, ok = c.Coarser() {
		if n, err := CountZoned(set, r, c, z); err == nil && n <= int64(limit) {
			return c
		}
	}
	return u
}

// timeline lays units over ticks. The units are ranges of ticks, numbered in order and without
// gaps; the number of each is above the least int64.
type timeline interface {
	// index returns the number of the unit that holds a tick.
	index(tick int64) int64
	// first returns the first tick of a unit that holds a tick, or follows one that does; the
	// nearer end of int64 where that does not reach so far.
	first(index int64) int64
	// label names a unit that holds a tick; no two have the same label.
	label(index int64) string
}

func newTimeline(r Resolution, u Unit, z Zone) (timeline, error) {
	if err := u.Check(r); err != nil {
		return nil, err
	}
	switch {
	case z.isUTC():
		return newGrid(r, u), nil
	case r == Days:
		return nil, fmt.Errorf("calendar: split in %s: %w", z, ErrDateZone)
	}
	return newZonedGrid(r, u, z), nil
}
