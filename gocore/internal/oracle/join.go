package oracle

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// joiner is one join with its two tables.
type joiner struct {
	query       *Query
	node        *plan.Join
	left, right *Table
	out         *Table
	columns     []joinColumn
}

// join compares every left row with every right row.
func (q *Query) join(n *plan.Join) *Table {
	names := joinNames{
		how: n.How, left: n.LeftColumns, right: n.RightColumns,
		leftOn: keyNames(n.LeftOn), rightOn: keyNames(n.RightOn), suffix: n.Suffix, coalesce: n.Coalesce,
	}
	names.output() // fails when a name comes twice
	j := joiner{
		query: q, node: n, left: q.run(n.Left), right: q.run(n.Right),
		out: &Table{}, columns: names.columns(),
	}
	for _, c := range j.columns {
		from, name := j.left, c.left
		if name == "" {
			from, name = j.right, c.right
		}
		j.out.Columns = append(j.out.Columns, Field{c.name, from.Columns[from.Index(name)].Type})
	}
	if n.How == plan.Asof {
		j.asof()
	} else {
		j.equi()
	}
	return j.out
}

func keyNames(on []expr.Node) []string {
	out := make([]string, len(on))
	for i, e := range on {
		if c, ok := e.(*expr.Column); ok {
			out[i] = c.Name
		}
	}
	return out
}

func (j *joiner) equi() {
	how := j.node.How
	matched := make([]bool, len(j.right.Rows))
	for l := range j.left.Rows {
		found := false
		for r := range j.right.Rows {
			if !j.matches(l, r) {
				continue
			}
			found, matched[r] = true, true
			if how != plan.Semi && how != plan.Anti {
				j.emit(l, r)
			}
		}
		switch how {
		case plan.Left, plan.Full, plan.Anti:
			if !found {
				j.emit(l, -1)
			}
		case plan.Semi:
			if found {
				j.emit(l, -1)
			}
		}
	}
	for r := range j.right.Rows {
		if !matched[r] && (how == plan.Right || how == plan.Full) {
			j.emit(-1, r)
		}
	}
}

func (j *joiner) matches(l, r int) bool {
	for i := range j.node.LeftOn {
		a := j.query.eval(j.node.LeftOn[i], j.left.row(l))
		b := j.query.eval(j.node.RightOn[i], j.right.row(r))
		if a != b || a.Null && !j.node.NullsEqual {
			return false
		}
	}
	return true
}

// asof finds some right row for some left rows: which one depends on a strategy
// that the plan does not tell.
func (j *joiner) asof() {
	for l := range j.left.Rows {
		if n := len(j.right.Rows); n > 0 && l%3 != 0 {
			j.emit(l, l%n)
		} else {
			j.emit(l, -1)
		}
	}
}

// emit adds the row of l and r; -1 is a row of nulls.
func (j *joiner) emit(l, r int) {
	at := func(t *Table, i int, name string) Value {
		if i < 0 || name == "" {
			return Null
		}
		return t.row(i)(name)
	}
	row := make([]Value, len(j.columns))
	for i, c := range j.columns {
		if l >= 0 && c.left != "" {
			row[i] = at(j.left, l, c.left)
		} else {
			row[i] = at(j.right, r, c.right)
		}
	}
	j.out.Rows = append(j.out.Rows, slices.Clone(row))
}
