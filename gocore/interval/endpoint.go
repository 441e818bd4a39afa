package interval

import "cmp"

// EndpointKind says if an end of an interval exists, and if its value belongs to the interval.
type EndpointKind uint8

const (
	// Unbounded is the kind of an end that restricts nothing. It is the zero value.
	Unbounded EndpointKind = iota
	// Inclusive is the kind of an end whose value belongs to the interval.
	Inclusive
	// Exclusive is the kind of an end whose value does not belong to the interval.
	Exclusive
)

// Endpoint is one end of an [Interval]. Value means nothing when Kind is Unbounded. The zero
// Endpoint is unbounded.
type Endpoint[T any] struct {
	Kind  EndpointKind
	Value T
}

// Incl returns the endpoint at v that belongs to the interval.
func Incl[T any](v T) Endpoint[T] { return Endpoint[T]{Kind: Inclusive, Value: v} }

// Excl returns the endpoint at v that does not belong to the interval.
func Excl[T any](v T) Endpoint[T] { return Endpoint[T]{Kind: Exclusive, Value: v} }

// flip returns the endpoint of the values on the other side of e, which must be bounded.
func (e Endpoint[T]) flip() Endpoint[T] {
	if e.Kind == Inclusive {
		return Excl(e.Value)
	}
	return Incl(e.Value)
}

func equalEndpoints[T any](d Domain[T], a, b Endpoint[T]) bool {
	return a.Kind == b.Kind && (a.Kind == Unbounded || d.Compare(a.Value, b.Value) == 0)
}

// compareLo orders lower ends by where they let values begin: unbounded, [1, (1, [2, (2.
func compareLo[T any](d Domain[T], a, b Endpoint[T]) int {
	if a.Kind == Unbounded || b.Kind == Unbounded {
		return cmp.Compare(min(a.Kind, Inclusive), min(b.Kind, Inclusive))
	}
	if c := d.Compare(a.Value, b.Value); c != 0 {
		return c
	}
	return cmp.Compare(a.Kind, b.Kind)
}

// compareHi orders upper ends by where they let values stop: 1), 1], 2), 2], unbounded.
func compareHi[T any](d Domain[T], a, b Endpoint[T]) int {
	if a.Kind == Unbounded || b.Kind == Unbounded {
		return cmp.Compare(min(b.Kind, Inclusive), min(a.Kind, Inclusive))
	}
	if c := d.Compare(a.Value, b.Value); c != 0 {
		return c
	}
	return cmp.Compare(b.Kind, a.Kind)
}

// joins reports whether no value lies between the upper end hi of one interval and the lower end
// lo of another that does not begin before it, so that the two are one interval:
//
//	1, 5] [3, 8    overlap            joined
//	1, 5) [5, 8    touch              joined
//	1, 5] [6, 8    next to each other joined where the domain says that 6 follows 5
//	1, 5) (5, 8    5 is between       apart
func joins[T any](d Domain[T], hi, lo Endpoint[T]) bool {
	if hi.Kind == Unbounded || lo.Kind == Unbounded {
		return true
	}
	c := d.Compare(hi.Value, lo.Value)
	if c >= 0 {
		return c > 0 || hi.Kind == Inclusive || lo.Kind == Inclusive
	}
	if hi.Kind == Exclusive || lo.Kind == Exclusive {
		return false
	}
	next, ok := d.Next(hi.Value)
	return ok && d.Compare(next, lo.Value) == 0
}

// canonicalLo returns the lower end that lets through the same values of the domain as e, in the
// form the package comment promises. It returns false when e lets none through.
func canonicalLo[T any](d Domain[T], x extent[T], e Endpoint[T]) (Endpoint[T], bool) {
	if e.Kind == Unbounded {
		return Endpoint[T]{}, true
	}
	if x.least.Kind != Unbounded && compareLo(d, e, x.least) <= 0 {
		return Endpoint[T]{}, true
	}
	if x.greatest.Kind != Unbounded && compareLo(d, e, x.greatest) > 0 {
		return Endpoint[T]{}, false
	}
	if e.Kind == Exclusive {
		if next, ok := d.Next(e.Value); ok {
			return Incl(next), true
		}
	}
	return e, true
}

// canonicalHi is the mirror image of canonicalLo.
func canonicalHi[T any](d Domain[T], x extent[T], e Endpoint[T]) (Endpoint[T], bool) {
	if e.Kind == Unbounded {
		return Endpoint[T]{}, true
	}
	if x.greatest.Kind != Unbounded && compareHi(d, e, x.greatest) >= 0 {
		return Endpoint[T]{}, true
	}
	if x.least.Kind != Unbounded && compareHi(d, e, x.least) < 0 {
		return Endpoint[T]{}, false
	}
	if e.Kind == Exclusive {
		if prev, ok := d.Prev(e.Value); ok {
			return Incl(prev), true
		}
	}
	return e, true
}
