package splittable_test

import (
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/splittable"
)

// dated joins two plans that both have the column, on the keys.
func dated(how plan.How, on ...string) plan.Node {
	j := &plan.Join{
		Left: scan, Right: scan, How: how, Order: "none", LeftColumns: columns, RightColumns: columns,
	}
	for _, k := range on {
		j.LeftOn, j.RightOn = append(j.LeftOn, col(k)), append(j.RightOn, col(k))
	}
	return j
}

func reshaped(in plan.Node, made ...string) plan.Node {
	return &plan.Reshape{Input: in, Name: "explode", Made: made}
}

func TestCrossing(t *testing.T) {
	sum, cumSum := call("sum", col("x")), call("cum_sum", col("x"))
	date := named("date", col("date"))
	tests := []struct {
		name string
		plan plan.Node
		want string // a part of the problem, "" when each part is made of its own rows
	}{
		{"scan", scan, ""},
		{"filter", filter(scan, call("is_null", col("x"))), ""},
		{"filter with an aggregate", filter(scan, call("max", col("x"))), "max looks at rows of other parts"},
		{"row wise", extend(scan, call("abs", col("x"))), ""},
		{"aggregate", extend(scan, sum), "with_columns: sum looks at"},
		{"window", extend(scan, over(sum, "k")), "over looks at rows"},
		{"window of the date", extend(scan, over(cumSum, "date")), ""},
		{"cumulated", extend(scan, cumSum), "cum_sum looks at"},
		{"renamed", selected(scan, named("date", col("d"))), ""},
		{"renamed, then a window of its old name", extend(selected(scan, named("date", col("d"))), over(sum, "d")), "over"},
		{"made of each row", selected(head(scan), named("date", call("dt.date", col("at")))), ""},
		{"made of many rows", selected(scan, named("date", call("max", col("date")))), "max looks at"},
		{"dropped", selected(scan, named("x", col("x"))), "it drops date"},
		{"aggregate beside it", selected(scan, date, named("s", sum)), "sum looks at"},
		{"group_by date", group(scan, cumSum, "date", "k"), ""},
		{"group_by another", group(scan, sum, "k"), "its groups have rows of several parts"},
		{"group_by_dynamic", windowed(group(scan, sum, "date")), "its groups have"},
		{"group_by date of a window", group(extend(scan, over(sum, "k")), sum, "date"), "over looks at"},
		{"join with a table", join(scan, scan, plan.Left, "none"), ""},
		{"semi join", join(scan, scan, plan.Semi, "none"), ""},
		{"asof join", join(scan, scan, plan.Asof, "none"), ""},
		{"full join", join(scan, scan, plan.Full, "none"), "it adds rows of no part"},
		{"right join", join(scan, scan, plan.Right, "none"), "it adds rows of no part"},
		{"a window in a joined table", join(scan, extend(scan, sum), plan.Inner, "none"), ""},
		{"two dated plans by date", dated(plan.Inner, "date", "k"), ""},
		{"two dated plans by another", dated(plan.Inner, "k"), "it brings together rows of different parts"},
		{"concat", union(kept, scan, group(scan, sum, "date")), ""},
		{"concat with a window", union(kept, scan, extend(scan, over(sum, "k"))), "over looks at"},
		{"head", head(scan), "it takes rows by their place"},
		{"row index", rowIndex(scan), "it takes rows by their place"},
		{"beside", &plan.Beside{Inputs: []plan.Node{scan, scan}}, "it takes rows by their place"},
		{"python", &plan.Opaque{Inputs: []plan.Node{scan}, Name: "map_batches"}, "map_batches: it takes"},
		{"unique rows", unique(scan, "any", open), ""},
		{"unique with the date", unique(scan, "any", open, "date", "k"), ""},
		{"unique without", unique(scan, "any", open, "k"), "are equal on its subset"},
		{"explode", reshaped(scan, "x"), ""},
		{"explode of the date", reshaped(head(scan), "date"), ""},
		{"sort", sortBy(scan, "x"), ""}, // see TestSetsOrder
		{"the lowest of several", head(group(extend(scan, over(sum, "k")), sum, "k")), "over looks at"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expectProblem(t, splittable.Crossing(tt.plan, []string{"date"}), tt.want)
		})
	}
}

func TestCrossingOfSeveralColumns(t *testing.T) {
	sum := call("sum", col("x"))
	both := []string{"date", "k"}
	expectProblem(t, splittable.Crossing(group(scan, sum, "date", "k"), both), "")
	expectProblem(t, splittable.Crossing(group(scan, sum, "date"), both), "its groups have")
	expectProblem(t, splittable.Crossing(extend(scan, over(sum, "k")), both), "over looks at")
	expectProblem(t, splittable.Crossing(extend(scan, over(sum, "k", "date")), both), "")
}

func TestSetsOrder(t *testing.T) {
	sum := call("sum", col("x"))
	tests := []struct {
		name string
		plan plan.Node
		want string
	}{
		{"scan", scan, ""},
		{"sort", sortBy(scan, "x"), `sort("x"): it sets an order`},
		{"head of a sort", head(sortBy(scan, "x")), `sort("x")`},
		{"sort below a group_by", group(sortBy(scan, "x"), sum, "date"), ""},
		{"sort below one in order", ordered(group(sortBy(scan, "x"), sum, "date")), `sort("x")`},
		{"sort below a join", join(sortBy(scan, "x"), scan, plan.Left, "none"), ""},
		{"sort below a join in order", join(sortBy(scan, "x"), scan, plan.Left, "left"), `sort("x")`},
		{"sort below an asof join", join(sortBy(scan, "x"), scan, plan.Asof, "none"), `sort("x")`},
		{"sort in a concat", union(kept, scan, sortBy(scan, "x")), `sort("x")`},
		{"sort in a union", union(open, scan, sortBy(scan, "x")), ""},
		{"unique", unique(sortBy(scan, "x"), "any", open), ""},
		{"merge_sorted", &plan.MergeSorted{Inputs: []plan.Node{scan, scan}}, "merge_sorted"},
		{"group_by_dynamic", windowed(group(scan, sum, "date")), "it sets an order"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expectProblem(t, splittable.SetsOrder(tt.plan), tt.want)
		})
	}
}

// split is where rows come part by part.
var split = &plan.Source{Name: "the split", Split: true}

func TestAbove(t *testing.T) {
	sum, cumSum, first := call("sum", col("x")), call("cum_sum", col("x")), call("first", col("x"))
	date := named("date", col("date"))
	tests := []struct {
		name string
		plan plan.Node
		want string // a part of the problem, "" when the answer is that of the whole
	}{
		{"split", split, ""},
		{"no split", head(scan), ""},
		{"head", head(split), "slice: it depends on the order of rows, which come part by part"},
		{"row index", rowIndex(split), "with_row_index"},
		{"python", &plan.Opaque{Inputs: []plan.Node{split}, Name: "map_batches"}, "map_batches"},
		{"beside", &plan.Beside{Inputs: []plan.Node{split, scan}}, "it depends on the order"},
		{"aggregate", extend(split, sum), ""},
		{"window", extend(split, over(sum, "k")), ""},
		{"cumulated", extend(split, cumSum), "with_columns with cum_sum"},
		{"cumulated by another", extend(split, over(cumSum, "k")), "cum_sum"},
		{"cumulated by date", extend(split, over(cumSum, "date")), ""},
		{"by date that is another now", extend(selected(split, named("date", col("k"))), over(cumSum, "date")), "cum_sum"},
		{"by date under another name", extend(selected(split, named("d", col("date"))), over(cumSum, "d")), ""},
		{"filter by first", filter(split, first), "first"},
		{"group_by", group(split, sum, "k"), ""},
		{"group_by, head", head(group(split, sum, "k")), ""},
		{"group_by in order", ordered(group(split, sum, "k")), ""},
		{"group_by in order, head", head(ordered(group(split, sum, "k"))), "slice"},
		{"first of a group", group(split, first, "k"), "with first"},
		{"first of a date", group(split, first, "date"), ""},
		{"windows of the date", windowed(group(split, sum, "date")), ""},
		{"windows of another", windowed(group(split, sum, "k")), "it depends on the order"},
		{"sort, head", head(sortBy(split, "x")), ""},
		{"stable sort", stable(split, "x"), ""},
		{"stable sort, head", head(stable(split, "x")), "slice"},
		{"sort, first", group(sortBy(split, "x"), first, "k"), ""},
		{"join, head", head(join(split, scan, plan.Inner, "none")), ""},
		{"join in order, head", head(join(split, scan, plan.Inner, "left")), "slice"},
		{"asof join by date", &plan.Join{
			Left: split, Right: scan, How: plan.Asof, LeftOn: []expr.Node{col("date")},
			RightOn: []expr.Node{col("at")}, LeftColumns: columns, RightColumns: []string{"at"},
		}, ""},
		{"asof join by another", join(split, scan, plan.Asof, "none"), "join"},
		{"asof join with a split", join(scan, split, plan.Asof, "none"), "join"},
		{"concat, head", head(union(kept, split, scan)), "slice"},
		{"union, head", head(union(open, split, scan)), ""},
		{"concat by date", extend(union(kept, split, split), over(cumSum, "date")), ""},
		{"concat with others by date", extend(union(kept, split, scan), over(cumSum, "date")), "cum_sum"},
		{"merge_sorted", &plan.MergeSorted{Inputs: []plan.Node{split, scan}}, "merge_sorted"},
		{"unique", unique(split, "any", open, "k"), ""},
		{"first kept", unique(split, "first", kept, "k"), `unique("k") with keep="first"`},
		{"first kept of a date", unique(split, "first", kept, "date"), ""},
		{"unique in order, head", head(unique(split, "any", kept)), "slice"},
		{"a date that is exploded", extend(reshaped(split, "date"), over(cumSum, "date")), "cum_sum"},
		{"said to be sorted", &plan.Pass{Input: split, Sorted: []string{"x"}}, "set_sorted: it depends"},
		{"not split, said to be sorted", &plan.Pass{Input: scan, Sorted: []string{"x"}}, ""},
		{"sorted, and said to be", &plan.Pass{Input: sortBy(split, "x"), Sorted: []string{"x"}}, ""},
		{"cached", &plan.Pass{Input: split}, ""},
		{"values said to be sorted", selected(split, named("a", call("max", call("set_sorted", col("x"))))), "with set_sorted"},
		{"sorted values", selected(split, named("a", call("sort", col("x")))), ""},
		{"sorted values beside rows", extend(split, call("sort", col("x"))), "with sort"},
		{"sorted values beside a column", selected(split, date, named("a", call("sort", col("x")))), "with sort"},
		{"sorted values beside a constant", selected(split, named("s", sum), named("a", call("sort", col("x")))), ""},
		{"distinct values beside rows", extend(split, call("unique", col("x"))), "with unique"},
		{"sorted values of a window", extend(split, over(call("sort", col("x")), "k")), "with sort"},
		{"values of a filter beside those of another", selected(split, named("a", call("filter", col("x"), col("b"))),
			named("b", call("filter", col("x"), col("c")))), "with filter"},
		{"values of one filter", selected(split, named("a", call("filter", col("x"), col("b"))),
			named("b", call("filter", col("y"), col("b")))), ""},
		{"a Series beside rows", extend(split, &expr.List{Rows: true}), "a Series of values"},
		{"a list", extend(split, &expr.List{}), ""},
		{"two splits in order by date", extend(join(split, split, plan.Inner, "left_right"), over(cumSum, "date")), "cum_sum"},
		{"of a joined table", head(join(scan, head(scan), plan.Inner, "none")), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expectProblem(t, splittable.Above(tt.plan, "date"), tt.want)
		})
	}
}

func expectProblem(t *testing.T, got *splittable.Problem, want string) {
	t.Helper()
	switch {
	case got == nil && want != "":
		t.Errorf("no problem, want %q", want)
	case got != nil && (want == "" || !strings.Contains(got.Node+": "+got.Why, want)):
		t.Errorf("%s: %s, want %q", got.Node, got.Why, want)
	}
}
