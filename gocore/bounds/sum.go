package bounds

import (
	"math"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// sumStep reads a sum, difference, product or quotient of the column's function
// and a constant. A difference with the column on the right falls with the
// column; Compare turns it round before it comes here.
func sumStep(e *expr.Binary) (expr.Node, step) {
	if l, ok := constantOf(e.Left); ok && (e.Symbol == "+" || e.Symbol == "*") {
		return e.Right, func(f function) (function, bool) { return f.combine(e.Symbol, l) }
	}
	l, ok := constantOf(e.Right)
	if !ok || e.Op != expr.Arithmetic {
		return nil, nil
	}
	return e.Left, func(f function) (function, bool) { return f.combine(e.Symbol, l) }
}

// constantOf is a literal with a known physical value that is the same in every
// reading.
func constantOf(n expr.Node) (*expr.Literal, bool) {
	l, ok := n.(*expr.Literal)
	return l, ok && l.Exact && l.Lo == l.Hi
}

func (f function) combine(symbol string, l *expr.Literal) (function, bool) {
	sign := int64(1)
	if symbol == "-" {
		sign = -1
	}
	switch {
	case symbol == "*" || symbol == "//":
		return f.scale(symbol, l)
	case symbol != "+" && symbol != "-" || l.Lo == math.MinInt64:
		return function{}, false
	case l.Type.Kind == expr.Duration && f.typ.Kind == expr.Date:
		// Polars adds to midnight and takes the date of the sum. Beyond the days that
		// the duration's ticks reach it may find null.
		day, _ := l.Type.TicksPerDay()
		f.maybeNull = true
		return f.shift(f.typ, saturate.FloorDiv(sign*l.Lo, day)), true
	case l.Type.Kind == expr.Duration && f.typ.Kind == expr.Datetime:
		return f.addDuration(sign*l.Lo, l.Type)
	case l.Type == f.typ && f.typ.Kind == expr.Integer:
		least, greatest, _ := f.typ.Extremes()
		lo, hi := subSaturated(least, sign*l.Lo), subSaturated(greatest, sign*l.Lo)
		return f.shift(f.typ, sign*l.Lo), f.typ.Int.Bits == 32 || f.sumsFit(lo, hi)
	case l.Type == f.typ && f.typ.Kind == expr.Duration:
		return f.shift(f.typ, sign*l.Lo), true
	case symbol == "-" && l.Type == f.typ && f.typ.Kind == expr.Date:
		return f.sinceDate(l.Lo)
	case symbol == "-" && l.Type.Kind == expr.Datetime && f.typ.Kind == expr.Datetime:
		return f.since(l.Lo, l.Type)
	}
	return function{}, false
}

// sinceDate is the duration since a date, in microseconds: null for a day that they
// do not reach.
func (f function) sinceDate(day int64) (function, bool) {
	us := expr.Type{Kind: expr.Datetime, Unit: expr.Microseconds}
	ticks, _ := us.TicksPerDay()
	instants, ok := f.castTime(us)
	// Any other constant makes the difference null.
	ok = ok && -lastMicroDay <= day && day <= lastMicroDay
	return instants.shift(expr.Type{Kind: expr.Duration, Unit: us.Unit}, -saturate.Mul(day, ticks)), ok
}

// since is the duration since an instant, in the coarser of the two units.
func (f function) since(start int64, typ expr.Type) (function, bool) {
	own, _ := f.typ.TicksPerDay()
	ticks, _ := typ.TicksPerDay()
	if f.typ.Zone != typ.Zone {
		return function{}, false
	}
	ok := true
	if ticks < own {
		f, ok = f.castTime(typ)
		own = ticks
	}
	ratio := ticks / own
	out := f.shift(expr.Type{Kind: expr.Duration, Unit: f.typ.Unit}, -saturate.FloorDiv(start, ratio))
	if start%ratio != 0 {
		out = out.widened(out.typ, 1, 0)
	}
	return out, ok
}

// addDuration adds in the coarser of the two units, as Polars does. How it rounds
// a duration that is not whole there is left open.
func (f function) addDuration(by int64, typ expr.Type) (function, bool) {
	own, _ := f.typ.TicksPerDay()
	ticks, _ := typ.TicksPerDay()
	if own == ticks {
		return f.shift(f.typ, by), true
	}
	if ticks < own {
		coarse, ok := f.castTime(expr.Type{Kind: expr.Datetime, Unit: typ.Unit, Zone: f.typ.Zone})
		if !ok {
			return function{}, false
		}
		return coarse.shift(coarse.typ, by), true
	}
	ratio := ticks / own
	whole := saturate.FloorDiv(by, ratio)
	sum := f.shift(f.typ, whole)
	if whole*ratio == by {
		return sum, true
	}
	return sum.widened(sum.typ, 0, 1), true
}

// shift adds a constant, for values where the sum does not wrap around.
func (f function) shift(typ expr.Type, by int64) function {
	least, greatest, _ := typ.Extremes()
	lo, hi := subSaturated(least, min(by, 0)), subSaturated(greatest, max(by, 0))
	return f.then(typ, lo, hi, func(v int64) int64 { return v + by })
}

// scale multiplies an integer by a positive constant or divides it, rounded
// down.
func (f function) scale(symbol string, l *expr.Literal) (function, bool) {
	if f.typ.Kind != expr.Integer || l.Type != f.typ || l.Lo <= 0 {
		return function{}, false
	}
	least, greatest, _ := f.typ.Extremes()
	by := l.Lo
	if symbol == "//" {
		return f.then(f.typ, least, greatest, func(v int64) int64 { return saturate.FloorDiv(v, by) }), true
	}
	return f.then(f.typ, least/by, greatest/by, func(v int64) int64 { return v * by }),
		f.fits(least/by, greatest/by)
}

// sumsFit reports whether a sum that is defined from lo to hi can be followed: one
// of narrow integers wraps around within the dates in use unless all values fit, and
// one of wide integers goes on where an int64 ends. Products wrap around that early
// in 64 bits too.
func (f function) sumsFit(lo, hi int64) bool {
	return f.typ.Int == (expr.Int{Bits: 64}) || f.fits(lo, hi)
}

// fits reports whether all values lie from lo to hi.
func (f function) fits(lo, hi int64) bool {
	return f.least > f.greatest || f.low(f.least) >= lo && f.high(f.greatest) <= hi
}

// turned reads "literal - argument", of times, as "argument - literal" with the
// opposite value. The whole units in such a difference are turned round with it:
// they are rounded towards zero on either side.
func turned(operand expr.Node) (expr.Node, bool) {
	switch e := operand.(type) {
	case *expr.Binary:
		from, ok := constantOf(e.Left)
		if !ok || e.Symbol != "-" || !from.Type.IsTemporal() {
			return nil, false
		}
		return &expr.Binary{Op: expr.Arithmetic, Symbol: "-", Left: e.Right, Right: from}, true
	case *expr.Call:
		if len(e.Args) != 1 || !strings.HasPrefix(e.Name, "dt.total_") {
			return nil, false
		}
		difference, ok := turned(e.Args[0])
		return &expr.Call{Name: e.Name, Option: e.Option, Args: []expr.Node{difference}}, ok
	}
	return nil, false
}

// opposite is -r; a value that has none stays out of reach.
func opposite(r expr.Range) expr.Range {
	return expr.Range{Lo: subSaturated(0, r.Hi), Hi: subSaturated(0, r.Lo)}
}
