package bounds

import (
	"math"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// function is a non-decreasing function of the column's physical value, with
// values of type typ. It is defined, that is not null, exactly for the column
// values from least to greatest.
type function struct {
	typ             expr.Type
	of              func(int64) int64
	least, greatest int64
}

// maxCasts bounds the casts that are followed: every one of them costs the ones
// below it a binary search.
const maxCasts = 8

// function reads operand as a function of the column: the column itself or a
// short chain of casts of it. It returns false for anything else.
func (t Temporal) function(operand expr.Node, column string) (function, bool) {
	return t.casts(operand, column, maxCasts)
}

func (t Temporal) casts(operand expr.Node, column string, left int) (function, bool) {
	switch e := operand.(type) {
	case *expr.Column:
		if e.Name != column || e.Type != t.typ {
			return function{}, false
		}
		least, greatest, _ := t.domain.Extremes()
		return function{
			typ: t.typ, of: func(v int64) int64 { return v }, least: least, greatest: greatest,
		}, true
	case *expr.Cast:
		if left == 0 {
			return function{}, false
		}
		inner, ok := t.casts(e.Arg, column, left-1)
		if !ok {
			return function{}, false
		}
		return inner.cast(e.To)
	}
	return function{}, false
}

// cast composes a cast to another temporal type: to finer ticks a product, to
// coarser ones a quotient rounded down, as Polars does. A value that does not
// fit is null, or ends the query when the cast is strict, so the function is
// not defined for it.
func (f function) cast(to expr.Type) (function, bool) {
	target, ok := NewTemporal(to)
	if !ok {
		return function{}, false
	}
	from, _ := f.typ.TicksPerDay()
	ticks, _ := to.TicksPerDay()
	least, greatest, _ := target.domain.Extremes()
	inner := f.of
	g := function{typ: to, least: f.least, greatest: f.greatest}
	if ticks < from {
		by := from / ticks
		g.of = func(v int64) int64 { return floorDiv(inner(v), by) }
		return g.clip(inner, mulSaturated(least, by), addSaturated(mulSaturated(greatest, by), by-1)), true
	}
	by := ticks / from
	g.of = func(v int64) int64 { return inner(v) * by }
	// Division towards zero gives the outermost factors whose product fits.
	return g.clip(inner, least/by, greatest/by), true
}

// clip restricts g to the column values that inner maps into [lo, hi].
func (g function) clip(inner func(int64) int64, lo, hi int64) function {
	least, ok := first(g.least, g.greatest, func(v int64) bool { return inner(v) >= lo })
	if !ok {
		return g.nowhere()
	}
	beyond, ok := first(least, g.greatest, func(v int64) bool { return inner(v) > hi })
	switch {
	case !ok:
		g.least = least
	case beyond == least:
		return g.nowhere()
	default:
		g.least, g.greatest = least, beyond-1
	}
	return g
}

// nowhere is g defined for no value at all.
func (g function) nowhere() function {
	g.least, g.greatest = 1, 0
	return g
}

// first returns the least v in [lo, hi] for which ok holds, given that ok holds
// for every greater value as well, and false when there is none.
func first(lo, hi int64, ok func(int64) bool) (int64, bool) {
	if lo > hi || !ok(hi) {
		return 0, false
	}
	for lo < hi {
		mid := lo + int64(uint64(hi-lo)/2) // the distance of two int64 fits an uint64
		if ok(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo, true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// mulSaturated multiplies by a positive factor and stops at the ends of int64.
func mulSaturated(a, by int64) int64 {
	switch {
	case a > math.MaxInt64/by:
		return math.MaxInt64
	case a < math.MinInt64/by:
		return math.MinInt64
	}
	return a * by
}

// addSaturated adds a number that is not negative and stops at the end of int64.
func addSaturated(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// from is where f >= v, and above where f > v.
func (t Temporal) from(f function, v int64) interval.Set[int64] {
	return t.onwards(f, func(x int64) bool { return f.of(x) >= v })
}

func (t Temporal) above(f function, v int64) interval.Set[int64] {
	return t.onwards(f, func(x int64) bool { return f.of(x) > v })
}

// below is where f < v, and upTo where f <= v.
func (t Temporal) below(f function, v int64) interval.Set[int64] { return t.from(f, v).Complement() }

func (t Temporal) upTo(f function, v int64) interval.Set[int64] { return t.above(f, v).Complement() }

// onwards is every value from the first for which ok holds. Values above the
// last for which f is defined are in, those below the first are not.
func (t Temporal) onwards(f function, ok func(int64) bool) interval.Set[int64] {
	v, found := first(f.least, f.greatest, ok)
	if !found {
		return interval.Empty(t.domain)
	}
	return interval.AtLeast(t.domain, v)
}
