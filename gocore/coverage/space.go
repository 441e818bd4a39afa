package coverage

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Space is where one column may lie: a [bounds.Region] whose value type is
// erased, so that columns of different types stand side by side. The zero Space
// is no condition: everything, in a column of any type.
//
// The spaces of one column must be of one domain. Spaces of different Go types
// are told apart and lead to Unknown; different domains of one Go type, such as
// decimals of two scales, are not, and their answers mean nothing.
type Space struct{ region region }

// region is a Space with a type. Implementations are pointers.
type region interface {
	// intersect returns the values in both, and false for regions of two types.
	intersect(region) (region, bool)
	empty() bool
	equal(region) bool
	String() string

	// cut takes the column apart into the atoms that the regions make of it; a
	// nil region is everything. It returns false for regions of two types.
	cut(regions []region, within region) (atoms, bool)
}

// typed is a region of values of type T.
type typed[T any] struct {
	bounds.Region[T]
	holds inhabited[T]
}

// Of returns the space of a region. A region of float64 is one of a column of 64
// bits; see [OfFloat32].
func Of[T any](r bounds.Region[T]) Space {
	return Space{&typed[T]{r, inhabitedBy[T]()}}
}

// OfFloat32 returns the space of a column of 32-bit floats, whose conditions are
// on values of 64 bits: between 0.1 and its next neighbours lies no such value.
func OfFloat32(r bounds.Region[float64]) Space {
	return Space{&typed[float64]{r, holdsFloat32}}
}

// Intersect returns where the column lies if it lies in both spaces, and false for
// spaces of two types.
func (s Space) Intersect(o Space) (Space, bool) {
	switch {
	case s.region == nil:
		return o, true
	case o.region == nil:
		return s, true
	}
	r, ok := s.region.intersect(o.region)
	return Space{r}, ok
}

// IsEmpty reports whether no row can lie in the space.
func (s Space) IsEmpty() bool { return s.region != nil && s.region.empty() }

// Equal reports whether both spaces are the same values. No condition equals only
// itself, since it is of no type.
func (s Space) Equal(o Space) bool {
	if s.region == nil || o.region == nil {
		return s.region == o.region
	}
	return s.region.equal(o.region)
}

// String is the region as [bounds.Region] writes it, and "anything" for no condition.
func (s Space) String() string {
	if s.region == nil {
		return "anything"
	}
	return s.region.String()
}

func (t *typed[T]) intersect(o region) (region, bool) {
	p, ok := o.(*typed[T])
	if !ok {
		return nil, false
	}
	both := bounds.Region[T]{Values: t.Values.Intersect(p.Values), Null: t.Null && p.Null}
	return &typed[T]{both, t.holds}, true
}

func (t *typed[T]) empty() bool {
	if t.Null {
		return false
	}
	for _, iv := range t.Values.Intervals() {
		if t.holds(iv) {
			return false
		}
	}
	return true
}

func (t *typed[T]) equal(o region) bool {
	p, ok := o.(*typed[T])
	return ok && t.Null == p.Null && t.Values.Equal(p.Values)
}

// union is needed for the two answers of a condition that are not true.
func union[T any](a, b bounds.Region[T]) bounds.Region[T] {
	return bounds.Region[T]{Values: a.Values.Union(b.Values), Null: a.Null || b.Null}
}

// inhabited reports whether a value of the column lies in an interval that is not
// crossed. A domain without neighbours does not know it of (1, nextafter(1)),
// which keeps bounds sound, but would make an overlap of nothing here.
type inhabited[T any] func(interval.Interval[T]) bool

func inhabitedBy[T any]() inhabited[T] {
	for _, known := range []any{inhabited[float64](holdsFloat64), inhabited[string](holdsString)} {
		if f, ok := known.(inhabited[T]); ok {
			return f
		}
	}
	return func(interval.Interval[T]) bool { return true } // discrete: no neighbour is left out
}
