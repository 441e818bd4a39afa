package planning

import (
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/coverage"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// Listing is what is known of partitions that the user lists.
type Listing struct {
	// Kept are the positions of those that can hold a row.
	Kept []int `json:"kept"`

	Overlap Verdict `json:"overlap"`
	Gap     Verdict `json:"gap"`
}

// Verdict is "none", "found" or "unknown", and the example or the reason. Partitions
// are the positions of those that it speaks of.
type Verdict struct {
	Answer     string `json:"answer"`
	Why        string `json:"why"`
	Partitions []int  `json:"partitions"`
}

func verdictOf(v coverage.Verdict) Verdict {
	out := Verdict{Answer: v.Answer.String(), Why: v.Why, Partitions: []int{}}
	out.Partitions = append(out.Partitions, v.Partitions...)
	return out
}

// view is what is known of one column that predicates of partitions read.
type view struct {
	within  coverage.Space                             // by filters
	settled coverage.Space                             // and by statistics
	read    func(condition expr.Node) coverage.Reading // nil for a type without an axis
}

func planListed(r *plan.Request) (Work, error) {
	a := newAnswer(r)
	views, names := make([]view, len(r.Columns)), make([]string, len(r.Columns))
	var known []string
	for i, c := range r.Columns {
		names[i] = c.Name
		var text string
		views[i], text = look(&a, r, i)
		if text != "" {
			known = append(known, c.Name+" "+text)
		}
	}
	a.Bounds, a.Nulls = strings.Join(known, ", "), false
	if a.refuseListed(r) {
		return finished(a), nil
	}
	boxes := make([]coverage.Box, len(r.Partitions))
	a.Listing = &Listing{Kept: []int{}}
	for i, p := range r.Partitions {
		boxes[i] = coverage.FromConjunction(len(views), coverage.Conditions(p.Expr), func(condition expr.Node) []coverage.Reading {
			return readings(views, names, condition)
		})
		switch {
		case !possible(views, boxes[i], func(v view) coverage.Space { return v.within }):
		case possible(views, boxes[i], func(v view) coverage.Space { return v.settled }):
			a.Listing.Kept = append(a.Listing.Kept, i)
		default:
			a.Empty++
		}
	}
	within := make([]coverage.Space, len(views))
	for i, v := range views {
		within[i] = v.settled
	}
	found := coverage.Examine(names, within, boxes)
	a.Listing.Overlap, a.Listing.Gap = verdictOf(found.Overlap), verdictOf(found.Gap)
	a.Obstacles = []Obstacle{} // to bounds, which such partitions need not have
	return finished(a), nil
}

// refuseListed notes why the rows of listed partitions would not be those of the whole:
// for one of the columns that they are told apart by, or for the predicates, which look
// at the whole result.
func (a *Answer) refuseListed(r *plan.Request) bool {
	predicates := make([]expr.Node, len(r.Partitions))
	for i, p := range r.Partitions {
		predicates[i] = p.Expr
	}
	root := r.Root
	if len(predicates) > 0 {
		root = &plan.Filter{Input: r.Root, Predicate: all(predicates)}
	}
	columns := r.Columns
	if len(columns) == 0 {
		columns = []plan.Column{{}}
	}
	for _, c := range columns {
		if a.refuseUnsplittable(root, c.Name) {
			return true
		}
	}
	return false
}

// all is the conjunction of predicates, of the least depth.
func all(predicates []expr.Node) expr.Node {
	if len(predicates) == 1 {
		return predicates[0]
	}
	half := len(predicates) / 2
	return &expr.Binary{Op: expr.And, Symbol: "&", Left: all(predicates[:half]), Right: all(predicates[half:])}
}

// readings says what a condition means for each of the columns that it reads.
func readings(views []view, names []string, condition expr.Node) []coverage.Reading {
	var out []coverage.Reading
	read := columnsOf(condition)
	for i, v := range views {
		if v.read != nil && (read[names[i]] || len(read) == 0) {
			out = append(out, v.read(condition))
		}
	}
	return out
}

func columnsOf(condition expr.Node) map[string]bool {
	names := map[string]bool{}
	expr.Walk(condition, func(n expr.Node) {
		if c, ok := n.(*expr.Column); ok {
			names[c.Name] = true
		}
	})
	return names
}

// possible reports whether a box meets a space of every view.
func possible(views []view, box coverage.Box, of func(view) coverage.Space) bool {
	for i, space := range box.Spaces {
		both, ok := space.Intersect(of(views[i]))
		if ok && both.IsEmpty() {
			return false
		}
	}
	return true
}

// look is the view of a column, with its bounds as text where there are any.
func look(a *Answer, r *plan.Request, position int) (view, string) {
	switch t := typeOf(r.Columns[position]); t.Family {
	case axes.Temporal:
		return see(a, r, position, moments(t))
	case axes.Integer:
		return see(a, r, position, integers(t))
	case axes.Decimal:
		return see(a, r, position, numbers(t, t.Decimals()))
	case axes.Float:
		v, text := see(a, r, position, reals(t))
		if read := v.read; t.Single {
			v.read = func(condition expr.Node) coverage.Reading { return read(condition).Float32() }
		}
		return v, text
	case axes.Text:
		return see(a, r, position, texts(t))
	case axes.Boolean:
		return see(a, r, position, booleans(t))
	case axes.Label:
		return see(a, r, position, labels(t))
	case axes.Unordered:
	}
	return view{}, ""
}

func see[T any](a *Answer, r *plan.Request, position int, k kind[T]) (view, string) {
	name := r.Columns[position].Name
	result := bounds.Plan(r.Root, name, k.axis)
	if len(a.Filters) == 0 {
		explain(a, result)
	}
	text := ""
	if !result.Region.IsEverything() {
		text = "in " + result.Region.String()
	}
	space := func(region bounds.Region[T]) coverage.Space {
		region.Values = k.possible(region.Values)
		return coverage.Of(region)
	}
	v := view{
		within: space(result.Region),
		read: func(condition expr.Node) coverage.Reading {
			return coverage.Read(condition, position, name, k.axis)
		},
	}
	v.settled = v.within
	if region, ok := settled(r, name, k); ok {
		v.settled = space(region)
	}
	return v, text
}
