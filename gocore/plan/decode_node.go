package plan

// node makes the node that w describes; pushed says that it is the filter written
// after the call. After a fault the result is nil or unusable and d.err is set.
func (d *decoder) node(w wireNode, pushed bool) Node {
	if leaf, ok := d.leaf(w); ok {
		return leaf
	}
	switch w.Op {
	case "filter":
		return &Filter{Input: d.inputs(w, 1)[0], Predicate: d.must(w.Predicate), Pushed: pushed}
	case "select":
		return &Select{Input: d.inputs(w, 1)[0], Exprs: d.named(w.Exprs)}
	case "with_columns":
		return &Extend{Input: d.inputs(w, 1)[0], Exprs: d.named(w.Exprs)}
	case "project":
		return &Project{Input: d.inputs(w, 1)[0]}
	case "group_by":
		return &GroupBy{
			Input: d.inputs(w, 1)[0], Keys: d.named(w.Keys), Aggs: d.named(w.Aggs),
			MaintainOrder: w.MaintainOrder, Windowed: w.Windowed,
		}
	case "join":
		return d.join(w)
	case "union":
		return &Union{Inputs: d.inputs(w, anyNumber), MaintainOrder: w.MaintainOrder}
	case "merge_sorted":
		return &MergeSorted{Inputs: d.inputs(w, 2)}
	case "beside":
		return d.beside(w)
	case "distinct":
		return &Distinct{
			Input: d.inputs(w, 1)[0], Keep: w.Keep, Subset: w.Subset, MaintainOrder: w.MaintainOrder,
		}
	case "sort":
		return &Sort{Input: d.inputs(w, 1)[0], By: d.list(w.By), Stable: w.MaintainOrder}
	case "slice":
		return &Slice{Input: d.inputs(w, 1)[0]}
	case "reshape":
		return &Reshape{Input: d.inputs(w, 1)[0], Name: w.Name, Made: w.Made}
	case "row_index":
		return &RowIndex{Input: d.inputs(w, 1)[0], Name: w.Name}
	case "pass":
		return &Pass{Input: d.inputs(w, 1)[0], Sorted: w.Sorted}
	case "opaque":
		return &Opaque{Inputs: d.inputs(w, anyNumber), Name: w.Name}
	}
	d.fail("unknown operation %q", w.Op)
	return nil
}

func (d *decoder) leaf(w wireNode) (Node, bool) {
	switch w.Op {
	case "scan":
		return &Scan{Kind: w.Name, Detail: w.Detail, Path: w.Path, Files: w.Files, Extents: w.Extents}, true
	case "frame":
		return &Frame{Detail: w.Detail, Empty: w.Empty}, true
	case "source":
		s := &Source{Name: w.Name, Detail: w.Detail, Unordered: w.Unordered, Split: w.Split}
		if len(w.In) > 0 {
			s.Inner = d.input(w.In[0])
		}
		return s, true
	}
	return nil, false
}

func (d *decoder) join(w wireNode) Node {
	in := d.inputs(w, 2)
	if len(w.Columns) != 2 || len(w.LeftOn) != len(w.RightOn) {
		d.fail("a join with %d column lists, %d and %d keys",
			len(w.Columns), len(w.LeftOn), len(w.RightOn))
		return nil
	}
	return &Join{
		Left: in[0], Right: in[1], How: How(w.How),
		LeftOn: d.list(w.LeftOn), RightOn: d.list(w.RightOn),
		LeftColumns: w.Columns[0], RightColumns: w.Columns[1],
		Suffix: w.Suffix, Coalesce: w.Coalesce, NullsEqual: w.NullsEqual, Order: w.Order,
	}
}

func (d *decoder) beside(w wireNode) Node {
	in := d.inputs(w, anyNumber)
	if len(w.Columns) != len(in) {
		d.fail("%d column lists for %d inputs", len(w.Columns), len(in))
		return nil
	}
	return &Beside{Inputs: in, Columns: w.Columns}
}
