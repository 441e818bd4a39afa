package plan_test

import (
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

func column(name string) expr.Node { return &expr.Column{Name: name} }

func keys(names ...string) []expr.Node {
	out := make([]expr.Node, len(names))
	for i, n := range names {
		out[i] = column(n)
	}
	return out
}

func TestDescribe(t *testing.T) {
	frame := &plan.Frame{}
	computed := []expr.Node{&expr.Call{Name: "f"}}
	tests := []struct {
		node plan.Node
		want string
	}{
		{&plan.Scan{Kind: "parquet"}, "scan_parquet"},
		{&plan.Scan{Kind: "parquet", Path: "a.parquet", Files: 1}, "scan_parquet a.parquet"},
		{&plan.Scan{Kind: "csv", Path: "/data/trades/a.csv", Files: 1}, "scan_csv trades/a.csv"},
		{&plan.Scan{Kind: "csv", Path: "s3://bucket/trades/a.csv", Files: 3}, "scan_csv trades/a.csv and 2 more"},
		{frame, "in-memory frame"},
		{&plan.Source{}, "IO source"},
		{&plan.Source{Inner: frame}, "the inner execute_on_ray"},
		{&plan.Filter{Input: frame}, "filter"},
		{&plan.GroupBy{Keys: []expr.Named{{Name: "date"}, {Name: "k"}}}, `group_by("date", "k")`},
		{&plan.GroupBy{Keys: []expr.Named{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}}, `group_by("a", "b", "c", …)`},
		{&plan.Join{How: plan.Cross}, `join(how="cross")`},
		{&plan.Join{How: plan.Inner, LeftOn: keys("k"), RightOn: keys("k")}, `join(how="inner", on="k")`},
		{&plan.Join{How: plan.Left, LeftOn: keys("k", "j"), RightOn: keys("k", "j")}, `join(how="left", on=["k", "j"])`},
		{&plan.Join{How: plan.Full, LeftOn: keys("k"), RightOn: keys("j")}, `join(how="full", left_on="k", right_on="j")`},
		{&plan.Join{How: plan.Inner, LeftOn: keys("k"), RightOn: computed}, `join(how="inner", left_on="k", right_on=…)`},
		{&plan.Join{How: plan.Asof, LeftOn: keys("date"), RightOn: keys("date")}, `join_asof(on="date")`},
		{&plan.Distinct{}, "unique"},
		{&plan.Distinct{Subset: []string{"k"}}, `unique("k")`},
		{&plan.Sort{By: keys("date", "k")}, `sort("date", "k")`},
		{&plan.Sort{By: computed}, "sort(…)"},
		{&plan.Opaque{Name: "map_batches"}, "map_batches"},
	}
	for _, tt := range tests {
		if got := plan.Describe(tt.node); got != tt.want {
			t.Errorf("%+v is %s, want %s", tt.node, got, tt.want)
		}
	}
}

// TestWhere: a node has the place of its first use, a filter also what it filters.
func TestWhere(t *testing.T) {
	left, right, shared := &plan.Frame{}, &plan.Scan{Kind: "csv"}, &plan.Frame{Empty: true}
	low := &plan.Filter{Input: left}
	high := &plan.Filter{Input: &plan.Project{Input: &plan.Pass{Input: low}}}
	concat := &plan.Union{Inputs: []plan.Node{high, shared, shared}}
	join := &plan.Join{Left: concat, Right: right, How: plan.Inner, LeftOn: keys("k"), RightOn: keys("k")}
	deep := &plan.Beside{Inputs: []plan.Node{join, shared}}
	top := &plan.Filter{Input: deep}
	places := plan.Locate(top)
	tests := []struct {
		node     plan.Node
		function string
		want     string
	}{
		{top, "", `filter (above concat(how="horizontal"))`},
		{top, "cum_sum", `filter with cum_sum (above concat(how="horizontal"))`},
		{deep, "", `concat(how="horizontal")`},
		{join, "", `join(how="inner", on="k") (input 1 of concat(how="horizontal"))`},
		{right, "", `scan_csv (right side of join(how="inner", on="k"), within input 1 of concat(how="horizontal"))`},
		{high, "", `filter (above in-memory frame, input 1 of concat, within left side of join(how="inner", on="k"))`},
		{low, "", `filter (above in-memory frame, input 1 of concat, within left side of join(how="inner", on="k"))`},
		{shared, "f", `in-memory frame with f (input 2 of concat(how="horizontal"))`},
	}
	for _, tt := range tests {
		if got := plan.With(tt.node, tt.function, places); got != tt.want {
			t.Errorf("%T is %s, want %s", tt.node, got, tt.want)
		}
	}
}
