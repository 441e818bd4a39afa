package coverage

import (
	"cmp"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// span is the atoms or cells from one up to, not including, another.
type span struct{ from, to int32 }

// atoms is a column taken apart, at every end of every region, into the smallest
// pieces that matter: each region is a union of them. Atoms are numbered in
// ascending order with null as the last one; all are inhabited and lie in what
// the column is known to lie in. From here on a column is integers.
type atoms struct {
	count   int32
	regions [][]span            // of each region: ascending, disjoint, not touching
	text    func([]span) string // of such a list in any order, for people
}

// cutter makes the atoms. An edge is where one segment ends and the next begins,
// written as the lower end of the latter; segment j lies between the edges j-1
// and j.
type cutter[T any] struct {
	*typed[T]
	edges []interval.Endpoint[T]
	kept  []int32 // how many segments before this one are atoms
	homes []int32 // the segment of each atom but null
	null  bool    // null is an atom
}

func (t *typed[T]) cut(regions []region, within region) (atoms, bool) {
	sets := make([]*typed[T], 0, len(regions)+1)
	for _, r := range append(slices.Clone(regions), within) {
		s, ok := r.(*typed[T])
		if !ok && r != nil {
			return atoms{}, false
		}
		sets = append(sets, s)
	}
	c := cutter[T]{typed: t}
	c.findEdges(sets)
	c.keep(sets[len(regions)])
	cut := atoms{count: int32(len(c.homes)), text: c.text, regions: make([][]span, 0, len(regions))}
	if c.null {
		cut.count++
	}
	for _, s := range sets[:len(regions)] {
		cut.regions = append(cut.regions, c.spans(s, cut.count))
	}
	return cut, true
}

func (c *cutter[T]) findEdges(sets []*typed[T]) {
	c.edges = make([]interval.Endpoint[T], 0, 2*len(sets))
	for _, s := range sets {
		if s == nil {
			continue
		}
		for _, iv := range s.Values.Intervals() {
			if iv.Lo.Kind != interval.Unbounded {
				c.edges = append(c.edges, c.edge(iv.Lo))
			}
			if iv.Hi.Kind != interval.Unbounded {
				c.edges = append(c.edges, c.edge(flip(iv.Hi)))
			}
		}
	}
	slices.SortFunc(c.edges, c.compare)
	c.edges = slices.CompactFunc(c.edges, func(a, b interval.Endpoint[T]) bool { return c.compare(a, b) == 0 })
}

// edge writes a lower end in one way only: "after 5" is "from 6" where there is a 6.
func (c *cutter[T]) edge(lo interval.Endpoint[T]) interval.Endpoint[T] {
	if lo.Kind == interval.Exclusive {
		if next, ok := c.Values.Domain().Next(lo.Value); ok {
			return interval.Incl(next)
		}
	}
	return lo
}

func (c *cutter[T]) compare(a, b interval.Endpoint[T]) int {
	if order := c.Values.Domain().Compare(a.Value, b.Value); order != 0 {
		return order
	}
	return cmp.Compare(a.Kind, b.Kind)
}

// flip turns an upper end into the lower end of what is above it, and back.
func flip[T any](e interval.Endpoint[T]) interval.Endpoint[T] {
	if e.Kind == interval.Inclusive {
		return interval.Excl(e.Value)
	}
	return interval.Incl(e.Value)
}

// keep chooses the segments that are atoms.
func (c *cutter[T]) keep(within *typed[T]) {
	segments := int32(len(c.edges) + 1)
	inside := []span{{0, segments}}
	c.null = within == nil || within.Null
	if within != nil {
		inside = inside[:0]
		for _, iv := range within.Values.Intervals() {
			inside = append(inside, c.segments(iv))
		}
	}
	c.kept = make([]int32, segments+1)
	for _, s := range inside {
		for j := s.from; j < s.to; j++ {
			if c.holds(c.segment(j)) {
				c.kept[j+1] = 1
				c.homes = append(c.homes, j)
			}
		}
	}
	for j := range segments {
		c.kept[j+1] += c.kept[j]
	}
}

// segments returns the segments that an interval is made of.
func (c *cutter[T]) segments(iv interval.Interval[T]) span {
	s := span{0, int32(len(c.edges) + 1)}
	if iv.Lo.Kind != interval.Unbounded {
		s.from = c.rank(iv.Lo)
	}
	if iv.Hi.Kind != interval.Unbounded {
		s.to = c.rank(flip(iv.Hi))
	}
	return s
}

func (c *cutter[T]) rank(lo interval.Endpoint[T]) int32 {
	i, _ := slices.BinarySearchFunc(c.edges, c.edge(lo), c.compare)
	return int32(i + 1)
}

func (c *cutter[T]) segment(j int32) interval.Interval[T] {
	var iv interval.Interval[T]
	if j > 0 {
		iv.Lo = c.edges[j-1]
	}
	if int(j) < len(c.edges) {
		iv.Hi = flip(c.edges[j])
	}
	return iv
}

// spans returns the atoms of a set.
func (c *cutter[T]) spans(s *typed[T], count int32) []span {
	if s == nil {
		return appendSpan(nil, span{0, count})
	}
	var out []span
	for _, iv := range s.Values.Intervals() {
		in := c.segments(iv)
		out = appendSpan(out, span{c.kept[in.from], c.kept[in.to]})
	}
	if s.Null && c.null {
		out = appendSpan(out, span{count - 1, count})
	}
	return out
}

// appendSpan adds a span that begins at the end of the last one or later, joined to
// it where they touch, and nothing when it is empty.
func appendSpan(out []span, s span) []span {
	switch last := len(out) - 1; {
	case s.from >= s.to:
	case last >= 0 && out[last].to == s.from:
		out[last].to = s.to
	default:
		return append(out, s)
	}
	return out
}

func (c *cutter[T]) text(list []span) string {
	var intervals []interval.Interval[T]
	null := false
	for _, s := range list {
		for a := s.from; a < s.to; a++ {
			if int(a) == len(c.homes) {
				null = true
			} else {
				intervals = append(intervals, c.segment(c.homes[a]))
			}
		}
	}
	return describe(interval.Of(c.Values.Domain(), intervals...), null)
}
