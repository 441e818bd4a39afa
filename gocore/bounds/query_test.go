package bounds_test

import (
	"fmt"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// query writes a plan as a chain of methods, for docs/bounds.md. Frames are "lf".
func query(n plan.Node, axis bounds.Temporal) string {
	text := func(e expr.Node) string { return polars(e, axis) }
	named := func(list []expr.Named) string {
		var kept, made []string
		for _, e := range list {
			if c, ok := e.Expr.(*expr.Column); ok && c.Name == e.Name {
				kept = append(kept, e.Name)
			} else {
				made = append(made, e.Name+"="+text(e.Expr))
			}
		}
		return strings.Join(append(kept, made...), ", ")
	}
	var inputs []string
	for _, in := range plan.Inputs(n) {
		inputs = append(inputs, query(in, axis))
	}
	all := strings.Join(inputs, ", ")
	switch n := n.(type) {
	case *plan.Filter:
		if n.Pushed {
			return inputs[0] + ".piot.execute_on_ray(…).filter(" + text(n.Predicate) + ")"
		}
		return inputs[0] + ".filter(" + text(n.Predicate) + ")"
	case *plan.Select:
		return inputs[0] + ".select(" + named(n.Exprs) + ")"
	case *plan.Extend:
		return inputs[0] + ".with_columns(" + named(n.Exprs) + ")"
	case *plan.GroupBy:
		method := ".group_by("
		if n.Windowed {
			method = ".group_by_dynamic(…, group_by="
		}
		return inputs[0] + method + named(n.Keys) + ").agg(" + named(n.Aggs) + ")"
	case *plan.Join:
		return inputs[0] + ".join(" + strings.Join(append([]string{inputs[1]}, joinOptions(n, text)...), ", ") + ")"
	case *plan.Union:
		return "concat([" + all + "])"
	case *plan.MergeSorted:
		return inputs[0] + ".merge_sorted(" + inputs[1] + ", …)"
	case *plan.Beside:
		return "concat([" + all + `], how="horizontal")`
	case *plan.Source:
		if n.Inner != nil {
			return inputs[0] + ".piot.execute_on_ray(…)"
		}
		return "io_source()"
	case *plan.Scan:
		return "scan_parquet(…)"
	case *plan.Reshape:
		return inputs[0] + "." + n.Name + "(" + strings.Join(n.Made, ", ") + ")"
	case *plan.RowIndex:
		return inputs[0] + fmt.Sprintf(".with_row_index(%q)", n.Name)
	case *plan.Opaque:
		return inputs[0] + "." + n.Name + "(" + strings.Join(append(inputs[1:], "…"), ", ") + ")"
	}
	return strings.Join(inputs, ", ") + plainStep(n)
}

func plainStep(n plan.Node) string {
	switch n := n.(type) {
	case *plan.Distinct:
		return ".unique(" + strings.Join(n.Subset, ", ") + ")"
	case *plan.Sort:
		return ".sort(…)"
	case *plan.Slice:
		return ".slice(…)"
	case *plan.Project:
		return ".select(…)"
	case *plan.Pass:
		return ".cache()"
	}
	return "lf"
}

func joinOptions(n *plan.Join, text func(expr.Node) string) []string {
	var left, right, out []string
	for i := range n.LeftOn {
		left, right = append(left, text(n.LeftOn[i])), append(right, text(n.RightOn[i]))
	}
	switch l, r := strings.Join(left, ", "), strings.Join(right, ", "); {
	case n.How == plan.Cross:
	case l == r && len(left) == 1:
		out = append(out, "on="+l)
	case l == r:
		out = append(out, "on=["+l+"]")
	default:
		out = append(out, "left_on=["+l+"]", "right_on=["+r+"]")
	}
	out = append(out, fmt.Sprintf("how=%q", string(n.How)))
	if n.How == plan.Full && n.Coalesce || n.How == plan.Right && !n.Coalesce {
		out = append(out, "coalesce="+map[bool]string{true: "True", false: "False"}[n.Coalesce])
	}
	if n.NullsEqual {
		out = append(out, "nulls_equal=True")
	}
	if n.Suffix != "_right" {
		out = append(out, fmt.Sprintf("suffix=%q", n.Suffix))
	}
	return out
}
