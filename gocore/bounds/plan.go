package bounds

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// Result is what a plan says of a column of its result.
type Result[T any] struct {
	Region Region[T]

	// Filters are all filters of the plan, inputs first.
	Filters []Filter[T]

	// Obstacles say, in the user's words, which nodes hid what lies below them.
	Obstacles []string
}

// Filter is one filter of the plan and what it did for the bounds.
type Filter[T any] struct {
	Text   string
	Pushed bool // written after the call

	// Where the column may lie when the filter is true, under the name it has
	// there; everywhere when the filter was not reached.
	Where Region[T]

	// Note says why the filter does not bound the column, "" when it does.
	Note string
}

// Plan walks a plan from its result downwards and returns the region of one of
// its columns. Where that is bounded, a second walk within the bounds finds what
// comes round again, such as the months meant.
func Plan[T any](root plan.Node, column string, axis Axis[T]) Result[T] {
	result := walk(root, column, axis)
	if within, ok := axis.Within(result.Region); ok && recurs(root) {
		return walk(root, column, within)
	}
	return result
}

// recurs reports whether a filter of the plan asks for a field that comes round
// again.
func recurs(root plan.Node) bool {
	found := false
	plan.Walk(root, func(n plan.Node) {
		if f, ok := n.(*plan.Filter); ok && !found {
			found = expr.Calls(f.Predicate, func(name string) bool { _, ok := fields[name]; return ok })
		}
	})
	return found
}

func walk[T any](root plan.Node, column string, axis Axis[T]) Result[T] {
	w := walker[T]{
		axis: axis, regions: map[at]Region[T]{}, seen: map[*plan.Filter]Filter[T]{},
	}
	region := w.region(root, column)
	return Result[T]{Region: region, Filters: w.filters(root), Obstacles: w.obstacles}
}

// at is a column of a node's output.
type at struct {
	node   plan.Node
	column string
}

type walker[T any] struct {
	axis      Axis[T]
	regions   map[at]Region[T]
	seen      map[*plan.Filter]Filter[T]
	obstacles []string
}

func (w *walker[T]) everywhere() Region[T] { return everywhere(w.axis.Domain()) }

func (w *walker[T]) region(n plan.Node, column string) Region[T] {
	key := at{n, column}
	if r, ok := w.regions[key]; ok {
		return r
	}
	r := w.fresh(n, column)
	w.regions[key] = r
	return r
}

func (w *walker[T]) fresh(n plan.Node, column string) Region[T] {
	switch n := n.(type) {
	case *plan.Frame:
		if n.Empty {
			return nowhere(w.axis.Domain())
		}
	case *plan.Source:
		if n.Inner != nil {
			return w.region(n.Inner, column)
		}
	case *plan.Filter:
		return w.filter(n, column)
	case *plan.Select:
		return w.made(n, n.Exprs, n.Input, column, false)
	case *plan.Extend:
		return w.made(n, n.Exprs, n.Input, column, true)
	case *plan.GroupBy:
		return w.groupBy(n, column)
	case *plan.Join:
		return w.join(n, column)
	case *plan.Union:
		return w.union(n.Inputs, column)
	case *plan.MergeSorted:
		return w.union(n.Inputs, column)
	case *plan.Beside:
		return w.beside(n, column)
	case *plan.Reshape:
		if slices.Contains(n.Made, column) {
			return w.hidden(n, column, "makes the column anew")
		}
		return w.region(n.Input, column)
	case *plan.RowIndex:
		if n.Name == column {
			return w.hidden(n, column, "makes the column anew")
		}
		return w.region(n.Input, column)
	case *plan.Opaque:
		return w.hidden(n, column, "cannot be looked into")
	case *plan.Project, *plan.Distinct, *plan.Sort, *plan.Slice, *plan.Pass:
		return w.region(plan.Inputs(n)[0], column)
	}
	return w.everywhere()
}

// hidden is everywhere, with the reason kept for the user when there is
// anything below that could have helped.
func (w *walker[T]) hidden(n plan.Node, column, why string) Region[T] {
	if len(plan.Inputs(n)) > 0 {
		text := plan.Name(n) + " " + why + " (" + column + ")"
		if !slices.Contains(w.obstacles, text) {
			w.obstacles = append(w.obstacles, text)
		}
	}
	return w.everywhere()
}

func (w *walker[T]) filter(n *plan.Filter, column string) Region[T] {
	a := newAnalysis(n.Predicate, column, w.axis)
	where := a.outcome(n.Predicate).True
	f := Filter[T]{
		Text: expr.String(n.Predicate, w.axis.Literal), Pushed: n.Pushed, Where: where,
	}
	switch {
	case !where.IsEverything():
	case !expr.Mentions(n.Predicate, column):
		f.Note = "it does not read " + column
	default:
		f.Note = a.blame(n.Predicate)
	}
	if old, ok := w.seen[n]; !ok || old.Note != "" {
		w.seen[n] = f
	}
	return where.intersect(w.region(n.Input, column))
}

// made is the region of a column that a projection may make: a renamed column
// is followed, a literal is a point, anything else is unknown.
func (w *walker[T]) made(
	n plan.Node, exprs []expr.Named, input plan.Node, column string, keeps bool,
) Region[T] {
	for _, e := range exprs {
		if e.Name != column {
			continue
		}
		switch x := e.Expr.(type) {
		case *expr.Column:
			return w.region(input, x.Name)
		case *expr.Literal:
			if r, ok := w.axis.Point(x); ok {
				return r
			}
		}
		return w.hidden(n, column, "computes the column anew")
	}
	if keeps {
		return w.region(input, column)
	}
	return w.hidden(n, column, "does not have the column")
}

// groupBy follows plain keys: a group's key is the value of its rows. The index
// of a dynamic or rolling window is made anew, and so is every aggregate, which
// may also be null where its input is not.
func (w *walker[T]) groupBy(n *plan.GroupBy, column string) Region[T] {
	for _, k := range n.Keys {
		if c, ok := k.Expr.(*expr.Column); ok && k.Name == column {
			return w.region(n.Input, c.Name)
		}
	}
	if n.Windowed {
		return w.hidden(n, column, "over windows makes the column anew")
	}
	return w.hidden(n, column, "aggregates the column")
}

func (w *walker[T]) union(inputs []plan.Node, column string) Region[T] {
	r := nowhere(w.axis.Domain())
	for _, in := range inputs {
		r = r.union(w.region(in, column))
	}
	return r
}

// beside pads the shorter inputs with nulls.
func (w *walker[T]) beside(n *plan.Beside, column string) Region[T] {
	for i, columns := range n.Columns {
		if slices.Contains(columns, column) {
			return w.region(n.Inputs[i], column).orNull()
		}
	}
	return w.everywhere()
}

// filters returns every filter of the plan, also those the walk did not reach.
func (w *walker[T]) filters(root plan.Node) []Filter[T] {
	var out []Filter[T]
	plan.Walk(root, func(n plan.Node) {
		f, ok := n.(*plan.Filter)
		if !ok {
			return
		}
		seen, ok := w.seen[f]
		if !ok {
			seen = Filter[T]{
				Text: expr.String(f.Predicate, w.axis.Literal), Pushed: f.Pushed, Where: w.everywhere(),
				Note: "it is on another column or below a node that hides it",
			}
		}
		out = append(out, seen)
	})
	return out
}
