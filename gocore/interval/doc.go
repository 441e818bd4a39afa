// Package interval is the algebra of sets of intervals over one totally ordered domain.
//
// A [Set] answers "which values can this column hold?" for integers, dates, floats, strings,
// booleans and decimals alike: it is generic over the value type and asks a [Domain] for the
// order, the neighbours and the extremes of the values. Sets are immutable, so they can be
// shared between goroutines and returned from caches without copying.
//
// # Invariant
//
// A Set always holds its intervals in canonical form: sorted, disjoint, none empty, and no two
// touching, so every gap between neighbours holds a value. Where the domain knows the neighbour
// of an endpoint, the endpoint is inclusive. An inclusive endpoint at the least or greatest value
// of the domain is unbounded. Two sets of equal values therefore have equal intervals and equal
// strings:
//
//	domain                 built from                      canonical
//	integers               (2, 8)                          [3, 7]
//	integers               [1, 2] and [3, 4]               [1, 4]
//	integers 0 to 9        [7, 9]                          [7, ∞)
//	integers 0 to 9        [0, 9]                          (-∞, ∞)
//	integers 0 to 9        (9, ∞)                          {}
//	floats                 (2, 8)                          (2, 8)
//	floats                 [1, 2) and [2, 3]               [1, 3]
//	floats                 (-∞, 2) and (2, ∞)              (-∞, 2) ∪ (2, ∞)
//	floats                 (-∞, NaN)                       (-∞, inf]
//	booleans               {false} and {true}              (-∞, ∞)
//
// # Worked example
//
//	ints := interval.Int64(math.MinInt64, math.MaxInt64, nil)
//	decade := interval.AtLeast(ints, 10).Intersect(interval.Below(ints, 20)) // [10, 19]
//	hole := decade.Intersect(interval.Point(ints, 13).Complement())          // [10, 12] ∪ [14, 19]
//
// # What it does not do
//
// It knows nothing of null: a set speaks of the values of a column, and whether null is among
// the answers is kept beside it. It does not convert between domains; sets that are combined
// must come from the same one. It does not find that an open interval such as (1, nextafter(1))
// holds no float: in a continuous domain such a set counts as not empty, which can only keep too
// much, never too little.
package interval
