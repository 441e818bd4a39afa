package splittable_test

import (
	"fmt"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/splittable"
)

func TestPartial(t *testing.T) {
	sum, largest := call("sum", col("x")), call("max", col("x"))
	constant := call("sum", &expr.Literal{})
	tests := []struct {
		name string
		plan plan.Node
		want string // "" when all rows have to travel
	}{
		{"sum of groups", group(split, sum, "k"), "[{k key} {agg sum}]"},
		{"of two keys", group(split, largest, "k", "j"), "[{k key} {j key} {agg max}]"},
		{"least", group(split, call("min", col("x")), "k"), "[{k key} {agg min}]"},
		{"count", group(split, call("count", col("x")), "k"), "[{k key} {agg sum}]"},
		{"length", group(split, call("len"), "k"), "[{k key} {agg sum}]"},
		{"of all rows", selected(split, named("a", sum), named("b", call("len"))), "[{a sum} {b sum}]"},
		{"of filtered values", group(split, call("sum", call("filter", col("x"), col("k"))), "k"), "[{k key} {agg sum}]"},
		{"mean", group(split, call("mean", col("x")), "k"), ""},
		{"distinct values", group(split, call("n_unique", col("x")), "k"), ""},
		{"first", group(split, call("first", col("x")), "k"), ""},
		{"one that does not go, beside one that does", selected(split, named("a", sum), named("b", call("mean", col("x")))), ""},
		{"column beside it", selected(split, named("a", sum), named("k", col("k"))), ""},
		{"sum of a sum", selected(split, named("a", call("sum", sum))), ""},
		{"cast of a sum", selected(split, named("a", call("abs", sum))), ""},
		{"constant", selected(split, named("a", constant)), ""},
		{"sum of the distinct", group(split, call("sum", call("unique", col("x"))), "k"), ""},
		{"values beside others by place", selected(split, named("a", call("sum", &expr.Binary{
			Left: call("drop_nulls", col("x")), Right: call("drop_nulls", col("k")),
		}))), ""},
		{"values of one filter", selected(split, named("a", call("sum", &expr.Binary{
			Left: call("filter", col("x"), col("b")), Right: call("filter", col("k"), col("b")),
		}))), "[{a sum}]"},
		{"columns beside others by place", selected(selected(split, named("x", call("drop_nulls", col("x"))),
			named("k", call("drop_nulls", col("k")))), named("a", sum)), ""},
		{"one row of a constant", selected(selected(split, named("x", &expr.Literal{})), named("a", sum)), ""},
		{"group_by in order", ordered(group(split, sum, "k")), ""},
		{"windows", windowed(group(split, sum, "k")), ""},
		{"no aggregates", &plan.GroupBy{Input: split, Keys: []expr.Named{named("k", col("k"))}}, ""},
		{"steps of rows", group(filter(extend(split, call("abs", col("x"))), col("new")), sum, "k"), "[{k key} {agg sum}]"},
		{"window below", group(extend(split, over(sum, "k")), sum, "k"), ""},
		{"aggregate in a filter", group(filter(split, largest), sum, "k"), ""},
		{"sort below", group(sortBy(split, "x"), sum, "k"), ""},
		{"join below", group(join(split, scan, plan.Inner, "none"), sum, "k"), ""},
		{"nothing split", group(scan, sum, "k"), ""},
		{"no aggregation", filter(split, col("x")), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if found := splittable.Partial(tt.plan); found != nil {
				got = fmt.Sprint(found)
			}
			if got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// A Series among values goes row by row, so what is computed with it depends on places.
func TestSeriesOfValues(t *testing.T) {
	series := &expr.List{Text: "[1, 2]", Rows: true}
	added := &expr.Binary{Op: expr.And, Left: col("x"), Right: series}
	expectProblem(t, splittable.Crossing(extend(scan, added), []string{"date"}), "a Series of values looks at")
	expectProblem(t, splittable.Above(extend(split, added), "date"), "a Series of values")
	expectProblem(t, splittable.Crossing(extend(scan, call("is_in", col("x"), series)), []string{"date"}), "")
}
