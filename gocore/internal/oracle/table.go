package oracle

import (
	"fmt"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// Table is a small frame.
type Table struct {
	Columns []Field
	Rows    [][]Value
}

// Field is a column's name and type.
type Field struct {
	Name string
	Type expr.Type
}

// Index is the position of a column, -1 when the table has no such column.
func (t *Table) Index(name string) int {
	return slices.IndexFunc(t.Columns, func(f Field) bool { return f.Name == name })
}

// Column returns the values of a column, which must exist.
func (t *Table) Column(name string) []Value {
	out := make([]Value, len(t.Rows))
	for i, row := range t.Rows {
		out[i] = row[t.Index(name)]
	}
	return out
}

func (t *Table) names() []string {
	out := make([]string, len(t.Columns))
	for i, f := range t.Columns {
		out[i] = f.Name
	}
	return out
}

func (t *Table) row(i int) func(string) Value {
	return func(name string) Value { return t.Rows[i][t.Index(name)] }
}

// maxRows bounds what a chain of cross joins may make.
const maxRows = 400

// Query evaluates plans.
type Query struct {
	// Env tells how expressions are evaluated; Row is set by the query.
	Env Env

	// Data are the tables of the plan's leaves.
	Data map[plan.Node]*Table

	// Index names the index column of windowed group_bys.
	Index map[*plan.GroupBy]string
}

// Run evaluates root. It fails where Polars would: a strict cast, a name that
// comes twice, too many rows for a test.
func (q *Query) Run(root plan.Node) (t *Table, err error) {
	defer recoverFault(&err)
	t = q.run(root)
	if q.Env.Failed {
		return nil, fmt.Errorf("oracle: a strict cast failed")
	}
	return t, nil
}

func (q *Query) run(n plan.Node) *Table {
	t := q.fresh(n)
	if len(t.Rows) > maxRows {
		fail("%d rows", len(t.Rows))
	}
	return t
}

func (q *Query) fresh(n plan.Node) *Table {
	switch n := n.(type) {
	case *plan.Source:
		if n.Inner != nil {
			return q.run(n.Inner)
		}
	case *plan.Filter:
		in := q.run(n.Input)
		return in.keep(func(i int) bool { return q.eval(n.Predicate, in.row(i)).True() })
	case *plan.Select:
		return q.selected(q.run(n.Input), n.Exprs)
	case *plan.Extend:
		return q.extended(q.run(n.Input), n.Exprs)
	case *plan.GroupBy:
		return q.groupBy(n)
	case *plan.Join:
		return q.join(n)
	case *plan.Union:
		return q.union(n.Inputs)
	case *plan.MergeSorted:
		return q.union(n.Inputs)
	case *plan.Beside:
		return q.beside(n.Inputs)
	case *plan.Distinct:
		return q.distinct(n)
	case *plan.Slice:
		// Which rows a slice takes is not in the plan: any will do.
		return q.run(n.Input).keep(func(i int) bool { return i%3 != 1 })
	case *plan.Reshape:
		return q.reshape(n)
	case *plan.RowIndex:
		in := q.run(n.Input)
		return in.with(Field{Name: n.Name}, func(i int) Value { return Of(int64(i)) })
	case *plan.Opaque:
		return q.opaque(n)
	case *plan.Project, *plan.Sort, *plan.Pass:
		return q.run(plan.Inputs(n)[0])
	}
	return q.Data[n]
}

func (q *Query) eval(e expr.Node, row func(string) Value) Value {
	q.Env.Row = row
	return q.Env.Eval(e)
}

func (t *Table) keep(ok func(i int) bool) *Table {
	out := &Table{Columns: t.Columns}
	for i, row := range t.Rows {
		if ok(i) {
			out.Rows = append(out.Rows, row)
		}
	}
	return out
}

// with adds or replaces a column.
func (t *Table) with(f Field, value func(i int) Value) *Table {
	at := t.Index(f.Name)
	out := &Table{Columns: slices.Clone(t.Columns)}
	if at < 0 {
		at = len(out.Columns)
		out.Columns = append(out.Columns, f)
	}
	out.Columns[at] = f
	for i, row := range t.Rows {
		row = append(slices.Clone(row), Null)[:len(out.Columns)]
		row[at] = value(i)
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (q *Query) extended(in *Table, exprs []expr.Named) *Table {
	out := in
	for _, e := range exprs {
		out = out.with(Field{e.Name, TypeOf(e.Expr)}, func(i int) Value { return q.eval(e.Expr, in.row(i)) })
	}
	return out
}

// selected makes one row of literals alone, else one for each row.
func (q *Query) selected(in *Table, exprs []expr.Named) *Table {
	literals := !slices.ContainsFunc(exprs, func(e expr.Named) bool {
		_, ok := e.Expr.(*expr.Literal)
		return !ok
	})
	if literals {
		in = &Table{Rows: [][]Value{{}}}
	}
	out := &Table{Rows: make([][]Value, len(in.Rows))}
	for _, e := range exprs {
		out.Columns = append(out.Columns, Field{e.Name, TypeOf(e.Expr)})
		for i := range in.Rows {
			out.Rows[i] = append(out.Rows[i], q.eval(e.Expr, in.row(i)))
		}
	}
	return out
}

func (q *Query) union(inputs []plan.Node) *Table {
	out := &Table{}
	for _, n := range inputs {
		t := q.run(n)
		if out.Columns == nil {
			out.Columns = t.Columns
		}
		if !slices.Equal(t.names(), out.names()) {
			fail("a union of %v and %v", out.names(), t.names())
		}
		out.Rows = append(out.Rows, t.Rows...)
	}
	return out
}

func (q *Query) beside(inputs []plan.Node) *Table {
	out := &Table{}
	tables := make([]*Table, len(inputs))
	height := 0
	for i, n := range inputs {
		tables[i] = q.run(n)
		out.Columns = append(out.Columns, tables[i].Columns...)
		height = max(height, len(tables[i].Rows))
	}
	for i := range height {
		var row []Value
		for _, t := range tables {
			if i < len(t.Rows) {
				row = append(row, t.Rows[i]...)
			} else {
				row = append(row, nulls(len(t.Columns))...)
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func nulls(n int) []Value {
	out := make([]Value, n)
	for i := range out {
		out[i] = Null
	}
	return out
}

func (q *Query) distinct(n *plan.Distinct) *Table {
	in := q.run(n.Input)
	subset := n.Subset
	if subset == nil {
		subset = in.names()
	}
	seen := map[string]bool{}
	return in.keep(func(i int) bool {
		key := ""
		for _, s := range subset {
			key += fmt.Sprint(in.row(i)(s), "|")
		}
		first := !seen[key]
		seen[key] = true
		return first
	})
}
