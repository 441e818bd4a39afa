package sqlpush

import (
	"cmp"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// answers finds where the column may lie for each answer of a condition, and false
// for a column whose values are compared with nothing.
func (c *column) answers(condition expr.Node) (answers, bool) {
	s := c.storage
	switch c.family {
	case temporal:
		ticks, ok := bounds.NewTemporal(c.wire)
		if !ok || s.ticks.write == nil || c.wraps(condition) {
			return answers{}, false
		}
		return answersOf(outcomeOf[int64](condition, c.name, ticks), s.ticks), true
	case number:
		return c.ofNumbers(condition), true
	case float:
		shape := s.floats
		shape.write = floatText
		return answersOf(c.ofFloats(condition), shape), true
	case text:
		shape := s.texts
		shape.write = func(v string) string { return v }
		return answersOf(c.ofTexts(condition, "string"), shape), true
	case binary:
		shape := shaper[string]{write: hexText}
		return answersOf(c.ofTexts(condition, "binary"), shape), true
	case boolean:
		return answersOf(c.ofBooleans(condition), shaper[bool]{write: boolText}), true
	case label:
		return c.ofLabels(condition), true
	case opaque:
	}
	return answers{}, false
}

// outcomeOf is [bounds.Predicate], but sharper for is_in: a null in the list, which
// may make the answer null in SQL, changes nothing in Polars.
func outcomeOf[T any](condition expr.Node, name string, a bounds.Axis[T]) bounds.Outcome[T] {
	if e, ok := condition.(*expr.Call); ok && e.Name == "is_in" && e.Option == "" && len(e.Args) == 2 {
		if l, ok := e.Args[1].(*expr.List); ok {
			if o, ok := a.Member(e.Args[0], name, l); ok {
				return o
			}
		}
	}
	return bounds.Predicate(condition, name, a)
}

// wraps reports whether a condition casts times to finer ticks by a function that, in
// Polars 2.0, makes other times of those that the ticks do not reach.
func (c *column) wraps(condition expr.Node) bool {
	found := false
	expr.Walk(condition, func(n expr.Node) {
		if e, ok := n.(*expr.Call); ok && e.Name == "dt.cast_time_unit" {
			found = found || expr.ParseType("datetime["+e.Option+"]").Unit > c.wire.Unit
		}
	})
	return found
}

func (c *column) ofNumbers(condition expr.Node) answers {
	a := axis[numeric]{column: c, domain: rationals{}, read: readNumber}
	outcome := outcomeOf[numeric](condition, c.name, a)
	units := c.storage.units
	return answersOf(converted(outcome, units.within), shaper[integer]{write: units.Format})
}

func (c *column) ofFloats(condition expr.Node) bounds.Outcome[float64] {
	return outcomeOf[float64](condition, c.name, axis[float64]{
		column: c, domain: interval.Float64(),
		read: func(cast castOf, l *expr.Literal) (lo, hi float64, ok bool) {
			v, ok := readFloat(l)
			return v, v, ok && cast == noCast
		},
	})
}

func (c *column) ofTexts(condition expr.Node, kind string) bounds.Outcome[string] {
	return outcomeOf[string](condition, c.name, axis[string]{
		column: c, domain: interval.String(),
		read: func(cast castOf, l *expr.Literal) (lo, hi string, ok bool) {
			v, ok := readText(kind, l)
			return v, v, ok && cast == noCast
		},
	})
}

func (c *column) ofBooleans(condition expr.Node) bounds.Outcome[bool] {
	return outcomeOf[bool](condition, c.name, axis[bool]{
		column: c, domain: interval.Bool(),
		read: func(cast castOf, l *expr.Literal) (lo, hi, ok bool) {
			v := l.Lo != 0
			return v, v, ok || l.Exact && l.Type.Kind == expr.Boolean && cast == noCast
		},
	})
}

// ofLabels asks each label of an enum. Polars compares labels in their order, and
// as texts after a cast.
func (c *column) ofLabels(condition expr.Node) answers {
	domain := interval.Int64(0, int64(len(c.labels))-1, nil)
	outcome := outcomeOf[int64](condition, c.name, labelAxis{axis[int64]{column: c, domain: domain}})
	out := answersOf(outcome, shaper[int64]{write: decimalText})
	for i, r := range []bounds.Region[int64]{isTrue: outcome.True, isFalse: outcome.False, isNull: outcome.Null} {
		out[i].ranges = c.labelled(r)
	}
	return out
}

// labelled lists labels: the order of an enum in the database is not relied on.
func (c *column) labelled(r bounds.Region[int64]) ranges {
	var in, left []string
	for i, l := range c.labels {
		if r.Values.Contains(int64(i)) {
			in = append(in, l)
		} else {
			left = append(left, l)
		}
	}
	out := ranges{null: r.Null, points: in}
	if len(left) < len(in) {
		out.except, out.points = true, left
	}
	if len(out.points) > maxValues {
		out = ranges{null: r.Null, except: true, wider: manyValues}
	}
	return out
}

// labelAxis compares the labels of an enum.
type labelAxis struct{ axis[int64] }

// Within implements [bounds.Axis].
func (a labelAxis) Within(bounds.Region[int64]) (bounds.Axis[int64], bool) { return a, false }

// Compare implements [bounds.Axis]. Polars takes a text that is no label for one that
// no value equals, and refuses to order it.
func (a labelAxis) Compare(op expr.Op, operand expr.Node, name string, l *expr.Literal) (bounds.Outcome[int64], bool) {
	cast, ok := a.column.under(operand, name)
	if !ok || l.Scalar == nil {
		return bounds.Outcome[int64]{}, false
	}
	at := int64(slices.Index(a.column.labels, l.Scalar.Value))
	if cast == noCast && at < 0 && op != expr.Eq && op != expr.NotEq {
		return bounds.Outcome[int64]{}, false
	}
	return a.where(func(i int64, label string) bool {
		if cast == asText {
			return holds(op, cmp.Compare(label, l.Scalar.Value))
		}
		return holds(op, cmp.Compare(i, at))
	}), true
}

// Member implements [bounds.Axis].
func (a labelAxis) Member(operand expr.Node, name string, l *expr.List) (bounds.Outcome[int64], bool) {
	if _, ok := a.column.under(operand, name); !ok || l.Scalars == nil {
		return bounds.Outcome[int64]{}, false
	}
	listed := map[string]bool{}
	for _, s := range l.Scalars {
		listed[s.Value] = true
	}
	return a.where(func(_ int64, label string) bool { return listed[label] }), true
}

// where is the outcome of asking every label.
func (a labelAxis) where(ask func(i int64, label string) bool) bounds.Outcome[int64] {
	var points []interval.Interval[int64]
	for i, label := range a.column.labels {
		if at := int64(i); ask(at, label) {
			points = append(points, interval.Interval[int64]{Lo: interval.Incl(at), Hi: interval.Incl(at)})
		}
	}
	yes := interval.Of(a.domain, points...)
	return a.outcome(yes, yes.Complement())
}

// holds reports whether "x op y" does, of values that compare so.
func holds(op expr.Op, compared int) bool {
	switch op {
	case expr.Eq:
		return compared == 0
	case expr.NotEq:
		return compared != 0
	case expr.Lt:
		return compared < 0
	case expr.LtEq:
		return compared <= 0
	case expr.Gt:
		return compared > 0
	case expr.GtEq:
		return compared >= 0
	case expr.Arithmetic, expr.EqMissing, expr.NotEqMissing, expr.And, expr.Or, expr.Xor:
	}
	return false
}
