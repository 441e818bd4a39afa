package oracle

import (
	"fmt"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// groupBy makes one row for each group: its keys, the start of its window when
// there is one, and its aggregates.
func (q *Query) groupBy(n *plan.GroupBy) *Table {
	in := q.run(n.Input)
	out := &Table{}
	for _, k := range n.Keys {
		out.Columns = append(out.Columns, Field{k.Name, TypeOf(k.Expr)})
	}
	index := q.Index[n]
	if index != "" {
		out.Columns = append(out.Columns, in.Columns[in.Index(index)])
	}
	width := len(out.Columns)
	groups := map[string][]int{}
	for i := range in.Rows {
		key := q.keyRow(n, in, i, index)
		id := fmt.Sprint(key)
		if groups[id] == nil {
			out.Rows = append(out.Rows, key)
		}
		groups[id] = append(groups[id], i)
	}
	for _, a := range n.Aggs {
		out.Columns = append(out.Columns, Field{a.Name, TypeOf(a.Expr)})
		for i, row := range out.Rows {
			out.Rows[i] = append(row, q.aggregate(a.Expr, in, groups[fmt.Sprint(row[:width])]))
		}
	}
	return out
}

// keyRow is the key of row i, with the start of its window last.
func (q *Query) keyRow(n *plan.GroupBy, in *Table, i int, index string) []Value {
	var key []Value
	for _, k := range n.Keys {
		key = append(key, q.eval(k.Expr, in.row(i)))
	}
	if index != "" {
		key = append(key, arbitrary(in.Columns[in.Index(index)].Type, "window", []Value{in.row(i)(index)}))
	}
	return key
}

// aggregate takes any value of the group, or makes one that nobody knows.
func (q *Query) aggregate(e expr.Node, in *Table, rows []int) Value {
	var values []Value
	for _, i := range rows {
		values = append(values, q.eval(e, in.row(i)))
	}
	return arbitrary(TypeOf(e), "aggregate", values)
}

// reshape repeats rows, or drops them, and makes some columns anew.
func (q *Query) reshape(n *plan.Reshape) *Table {
	in := q.run(n.Input)
	out := &Table{Columns: in.Columns}
	for i, row := range in.Rows {
		for copies := range i % 3 {
			row = slices.Clone(row)
			for _, made := range n.Made {
				c := in.Index(made)
				row[c] = arbitrary(in.Columns[c].Type, "made", []Value{row[c], Of(int64(copies))})
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return out
}

// opaque changes every value of its first input.
func (q *Query) opaque(n *plan.Opaque) *Table {
	in := q.run(n.Inputs[0])
	out := &Table{Columns: in.Columns}
	for _, row := range in.Rows {
		row = slices.Clone(row)
		for c, v := range row {
			row[c] = arbitrary(in.Columns[c].Type, "opaque", []Value{v})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
