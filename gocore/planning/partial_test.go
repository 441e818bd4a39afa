package planning_test

import (
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/planning"
)

// What may be put together depends on the types of the result.
func TestCombine(t *testing.T) {
	tests := []struct {
		function, key, value string
		want                 bool
	}{
		{"sum", "string", "int64", true},
		{"sum", "date", "uint32", true},
		{"sum", "int8", "decimal[38, 2]", true},
		{"sum", "string", "float64", false},
		{"sum", "string", "duration[us]", false},
		{"sum", "string", "other", false},
		{"min", "string", "datetime[us, UTC]", true},
		{"max", "boolean", "string", true},
		{"max", "string", "float32", false},
		{"max", "string", "categorical", false},
		{"max", "float64", "int64", false},
		{"max", "other", "int64", false},
	}
	for _, tt := range tests {
		aggregate := &expr.Call{Name: tt.function, Args: []expr.Node{&expr.Column{Name: "x"}}}
		r := &plan.Request{
			Root: &plan.GroupBy{
				Input: &plan.Source{Split: true},
				Keys:  []expr.Named{{Name: "k", Expr: &expr.Column{Name: "k"}}},
				Aggs:  []expr.Named{{Name: "x", Expr: aggregate}},
			},
			Method:  plan.AtRoot,
			Columns: []plan.Column{{Name: "k", Type: tt.key}, {Name: "x", Type: tt.value}},
		}
		if got := planning.Combine(r) != nil; got != tt.want {
			t.Errorf("%s to %s by %s: %t", tt.function, tt.value, tt.key, got)
		}
		r.Columns[1].Name = "y"
		if planning.Combine(r) != nil {
			t.Errorf("%s under another name", tt.function)
		}
	}
}

func TestACutHasNoPartitions(t *testing.T) {
	if _, err := planning.Plan(&plan.Request{Root: &plan.Scan{}, Method: plan.AtRoot}); err == nil {
		t.Error("planned")
	}
}
