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

	// Obstacles say what keeps the column from being bounded, from the result
	// downwards; there are none where it is.
	Obstacles []Obstacle
}

// Filter is one filter of the plan and what it did for the bounds.
type Filter[T any] struct {
	Text   string
	Pushed bool // written after the call

	// Node says what the filter stands above, and in which input of a join or
	// concatenation.
	Node string

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
	return PlanFrom(root, column, axis, nil)
}

// Leaf says where a column of a scan lies, and false where that is not known.
type Leaf[T any] func(scan *plan.Scan, column string) (Region[T], bool)

// PlanFrom is [Plan] with what is known of scans, unless leaf is nil.
func PlanFrom[T any](root plan.Node, column string, axis Axis[T], leaf Leaf[T]) Result[T] {
	w := newWalker(axis)
	w.leaf = leaf
	region := w.region(root, column)
	if within, ok := axis.Within(region); ok && w.recurs {
		w = newWalker(within)
		w.leaf = leaf
		region = w.region(root, column)
	}
	places := plan.Locate(root)
	return Result[T]{
		Region: region, Filters: w.filters(root, places), Obstacles: w.obstacles(at{root, column}, places),
	}
}

// at is a column of a node's output.
type at struct {
	node   plan.Node
	column string
}

type walker[T any] struct {
	axis    Axis[T]
	regions map[at]Region[T]
	seen    map[*plan.Filter]Filter[T]
	trail   trail
	leaf    Leaf[T]

	// recurs says that a filter asks for a field that comes round again.
	recurs bool
}

func newWalker[T any](axis Axis[T]) *walker[T] {
	return &walker[T]{
		axis: axis, regions: map[at]Region[T]{}, seen: map[*plan.Filter]Filter[T]{}, trail: newTrail(),
	}
}

func (w *walker[T]) everywhere() Region[T] { return everywhere(w.axis.Domain()) }

func (w *walker[T]) region(n plan.Node, column string) Region[T] {
	key := at{n, column}
	outer := w.trail.enter(key)
	r, ok := w.regions[key]
	if !ok {
		r = w.fresh(n, column)
		w.regions[key] = r
	}
	w.trail.current = outer
	return r
}

func (w *walker[T]) fresh(n plan.Node, column string) Region[T] {
	switch n := n.(type) {
	case *plan.Scan:
		if w.leaf != nil {
			if r, ok := w.leaf(n, column); ok {
				return r
			}
		}
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
			return w.hidden(n, column, "makes "+column+" anew")
		}
		return w.region(n.Input, column)
	case *plan.RowIndex:
		if n.Name == column {
			return w.hidden(n, column, "makes "+column+" anew")
		}
		return w.region(n.Input, column)
	case *plan.Opaque:
		return w.hidden(n, column, "cannot be looked into")
	case *plan.Project, *plan.Distinct, *plan.Sort, *plan.Slice, *plan.Pass:
		return w.region(plan.Inputs(n)[0], column)
	}
	return w.everywhere()
}

// hidden is everywhere, with the reason kept for the user.
func (w *walker[T]) hidden(n plan.Node, column, why string) Region[T] {
	w.trail.hidden[at{n, column}] = why
	return w.everywhere()
}

func (w *walker[T]) filter(n *plan.Filter, column string) Region[T] {
	a := newAnalysis(n.Predicate, column, w.axis)
	where := a.outcome(n.Predicate).True
	w.recurs = w.recurs || a.recurs
	f := Filter[T]{
		Text: expr.String(n.Predicate, w.axis.Literal), Pushed: n.Pushed, Where: where,
	}
	switch {
	case !where.IsEverything():
	case expr.Mentions(n.Predicate, column):
		f.Note = a.blame(n.Predicate)
	case expr.Calls(n.Predicate, isHidden):
		f.Note = "it calls a function that cannot be looked into"
	default:
		f.Note = "it does not read " + column
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
				w.hidden(n, column, w.makes(e))
				return r
			}
		case *expr.Call:
			if c, ok := rearranged(x); ok {
				return w.region(input, c)
			}
		}
		return w.hidden(n, column, w.makes(e))
	}
	if keeps {
		return w.region(input, column)
	}
	return w.hidden(n, column, "does not have "+column)
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
		return w.hidden(n, column, "makes "+column+" anew, the start of a window")
	}
	for _, e := range slices.Concat(n.Keys, n.Aggs) {
		if e.Name == column {
			return w.hidden(n, column, w.makes(e))
		}
	}
	return w.hidden(n, column, "does not have "+column)
}

// makes says of an expression that it is where a column comes from.
func (w *walker[T]) makes(e expr.Named) string {
	return "makes " + e.Name + " from " + expr.String(e.Expr, w.axis.Literal)
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
