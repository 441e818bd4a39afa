package plan

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Request is a decoded question: the plan under Root, the column whose bounds
// are asked for with its type, and how to split them.
type Request struct {
	Root       Node
	Column     string
	Type       expr.Type
	Unit       string
	MaxPeriods int

	// Offsets are those of the column's time zone: instants in seconds since
	// 1970-01-01 UTC, each with the seconds that clocks are ahead from then on.
	Offsets [][2]int64
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
	t := expr.ParseType(w.Type)
	if !t.IsTemporal() || (t.Zone == "") != (len(w.Offsets) == 0) {
		return nil, fmt.Errorf("plan: column of type %q with %d offsets: %w", w.Type, len(w.Offsets), expr.ErrMalformed)
	}
	return &Request{
		Root: root, Column: w.Column, Type: t, Unit: w.Unit, MaxPeriods: w.MaxPeriods, Offsets: w.Offsets,
	}, nil
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
