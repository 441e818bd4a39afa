package axes

import (
	"math"
	"strconv"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// integers adds to an axis comparisons with floats, for which Polars casts the column.
type integers struct {
	bounds.Ordered[interval.Int128]
}

// Within implements [bounds.Axis].
func (i integers) Within(bounds.Region[interval.Int128]) (bounds.Axis[interval.Int128], bool) {
	return i, false
}

// Compare implements [bounds.Axis].
func (i integers) Compare(
	op expr.Op, operand expr.Node, column string, l *expr.Literal,
) (bounds.Outcome[interval.Int128], bool) {
	cast, ok := operand.(*expr.Cast)
	if !ok || cast.To != expr.ParseType("float64") || l.Scalar == nil || l.Scalar.Type != "float" {
		return i.Ordered.Compare(op, operand, column, l)
	}
	v, err := strconv.ParseFloat(l.Scalar.Value, 64)
	set, ok := i.where(op, v)
	if err != nil || !ok {
		return bounds.Outcome[interval.Int128]{}, false
	}
	return i.Where(set, cast.Arg, column)
}

// exactFloats is where the integers begin that a float cannot hold. As rounding keeps
// the order, all beyond it are on the same side of a float below it as they are.
const exactFloats = 1 << 53

// where is the set of the x for which "x op v" holds, and false for a v that is not well
// within the integers that floats hold.
func (i integers) where(op expr.Op, v float64) (interval.Set[interval.Int128], bool) {
	if !(math.Abs(v) < exactFloats) {
		return interval.Set[interval.Int128]{}, false
	}
	d, floor := i.Domain(), math.Floor(v)
	whole, at := floor == v, interval.Int128FromInt64(int64(floor))
	switch {
	case op == expr.Lt && whole:
		return interval.Below(d, at), true
	case op == expr.Lt, op == expr.LtEq:
		return interval.AtMost(d, at), true
	case op == expr.GtEq && whole:
		return interval.AtLeast(d, at), true
	case op == expr.GtEq, op == expr.Gt:
		return interval.Above(d, at), true
	case op == expr.Eq && whole:
		return interval.Point(d, at), true
	case op == expr.Eq:
		return interval.Empty(d), true
	case op == expr.NotEq && whole:
		return interval.Point(d, at).Complement(), true
	case op == expr.NotEq:
		return interval.Full(d), true
	}
	return interval.Set[interval.Int128]{}, false
}
