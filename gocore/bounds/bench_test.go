package bounds_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/splittable"
)

// windows is the request for an "or" of windows of ten days, each with a condition
// on another column, as Python writes it.
func windows(b *testing.B, clauses int) []byte {
	b.Helper()
	type node = map[string]any
	var exprs []node
	add := func(n node) int {
		exprs = append(exprs, n)
		return len(exprs) - 1
	}
	literal := func(typ string, v int) int { return add(node{"k": "lit", "type": typ, "lo": v}) }
	any := -1
	for i := range clauses {
		x := add(node{"k": "col", "name": "x", "type": "int64"})
		more := add(node{"k": "bin", "op": "gt", "args": []int{x, literal("int64", i)}})
		date := add(node{"k": "col", "name": "date", "type": "date"})
		first, last := literal("date", 18_262+30*i), literal("date", 18_271+30*i)
		in := add(node{"k": "call", "name": "is_between", "option": "both", "args": []int{date, first, last}})
		both := add(node{"k": "bin", "op": "and", "args": []int{in, more}})
		if any >= 0 {
			both = add(node{"k": "bin", "op": "or", "args": []int{any, both}})
		}
		any = both
	}
	wire, err := json.Marshal(node{
		"exprs": exprs, "plan": []node{{"op": "frame"}, {"op": "filter", "in": []int{0}, "predicate": any}},
		"root": 1, "pushed": -1, "column": "date", "type": "date", "unit": "monthly", "max_periods": 1000,
	})
	if err != nil {
		b.Fatal(err)
	}
	return wire
}

// BenchmarkPlanning is all that Go does for a request, and its steps.
func BenchmarkPlanning(b *testing.B) {
	for _, clauses := range []int{1, 10, 60, 300} {
		wire := windows(b, clauses)
		b.Run(fmt.Sprintf("whole/%d", clauses), func(b *testing.B) {
			for b.Loop() {
				r := decode(b, wire)
				splittable.Check(r.Root, r.Column)
				answer(b, r, analyse(r))
			}
		})
	}
	wire := windows(b, 60)
	r := decode(b, wire)
	steps := []struct {
		name string
		run  func()
	}{
		{"decode", func() { decode(b, wire) }},
		{"splittable", func() { splittable.Check(r.Root, r.Column) }},
		{"bounds", func() { analyse(r) }},
	}
	result := analyse(r)
	for _, s := range append(steps, struct {
		name string
		run  func()
	}{"answer", func() { answer(b, r, result) }}) {
		b.Run(s.name+"/60", func(b *testing.B) {
			for b.Loop() {
				s.run()
			}
		})
	}
}

func decode(b *testing.B, wire []byte) *plan.Request {
	r, err := plan.Decode(wire)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func analyse(r *plan.Request) bounds.Result[int64] {
	return bounds.Plan(r.Root, r.Column, axisOf(r.Type))
}

// answer cuts the periods and writes what people read.
func answer(b *testing.B, r *plan.Request, result bounds.Result[int64]) []byte {
	unit, err := calendar.ParseUnit(r.Unit)
	if err != nil {
		b.Fatal(err)
	}
	values := result.Region.Values
	periods, err := calendar.SplitZoned(values, axisOf(r.Type).Resolution(), unit, calendar.Zone{}, r.MaxPeriods)
	if err != nil {
		b.Fatal(err)
	}
	text := result.Region.String()
	for _, f := range result.Filters {
		text += f.Text + f.Position() + f.Verdict()
	}
	out, err := json.Marshal(struct {
		Text    string
		Periods []calendar.Period
	}{text, periods})
	if err != nil {
		b.Fatal(err)
	}
	return out
}
