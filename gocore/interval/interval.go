package interval

// Interval is the values of a domain between two ends. The zero Interval holds all of them; an
// interval whose ends cross, such as [5, 3], holds none.
type Interval[T any] struct {
	Lo, Hi Endpoint[T]
}

// canonical returns the interval of the same values in the form the package comment promises, and
// false when there are no such values.
func (iv Interval[T]) canonical(d Domain[T], x extent[T]) (Interval[T], bool) {
	lo, ok := canonicalLo(d, x, iv.Lo)
	if !ok {
		return Interval[T]{}, false
	}
	hi, ok := canonicalHi(d, x, iv.Hi)
	if !ok {
		return Interval[T]{}, false
	}
	c := Interval[T]{Lo: lo, Hi: hi}
	return c, !c.crossed(d)
}

// crossed reports whether no value can be on both sides of the ends, by their order alone.
func (iv Interval[T]) crossed(d Domain[T]) bool {
	if iv.Lo.Kind == Unbounded || iv.Hi.Kind == Unbounded {
		return false
	}
	c := d.Compare(iv.Lo.Value, iv.Hi.Value)
	return c > 0 || c == 0 && (iv.Lo.Kind == Exclusive || iv.Hi.Kind == Exclusive)
}

// endsBefore reports whether v is above the upper end.
func (iv Interval[T]) endsBefore(d Domain[T], v T) bool {
	return compareHi(d, iv.Hi, Incl(v)) < 0
}

// startsAfter reports whether v is below the lower end.
func (iv Interval[T]) startsAfter(d Domain[T], v T) bool {
	return compareLo(d, iv.Lo, Incl(v)) > 0
}

// before reports whether all values of one interval are below those of another; both are canonical.
func (iv Interval[T]) before(d Domain[T], o Interval[T]) bool {
	return Interval[T]{Lo: o.Lo, Hi: iv.Hi}.crossed(d)
}

func (iv Interval[T]) format(d Domain[T]) string {
	lo, hi := "(-∞", "∞)"
	switch iv.Lo.Kind {
	case Inclusive:
		lo = "[" + d.Format(iv.Lo.Value)
	case Exclusive:
		lo = "(" + d.Format(iv.Lo.Value)
	case Unbounded:
	}
	switch iv.Hi.Kind {
	case Inclusive:
		hi = d.Format(iv.Hi.Value) + "]"
	case Exclusive:
		hi = d.Format(iv.Hi.Value) + ")"
	case Unbounded:
	}
	return lo + ", " + hi
}
