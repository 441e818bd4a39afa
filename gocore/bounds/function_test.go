package bounds_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// exact tells the functions of which bounds know the very value; of a round, or a
// month's end with a time of day, they know only where it lies.
func exact(operand expr.Node) bool {
	switch e := operand.(type) {
	case *expr.Column:
		return true
	case *expr.Cast:
		return exact(e.Arg)
	case *expr.Binary:
		if t := oracle.TypeOf(e); t.Kind == expr.Integer && t != expr.ParseType("int64") {
			return false // which may wrap around among the dates in use
		}
		if l, r := oracle.TypeOf(e.Left), oracle.TypeOf(e.Right); l.Unit != r.Unit && l.Kind != r.Kind {
			return false // a duration whose rounding is left open
		}
		if l, ok := e.Right.(*expr.Literal); ok && l.Lo == math.MinInt64 {
			return false // which has no opposite
		}
		if e.Symbol == "*" {
			return false // which may wrap around: the goldens have those that cannot
		}
		if _, ok := e.Left.(*expr.Literal); ok {
			return exact(e.Right) && oracle.TypeOf(e).Kind != expr.Date
		}
		return exact(e.Left) && oracle.TypeOf(e).Kind != expr.Date
	case *expr.Call:
		switch e.Name {
		case "dt.round", "dt.offset_by":
			return false
		case "dt.truncate":
			return exact(e.Args[0]) && oracle.TypeOf(e).Kind == expr.Datetime
		case "dt.month_start", "dt.month_end":
			return exact(e.Args[0]) && oracle.TypeOf(e).Kind == expr.Date
		}
		return exact(e.Args[0])
	}
	return false
}

// TestFunctionExact: where a function of the column has a value, a comparison
// with it is true, and false, exactly where bounds say so.
func TestFunctionExact(t *testing.T) {
	asked := 0
	for i := range uint64(*cases) {
		c := oracle.Random(*seed + i)
		typ := axisTypes[i%4]
		g := predicateGen(c, typ, oracle.ColumnOnly)
		operand := g.Function()
		if !exact(operand) {
			continue
		}
		e := g.Relation(operand)
		o := bounds.Predicate(e, "date", axisOf(typ))
		if b, ok := e.(*expr.Binary); ok && b.Left != operand && o.True.IsEverything() {
			continue // a difference farther than any value is
		}
		for _, v := range candidates(typ, o) {
			env := rowWith(v, typ, c)
			if env.Eval(operand).Null || env.Failed {
				continue
			}
			if b, ok := e.(*expr.Binary); ok && env.Eval(b.Left).Null {
				continue // a difference that its ticks do not reach
			}
			asked++
			answer := answerName(env.Eval(e))
			if err := exactly(o, answer, v); err != nil && !env.Failed {
				t.Fatalf("seed %d, column of type %s: %s: %v", *seed+i, typ, text(e, axisOf(typ)), err)
			}
		}
	}
	if asked < 10**cases {
		t.Errorf("only %d rows asked: the generator is of no use", asked)
	}
}

// exactly checks that v is where its answer is possible, and nowhere else.
func exactly(o outcome, answer string, v oracle.Value) error {
	for name, r := range map[string]region{"true": o.True, "false": o.False} {
		if is := name == answer; is != holds(r, v) {
			return fmt.Errorf("%s is %t for %d and %s", name, is, v.V, r)
		}
	}
	return nil
}

// TestFieldsInWindow: within a window the months, quarters and weeks of the
// column bound it; outside of it the outcome is sound all the same.
func TestFieldsInWindow(t *testing.T) {
	told := 0
	for i := range uint64(*cases / 4) {
		c := oracle.Random(*seed + i)
		typ := axisTypes[i%4]
		g := predicateGen(c, typ, oracle.Functions)
		operand := expr.Node(&expr.Column{Name: "date", Type: typ})
		if c.OneIn(3) {
			operand = g.Function()
		}
		if k := oracle.TypeOf(operand).Kind; k != expr.Date && k != expr.Datetime {
			continue
		}
		e := g.Field(operand)
		o := bounds.Predicate[int64](e, "date", windowed(typ, c))
		if !o.True.IsEverything() {
			told++
		}
		if err := soundOutcome(typ, e, o, c); err != nil {
			t.Fatalf("seed %d, column of type %s: %v", *seed+i, typ, err)
		}
	}
	if told < *cases/20 {
		t.Errorf("only %d fields gave a bound", told)
	}
}

// windowed is an axis that knows of some years round a sample.
func windowed(typ expr.Type, c *oracle.Choice) bounds.Axis[int64] {
	axis := axisOf(typ)
	perDay, _ := typ.TicksPerDay()
	least, greatest, _ := typ.Extremes()
	lo := oracle.Pick(c, oracle.Samples(typ))
	hi := lo
	for range c.Below(1000) {
		if hi < greatest-perDay {
			hi += perDay
		}
	}
	lo, hi = max(lo, least+1), min(max(hi, least+1), greatest-1)
	within := interval.Of(axis.Domain(), interval.Interval[int64]{Lo: interval.Incl(min(lo, hi)), Hi: interval.Incl(hi)})
	out, ok := axis.Within(region{Values: within})
	if !ok {
		panic("no window " + within.String())
	}
	return out
}

// soundOutcome is the part of checkPredicate that is about the region of the
// answer.
func soundOutcome(t expr.Type, e expr.Node, o outcome, c *oracle.Choice) error {
	for _, v := range candidates(t, o) {
		env := rowWith(v, t, c)
		name := answerName(env.Eval(e))
		r := map[string]region{"true": o.True, "false": o.False, "null": o.Null}[name]
		if !env.Failed && !holds(r, v) {
			return fmt.Errorf("%s is %s for date = %s, which is not in %s",
				text(e, axisOf(t)), name, show(v, axisOf(t)), r)
		}
	}
	return nil
}
