package splittable

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// How is the way in which values of parts make the value of the whole.
type How string

// A key is the same in all parts; the other values are combined by a function of theirs.
const (
	Key How = "key"
	Sum How = "sum"
	Min How = "min"
	Max How = "max"
)

// combinations are the aggregates that can be combined. Sums are those of integers, which wrap
// around, and of decimals; types are for the caller to look at.
var combinations = map[string]How{"sum": Sum, "count": Sum, "len": Sum, "min": Min, "max": Max}

// Combination says how one column of an aggregation follows from those of parts.
type Combination struct {
	Name string `json:"name"`
	How  How    `json:"how"`
}

// Partial returns how an aggregation right above a split source, with nothing between them
// but steps of single rows, follows from the same aggregation of each part; nil if it does
// not, or if the order of its rows is promised.
func Partial(root plan.Node) []Combination {
	var out []Combination
	var aggregates []expr.Named
	var input plan.Node
	switch n := root.(type) {
	case *plan.GroupBy:
		if n.MaintainOrder || n.Windowed {
			return nil
		}
		for _, k := range n.Keys {
			if inspect(k.Expr, "").effect > rowWise {
				return nil
			}
			out = append(out, Combination{k.Name, Key})
		}
		aggregates, input = n.Aggs, n.Input
	case *plan.Select:
		aggregates, input = n.Exprs, n.Input
	default:
		return nil
	}
	for _, a := range aggregates {
		call, ok := a.Expr.(*expr.Call)
		if !ok || combinations[call.Name] == "" {
			return nil
		}
		for _, arg := range call.Args {
			if inspect(arg, "").effect > rowWise || !readsColumn(arg) {
				return nil
			}
		}
		out = append(out, Combination{a.Name, combinations[call.Name]})
	}
	if len(aggregates) == 0 || !aboveSplit(input) {
		return nil
	}
	return out
}

// readsColumn reports whether an expression has a value for each row: a constant has one
// for all of them, which every part would count.
func readsColumn(e expr.Node) bool {
	found := false
	expr.Walk(e, func(n expr.Node) {
		_, isColumn := n.(*expr.Column)
		found = found || isColumn
	})
	return found
}

// aboveSplit reports whether nothing but steps of single rows stands above a split source.
func aboveSplit(n plan.Node) bool {
	for {
		var exprs []expr.Named
		switch n := n.(type) {
		case *plan.Source:
			return n.Split
		case *plan.Filter:
			exprs = []expr.Named{{Expr: n.Predicate}}
		case *plan.Select:
			exprs = n.Exprs
			if areConstant(exprs) {
				return false // one row, however many parts there are
			}
		case *plan.Extend:
			exprs = n.Exprs
		case *plan.Project:
		default:
			return false
		}
		for _, e := range exprs {
			if inspect(e.Expr, "").effect > rowWise {
				return false
			}
		}
		if pairedIn(n, exprs) != "" {
			return false
		}
		n = plan.Inputs(n)[0]
	}
}
