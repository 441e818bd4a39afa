package oracle

import (
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Function is the preferred column with a few functions round it.
func (g *Gen) Function() expr.Node {
	var e expr.Node = &expr.Column{Name: g.Columns[0].Name, Type: g.Columns[0].Type}
	for range 1 + g.Below(3) {
		e = g.step(e)
	}
	return e
}

// Relation asks something of an operand.
func (g *Gen) Relation(operand expr.Node) expr.Node {
	t := TypeOf(operand)
	switch g.Below(8) {
	case 0, 1:
		return g.membership(operand)
	case 2:
		op := Pick(g.Choice, []string{"eq_missing", "ne_missing"})
		return binaryOf(op, operand, g.literal(operand))
	case 3:
		name := Pick(g.Choice, []string{"is_null", "is_not_null"})
		return &expr.Call{Name: name, Args: []expr.Node{operand}}
	case 4:
		if t.Kind == expr.Date || t.Kind == expr.Datetime || t.Kind == expr.Duration && g.Forms == Functions {
			return g.reversed(operand)
		}
	}
	return binaryOf(Pick(g.Choice, comparisons), operand, g.literal(operand))
}

// Field is a recurring field of the operand, compared with a number.
func (g *Gen) Field(operand expr.Node) expr.Node {
	name := Pick(g.Choice, []string{"dt.month", "dt.quarter", "dt.week"})
	return g.Relation(&expr.Call{Name: name, Args: []expr.Node{operand}})
}

func (g *Gen) membership(operand expr.Node) expr.Node {
	l := &expr.List{Type: TypeOf(operand), Exact: true, Null: g.OneIn(3)}
	for range g.Below(4) {
		v := g.image(operand)
		item := expr.Range{Lo: v, Hi: v}
		if hi := v + 2; g.Forms == Functions && g.OneIn(6) && hi > v && inRange(l.Type, hi) {
			item.Hi = hi
		}
		l.Items = append(l.Items, item)
	}
	option := Pick(g.Choice, []string{"", "nulls_equal"})
	return &expr.Call{Name: "is_in", Option: option, Args: []expr.Node{operand, l}}
}

// reversed compares the difference of a constant and the operand.
func (g *Gen) reversed(operand expr.Node) expr.Node {
	v := g.image(operand)
	from := &expr.Literal{Type: TypeOf(operand), Exact: true, Lo: v, Hi: v}
	var left expr.Node = binaryOf("-", from, operand)
	if TypeOf(left).Kind == expr.Duration && g.OneIn(3) {
		left = call(Pick(g.Choice, totalNames), "", left)
	}
	return binaryOf(Pick(g.Choice, comparisons), left, g.literal(left))
}

var (
	integerTypes = []string{"int8", "int16", "int32", "int64", "uint8", "uint32", "uint64", "int128"}
	everies      = []string{"1h", "1d", "3d", "1w", "2w", "1mo", "1q", "1y", "90m", "1d12h", "5mo"}
	offsets      = []string{"1h", "1d", "-3d", "1w", "1mo", "-1mo", "1q", "-2y", "-90m", "1d12h", "1mo2d", "0d", "-1mo12h"}
	units        = []string{"ms", "us", "ns"}
	totalNames   = []string{"dt.total_days", "dt.total_hours", "dt.total_seconds", "dt.total_nanoseconds"}
)

// step puts one function round e.
func (g *Gen) step(e expr.Node) expr.Node {
	switch t := TypeOf(e); t.Kind {
	case expr.Date, expr.Datetime:
		return g.timeStep(e, t)
	case expr.Integer:
		return g.integerStep(e, t)
	case expr.Duration:
		switch g.Below(4) {
		case 0:
			return call("to_physical", "", e)
		case 3:
			return call(Pick(g.Choice, totalNames), "", e)
		case 1:
			return binaryOf("-", e, g.duration(t.Unit))
		}
		return binaryOf("+", g.duration(t.Unit), e)
	}
	return e
}

func call(name, option string, args ...expr.Node) expr.Node {
	return &expr.Call{Name: name, Option: option, Args: args}
}

func spanText(s string) *expr.Literal { return &expr.Literal{Text: fmt.Sprintf("%q", s)} }

func (g *Gen) timeStep(e expr.Node, t expr.Type) expr.Node {
	switch g.Below(14) {
	case 0:
		return call("dt.date", "", e)
	case 1, 2:
		return call(Pick(g.Choice, []string{"dt.year", "dt.iso_year"}), "", e)
	case 3, 4:
		return call("dt.truncate", "", e, spanText(Pick(g.Choice, everies)))
	case 5:
		return call("dt.round", "", e, spanText(Pick(g.Choice, everies)))
	case 6:
		return call(Pick(g.Choice, []string{"dt.month_start", "dt.month_end"}), "", e)
	case 7:
		return call("dt.offset_by", "", e, spanText(Pick(g.Choice, offsets)))
	case 8:
		return call("dt.time_stamp", Pick(g.Choice, units), e)
	case 9:
		return &expr.Cast{To: Pick(g.Choice, timeTypes), Arg: e}
	case 10:
		return &expr.Cast{To: expr.ParseType(Pick(g.Choice, integerTypes)), Arg: e}
	case 11:
		return g.sum(e, t)
	case 12:
		return call("to_physical", "", e)
	}
	if t.Kind == expr.Date && g.OneIn(2) {
		return g.sum(e, t)
	}
	if t.Kind == expr.Datetime && g.OneIn(2) {
		return call("dt.cast_time_unit", Pick(g.Choice, units), e)
	}
	v := g.image(e)
	return binaryOf("-", e, &expr.Literal{Type: t, Exact: true, Lo: v, Hi: v})
}

// sum is one of a time and a duration, now and then of another unit.
func (g *Gen) sum(e expr.Node, t expr.Type) expr.Node {
	unit := t.Unit
	if t.Kind == expr.Date || g.OneIn(4) {
		unit = Pick(g.Choice, timeTypes[1:]).Unit
	}
	d := g.duration(unit)
	switch g.Below(3) {
	case 0:
		return binaryOf("+", e, d)
	case 1:
		return binaryOf("-", e, d)
	}
	return binaryOf("+", d, e)
}

func (g *Gen) duration(u expr.Unit) *expr.Literal {
	day := ticksPerDay[u]
	v := Pick(g.Choice, []int64{0, 1, -1, day / 2, -day / 2, day, -day, 40 * day, -400 * day, day + 1})
	t := expr.Type{Kind: expr.Duration, Unit: u}
	return &expr.Literal{Type: t, Exact: true, Lo: v, Hi: v, Text: fmt.Sprint(v)}
}

func (g *Gen) integerStep(e expr.Node, t expr.Type) expr.Node {
	if g.OneIn(4) {
		return &expr.Cast{To: expr.ParseType(Pick(g.Choice, integerTypes)), Arg: e}
	}
	v := Pick(g.Choice, []int64{1, 2, 7, 100})
	l := &expr.Literal{Type: t, Exact: true, Lo: v, Hi: v, Text: fmt.Sprint(v)}
	switch op := Pick(g.Choice, []string{"+", "-", "*", "//"}); {
	case op == "+" && g.OneIn(2) || op == "*" && g.OneIn(2):
		return binaryOf(op, l, e)
	default:
		return binaryOf(op, e, l)
	}
}
