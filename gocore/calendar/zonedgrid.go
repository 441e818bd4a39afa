package calendar

import (
	"math"
	"sort"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// zonedGrid lays a unit over the instants of a zone.
//
// Between two changes of the zone, local time runs evenly, and a grid over local ticks says where
// units begin. What changes do is decided once, when the segments between them are made: which
// units begin in a segment at all. These are consecutive units of the local grid, so that the
// numbers of the zoned units are the local ones plus something that is constant in a segment.
type zonedGrid struct {
	local    grid
	segments []segment
}

// segment is the time from one change of the zone to the next.
type segment struct {
	start  int64 // an instant; the least int64 for the first segment
	offset int64 // in ticks
	// least is the first local unit that begins in the segment; before is the number of the last
	// unit that begins before the segment. Local units below least continue that one.
	least, before int64
}

func newZonedGrid(r Resolution, u Unit, z Zone) *zonedGrid {
	g := &zonedGrid{local: newGrid(r, u)}
	perSecond := ticksPerSecond[r]
	reached := int64(math.MinInt64) // the greatest local unit before the segment
	for i, t := range z.transitions {
		s := segment{start: saturate.Mul(t.At, perSecond), offset: t.Offset * perSecond}
		switch {
		case i == 0 || s.start == math.MinInt64:
			g.segments = []segment{g.openingSegment(s.offset)}
			continue
		case s.start == math.MaxInt64:
			return g
		}
		last := &g.segments[len(g.segments)-1]
		reached = max(reached, g.localUnit(s.start-1, last))
		s.before = g.index(s.start - 1)
		s.least = g.leastUnit(&s, reached)
		g.segments = append(g.segments, s)
	}
	return g
}

// openingSegment returns the segment that begins with the least int64. Units are numbered such that
// units of one tick have the number of their tick, which keeps all numbers within int64.
func (g *zonedGrid) openingSegment(offset int64) segment {
	s := segment{start: math.MinInt64, offset: offset}
	s.least = g.localUnit(s.start, &s)
	s.before = s.least - 1 - g.local.index(offset)
	return s
}

// leastUnit returns the first local unit that begins in a segment, when unit reached was the
// greatest before it.
func (g *zonedGrid) leastUnit(s *segment, reached int64) int64 {
	unit := g.localUnit(s.start, s)
	if g.local.unit.base != clock {
		// A day that comes again after the clocks were set back is the same day.
		return max(unit, reached+1)
	}
	// An hour that comes again is another hour; but one that the clocks are set back into the middle
	// of has begun already, as has one that the change interrupts.
	if unit > reached || g.local.first(unit) == localTick(s.start, s.offset) {
		return unit
	}
	return unit + 1
}

func (g *zonedGrid) localUnit(tick int64, s *segment) int64 {
	return g.local.index(localTick(tick, s.offset))
}

// localTick returns the local time of an instant. At the ends of int64 local time stands still, one
// tick short of them, so that the number of the next unit is an int64 too.
func localTick(tick, offset int64) int64 {
	switch {
	case tick > math.MaxInt64-1-max(0, offset):
		return math.MaxInt64 - 1
	case tick < math.MinInt64+1-min(0, offset):
		return math.MinInt64 + 1
	}
	return tick + offset
}

// instant returns the first instant that is at a local time or after it, within int64.
func instant(local, offset int64) int64 {
	switch {
	case local == math.MaxInt64 || offset < 0 && local > math.MaxInt64+offset:
		return math.MaxInt64
	case local <= math.MinInt64+1 || offset > 0 && local < math.MinInt64+offset:
		return math.MinInt64
	}
	return local - offset
}

// index implements timeline. The sum may leave int64 on the way; its result does not.
func (g *zonedGrid) index(tick int64) int64 {
	s := g.last(func(s *segment) bool { return s.start <= tick })
	unit := g.localUnit(tick, &g.segments[s])
	if unit < g.segments[s].least {
		return g.segments[s].before
	}
	return g.segments[s].before + 1 + unit - g.segments[s].least
}

// last returns the last segment of which is holds, which must be those up to some segment.
func (g *zonedGrid) last(is func(*segment) bool) int {
	return max(1, sort.Search(len(g.segments), func(i int) bool { return !is(&g.segments[i]) })) - 1
}

// origin returns the segment in which a unit begins, and its number in the local grid.
func (g *zonedGrid) origin(index int64) (s int, unit int64) {
	s = g.last(func(s *segment) bool { return s.before < index })
	return s, g.segments[s].least + (index - g.segments[s].before - 1)
}

// first implements timeline.
func (g *zonedGrid) first(index int64) int64 {
	s, unit := g.origin(index)
	return max(g.segments[s].start, instant(g.local.first(unit), g.segments[s].offset))
}

// label implements timeline. Where a local time begins two units, both have its offset in their
// labels, whether or not the set that is split holds both.
func (g *zonedGrid) label(index int64) string {
	s, unit := g.origin(index)
	text := g.local.label(unit)
	if g.beginsTwice(s, unit) {
		text += formatOffset(g.segments[s].offset / ticksPerSecond[g.local.resolution])
	}
	return text
}

// beginsTwice reports whether a local unit that begins in segment s begins in another one as well.
// Offsets are below a day, so that only segments within two days can have the same local time.
func (g *zonedGrid) beginsTwice(s int, unit int64) bool {
	if g.local.unit.base != clock {
		return false
	}
	start := g.first(g.segments[s].before + 1 + unit - g.segments[s].least)
	near := 2 * g.local.resolution.TicksPerDay()
	for i := s - 1; i >= 0 && start-g.segments[i+1].start < near; i-- {
		if g.begins(i, unit) {
			return true
		}
	}
	for i := s + 1; i < len(g.segments) && g.segments[i].start-start < near; i++ {
		if g.begins(i, unit) {
			return true
		}
	}
	return false
}

// begins reports whether a local unit begins in segment s.
func (g *zonedGrid) begins(s int, unit int64) bool {
	end := int64(math.MaxInt64)
	if s+1 < len(g.segments) {
		end = g.segments[s+1].start - 1
	}
	return g.segments[s].least <= unit && unit <= g.localUnit(end, &g.segments[s])
}
