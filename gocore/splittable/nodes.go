package splittable

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

const stableSort = "Use sort(..., maintain_order=True)."

// selected is a projection that makes every column.
func (c *checker) selected(n *plan.Select, column string) state {
	origin := source(n.Exprs, column)
	in := c.state(n.Input, origin)
	if len(n.Exprs) == 1 {
		// One column of distinct values in any order: the rows are the same.
		if f := inspect(n.Exprs[0].Expr, origin); f.effect == shuffled && in.choice == "" {
			return state{unique: []string{n.Exprs[0].Name}}.disordered(
				plan.Describe(n)+" with "+f.name, "Use unique(maintain_order=True).")
		}
	}
	s := c.rows(n, in, origin, n.Exprs)
	s.unique = renamed(in.unique, n.Exprs)
	return s
}

func (c *checker) extended(n *plan.Extend, column string) state {
	origin := column
	for _, e := range n.Exprs {
		if e.Name == column {
			origin = source(n.Exprs, column)
		}
	}
	in := c.state(n.Input, origin)
	s := c.rows(n, in, origin, n.Exprs)
	for _, e := range n.Exprs {
		if slices.Contains(s.unique, e.Name) {
			s.unique = nil
		}
	}
	return s
}

// source is the input column that becomes the column unchanged, "" when it is
// computed.
func source(exprs []expr.Named, column string) string {
	for _, e := range exprs {
		if c, ok := e.Expr.(*expr.Column); ok && e.Name == column && column != "" {
			return c.Name
		}
	}
	return ""
}

// renamed follows unique columns through a projection; losing one of them loses
// the knowledge.
func renamed(unique []string, exprs []expr.Named) []string {
	var out []string
	for _, u := range unique {
		i := slices.IndexFunc(exprs, func(e expr.Named) bool {
			c, ok := e.Expr.(*expr.Column)
			return ok && c.Name == u
		})
		if i < 0 {
			return nil
		}
		out = append(out, exprs[i].Name)
	}
	return out
}

// grouped: groups are sets, so the order of the input shows only in aggregates
// that look at it. Such a choice stays within one date when the column is a key;
// otherwise it does no harm as long as the column itself is not chosen.
func (c *checker) grouped(n *plan.GroupBy, column string) state {
	origin := source(n.Keys, column)
	in := c.state(n.Input, origin)
	if in.choice != "" && origin == "" {
		return c.refuseChoice(n, in)
	}
	out := state{choice: in.choice}
	if n.Windowed && in.disorder != "" {
		out = out.disordered(in.disorder, in.remedy)
	}
	for _, k := range n.Keys {
		if f := inspect(k.Expr, origin); f.effect > rowWise {
			c.rows(n, in, "", []expr.Named{k})
		}
		out.unique = append(out.unique, k.Name)
	}
	for _, a := range n.Aggs {
		f := inspect(a.Expr, origin)
		chosen := f.effect == shuffled || f.effect == unsettled || f.effect == ordered && in.disorder != ""
		switch {
		case f.effect == random:
			c.rows(n, in, "", []expr.Named{a})
		case chosen && origin == "" && (column == "" || a.Name == column):
			return c.refuseDisorder(n, f.name, in.disordered(f.name, "Use unique(maintain_order=True)."))
		case chosen:
			out.choice = plan.Describe(n) + " with " + f.name
		}
	}
	if n.Windowed {
		out.unique = nil
		return out
	}
	if !n.MaintainOrder {
		return out.disordered(plan.Describe(n), "Use group_by(..., maintain_order=True), or sort by its keys.")
	}
	return out.withOrderOf(in)
}

// joined: a choice on the side that the column does not come from would reach
// rows of several dates.
func (c *checker) joined(n *plan.Join, column string) state {
	fromLeft := column != "" && slices.Contains(n.LeftColumns, column)
	sides := [2]string{}
	if fromLeft {
		sides[0] = column
	} else if slices.Contains(n.RightColumns, column) {
		sides[1] = column
	}
	left, right := c.state(n.Left, sides[0]), c.state(n.Right, sides[1])
	keepsDates := n.How != plan.Right && n.How != plan.Full
	if right.choice != "" || left.choice != "" && !(fromLeft && keepsDates) {
		return c.refuseChoice(n, state{choice: left.choice}.withChoiceOf(right))
	}
	out := state{choice: left.choice}
	if n.How == plan.Asof {
		return c.asof(n, out, left, right, fromLeft)
	}
	const remedy = "Use join(..., maintain_order=\"left_right\")."
	out = out.withOrderOf(left)
	if oneSided := n.How == plan.Semi || n.How == plan.Anti; !oneSided {
		out = out.withOrderOf(right)
	} else if n.Order == "left" {
		out.sliced = plan.Describe(n)
		return out
	}
	if n.Order != "left_right" && n.Order != "right_left" {
		out.joined = out.joined || out.disorder == ""
		return out.disordered(plan.Describe(n), remedy)
	}
	out.sliced = plan.Describe(n)
	return out
}

// asof keeps the left rows in their order and gives each the last right row
// that fits; which one that is among equal keys depends on their order.
func (c *checker) asof(n *plan.Join, out, left, right state, fromLeft bool) state {
	out = out.withOrderOf(left)
	if right.disorder == "" {
		return out
	}
	if !fromLeft {
		return c.refuseDisorder(n, "the column on its right side", right)
	}
	out.choice = plan.Describe(n)
	return out
}

// combined concatenates rows or columns.
func (c *checker) combined(n plan.Node, column string) state {
	var out state
	for i, input := range plan.Inputs(n) {
		origin := column
		beside, isBeside := n.(*plan.Beside)
		if isBeside && !slices.Contains(beside.Columns[i], column) {
			origin = ""
		}
		if isBeside {
			c.positional(n, input, origin) // rows are matched by their place
			continue
		}
		in := c.state(input, origin)
		out = out.withOrderOf(in).withChoiceOf(in).withSlicedOf(in)
	}
	switch n := n.(type) {
	case *plan.MergeSorted:
		return out.disordered(plan.Describe(n), stableSort)
	case *plan.Union:
		if !n.MaintainOrder {
			return out.disordered("union", "Use pl.concat, which keeps the order.")
		}
	}
	return out
}

// distinct keeps one row of those that are equal on the subset. Whole rows are
// all the same; first and last are a choice only if the order is open.
func (c *checker) distinct(n *plan.Distinct, column string) state {
	in := c.state(n.Input, column)
	local := n.Subset == nil || column != "" && slices.Contains(n.Subset, column)
	if in.choice != "" && !local {
		return c.refuseChoice(n, in)
	}
	out := state{choice: in.choice, unique: slices.Clone(n.Subset)}
	chosen := n.Subset != nil && n.Keep != "none" && (n.Keep == "any" || in.disorder != "")
	switch {
	case chosen && !local && n.Keep == "any":
		return c.refuse(n, "", "which of the rows that are equal on its subset is kept is open, so "+
			"every part would keep another one",
			"Use unique(..., keep=\"first\", maintain_order=True), or add the date column to the subset.")
	case chosen && !local:
		return c.refuseDisorder(n, "keep=\""+n.Keep+"\"", in)
	case chosen:
		out.choice = plan.Describe(n)
	}
	if !n.MaintainOrder {
		return out.disordered(plan.Describe(n), "Use unique(..., maintain_order=True).")
	}
	return out.withOrderOf(in)
}

// sorted leaves no choice where the sort is stable on rows in a known order, or
// where its keys are unique together.
func (c *checker) sorted(n *plan.Sort, column string) state {
	in := c.state(n.Input, column)
	named := make([]expr.Named, len(n.By))
	by := make([]string, 0, len(n.By))
	for i, e := range n.By {
		named[i] = expr.Named{Expr: e}
		if col, ok := e.(*expr.Column); ok {
			by = append(by, col.Name)
		}
	}
	out := c.rows(n, in, column, named)
	out.sliced = ""
	total := out.unique != nil && in.choice == "" && !slices.ContainsFunc(out.unique,
		func(u string) bool { return !slices.Contains(by, u) })
	if total {
		out.disorder, out.remedy = "", ""
		return out
	}
	if n.Stable {
		return out // the order below, known or open, shows between equal keys
	}
	out.disorder = ""
	return out.disordered(plan.Describe(n), stableSort)
}
