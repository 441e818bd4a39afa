package interval

import (
	"slices"
	"sort"
	"strings"
)

// Set is an immutable set of values of one domain: a canonical list of intervals. Make one with
// [Full], [Empty], [Of], [Point] or a half-line such as [AtLeast]; the zero Set has no domain and
// is not usable. Sets must not be compared with ==; use Equal.
type Set[T any] struct {
	domain    Domain[T]
	intervals []Interval[T] // canonical, see the package comment; never changed
}

// Full returns the set of all values of d.
func Full[T any](d Domain[T]) Set[T] { return Set[T]{domain: d, intervals: []Interval[T]{{}}} }

// Empty returns the set of no value of d.
func Empty[T any](d Domain[T]) Set[T] { return Set[T]{domain: d} }

// Point returns the set of v alone. It is empty when v is not a value of d.
func Point[T any](d Domain[T], v T) Set[T] { return one(d, Interval[T]{Lo: Incl(v), Hi: Incl(v)}) }

// AtLeast returns the values x of d with x >= v.
func AtLeast[T any](d Domain[T], v T) Set[T] { return one(d, Interval[T]{Lo: Incl(v)}) }

// Above returns the values x of d with x > v.
func Above[T any](d Domain[T], v T) Set[T] { return one(d, Interval[T]{Lo: Excl(v)}) }

// AtMost returns the values x of d with x <= v.
func AtMost[T any](d Domain[T], v T) Set[T] { return one(d, Interval[T]{Hi: Incl(v)}) }

// Below returns the values x of d with x < v.
func Below[T any](d Domain[T], v T) Set[T] { return one(d, Interval[T]{Hi: Excl(v)}) }

func one[T any](d Domain[T], iv Interval[T]) Set[T] {
	c, ok := iv.canonical(d, extentOf(d))
	if !ok {
		return Empty(d)
	}
	return Set[T]{domain: d, intervals: []Interval[T]{c}}
}

// Of returns the union of ivs, which may come in any order, overlap, hold nothing, or reach beyond
// the domain. It sorts once, so n intervals cost n log n where n unions would cost n squared.
func Of[T any](d Domain[T], ivs ...Interval[T]) Set[T] {
	x := extentOf(d)
	sorted := make([]Interval[T], 0, len(ivs))
	for _, iv := range ivs {
		sorted = appendCanonical(d, x, sorted, iv)
	}
	slices.SortFunc(sorted, func(a, b Interval[T]) int { return compareLo(d, a.Lo, b.Lo) })
	out := sorted[:0]
	for _, iv := range sorted {
		out = appendJoined(d, out, iv)
	}
	return Set[T]{domain: d, intervals: out}
}

// Domain returns the domain the set was made with.
func (s Set[T]) Domain() Domain[T] { return s.domain }

// Contains reports whether v, which must be a value of the domain, is in the set. It takes time
// logarithmic in the number of intervals.
func (s Set[T]) Contains(v T) bool {
	i := sort.Search(len(s.intervals), func(i int) bool { return !s.intervals[i].endsBefore(s.domain, v) })
	return i < len(s.intervals) && !s.intervals[i].startsAfter(s.domain, v)
}

// Meets reports whether the set and an interval have a value in common. It takes time logarithmic in
// the number of intervals of the set.
func (s Set[T]) Meets(iv Interval[T]) bool {
	c, ok := iv.canonical(s.domain, extentOf(s.domain))
	if !ok {
		return false
	}
	i := sort.Search(len(s.intervals), func(i int) bool { return !s.intervals[i].before(s.domain, c) })
	return i < len(s.intervals) && !c.before(s.domain, s.intervals[i])
}

// IsEmpty reports whether the set holds no value.
func (s Set[T]) IsEmpty() bool { return len(s.intervals) == 0 }

// IsFull reports whether the set holds every value of the domain.
func (s Set[T]) IsFull() bool {
	return len(s.intervals) == 1 &&
		s.intervals[0].Lo.Kind == Unbounded && s.intervals[0].Hi.Kind == Unbounded
}

// Equal reports whether both sets, of the same domain, hold the same values.
func (s Set[T]) Equal(o Set[T]) bool {
	return slices.EqualFunc(s.intervals, o.intervals, func(a, b Interval[T]) bool {
		return equalEndpoints(s.domain, a.Lo, b.Lo) && equalEndpoints(s.domain, a.Hi, b.Hi)
	})
}

// Intervals returns the canonical intervals in ascending order. The slice is the caller's own.
func (s Set[T]) Intervals() []Interval[T] { return slices.Clone(s.intervals) }

// Hull returns the smallest single interval that holds the set, and false when the set is empty.
func (s Set[T]) Hull() (Interval[T], bool) {
	if s.IsEmpty() {
		return Interval[T]{}, false
	}
	return Interval[T]{Lo: s.intervals[0].Lo, Hi: s.intervals[len(s.intervals)-1].Hi}, true
}

// BoundedBelow reports whether the set ends below. The empty set does. A set that holds the least
// value of the domain does not: nothing in the domain tells it from one without a lower end.
func (s Set[T]) BoundedBelow() bool {
	hull, ok := s.Hull()
	return !ok || hull.Lo.Kind != Unbounded
}

// BoundedAbove is the mirror image of BoundedBelow.
func (s Set[T]) BoundedAbove() bool {
	hull, ok := s.Hull()
	return !ok || hull.Hi.Kind != Unbounded
}

// String returns the set in mathematical notation: "{}", "(-∞, ∞)", "[3, 7] ∪ [9, ∞)". Equal sets
// have equal strings as far as Domain.Format tells values apart.
func (s Set[T]) String() string {
	if s.IsEmpty() {
		return "{}"
	}
	parts := make([]string, len(s.intervals))
	for i, iv := range s.intervals {
		parts[i] = iv.format(s.domain)
	}
	return strings.Join(parts, " ∪ ")
}
