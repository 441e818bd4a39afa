package bounds_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

var (
	cases = flag.Int("cases", 4000, "random cases of each soundness test")
	seed  = flag.Uint64("seed", 1, "seed of the first of them")
)

type (
	region  = bounds.Region[int64]
	outcome = bounds.Outcome[int64]
)

var axisTypes = []expr.Type{
	{Kind: expr.Date},
	{Kind: expr.Datetime, Unit: expr.Milliseconds},
	{Kind: expr.Datetime, Unit: expr.Microseconds},
	{Kind: expr.Datetime, Unit: expr.Nanoseconds},
}

func axisOf(t expr.Type) bounds.Temporal {
	axis, ok := bounds.NewTemporal(t)
	if !ok {
		panic("no axis of type " + t.String())
	}
	return axis
}

func holds(r region, v oracle.Value) bool {
	if v.Null {
		return r.Null
	}
	return r.Values.Contains(v.V)
}

func text(e expr.Node, axis bounds.Temporal) string { return expr.String(e, axis.Literal) }

// candidates are the samples of the column's type, null, and the ends of all
// intervals of the outcome with their neighbours.
func candidates(t expr.Type, o outcome) []oracle.Value {
	out := []oracle.Value{oracle.Null}
	for _, v := range oracle.Samples(t) {
		out = append(out, oracle.Of(v))
	}
	for _, r := range []region{o.True, o.False, o.Null} {
		least, greatest, _ := r.Values.Domain().Extremes()
		for _, iv := range r.Values.Intervals() {
			for _, end := range []int64{iv.Lo.Value, iv.Hi.Value} {
				out = append(out, oracle.Of(max(end, least+1)-1), oracle.Of(end), oracle.Of(min(end, greatest-1)+1))
			}
		}
	}
	return out
}

// checkPredicate compares an outcome with the oracle: the region of the answer
// holds the value, and the others do not when the outcome must be exact.
func checkPredicate(t expr.Type, e expr.Node, c *oracle.Choice, forms oracle.Forms) error {
	axis := axisOf(t)
	o := bounds.Predicate(e, "date", axis)
	rounds := 4
	if forms == oracle.ColumnOnly {
		rounds = 1
	}
	for _, v := range candidates(t, o) {
		for range rounds {
			env := rowWith(v, t, c)
			answer := env.Eval(e)
			if env.Failed {
				continue
			}
			regions := map[string]region{"true": o.True, "false": o.False, "null": o.Null}
			for name, r := range regions {
				is := name == answerName(answer)
				if is && !holds(r, v) {
					return fmt.Errorf("%s is %s for date = %s, which is not in %s", text(e, axis), name, show(v, axis), r)
				}
				if !is && forms == oracle.ColumnOnly && holds(r, v) {
					return fmt.Errorf("%s is not %s for date = %s, which is in %s", text(e, axis), name, show(v, axis), r)
				}
			}
		}
	}
	return nil
}

func answerName(v oracle.Value) string {
	switch {
	case v.Null:
		return "null"
	case v.True():
		return "true"
	}
	return "false"
}

func show(v oracle.Value, axis bounds.Temporal) string {
	if v.Null {
		return "null"
	}
	return fmt.Sprintf("%s (%d)", axis.Domain().Format(v.V), v.V)
}

// rowWith is a row with the date and random other columns.
func rowWith(date oracle.Value, t expr.Type, c *oracle.Choice) oracle.Env {
	row := map[string]oracle.Value{
		"date": date,
		"day":  oracle.Of(oracle.Pick(c, oracle.Samples(t))),
		"flag": oracle.Truth(c.OneIn(2)),
	}
	for _, name := range []string{"day", "flag"} {
		if c.OneIn(4) {
			row[name] = oracle.Null
		}
	}
	return oracle.Env{
		Row:    func(name string) oracle.Value { return row[name] },
		Unseen: unseen(c),
	}
}

// unseen chooses the value of each literal that is a range, once.
func unseen(c *oracle.Choice) func(*expr.Literal) int64 {
	chosen := map[*expr.Literal]int64{}
	return func(l *expr.Literal) int64 {
		v, ok := chosen[l]
		if !ok {
			v = oracle.Pick(c, []int64{l.Lo, l.Hi, l.Lo + (l.Hi-l.Lo)/2})
			chosen[l] = v
		}
		return v
	}
}

func predicateGen(c *oracle.Choice, t expr.Type, forms oracle.Forms) *oracle.Gen {
	return &oracle.Gen{Choice: c, Forms: forms, Columns: []oracle.Field{
		{Name: "date", Type: t}, {Name: "day", Type: t}, {Name: "flag", Type: expr.Type{Kind: expr.Boolean}},
	}}
}

// TestPredicateSound: if a predicate is true on a row, the row's date is in
// Outcome.True; likewise for false and null.
func TestPredicateSound(t *testing.T) {
	told := 0
	for i := range uint64(*cases) {
		c := oracle.Random(*seed + i)
		typ := axisTypes[i%4]
		forms := []oracle.Forms{oracle.AnyForm, oracle.Functions}[i/4%2]
		e := predicateGen(c, typ, forms).Predicate(int(i % 5))
		if err := checkPredicate(typ, e, c, forms); err != nil {
			t.Fatalf("seed %d, column of type %s: %v", *seed+i, typ, err)
		}
		if o := bounds.Predicate(e, "date", axisOf(typ)); !o.True.IsEverything() {
			told++
		}
	}
	if told < *cases/4 {
		t.Errorf("only %d of %d predicates gave a bound: the generator is of no use", told, *cases)
	}
}

// TestPredicateExact: a predicate of the column alone, without casts and with
// literals that are seen whole, has the outcome that the oracle finds, not more.
func TestPredicateExact(t *testing.T) {
	for i := range uint64(*cases) {
		c := oracle.Random(*seed + i)
		typ := axisTypes[i%4]
		e := predicateGen(c, typ, oracle.ColumnOnly).Predicate(int(i % 5))
		if err := checkPredicate(typ, e, c, oracle.ColumnOnly); err != nil {
			t.Fatalf("seed %d, column of type %s: %v", *seed+i, typ, err)
		}
	}
}

// TestPlanSound: every value of a time in the result is in the region of its
// column.
func TestPlanSound(t *testing.T) {
	told, rows := 0, 0
	for i := range uint64(*cases) {
		c := oracle.Random(*seed + i)
		g := oracle.NewPlanGen(c, axisTypes[i%4])
		g.Query.Env.Unseen = unseen(c)
		rel := g.Plan(int(i%5) + 1)
		table, err := g.Query.Run(rel.Node)
		if err != nil {
			continue
		}
		for _, column := range rel.Times() {
			result := bounds.Plan(rel.Node, column, axisOf(g.Type))
			if err := checkColumn(result.Region, table, column, g.Type); err != nil {
				t.Fatalf("seed %d, column of type %s: %v in\n%s", *seed+i, g.Type, err, planText(rel.Node, g.Type))
			}
			rows += len(table.Rows)
			if !result.Region.IsEverything() && len(table.Rows) > 0 {
				told++
			}
		}
	}
	if told < *cases/4 || rows < *cases {
		t.Errorf("%d regions with rows from %d plans, %d rows: the generator is of no use", told, *cases, rows)
	}
}

func checkColumn(r region, table *oracle.Table, column string, t expr.Type) error {
	if table.Index(column) < 0 {
		return fmt.Errorf("the generator promised a column %s", column)
	}
	for _, v := range table.Column(column) {
		if !holds(r, v) {
			return fmt.Errorf("%s = %s is not in %s", column, show(v, axisOf(t)), r)
		}
	}
	return nil
}

// planText lists the nodes of a plan, inputs first.
func planText(root plan.Node, t expr.Type) string {
	var nodes []plan.Node
	s := ""
	plan.Walk(root, func(n plan.Node) {
		nodes = append(nodes, n)
		s += fmt.Sprintf("%3d %s", len(nodes)-1, plan.Name(n))
		for _, in := range plan.Inputs(n) {
			s += fmt.Sprintf(" #%d", slices.Index(nodes, in))
		}
		s += details(n, axisOf(t)) + "\n"
	})
	return s
}

func details(n plan.Node, axis bounds.Temporal) string {
	s := ""
	named := func(list []expr.Named) {
		for _, e := range list {
			s += fmt.Sprintf(", %s = %s", e.Name, text(e.Expr, axis))
		}
	}
	switch n := n.(type) {
	case *plan.Filter:
		s = ": " + text(n.Predicate, axis)
	case *plan.Select:
		named(n.Exprs)
	case *plan.Extend:
		named(n.Exprs)
	case *plan.GroupBy:
		named(n.Keys)
		s += ";"
		named(n.Aggs)
	case *plan.Reshape:
		s = fmt.Sprint(" makes ", n.Made)
	case *plan.Join:
		for i := range n.LeftOn {
			s += fmt.Sprintf(", %s = %s", text(n.LeftOn[i], axis), text(n.RightOn[i], axis))
		}
		s += fmt.Sprintf(" %v × %v, coalesce %t, nulls_equal %t", n.LeftColumns, n.RightColumns, n.Coalesce, n.NullsEqual)
	}
	return s
}
