package plan

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Node is one step of a query. The set of implementations is closed.
type Node interface{ sealed() }

// Scan reads files. Detail is for people: how many files, of which name. Path is
// the first of the files, "" where it is not known.
type Scan struct {
	Kind, Detail string
	Path         string
	Files        int

	// Extents are where columns of the files lie, by their statistics; a column without
	// one may hold anything.
	Extents []Extent
}

// Extent is where a column of a scan lies: in ranges from a least to a greatest value,
// both included and as texts of its type, or null. Texts of strings and binary are
// hexadecimal, the greatest after "=" if it is in the range, after "<" if it is the first
// beyond, and empty where there is none.
type Extent struct {
	Column string      `json:"column"`
	Type   string      `json:"type"`
	Ranges [][2]string `json:"ranges"`
	Null   bool        `json:"null"`
}

// Frame is data held in memory. Empty says that it has no rows; Polars also puts
// such a frame in place of filters that it sees to exclude one another.
type Frame struct {
	Detail string
	Empty  bool
}

// Source is an IO source written in Python. Inner is the plan it runs when it
// is one of this project's own, else nil. Name is what a user calls it, if that is
// known. Unordered says that its rows come in no promised order, as those of a
// database do.
type Source struct {
	Name, Detail string
	Inner        Node
	Unordered    bool

	// Split says that its rows are all those of a split, part by part.
	Split bool
}

// Filter keeps the rows on which Predicate is true. Pushed marks the filter
// that was written after the call and pushed into it.
type Filter struct {
	Input     Node
	Predicate expr.Node
	Pushed    bool
}

// Select makes all output columns; Extend adds or replaces some.
type Select struct {
	Input Node
	Exprs []expr.Named
}

// Extend is with_columns.
type Extend struct {
	Input Node
	Exprs []expr.Named
}

// Project keeps some columns as they are.
type Project struct{ Input Node }

// GroupBy is group_by. Windowed is true for group_by_dynamic and rolling,
// whose index column is made anew.
type GroupBy struct {
	Input         Node
	Keys, Aggs    []expr.Named
	MaintainOrder bool
	Windowed      bool
}

// How is the kind of a join.
type How string

// The kinds of join; any other value is treated with the least knowledge.
const (
	Inner How = "inner"
	Left  How = "left"
	Right How = "right"
	Full  How = "full"
	Cross How = "cross"
	Semi  How = "semi"
	Anti  How = "anti"
	Asof  How = "asof"
)

// Join joins two plans. Order is what Polars' maintain_order says.
type Join struct {
	Left, Right               Node
	How                       How
	LeftOn, RightOn           []expr.Node
	LeftColumns, RightColumns []string
	Suffix                    string
	Coalesce                  bool
	NullsEqual                bool
	Order                     string
}

// Union concatenates rows. MergeSorted interleaves two sorted plans.
type Union struct {
	Inputs        []Node
	MaintainOrder bool
}

// MergeSorted is merge_sorted; ties come in no promised order.
type MergeSorted struct{ Inputs []Node }

// Beside concatenates columns; Columns are those of each input.
type Beside struct {
	Inputs  []Node
	Columns [][]string
}

// Distinct is unique. Subset is nil for whole rows.
type Distinct struct {
	Input         Node
	Keep          string
	Subset        []string
	MaintainOrder bool
}

// Sort sorts rows; Stable is sort(maintain_order=True).
type Sort struct {
	Input  Node
	By     []expr.Node
	Stable bool
}

// Slice keeps rows by position: head, tail, limit, slice.
type Slice struct{ Input Node }

// Reshape is explode, unnest or unpivot: Made are the columns it makes; every
// other column of the output passes through.
type Reshape struct {
	Input Node
	Name  string
	Made  []string
}

// RowIndex adds the position of each row as the column Name.
type RowIndex struct {
	Input Node
	Name  string
}

// Pass changes neither rows nor their order: cache, rechunk, hints. Sorted are columns that
// a hint says the rows are sorted by.
type Pass struct {
	Input  Node
	Sorted []string
}

// Opaque is a node nothing is known of but its inputs.
type Opaque struct {
	Inputs []Node
	Name   string
}

func (*Scan) sealed()        {}
func (*Frame) sealed()       {}
func (*Source) sealed()      {}
func (*Filter) sealed()      {}
func (*Select) sealed()      {}
func (*Extend) sealed()      {}
func (*Project) sealed()     {}
func (*GroupBy) sealed()     {}
func (*Join) sealed()        {}
func (*Union) sealed()       {}
func (*MergeSorted) sealed() {}
func (*Beside) sealed()      {}
func (*Distinct) sealed()    {}
func (*Sort) sealed()        {}
func (*Slice) sealed()       {}
func (*Reshape) sealed()     {}
func (*RowIndex) sealed()    {}
func (*Pass) sealed()        {}
func (*Opaque) sealed()      {}

// Inputs are the plans that n reads, in order.
func Inputs(n Node) []Node {
	switch n := n.(type) {
	case *Source:
		if n.Inner != nil {
			return []Node{n.Inner}
		}
	case *Filter:
		return []Node{n.Input}
	case *Select:
		return []Node{n.Input}
	case *Extend:
		return []Node{n.Input}
	case *Project:
		return []Node{n.Input}
	case *GroupBy:
		return []Node{n.Input}
	case *Join:
		return []Node{n.Left, n.Right}
	case *Union:
		return n.Inputs
	case *MergeSorted:
		return n.Inputs
	case *Beside:
		return n.Inputs
	case *Distinct:
		return []Node{n.Input}
	case *Sort:
		return []Node{n.Input}
	case *Slice:
		return []Node{n.Input}
	case *Reshape:
		return []Node{n.Input}
	case *RowIndex:
		return []Node{n.Input}
	case *Pass:
		return []Node{n.Input}
	case *Opaque:
		return n.Inputs
	}
	return nil
}

// Walk calls visit for every node under root once, inputs before users. Its stack
// does not grow with the depth of the plan.
func Walk(root Node, visit func(Node)) {
	if root == nil {
		return
	}
	const entered, done = 1, 2
	state := map[Node]int{}
	stack := []Node{root}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		switch state[n] {
		case 0:
			state[n] = entered
			for _, in := range slices.Backward(Inputs(n)) {
				if state[in] == 0 {
					stack = append(stack, in)
				}
			}
		case entered:
			state[n] = done
			visit(n)
			stack = stack[:len(stack)-1]
		default:
			stack = stack[:len(stack)-1]
		}
	}
}
