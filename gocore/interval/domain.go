package interval

// Domain is a totally ordered set of values: what a [Set] needs to know of its value type.
//
// A domain is discrete where Next and Prev answer and continuous where they do not. Both may hold
// in one domain (see [Float64]), as long as the two agree: Next(a) = b exactly if Prev(b) = a.
// Implementations must be immutable.
type Domain[T any] interface {
	// Compare returns a negative number when a is before b, zero when they are the same value, and
	// a positive number when a is after b. It is defined for all values of T, also for those
	// outside of the domain.
	Compare(a, b T) int

	// Next returns the least value after v. It returns false when v is the greatest value, or when
	// no value is the least one after v.
	Next(v T) (T, bool)

	// Prev returns the greatest value before v. It returns false when v is the least value, or when
	// no value is the greatest one before v.
	Prev(v T) (T, bool)

	// Extremes returns the least and the greatest value of the domain, and false when it does not
	// have both. A domain with a least value only also implements [LeastValued].
	Extremes() (lo, hi T, ok bool)

	// Format returns the text of v that Set.String prints.
	Format(v T) string
}

// LeastValued is implemented by domains that have a least value and no greatest, which Extremes
// cannot express. It is apart from [Domain] because only [String] needs it.
type LeastValued[T any] interface {
	// Least returns the least value of the domain.
	Least() T
}

// extent is what is known of the ends of a domain: each end is inclusive, or unbounded when the
// domain has no such value.
type extent[T any] struct {
	least, greatest Endpoint[T]
}

func extentOf[T any](d Domain[T]) extent[T] {
	if lo, hi, ok := d.Extremes(); ok {
		return extent[T]{least: Incl(lo), greatest: Incl(hi)}
	}
	if l, ok := d.(LeastValued[T]); ok {
		return extent[T]{least: Incl(l.Least())}
	}
	return extent[T]{}
}
