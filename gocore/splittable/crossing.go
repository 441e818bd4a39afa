package splittable

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// Crossing returns a node of a plan that crosses the parts of a split, nil if there is
// none. Then each part, computed from the rows of that part alone, is what the whole
// would hold: a part costs what its own rows cost.
//
// A part is the rows on which a condition over columns of the root's output is true.
// Where a step makes one of the columns from each row by itself, what is below
// it cannot be told apart and counts as one.
func Crossing(root plan.Node, columns []string) *Problem {
	c := crosser{root: root}
	c.walk(root, columns)
	return c.problem
}

// SetsOrder returns the node in whose order the rows of a plan come, nil if they come in
// that of the data, or in none. Parts one after another are not in that order.
func SetsOrder(root plan.Node) *Problem {
	c := crosser{root: root, memo: map[plan.Node]string{}}
	if set := c.order(root); set != "" {
		return &Problem{set, "it sets an order", aboveRemedy}
	}
	return nil
}

const aboveRemedy = "Write it after execute_on_ray."

type crosser struct {
	root    plan.Node
	problem *Problem
	memo    map[plan.Node]string
}

// crosses keeps the first node, which is the one nearest to the data.
func (c *crosser) crosses(n plan.Node, why string) {
	if c.problem == nil {
		c.problem = &Problem{plan.With(n, "", plan.Locate(c.root)), why, aboveRemedy}
	}
}

func (c *crosser) walk(n plan.Node, columns []string) {
	switch n := n.(type) {
	case *plan.Scan, *plan.Frame, *plan.Source:
	case *plan.Filter:
		c.walk(n.Input, columns)
		c.rows(n, columns, []expr.Named{{Expr: n.Predicate}})
	case *plan.Select:
		c.projected(n, n.Input, n.Exprs, columns)
	case *plan.Extend:
		c.projected(n, n.Input, n.Exprs, columns)
	case *plan.GroupBy:
		c.grouped(n, columns)
	case *plan.Join:
		c.joined(n, columns)
	case *plan.Union:
		for _, input := range n.Inputs {
			c.walk(input, columns)
		}
	case *plan.Distinct:
		c.walk(n.Input, columns)
		if n.Subset != nil && !subset(columns, n.Subset) {
			c.crosses(n, "rows of several parts are equal on its subset")
		}
	case *plan.Sort:
		c.walk(n.Input, columns) // what it does to the order, SetsOrder says
	case *plan.Reshape:
		if !slices.ContainsFunc(columns, func(s string) bool { return slices.Contains(n.Made, s) }) {
			c.walk(n.Input, columns)
		}
	case *plan.Project, *plan.Pass:
		c.walk(plan.Inputs(n)[0], columns)
	default: // slices, row numbers, columns side by side, and what is not known
		for _, input := range plan.Inputs(n) {
			c.walk(input, columns)
		}
		c.crosses(n, "it takes rows by their place among all others")
	}
}

func subset(columns, of []string) bool {
	return !slices.ContainsFunc(columns, func(s string) bool { return !slices.Contains(of, s) })
}

// rows reports expressions that look at rows of other parts.
func (c *crosser) rows(n plan.Node, columns []string, exprs []expr.Named) {
	for _, e := range exprs {
		for _, column := range columns {
			if f := inspect(e.Expr, column); f.effect > rowWise {
				c.crosses(n, f.name+" looks at rows of other parts")
				return
			}
		}
	}
	if by := pairedIn(n, exprs); by != "" {
		c.crosses(n, by+" looks at rows of other parts")
	}
}

// projected follows the columns through select or with_columns.
func (c *crosser) projected(n, input plan.Node, exprs []expr.Named, columns []string) {
	_, isSelect := n.(*plan.Select)
	var below []string
	for _, column := range columns {
		i := slices.IndexFunc(exprs, func(e expr.Named) bool { return e.Name == column })
		switch {
		case i < 0 && !isSelect:
			below = append(below, column)
		case i < 0:
			c.crosses(n, "it drops "+column)
			return
		default:
			plain, ok := exprs[i].Expr.(*expr.Column)
			if !ok {
				c.rows(n, columns, exprs)
				return // made here
			}
			below = append(below, plain.Name)
		}
	}
	c.walk(input, below)
	c.rows(n, below, exprs)
}

// grouped: with the columns among the keys, no group has rows of two parts.
func (c *crosser) grouped(n *plan.GroupBy, columns []string) {
	var below []string
	for _, column := range columns {
		origin := source(n.Keys, column)
		if origin == "" || n.Windowed {
			for _, input := range plan.Inputs(n) {
				c.walk(input, columns)
			}
			c.crosses(n, "its groups have rows of several parts")
			return
		}
		below = append(below, origin)
	}
	c.walk(n.Input, below)
	c.rows(n, below, n.Keys)
}

// joined: the parts of one side find their partners in all of the other, which every
// part reads, or in its part of the other if it is joined on the columns.
func (c *crosser) joined(n *plan.Join, columns []string) {
	left, right := subset(columns, n.LeftColumns), subset(columns, n.RightColumns)
	if !left && !right {
		c.crosses(n, "the columns come from both of its sides")
		return
	}
	onLeft, onRight := keyed(n.LeftOn, columns), keyed(n.RightOn, columns)
	switch {
	case left && right && !(onLeft && onRight):
		// Two dated sides: each part would read all of the other one.
		c.walkBoth(n, columns)
		c.crosses(n, "it brings together rows of different parts")
	case left && n.How != plan.Right && n.How != plan.Full:
		c.walk(n.Left, columns)
		if right {
			c.walk(n.Right, columns)
		}
	case right && !left && (n.How == plan.Inner || n.How == plan.Cross || n.How == plan.Right):
		c.walk(n.Right, columns)
	default:
		c.walkBoth(n, columns)
		c.crosses(n, "it adds rows of no part")
	}
}

func (c *crosser) walkBoth(n *plan.Join, columns []string) {
	if subset(columns, n.LeftColumns) {
		c.walk(n.Left, columns)
	}
	if subset(columns, n.RightColumns) {
		c.walk(n.Right, columns)
	}
}

// keyed reports whether all columns are plain keys of one side of a join.
func keyed(on []expr.Node, columns []string) bool {
	return !slices.ContainsFunc(columns, func(s string) bool {
		return !slices.ContainsFunc(on, func(e expr.Node) bool {
			c, ok := e.(*expr.Column)
			return ok && c.Name == s
		})
	})
}

// order names the node whose order the rows of a node come in, "" if nobody set one.
func (c *crosser) order(n plan.Node) string {
	set, ok := c.memo[n]
	if !ok {
		set = c.freshOrder(n)
		c.memo[n] = set
	}
	return set
}

func (c *crosser) freshOrder(n plan.Node) string {
	switch n := n.(type) {
	case *plan.Sort, *plan.MergeSorted:
		return plan.With(n, "", plan.Locate(c.root))
	case *plan.GroupBy:
		if n.Windowed {
			return plan.With(n, "", plan.Locate(c.root))
		}
		if !n.MaintainOrder {
			return ""
		}
	case *plan.Distinct:
		if !n.MaintainOrder {
			return ""
		}
	case *plan.Join:
		if n.How == plan.Asof {
			return c.order(n.Left)
		}
		if n.Order == "none" || n.Order == "" {
			return ""
		}
	case *plan.Union:
		if !n.MaintainOrder {
			return ""
		}
	case *plan.Source:
		return ""
	}
	for _, input := range plan.Inputs(n) {
		if set := c.order(input); set != "" {
			return set
		}
	}
	return ""
}
