package plan

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Method is how to split.
type Method string

// The methods: by a calendar unit, by value, into ranges of a width, at cuts, or into
// partitions that the user lists.
const (
	Calendar Method = ""
	Values   Method = "values"
	Ranges   Method = "ranges"
	Cuts     Method = "cuts"
	Listed   Method = "listed"

	// AtRoot asks whether the plan may be cut at its root, for splits by Columns.
	AtRoot Method = "at root"
)

// Request is a decoded question: the plan under Root, the column whose bounds
// are asked for with its type, and how to split them.
type Request struct {
	Root       Node
	Column     string
	Type       expr.Type // of the column, for the Calendar
	Unit       string
	MaxPeriods int
	Method     Method

	// Columns are the column with its type by name, unless the Method is Calendar;
	// those that the predicates of partitions read, if it is Listed.
	Columns []Column

	// Every is the width of Ranges as a number in decimal digits.
	Every string

	// Cuts are where partitions begin, as texts of the column's type.
	Cuts []string

	// Partitions are the predicates of those that are Listed.
	Partitions []expr.Named

	// Offsets are those of the column's time zone: instants in seconds since
	// 1970-01-01 UTC, each with the seconds that clocks are ahead from then on.
	Offsets [][2]int64
}

// Column is a column of the result with the name of its type. Labels are those of an
// enumeration.
type Column struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Labels []string `json:"labels"`
}

type wireRequest struct {
	Exprs      []expr.Wire `json:"exprs"`
	Plan       []wireNode  `json:"plan"`
	Root       int         `json:"root"`
	Pushed     int         `json:"pushed"`
	Column     string      `json:"column"`
	Type       string      `json:"type"`
	Unit       string      `json:"unit"`
	MaxPeriods int         `json:"max_periods"`
	Offsets    [][2]int64  `json:"offsets"`
	Method     Method      `json:"method"`
	Columns    []Column    `json:"columns"`
	Every      string      `json:"every"`
	Cuts       []string    `json:"cuts"`
}

type wireNamed struct {
	Name string `json:"name"`
	Expr *int   `json:"expr"`
}

type wireNode struct {
	Op            string      `json:"op"`
	In            []int       `json:"in"`
	Name          string      `json:"name"`
	Detail        string      `json:"detail"`
	Path          string      `json:"path"`
	Files         int         `json:"files"`
	Predicate     *int        `json:"predicate"`
	Exprs         []wireNamed `json:"exprs"`
	Keys          []wireNamed `json:"keys"`
	Aggs          []wireNamed `json:"aggs"`
	By            []int       `json:"by"`
	LeftOn        []int       `json:"left_on"`
	RightOn       []int       `json:"right_on"`
	Columns       [][]string  `json:"columns"`
	Made          []string    `json:"made"`
	Sorted        []string    `json:"sorted"`
	Subset        []string    `json:"subset"`
	How           string      `json:"how"`
	Suffix        string      `json:"suffix"`
	Keep          string      `json:"keep"`
	Order         string      `json:"order"`
	Coalesce      bool        `json:"coalesce"`
	NullsEqual    bool        `json:"nulls_equal"`
	MaintainOrder bool        `json:"maintain_order"`
	Windowed      bool        `json:"windowed"`
	Empty         bool        `json:"empty"`
	Unordered     bool        `json:"unordered"`
	Split         bool        `json:"split"`
	Extents       []Extent    `json:"extents"`
}

// Decode reads wire bytes. Any fault in them is an error wrapping
// [expr.ErrMalformed] that says where.
func Decode(wire []byte) (*Request, error) {
	// The list of expressions is most of the bytes; growing it would copy it often.
	w := wireRequest{Exprs: make([]expr.Wire, 0, bytes.Count(wire, []byte(`"k":`)))}
	if err := json.Unmarshal(wire, &w); err != nil {
		return nil, fmt.Errorf("plan: %w: %w", expr.ErrMalformed, err)
	}
	exprs, err := expr.Decode(w.Exprs)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	dec := decoder{exprs: exprs, nodes: make([]Node, 0, len(w.Plan)), depths: make([]int, 0, len(w.Plan))}
	for i, n := range w.Plan {
		node := dec.node(n, i == w.Pushed)
		dec.deepen(n)
		if dec.err != nil {
			return nil, fmt.Errorf("plan: node %d (%s): %w", i, n.Op, dec.err)
		}
		dec.nodes = append(dec.nodes, node)
	}
	root := dec.input(w.Root)
	if dec.err != nil {
		return nil, fmt.Errorf("plan: root: %w", dec.err)
	}
	r := &Request{
		Root: root, Column: w.Column, Type: expr.ParseType(w.Type), Unit: w.Unit, MaxPeriods: w.MaxPeriods,
		Offsets: w.Offsets, Method: w.Method, Columns: w.Columns, Every: w.Every, Cuts: w.Cuts,
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return r, nil
}

// check finds what does not go together. The predicates of listed partitions come as the
// columns of a selection, which is taken off the plan.
func (r *Request) check() error {
	switch r.Method {
	case Calendar:
		if !r.Type.IsTemporal() || (r.Type.Zone == "") != (len(r.Offsets) == 0) {
			return fmt.Errorf("column of type %q with %d offsets: %w", r.Type, len(r.Offsets), expr.ErrMalformed)
		}
	case Values, Ranges, Cuts:
		if len(r.Columns) != 1 || r.Columns[0].Name != r.Column {
			return fmt.Errorf("%s of %d columns: %w", r.Method, len(r.Columns), expr.ErrMalformed)
		}
	case Listed:
		top, ok := r.Root.(*Select)
		if !ok {
			return fmt.Errorf("partitions above %s: %w", Name(r.Root), expr.ErrMalformed)
		}
		r.Root, r.Partitions = top.Input, top.Exprs
	case AtRoot:
	default:
		return fmt.Errorf("method %q: %w", r.Method, expr.ErrMalformed)
	}
	return nil
}

const anyNumber = -1

// decoder resolves positions to nodes and remembers the first bad one.
type decoder struct {
	exprs  []expr.Node
	nodes  []Node
	depths []int // of the nodes
	err    error
}

// maxDepth bounds how many nodes may stand above one another: walks over plans use
// the stack, and one that is full ends the process.
const maxDepth = 50_000

// deepen notes the depth of the node that was read last.
func (d *decoder) deepen(w wireNode) {
	deepest := 0
	for _, in := range w.In {
		if in >= 0 && in < len(d.depths) {
			deepest = max(deepest, d.depths[in])
		}
	}
	if deepest == maxDepth {
		d.fail("more than %d steps follow one another: collect a part of the query first", maxDepth)
	}
	d.depths = append(d.depths, deepest+1)
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format+": %w", append(args, expr.ErrMalformed)...)
	}
}

func (d *decoder) input(i int) Node {
	if i < 0 || i >= len(d.nodes) {
		d.fail("no plan node %d before it", i)
		return nil
	}
	return d.nodes[i]
}

// inputs are the n inputs of w, or however many there are when n is anyNumber.
func (d *decoder) inputs(w wireNode, n int) []Node {
	if n != anyNumber && len(w.In) != n {
		d.fail("%d inputs, not %d", len(w.In), n)
		return make([]Node, n)
	}
	out := make([]Node, len(w.In))
	for i, p := range w.In {
		out[i] = d.input(p)
	}
	return out
}

func (d *decoder) expr(i int) expr.Node {
	if i < 0 || i >= len(d.exprs) {
		d.fail("no expression %d", i)
		return nil
	}
	return d.exprs[i]
}

// must is the expression of a field that has no default.
func (d *decoder) must(i *int) expr.Node {
	if i == nil {
		d.fail("no field that says which expression")
		return nil
	}
	return d.expr(*i)
}

func (d *decoder) list(positions []int) []expr.Node {
	out := make([]expr.Node, len(positions))
	for i, p := range positions {
		out[i] = d.expr(p)
	}
	return out
}

func (d *decoder) named(ws []wireNamed) []expr.Named {
	out := make([]expr.Named, len(ws))
	for i, w := range ws {
		out[i] = expr.Named{Name: w.Name, Expr: d.must(w.Expr)}
	}
	return out
}
