package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// function is what is known of an expression as a function of the column's
// physical value x. Where x is from least to greatest, its value lies in
// [low(x), high(x)], both non-decreasing and of type typ, or it is null if
// maybeNull; anywhere else it is null.
//
// Polars' arithmetic wraps around at the ends of 64 bits. Values that close to
// the ends of a type, some 292 years from 1970 for nanoseconds, are left out of
// account: with them no sum would be bounded.
type function struct {
	typ             expr.Type
	low, high       func(int64) int64
	exact           bool // low and high are the same
	maybeNull       bool
	least, greatest int64
}

// maxSteps bounds the chain of functions that is followed: each step costs the
// ones below it a binary search.
const maxSteps = 12

// function reads operand as a function of the column: the column itself, or a
// short chain of the functions in the table of calls, of casts, and of sums with
// constants. It returns false for anything else.
func (t Temporal) function(operand expr.Node, column string) (function, bool) {
	return t.steps(operand, column, maxSteps)
}

func (t Temporal) steps(operand expr.Node, column string, left int) (function, bool) {
	if c, ok := operand.(*expr.Column); ok {
		return t.identity(), c.Name == column && c.Type == t.typ
	}
	if left == 0 {
		return function{}, false
	}
	arg, step := stepOf(operand)
	if step == nil {
		return function{}, false
	}
	inner, ok := t.steps(arg, column, left-1)
	if !ok {
		return function{}, false
	}
	return step(inner)
}

// A step makes the function of an expression out of that of its argument.
type step func(function) (function, bool)

// stepOf takes the outermost function of an expression apart: the argument that
// may read the column, and the step; nil when it is not known.
func stepOf(operand expr.Node) (arg expr.Node, s step) {
	switch e := operand.(type) {
	case *expr.Cast:
		return e.Arg, func(f function) (function, bool) { return f.cast(e.To) }
	case *expr.Binary:
		return sumStep(e)
	case *expr.Call:
		make, ok := calls[e.Name]
		if !ok || len(e.Args) == 0 {
			return nil, nil
		}
		return e.Args[0], func(f function) (function, bool) { return make(f, e) }
	}
	return nil, nil
}

func (t Temporal) identity() function {
	least, greatest, _ := t.domain.Extremes()
	same := func(v int64) int64 { return v }
	return function{typ: t.typ, low: same, high: same, exact: true, least: least, greatest: greatest}
}

// then composes f with an exact, non-decreasing g that is defined from lo to hi.
func (f function) then(typ expr.Type, lo, hi int64, g func(int64) int64) function {
	out := f.clip(lo, hi)
	out.typ = typ
	low, high := f.low, f.high
	out.low = func(v int64) int64 { return g(clamp(low(v), lo, hi)) }
	out.high = func(v int64) int64 { return g(clamp(high(v), lo, hi)) }
	return out
}

// widened composes f with a g that moves a value by at most the given distances.
func (f function) widened(typ expr.Type, down, up int64) function {
	low, high := f.low, f.high
	f.typ, f.exact = typ, false
	f.low = func(v int64) int64 { return subSaturated(low(v), down) }
	f.high = func(v int64) int64 { return addSaturated(high(v), up) }
	return f
}

// clip restricts f to the column values whose value may lie in [lo, hi]; where
// only some of the possible values do, the result may be null.
func (f function) clip(lo, hi int64) function {
	least, ok := first(f.least, f.greatest, func(v int64) bool { return f.high(v) >= lo })
	if !ok {
		return f.nowhere()
	}
	beyond, ok := first(least, f.greatest, func(v int64) bool { return f.low(v) > hi })
	switch {
	case !ok:
		f.least = least
	case beyond == least:
		return f.nowhere()
	default:
		f.least, f.greatest = least, beyond-1
	}
	f.maybeNull = f.maybeNull || f.low(f.least) < lo || f.high(f.greatest) > hi
	return f
}

// nowhere is f defined for no value at all.
func (f function) nowhere() function {
	f.least, f.greatest = 1, 0
	return f
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
