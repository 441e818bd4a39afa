package sqlpush

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// ranges is a set of values of a column as SQL can ask for it: single values and
// spans, or every value but some.
type ranges struct {
	except bool // points are the values that are left out
	points []string
	spans  []span
	null   bool   // null is in the set
	wider  string // why it holds more than was asked for
}

// span is what lies between two ends, of which one may be nil.
type span struct{ lower, upper *edge }

type edge struct {
	value     string
	inclusive bool
}

// side is the end of an interval.
type side int

const (
	lower side = +1
	upper side = -1
)

// shaper fits sets of values into what the database can hold and write.
type shaper[T any] struct {
	write func(T) string
	// holds says whether the column can hold a value; nil if it can hold all.
	holds func(T) bool
	// move moves an end outwards, to one that can be written: unbounded, where there
	// is none. It returns why the span holds more then; nil moves nothing.
	move func(interval.Endpoint[T], side) (interval.Endpoint[T], string)
	// spansOnly says that values cannot be compared one by one.
	spansOnly bool
}

// maxValues is how many single values and spans of a column are asked for; more are
// replaced by the span that holds them all.
const maxValues = 1_000

const manyValues = "there are more than 1,000 values to compare with"

// shape makes ranges of a region.
func (s shaper[T]) shape(r bounds.Region[T]) ranges {
	out := ranges{null: r.Null}
	d := r.Values.Domain()
	intervals := r.Values.Intervals()
	if left := r.Values.Complement().Intervals(); !s.spansOnly && len(left) <= maxValues && allPoints(d, left) {
		out.except = true
		out.points = s.points(d, left)
		return out
	}
	if len(intervals) > maxValues {
		hull, _ := r.Values.Hull()
		intervals, out.wider = []interval.Interval[T]{hull}, manyValues
	}
	var points []interval.Interval[T]
	for _, iv := range intervals {
		if _, ok := single(d, iv); ok && !s.spansOnly {
			points = append(points, iv)
			continue
		}
		out.add(s.span(iv))
	}
	if !out.except {
		out.points = s.points(d, points)
	}
	return out
}

func (r *ranges) add(sp span, why string) {
	if why != "" {
		r.wider = why
	}
	if r.except {
		return
	}
	if sp.lower == nil && sp.upper == nil { // an end could not be written
		r.except, r.points, r.spans = true, nil, nil
		return
	}
	r.spans = append(r.spans, sp)
}

func (s shaper[T]) points(d interval.Domain[T], intervals []interval.Interval[T]) []string {
	var out []string
	for _, iv := range intervals {
		if v, _ := single(d, iv); s.holds == nil || s.holds(v) {
			out = append(out, s.write(v))
		}
	}
	return out
}

func (s shaper[T]) span(iv interval.Interval[T]) (span, string) {
	var out span
	var whyLo, whyHi string
	out.lower, whyLo = s.edge(iv.Lo, lower)
	out.upper, whyHi = s.edge(iv.Hi, upper)
	if whyLo == "" {
		whyLo = whyHi
	}
	return out, whyLo
}

func (s shaper[T]) edge(e interval.Endpoint[T], at side) (*edge, string) {
	why := ""
	if s.move != nil && e.Kind != interval.Unbounded {
		e, why = s.move(e, at)
	}
	if e.Kind == interval.Unbounded {
		return nil, why
	}
	return &edge{value: s.write(e.Value), inclusive: e.Kind == interval.Inclusive}, why
}

// allPoints reports whether a set consists of single values.
func allPoints[T any](d interval.Domain[T], intervals []interval.Interval[T]) bool {
	for _, iv := range intervals {
		if _, ok := single(d, iv); !ok {
			return false
		}
	}
	return true
}

// single returns the value of an interval that holds one. An end at the least or the
// greatest value of the domain is written as unbounded.
func single[T any](d interval.Domain[T], iv interval.Interval[T]) (T, bool) {
	lo, hi, ok := d.Extremes()
	switch {
	case iv.Lo.Kind == interval.Inclusive && iv.Hi.Kind == interval.Inclusive:
		return iv.Lo.Value, d.Compare(iv.Lo.Value, iv.Hi.Value) == 0
	case iv.Lo.Kind == interval.Unbounded && iv.Hi.Kind == interval.Inclusive:
		if l, least := d.(interval.LeastValued[T]); least {
			lo, ok = l.Least(), true
		}
		return iv.Hi.Value, ok && d.Compare(lo, iv.Hi.Value) == 0
	case iv.Lo.Kind == interval.Inclusive && iv.Hi.Kind == interval.Unbounded:
		return iv.Lo.Value, ok && d.Compare(hi, iv.Lo.Value) == 0
	}
	return iv.Lo.Value, false
}

// answers says, for each of the three answers of a condition, where the column may
// lie, and whether the answer is certain there.
type answers [3]answer

type answer struct {
	ranges ranges
	// certain says that wherever the column lies in the ranges, this is the answer.
	certain bool
	// anywhere says that the ranges tell nothing.
	anywhere bool
}

// answersOf reads an outcome. An answer is certain where no other is possible: the
// three regions cover every value between them.
func answersOf[T any](o bounds.Outcome[T], s shaper[T]) answers {
	regions := [3]bounds.Region[T]{isTrue: o.True, isFalse: o.False, isNull: o.Null}
	var out answers
	for i, r := range regions {
		a := answer{certain: true, anywhere: r.IsEverything()}
		for j, other := range regions {
			if i != j && meet(r, other) {
				a.certain = false
			}
		}
		a.ranges = s.shape(r)
		out[i] = a
	}
	return out
}

func meet[T any](a, b bounds.Region[T]) bool {
	return a.Null && b.Null || !a.Values.Intersect(b.Values).IsEmpty()
}

// converted is an outcome over another domain of the same column.
func converted[T, U any](o bounds.Outcome[T], convert func(interval.Set[T]) interval.Set[U]) bounds.Outcome[U] {
	region := func(r bounds.Region[T]) bounds.Region[U] {
		return bounds.Region[U]{Values: convert(r.Values), Null: r.Null}
	}
	return bounds.Outcome[U]{True: region(o.True), False: region(o.False), Null: region(o.Null)}
}
