package splittable_test

import (
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/splittable"
)

var scan = &plan.Scan{Kind: "parquet"}

var columns = []string{"date", "k", "x"}

func col(name string) expr.Node { return &expr.Column{Name: name} }

func call(name string, args ...expr.Node) expr.Node { return &expr.Call{Name: name, Args: args} }

func option(name, option string, args ...expr.Node) expr.Node {
	return &expr.Call{Name: name, Option: option, Args: args}
}

func over(f expr.Node, by ...string) expr.Node {
	w := &expr.Window{Func: f}
	for _, b := range by {
		w.By = append(w.By, col(b))
	}
	return w
}

func named(name string, e expr.Node) expr.Named { return expr.Named{Name: name, Expr: e} }

func extend(in plan.Node, e expr.Node) plan.Node {
	return &plan.Extend{Input: in, Exprs: []expr.Named{named("new", e)}}
}

func filter(in plan.Node, e expr.Node) plan.Node { return &plan.Filter{Input: in, Predicate: e} }

func sortBy(in plan.Node, by ...string) plan.Node {
	s := &plan.Sort{Input: in}
	for _, b := range by {
		s.By = append(s.By, col(b))
	}
	return s
}

func stable(in plan.Node, by ...string) plan.Node {
	s := sortBy(in, by...).(*plan.Sort)
	s.Stable = true
	return s
}

func group(in plan.Node, agg expr.Node, keys ...string) *plan.GroupBy {
	g := &plan.GroupBy{Input: in, Aggs: []expr.Named{named("agg", agg)}}
	for _, k := range keys {
		g.Keys = append(g.Keys, named(k, col(k)))
	}
	return g
}

func ordered(g *plan.GroupBy) plan.Node {
	g.MaintainOrder = true
	return g
}

func windowed(g *plan.GroupBy) plan.Node {
	g.MaintainOrder, g.Windowed = true, true
	return g
}

func join(left, right plan.Node, how plan.How, order string) plan.Node {
	return &plan.Join{
		Left: left, Right: right, How: how, Order: order, Suffix: "_right",
		LeftOn: []expr.Node{col("k")}, RightOn: []expr.Node{col("k")},
		LeftColumns: columns, RightColumns: []string{"k", "y"},
	}
}

func unique(in plan.Node, keep string, o order, subset ...string) plan.Node {
	return &plan.Distinct{Input: in, Keep: keep, Subset: subset, MaintainOrder: o == kept}
}

type order bool

const (
	kept order = true
	open order = false
)

func head(in plan.Node) plan.Node { return &plan.Slice{Input: in} }

func rowIndex(in plan.Node) plan.Node { return &plan.RowIndex{Input: in, Name: "i"} }

func selected(in plan.Node, exprs ...expr.Named) plan.Node {
	return &plan.Select{Input: in, Exprs: exprs}
}

func union(o order, in ...plan.Node) plan.Node {
	return &plan.Union{Inputs: in, MaintainOrder: o == kept}
}

// lookup is a joined plan: its rows come in no promised order.
var lookup = join(scan, scan, plan.Left, "none")

// table is a database, which promises no order either.
var table = &plan.Source{Name: "scan_db", Unordered: true}

// daily is one row a day of which one is chosen: a choice within one date.
var daily = unique(scan, "any", open, "date", "k")

func TestCheck(t *testing.T) {
	sum, cumSum, first := call("sum", col("x")), call("cum_sum", col("x")), call("first", col("x"))
	tests := []struct {
		name string
		plan plan.Node
		want string // a part of the problem, "" when the plan may be split
	}{
		{"scan", scan, ""},
		{"head of a scan", head(scan), ""},
		{"row index of a scan", rowIndex(scan), ""},
		{"cumulative over a scan", extend(scan, cumSum), ""},
		{"python function over a scan", &plan.Opaque{Inputs: []plan.Node{scan}, Name: "map_batches"}, ""},

		{"join", lookup, ""},
		{"head of a join", head(lookup), "head/tail/slice cannot be split: it depends on the order of rows, which join(how=\"left\", on=\"k\") leaves open"},
		{"row index of a join", rowIndex(lookup), "with_row_index cannot"},
		{"cumulative over a join", extend(lookup, cumSum), "with_columns with cum_sum cannot"},
		{"sum over a join", extend(lookup, sum), ""},
		{"row-wise over a join", extend(lookup, call("str.to_uppercase", col("k"))), ""},
		{"unknown function over a join", extend(lookup, call("python function", col("k"))), "with python function"},
		{"unknown function of one group over a join", extend(lookup, over(call("python function", col("k")), "date")), ""},
		{"cumulative within one date over a join", extend(lookup, over(cumSum, "date")), ""},
		{"cumulative within keys over a join", extend(lookup, over(cumSum, "k")), "with cum_sum"},
		{"filter by row number after a join", filter(lookup, call("is_first_distinct", col("k"))), "filter with is_first_distinct (above join(how=\"left\", on=\"k\"))"},
		{"map_batches over a join", &plan.Opaque{Inputs: []plan.Node{lookup}, Name: "map_batches"}, "map_batches cannot"},
		{"head of an ordered join", head(join(scan, scan, plan.Left, "left_right")), "Polars may take its rows from join(how=\"left\", on=\"k\") in any order"},
		{"tail of a projection of an ordered join", head(extend(join(scan, scan, plan.Inner, "left_right"), col("x"))), "in any order"},
		{"head of a concat of an ordered join", head(union(kept, scan, join(scan, scan, plan.Left, "left_right"))), "in any order"},
		{"head of a stable sort of an ordered join", head(stable(join(scan, scan, plan.Left, "left_right"), "x")), ""},
		{"row index of an ordered join", rowIndex(join(scan, scan, plan.Left, "left_right")), ""},
		{"cumulative over an ordered join", extend(join(scan, scan, plan.Left, "left_right"), call("cum_sum", col("x"))), ""},
		{"head of an ordered join of unordered rows", head(join(lookup, scan, plan.Left, "left_right")), "join(how=\"left\", on=\"k\") leaves open"},
		{"left order leaves partners open", head(join(scan, scan, plan.Left, "left")), "join(how=\"left\", on=\"k\") leaves open"},
		{"left order is all of a semi join", rowIndex(join(scan, scan, plan.Semi, "left")), ""},
		{"head of an ordered semi join", head(join(scan, scan, plan.Semi, "left")), "in any order"},
		{"head of a cross join", head(join(scan, scan, plan.Cross, "none")), "join(how=\"cross\", on=\"k\") leaves open"},

		{"database", table, ""},
		{"sum over a database", group(table, sum, "date"), ""},
		{"head of a database", head(table), "scan_db leaves open"},
		{"head of a sort of a database", head(stable(table, "x")), "or into the SQL with an ORDER BY"},
		{"cumulative over a database", extend(table, cumSum), "with_columns with cum_sum cannot"},

		{"head of an unstable sort", head(sortBy(scan, "k")), "sort(\"k\") leaves open"},
		{"head of a stable sort", head(stable(scan, "k")), ""},
		{"head of a stable sort of a join", head(stable(lookup, "k")), "and after it sort(..., maintain_order=True)"},
		{"head of a sort of a join", head(sortBy(lookup, "k")), "sort(\"k\") leaves open"},
		{"head of groups", head(group(scan, sum, "k", "date")), "group_by(\"k\", \"date\") leaves open"},
		{"head of groups in order", head(ordered(group(scan, sum, "k", "date"))), ""},
		{"head of ordered groups of a join", head(ordered(group(lookup, sum, "k", "date"))), "join(how=\"left\", on=\"k\") leaves open"},
		{"head of groups sorted by their keys", head(sortBy(group(scan, sum, "k", "date"), "date", "k")), ""},
		{"the same after a filter and a rename", head(sortBy(selected(
			filter(group(scan, sum, "k", "date"), col("b")), named("date", col("date")), named("q", col("k")), named("agg", col("agg"))), "q", "date")), ""},
		{"head of groups sorted by some keys", head(sortBy(group(scan, sum, "k", "date"), "date")), "sort(\"date\") leaves open"},
		{"a key replaced before the sort", head(sortBy(&plan.Extend{
			Input: group(scan, sum, "date"), Exprs: []expr.Named{named("date", col("agg"))},
		}, "date")), "sort(\"date\") leaves open"},
		{"a key lost before the sort", head(sortBy(selected(group(scan, sum, "k", "date"), named("date", col("date"))), "date")), "sort(\"date\") leaves open"},
		{"head of what is exploded", head(&plan.Reshape{Input: scan, Name: "explode"}), ""},
		{"head of what is unpivoted", head(&plan.Reshape{Input: scan, Name: "unpivot"}), "unpivot leaves open"},
		{"exploded keys are not unique", head(sortBy(&plan.Reshape{Input: group(scan, sum, "date"), Name: "explode"}, "date")), "sort(\"date\") leaves open"},

		{"last of the day over an unstable sort", group(sortBy(scan, "x"), first, "date", "k"), ""},
		{"chosen value, date aggregated by order", &plan.GroupBy{
			Input: lookup, Keys: []expr.Named{named("k", col("k"))},
			Aggs: []expr.Named{named("date", call("first", col("date")))},
		}, "group_by(\"k\") with first cannot"},
		{"chosen value, date aggregated as a set", &plan.GroupBy{
			Input: lookup, Keys: []expr.Named{named("k", col("k"))},
			Aggs: []expr.Named{named("date", call("max", col("date"))), named("v", first)},
		}, ""},
		{"first of a scan", group(scan, first, "k"), ""},
		{"sample in an aggregate", group(scan, call("sample", col("x")), "date"), "every part would draw its own sample"},
		{"dynamic windows keep an open order open", head(windowed(group(sortBy(scan, "date"), sum))), "sort(\"date\") leaves open"},
		{"dynamic windows", head(windowed(group(stable(scan, "date"), sum))), ""},

		{"unique rows", unique(scan, "any", open), ""},
		{"head of unique rows", head(unique(scan, "any", open)), "unique leaves open"},
		{"head of unique rows in order", head(unique(scan, "any", kept)), ""},
		{"unique on a subset", unique(scan, "any", open, "k"), "unique(\"k\") cannot be split: which of the rows that are equal on its subset"},
		{"unique on a subset in order still chooses", unique(scan, "any", kept, "k"), "unique(\"k\") cannot"},
		{"unique on a subset with the date", daily, ""},
		{"unique, first of a scan", unique(scan, "first", kept, "k"), ""},
		{"unique, last of a join", unique(lookup, "last", kept, "k"), "unique(\"k\") with keep=\"last\" cannot"},
		{"unique, first of a join with the date", unique(lookup, "first", kept, "date"), ""},
		{"unique, none", unique(lookup, "none", open, "k"), ""},

		{"rows of a day chosen, then filtered", filter(daily, col("b")), ""},
		{"rows of a day chosen, then summed over all", extend(daily, sum), "it mixes rows of several parts, and unique(\"date\", \"k\") chooses"},
		{"rows of a day chosen, then summed within the day", extend(daily, over(sum, "date", "k")), ""},
		{"rows of a day chosen, then head", head(stable(daily, "x")), "cannot be split"},
		{"rows of a day chosen, then grouped by day", group(daily, sum, "date"), ""},
		{"rows of a day chosen, then grouped by key", group(daily, sum, "k"), "unique(\"date\", \"k\") cannot be split: which"},
		{"rows of a day chosen, then unique on a subset without it", unique(daily, "none", open, "k"), "unique(\"date\", \"k\") chooses"},
		{"rows of a day chosen, joined from the left", join(daily, scan, plan.Left, "none"), ""},
		{"rows of a day chosen, on the right of a join", join(scan, daily, plan.Left, "none"), "unique(\"date\", \"k\") (right side of join(how=\"left\", on=\"k\")) cannot be split: which"},
		{"rows of a day chosen, full join", join(daily, scan, plan.Full, "none"), "unique(\"date\", \"k\") chooses"},
		{"rows of a day chosen, then renamed", group(selected(daily, named("day", col("date")), named("date", col("date"))), sum, "date"), ""},
		{"the date computed after a choice", extend(&plan.Extend{Input: daily, Exprs: []expr.Named{named("date", call("dt.date", col("ts")))}}, over(sum, "date")), "unique(\"date\", \"k\") cannot be split: which"},

		{"asof join of stable sides", head(join(scan, scan, plan.Asof, "none")), ""},
		{"asof join on an unstable right side", join(scan, sortBy(scan, "k"), plan.Asof, "none"), ""},
		{"the same, then a sum over all", extend(join(scan, sortBy(scan, "k"), plan.Asof, "none"), sum), "join_asof(on=\"k\") chooses"},

		{"concat keeps the order", head(union(kept, scan, scan)), ""},
		{"union does not", head(union(open, scan, scan)), "union leaves open"},
		{"concat of a join", head(union(kept, scan, lookup)), "join(how=\"left\", on=\"k\") leaves open"},
		{"merge_sorted", head(&plan.MergeSorted{Inputs: []plan.Node{scan, scan}}), "merge_sorted leaves open"},
		{"columns beside one another", &plan.Beside{Inputs: []plan.Node{scan, scan}, Columns: [][]string{columns, {"y"}}}, ""},
		{"columns beside an unordered plan", &plan.Beside{Inputs: []plan.Node{scan, lookup}, Columns: [][]string{columns, {"y"}}}, "join(how=\"left\", on=\"k\") leaves open"},

		{"sample", extend(scan, call("sample", col("x"))), "with_columns with sample cannot"},
		{"shuffle inside a window of one date", extend(scan, over(call("shuffle", col("x")), "date")), "with shuffle"},
		{"rank by chance", extend(scan, option("rank", "random", col("x"))), "with rank"},
		{"rank by place over a join", extend(lookup, option("rank", "ordinal", col("x"))), "with rank"},
		{"rank by value over a join", extend(lookup, option("rank", "dense", col("x"))), ""},
		{"sorted values beside the rows of a join", extend(lookup, call("sort", col("x"))), "with_columns with sort"},
		{"sorted values of groups of a join", group(lookup, call("sum", call("sort", col("x"))), "date"), ""},
		{"first of the distinct", extend(scan, call("first", call("unique", col("x")))), "with unique"},
		{"values sorted by others of a join", extend(lookup, call("sort_by", col("x"), col("k"))), "with sort_by"},
		{"forward fill over a join", extend(lookup, option("fill_null_with_strategy", "forward", col("x"))), "with fill_null_with_strategy"},
		{"mean fill over a join", extend(lookup, option("fill_null_with_strategy", "mean", col("x"))), ""},
		{"a plugin over a join", extend(lookup, call("plugin", col("x"))), "with plugin"},
		{"a row-wise plugin over a join", extend(lookup, option("plugin", "elementwise", col("x"))), ""},
		{"list.sample", extend(scan, call("list.sample", col("x"))), "with list.sample"},

		{"one column of distinct values", selected(scan, named("date", call("unique", col("date")))), ""},
		{"its head", head(selected(scan, named("date", call("unique", col("date"))))), "select with unique leaves open"},
		{"its head after a sort", head(sortBy(selected(scan, named("date", call("unique", col("date")))), "date")), ""},
		{"two columns of distinct values pair at will", selected(scan, named("date", call("unique", col("date"))), named("x", call("unique", col("x")))), "the order of its result is open"},
		{"distinct values in order", selected(scan, named("date", option("unique", "maintain_order", col("date"))), named("x", option("unique", "maintain_order", col("x")))), ""},
		{"number of distinct values", extend(scan, call("n_unique", call("unique", col("x")))), ""},

		{"inside a source of ours", head(&plan.Source{Inner: head(lookup)}), "join(how=\"left\", on=\"k\") leaves open"},
		{"head of a source of ours", head(&plan.Source{Inner: scan}), ""},
		{"head of a join inside a source of ours", head(&plan.Source{Inner: lookup}), "join(how=\"left\", on=\"k\") leaves open"},
		{"a choice inside a source of ours, summed over all", extend(&plan.Source{Inner: daily}, sum), "unique(\"date\", \"k\") chooses"},
		{"a cached scan", head(&plan.Pass{Input: scan}), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			problem := splittable.Check(tt.plan, "date")
			switch {
			case problem == nil && tt.want != "":
				t.Errorf("accepted, want %q", tt.want)
			case problem != nil && tt.want == "":
				t.Errorf("refused: %v", problem)
			case problem != nil && !strings.Contains(problem.Error(), tt.want):
				t.Errorf("refused: %v, want %q", problem, tt.want)
			case problem != nil && problem.Remedy == "":
				t.Errorf("no remedy in %v", problem)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	sum, first := call("sum", col("x")), call("first", col("x"))
	byKeys := sortBy(group(scan, sum, "k", "date"), "date", "k")
	tests := []struct {
		name string
		plan plan.Node
		want string // what leaves it open, "" when every run gives the same rows in the same order
	}{
		{"scan", scan, ""},
		{"functions of single rows", filter(extend(scan, call("abs", col("x"))), col("b")), ""},
		{"head and row numbers of a scan", rowIndex(head(scan)), ""},
		{"database", table, "scan_db"},
		{"groups in order", ordered(group(scan, sum, "k", "date")), ""},
		{"groups", group(scan, sum, "k", "date"), `group_by("k", "date")`},
		{"groups sorted by their keys", byKeys, ""},
		{"groups sorted by some of them", sortBy(group(scan, sum, "k", "date"), "date"), `sort("date")`},
		{"groups, then single rows", extend(filter(group(scan, sum, "k"), col("b")), col("agg")), `group_by("k")`},
		{"join", lookup, `join(how="left", on="k")`},
		{"ordered join", join(scan, scan, plan.Inner, "left_right"), ""},
		{"ordered join of a join", join(lookup, scan, plan.Inner, "left_right"), `join(how="left", on="k")`},
		{"concat of a join", union(kept, scan, lookup), `join(how="left", on="k")`},
		{"union", union(open, scan, scan), "union"},
		{"unstable sort", sortBy(scan, "x"), `sort("x")`},
		{"stable sort", stable(scan, "x"), ""},
		{"unique rows in order", unique(scan, "any", kept), ""},
		{"unique rows", unique(scan, "any", open), "unique"},
		{"rows of a day chosen, in order", unique(scan, "any", kept, "date", "k"), `unique("date", "k")`},
		{"rows of a day chosen, sorted by what is unique", sortBy(unique(scan, "any", kept, "date", "k"), "date", "k"), `unique("date", "k")`},
		{"asof join on an unstable right side", join(scan, sortBy(scan, "k"), plan.Asof, "none"), `join_asof(on="k")`},
		{"first of a day out of a join, sorted by keys", sortBy(group(lookup, first, "date"), "date"), `group_by("date") with first`},
		{"a window of one date over a join, sorted by what is unique", sortBy(extend(group(scan, sum, "k", "date"), over(first, "date")), "k", "date"), "first"},
		{"a window of one date over a scan", extend(scan, over(first, "date")), ""},
		{"a window of one date whose order is open", extend(scan, over(call("unique", col("x")), "date")), "unique"},
		{"a sum over one date of a sort by keys", extend(byKeys, over(sum, "date")), ""},
		{"inside a source of ours", &plan.Source{Inner: lookup}, `join(how="left", on="k")`},
		{"a choice inside a source of ours", &plan.Source{Inner: unique(scan, "any", kept, "date", "k")}, `unique("date", "k")`},
		{"a python function over a scan", &plan.Opaque{Inputs: []plan.Node{scan}, Name: "map_batches"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if problem := splittable.Check(tt.plan, "date"); problem != nil {
				t.Fatalf("cannot be split: %v", problem)
			}
			found := splittable.Open(tt.plan, "date")
			switch {
			case found == nil && tt.want != "":
				t.Errorf("nothing open, want %q", tt.want)
			case found != nil && (found.Node != tt.want || found.Remedy == ""):
				t.Errorf("%+v, want %q and a remedy", *found, tt.want)
			}
		})
	}
}

// A chain of joins doubles the paths to its root at every step; the walk must not.
func TestCheckIsLinear(t *testing.T) {
	var n plan.Node = scan
	for range 64 {
		n = join(n, n, plan.Inner, "left_right")
	}
	if problem := splittable.Check(n, "date"); problem != nil {
		t.Error(problem)
	}
	e := col("x")
	for range 64 {
		e = &expr.Binary{Left: e, Right: e}
	}
	if problem := splittable.Check(extend(scan, e), "date"); problem != nil {
		t.Error(problem)
	}
}

// TestCheckDeep: an expression of 200,000 nodes, over the deepest plan that is read.
func TestCheckDeep(t *testing.T) {
	rows := plan.Node(lookup)
	for range 50_000 {
		rows = filter(rows, col("b"))
	}
	for bottom, want := range map[string]string{"abs": "", "cum_sum": "with_columns with cum_sum"} {
		deep := call(bottom, col("x"))
		for range 200_000 {
			deep = &expr.Cast{Arg: deep}
		}
		problem := splittable.Check(extend(rows, deep), "date")
		if problem == nil && want != "" || problem != nil && problem.Node != want {
			t.Errorf("%s far down: %v, want %q", bottom, problem, want)
		}
	}
}
