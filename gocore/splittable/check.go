package splittable

import (
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// Problem says why a plan cannot be split, in the user's words.
type Problem struct {
	Node   string // the node that turns a choice into an answer
	Why    string
	Remedy string
}

// Error is the whole message.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s cannot be split: %s. %s", p.Node, p.Why, p.Remedy)
}

// Check returns the first reason, nearest to the data, why root cannot be split
// by the column, or nil.
func Check(root plan.Node, column string) *Problem {
	c := checker{root: root, memo: map[at]state{}}
	c.state(root, column)
	return c.problem
}

// Opening says what lets two runs of a plan give other rows, or the same rows in
// another order.
type Opening struct {
	Node   string // the node, or what of it leaves it open, in the user's words
	Remedy string
}

// Open returns the first opening of a plan that [Check] accepts, nil if every run
// gives the same rows in the same order: a run may then go on where another one
// ended. Where it is not sure it says that there is one.
func Open(root plan.Node, column string) *Opening {
	c := checker{root: root, memo: map[at]state{}}
	s := c.state(root, column)
	switch {
	case c.opening != nil:
		return c.opening
	case s.choice != "":
		return &Opening{s.choice, uniqueRemedy}
	case s.disorder != "":
		return &Opening{s.disorder, s.remedy}
	}
	return nil
}

// at is a node with the name under which its output carries the column that
// the plan is split by, "" when it carries it not at all or computes it.
type at struct {
	node   plan.Node
	column string
}

type checker struct {
	root    plan.Node
	memo    map[at]state
	problem *Problem
	// opening is of a choice that does not show in the state of the node above it.
	opening *Opening
}

const (
	// hiddenRemedy is what to do where a function may be one of single rows: Polars
	// does not show the flag that says so.
	hiddenRemedy = "Whether the function looks at single rows, as map_elements and " +
		"map_batches(is_elementwise=True) do, cannot be seen: if it does, write it before, or after execute_on_ray."

	// uniqueRemedy is for a choice among rows of one date.
	uniqueRemedy = "Make the choice unique, or write it after execute_on_ray."

	// unorderedRemedy is for rows of a database, in whatever order the query asks for
	// them: it is a part of ours.
	unorderedRemedy = "A database gives rows in no promised order: write it after execute_on_ray, or into the SQL " +
		"with an ORDER BY that leaves no ties."

	// slicedRemedy is for rows taken by their place out of a join: an order that the
	// join promises is forgotten when Polars pushes the slice into it.
	slicedRemedy = "Use join(..., maintain_order=\"left_right\") and after it " +
		"sort(..., maintain_order=True), or take the rows after execute_on_ray."
)

// refuse keeps the first problem: of n, or of what it does.
func (c *checker) refuse(n plan.Node, what, why, remedy string) state {
	if c.problem == nil {
		c.problem = &Problem{Node: plan.With(n, what, plan.Locate(c.root)), Why: why, Remedy: remedy}
	}
	return state{}
}

func (c *checker) refuseDisorder(n plan.Node, what string, in state) state {
	if isHidden(what) {
		return c.refuse(n, what, "it may depend on the order of rows, which "+in.disorder+" leaves open, so every "+
			"part would see another order", in.remedy+" "+hiddenRemedy)
	}
	return c.refuse(n, what, "it depends on the order of rows, which "+in.disorder+" leaves open, so every "+
		"part would see another order", in.remedy)
}

func (c *checker) refuseChoice(n plan.Node, in state) state {
	return c.refuse(n, "", "it mixes rows of several parts, and "+in.choice+" chooses among rows "+
		"anew in every part", "Write it after execute_on_ray, or make the choice unique.")
}

func (c *checker) state(n plan.Node, column string) state {
	key := at{n, column}
	s, ok := c.memo[key]
	if !ok {
		s = c.fresh(n, column)
		c.memo[key] = s
	}
	return s
}

func (c *checker) fresh(n plan.Node, column string) state {
	switch n := n.(type) {
	case *plan.Scan, *plan.Frame:
		return state{}
	case *plan.Source:
		if n.Inner != nil {
			return c.state(n.Inner, column) // inside of a task it runs in place
		}
		if n.Unordered {
			return state{}.disordered(plan.Name(n), unorderedRemedy)
		}
		return state{}
	case *plan.Filter:
		in := c.state(n.Input, column)
		return c.rows(n, in, column, []expr.Named{{Expr: n.Predicate}})
	case *plan.Select:
		return c.selected(n, column)
	case *plan.Extend:
		return c.extended(n, column)
	case *plan.GroupBy:
		return c.grouped(n, column)
	case *plan.Join:
		return c.joined(n, column)
	case *plan.Union, *plan.MergeSorted, *plan.Beside:
		return c.combined(n, column)
	case *plan.Distinct:
		return c.distinct(n, column)
	case *plan.Sort:
		return c.sorted(n, column)
	case *plan.Slice:
		return c.positional(n, n.Input, column)
	case *plan.RowIndex:
		return c.positional(n, n.Input, column)
	case *plan.Opaque:
		return c.opaque(n)
	case *plan.Reshape:
		in := c.state(n.Input, column)
		in.unique = nil
		if n.Name == "unpivot" {
			// The streaming engine unpivots each piece of its input by itself.
			return in.disordered("unpivot", "Write it before unpivot, or after the call.")
		}
		return in
	case *plan.Project, *plan.Pass:
		return c.state(plan.Inputs(n)[0], column)
	}
	return state{}
}

// rows checks expressions that leave the rows of in where they are.
func (c *checker) rows(n plan.Node, in state, column string, exprs []expr.Named) state {
	if in.disorder != "" {
		if by := pairedIn(n, exprs); by != "" {
			return c.refuseDisorder(n, by, in)
		}
	}
	for _, e := range exprs {
		f := inspect(e.Expr, column)
		switch {
		case f.effect == random:
			return c.refuse(n, f.name, "every part would draw its own sample",
				"Write it after execute_on_ray.")
		case f.effect == shuffled || f.effect == unsettled:
			return c.refuse(n, f.name, "the order of its result is open, so every part "+
				"would see another one", "Use unique(maintain_order=True), or write it after execute_on_ray.")
		case f.effect == ordered && in.disorder != "":
			return c.refuseDisorder(n, f.name, in)
		case f.effect > rowWise && in.choice != "":
			return c.refuseChoice(n, in)
		}
		// Within one date, a window may do what is refused elsewhere.
		if whole := inspect(e.Expr, ""); whole.effect == shuffled || whole.effect == unsettled || whole.effect == ordered && in.disorder != "" {
			c.hides(whole.name, "Use maintain_order=True below it, or write it after execute_on_ray.")
		}
	}
	return in
}

// hides notes a choice that nothing above the node tells of.
func (c *checker) hides(what, remedy string) {
	if what != "" && c.opening == nil {
		c.opening = &Opening{what, remedy}
	}
}

// positional are the nodes that take rows by their place.
func (c *checker) positional(n, input plan.Node, column string) state {
	in := c.state(input, column)
	_, isSlice := n.(*plan.Slice)
	switch {
	case in.disorder != "" && isSlice && in.joined:
		in.remedy = slicedRemedy
		return c.refuseDisorder(n, "", in)
	case in.disorder != "":
		return c.refuseDisorder(n, "", in)
	case in.choice != "":
		return c.refuseChoice(n, in)
	case isSlice && in.sliced != "":
		return c.refuse(n, "", "Polars may take its rows from "+in.sliced+" in any order, also "+
			"where the join promises one", slicedRemedy)
	}
	return in
}

// opaque may do anything with its input, except to draw lots.
func (c *checker) opaque(n *plan.Opaque) state {
	for _, input := range n.Inputs {
		c.positional(n, input, "")
	}
	return state{}
}
