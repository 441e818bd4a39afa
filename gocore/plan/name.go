package plan

// Name is what a user calls the node.
func Name(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return "scan_" + n.Kind
	case *Frame:
		return "in-memory frame"
	case *Source:
		if n.Name != "" {
			return n.Name
		}
		return "IO source"
	case *Filter:
		return "filter"
	case *Select:
		return "select"
	case *Extend:
		return "with_columns"
	case *Project:
		return "select"
	case *GroupBy:
		return "group_by"
	case *Join:
		return joinName(n)
	case *Union:
		return "concat"
	case *MergeSorted:
		return "merge_sorted"
	case *Beside:
		return "concat(how=\"horizontal\")"
	case *Distinct:
		return "unique"
	case *Sort:
		return "sort"
	case *Slice:
		return "head/tail/slice"
	case *Reshape:
		return n.Name
	case *RowIndex:
		return "with_row_index"
	case *Pass:
		if len(n.Sorted) > 0 {
			return "set_sorted"
		}
		return "cache"
	case *Opaque:
		return n.Name
	}
	return "plan"
}

func joinName(n *Join) string {
	switch n.How {
	case Asof:
		return "join_asof"
	case Inner, Left, Right, Full, Cross, Semi, Anti:
		return "join(how=\"" + string(n.How) + "\")"
	}
	return "join"
}

// Leaf describes where data comes from, and is false for a node that has
// inputs.
func Leaf(n Node) (string, bool) {
	var detail string
	switch n := n.(type) {
	case *Scan:
		detail = n.Detail
	case *Frame:
		detail = n.Detail
	case *Source:
		if n.Inner != nil {
			return "", false
		}
		detail = n.Detail
	default:
		return "", false
	}
	if detail == "" {
		return Name(n), true
	}
	return Name(n) + ": " + detail, true
}
