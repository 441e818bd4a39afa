package plan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// request wraps plan nodes, and optional further fields, in a whole request over
// three expressions: the column date, a literal, and a comparison of the two.
func request(nodes string, fields ...string) []byte {
	const exprs = `[{"k":"col","name":"date","type":"date"},{"k":"lit","type":"date","lo":1},{"k":"bin","op":"ge","args":[0,1]}]`
	all := append([]string{
		`"exprs":` + exprs, `"plan":[` + nodes + `]`, `"root":0`, `"pushed":-1`, `"column":"date"`, `"type":"date"`,
	}, fields...)
	return []byte(`{` + strings.Join(all, ",") + `}`)
}

const frame = `{"op":"frame","detail":"3 rows"}`

func TestDecodeErrors(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"no JSON", []byte(`plan`), "invalid character"},
		{"nothing", nil, "unexpected end"},
		{"bytes after the end", append(request(frame), '{'), "after top-level value"},
		{"a text for a number", request(frame, `"root":"0"`), "cannot unmarshal"},
		{"a number too great", request(frame, `"max_periods":1e300`), "cannot unmarshal"},
		{"a bad expression", []byte(`{"exprs":[{"k":"lambda"}],"plan":[` + frame + `],"type":"date"}`), `expr: node 0: unknown kind "lambda"`},
		{"no node", request(``), "root: no plan node 0"},
		{"root beyond the list", request(frame, `"root":1`), "root: no plan node 1"},
		{"negative root", request(frame, `"root":-1`), "root: no plan node -1"},
		{"unknown operation", request(`{"op":"teleport"}`), `node 0 (teleport): unknown operation "teleport"`},
		{"no operation", request(`{}`), `unknown operation ""`},
		{"filter of nothing", request(`{"op":"filter"}`), "node 0 (filter): 0 inputs, not 1"},
		{"filter of two", request(frame + `,{"op":"filter","in":[0,0]}`), "node 1 (filter): 2 inputs, not 1"},
		{"join of one", request(frame + `,{"op":"join","in":[0],"columns":[[],[]]}`), "1 inputs, not 2"},
		{"merge_sorted of three", request(frame + `,{"op":"merge_sorted","in":[0,0,0]}`), "3 inputs, not 2"},
		{"input of itself", request(`{"op":"slice","in":[0]}`), "node 0 (slice): no plan node 0 before it"},
		{"later input", request(`{"op":"union","in":[1]},` + frame), "no plan node 1 before it"},
		{"negative input", request(frame + `,{"op":"opaque","in":[-1]}`), "no plan node -1 before it"},
		{"source of a later plan", request(`{"op":"source","in":[1]},` + frame), "no plan node 1 before it"},
		{"no predicate", request(frame + `,{"op":"filter","in":[0]}`), "node 1 (filter): no field that says which expression"},
		{"no expression", request(frame + `,{"op":"select","in":[0],"exprs":[{"name":"a"}]}`), "node 1 (select): no field that says which expression"},
		{"no such predicate", request(frame + `,{"op":"filter","in":[0],"predicate":3}`), "no expression 3"},
		{"no such column", request(frame + `,{"op":"select","in":[0],"exprs":[{"name":"a","expr":-1}]}`), "no expression -1"},
		{"no such with_columns", request(frame + `,{"op":"with_columns","in":[0],"exprs":[{"name":"a","expr":9}]}`), "no expression 9"},
		{"no such key", request(frame + `,{"op":"group_by","in":[0],"keys":[{"name":"a","expr":9}]}`), "no expression 9"},
		{"no such aggregate", request(frame + `,{"op":"group_by","in":[0],"aggs":[{"name":"a","expr":9}]}`), "no expression 9"},
		{"no such order", request(frame + `,{"op":"sort","in":[0],"by":[9]}`), "no expression 9"},
		{"no such left key", request(frame + `,{"op":"join","in":[0,0],"columns":[[],[]],"left_on":[9],"right_on":[0]}`), "no expression 9"},
		{"no such right key", request(frame + `,{"op":"join","in":[0,0],"columns":[[],[]],"left_on":[0],"right_on":[9]}`), "no expression 9"},
		{"keys without partners", request(frame + `,{"op":"join","in":[0,0],"columns":[[],[]],"left_on":[0]}`), "1 and 0 keys"},
		{"join without columns", request(frame + `,{"op":"join","in":[0,0]}`), "0 column lists"},
		{"beside without columns", request(frame + `,{"op":"beside","in":[0,0],"columns":[["a"]]}`), "1 column lists for 2 inputs"},
		{"a column without time", request(frame, `"type":"boolean"`), `column of type "boolean"`},
		{"a column in a zone", request(frame, `"type":"datetime[us, UTC]"`), `column of type "datetime[us, UTC]"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := plan.Decode(tt.in)
			if !errors.Is(err, expr.ErrMalformed) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v; want an ErrMalformed with %q", r, err, tt.want)
			}
		})
	}
}

func TestDecodeRequest(t *testing.T) {
	r, err := plan.Decode(request(
		frame+`,{"op":"filter","in":[0],"predicate":2},{"op":"filter","in":[1],"predicate":2}`,
		`"root":2`, `"pushed":2`, `"type":"datetime[ns]"`, `"unit":"monthly"`, `"max_periods":7`, `"new":"field"`,
	))
	if err != nil {
		t.Fatal(err)
	}
	if r.Column != "date" || r.Type.String() != "datetime[ns]" || r.Unit != "monthly" || r.MaxPeriods != 7 {
		t.Errorf("the question is %+v", r)
	}
	top := r.Root.(*plan.Filter)
	below := top.Input.(*plan.Filter)
	if !top.Pushed || below.Pushed {
		t.Errorf("pushed: %t above, %t below; want the one above alone", top.Pushed, below.Pushed)
	}
	if top.Predicate != below.Predicate {
		t.Error("one expression became two nodes")
	}
}

// nodes has one node of every operation, each over the ones before it.
var nodes = []struct {
	wire, name string
	inputs     []int
}{
	{`{"op":"scan","name":"parquet","detail":"366 files"}`, "scan_parquet", nil},
	{`{"op":"frame"}`, "in-memory frame", nil},
	{`{"op":"source","detail":"x"}`, "IO source", nil},
	{`{"op":"source","in":[0]}`, "IO source", []int{0}},
	{`{"op":"filter","in":[3],"predicate":2}`, "filter", []int{3}},
	{`{"op":"select","in":[4],"exprs":[{"name":"date","expr":0}]}`, "select", []int{4}},
	{`{"op":"with_columns","in":[5],"exprs":[{"name":"day","expr":0}]}`, "with_columns", []int{5}},
	{`{"op":"project","in":[6]}`, "select", []int{6}},
	{`{"op":"group_by","in":[7],"keys":[{"name":"date","expr":0}],"aggs":[]}`, "group_by", []int{7}},
	{`{"op":"join","in":[8,1],"how":"left","left_on":[0],"right_on":[0],"columns":[["date"],["date"]]}`, `join(how="left")`, []int{8, 1}},
	{`{"op":"join","in":[9,1],"how":"asof","columns":[[],[]]}`, "join_asof", []int{9, 1}},
	{`{"op":"join","in":[10,1],"how":"IEJoin","columns":[[],[]]}`, "join", []int{10, 1}},
	{`{"op":"union","in":[11,1,2]}`, "concat", []int{11, 1, 2}},
	{`{"op":"merge_sorted","in":[12,1]}`, "merge_sorted", []int{12, 1}},
	{`{"op":"beside","in":[13,1],"columns":[["a"],["b"]]}`, `concat(how="horizontal")`, []int{13, 1}},
	{`{"op":"distinct","in":[14],"subset":["k"],"keep":"any"}`, "unique", []int{14}},
	{`{"op":"sort","in":[15],"by":[0]}`, "sort", []int{15}},
	{`{"op":"slice","in":[16]}`, "head/tail/slice", []int{16}},
	{`{"op":"reshape","in":[17],"name":"explode","made":["tags"]}`, "explode", []int{17}},
	{`{"op":"row_index","in":[18],"name":"i"}`, "with_row_index", []int{18}},
	{`{"op":"pass","in":[19]}`, "cache", []int{19}},
	{`{"op":"opaque","in":[20,2],"name":"map_batches"}`, "map_batches", []int{20, 2}},
}

func TestNodes(t *testing.T) {
	var wires []string
	for i, n := range nodes {
		wires = append(wires, n.wire)
		r, err := plan.Decode(request(strings.Join(wires, ","), fmt.Sprintf(`"root":%d`, i)))
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Name(r.Root); got != n.name {
			t.Errorf("%s is called %s, want %s", n.wire, got, n.name)
		}
		var inputs []string
		for _, in := range plan.Inputs(r.Root) {
			inputs = append(inputs, plan.Name(in))
		}
		var want []string
		for _, at := range n.inputs {
			want = append(want, nodes[at].name)
		}
		if !slices.Equal(inputs, want) {
			t.Errorf("%s reads %v, want %v", n.wire, inputs, want)
		}
	}
}

// TestWalk: every node is visited once, after its inputs.
func TestWalk(t *testing.T) {
	var wires []string
	for _, n := range nodes {
		wires = append(wires, n.wire)
	}
	r, err := plan.Decode(request(strings.Join(wires, ","), fmt.Sprintf(`"root":%d`, len(nodes)-1)))
	if err != nil {
		t.Fatal(err)
	}
	var order []plan.Node
	plan.Walk(r.Root, func(n plan.Node) {
		for _, in := range plan.Inputs(n) {
			if !slices.Contains(order, in) {
				t.Errorf("%s is visited before its input %s", plan.Name(n), plan.Name(in))
			}
		}
		if slices.Contains(order, n) {
			t.Errorf("%s is visited twice", plan.Name(n))
		}
		order = append(order, n)
	})
	if len(order) != len(nodes) {
		t.Errorf("%d visits, want %d", len(order), len(nodes))
	}
}

func TestLeaf(t *testing.T) {
	inner := &plan.Frame{}
	tests := []struct {
		node plan.Node
		want string
		leaf bool
	}{
		{&plan.Scan{Kind: "parquet", Detail: "366 files"}, "scan_parquet: 366 files", true},
		{&plan.Scan{Kind: "csv"}, "scan_csv", true},
		{&plan.Frame{Detail: "3 rows, 2 columns"}, "in-memory frame: 3 rows, 2 columns", true},
		{&plan.Source{Detail: "x"}, "IO source: x", true},
		{&plan.Source{Detail: "x", Inner: inner}, "", false},
		{&plan.Pass{Input: inner}, "", false},
	}
	for _, tt := range tests {
		if got, leaf := plan.Leaf(tt.node); got != tt.want || leaf != tt.leaf {
			t.Errorf("Leaf(%+v) = %q, %t; want %q, %t", tt.node, got, leaf, tt.want, tt.leaf)
		}
	}
}

// TestWalkShared: a node that is used twice is visited once.
func TestWalkShared(t *testing.T) {
	var n plan.Node = &plan.Frame{}
	for range 60 {
		n = &plan.Union{Inputs: []plan.Node{n, n}}
	}
	visits := 0
	plan.Walk(n, func(plan.Node) { visits++ })
	if visits != 61 {
		t.Errorf("%d visits, want 61", visits)
	}
	plan.Walk(nil, func(plan.Node) { t.Error("nothing was visited") })
}

// chain is a request of filters over filters, with a predicate that is as deep.
func chain(t *testing.T, exprDepth, planDepth int) []byte {
	t.Helper()
	type node = map[string]any
	exprs := []node{{"k": "col", "name": "flag", "type": "boolean"}}
	for i := range exprDepth {
		exprs = append(exprs, node{"k": "bin", "op": "and", "args": []int{i, 0}})
	}
	plans := []node{{"op": "frame"}}
	for i := range planDepth {
		plans = append(plans, node{"op": "filter", "in": []int{i}, "predicate": exprDepth})
	}
	wire, err := json.Marshal(node{
		"exprs": exprs, "plan": plans, "root": planDepth, "pushed": planDepth, "column": "date", "type": "date",
	})
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

// TestDecodeDeep: a filter of 200,000 nodes is read, and a plan of as many as walks
// can bear; a deeper one is refused and does not end the process.
func TestDecodeDeep(t *testing.T) {
	const most = 50_000
	r, err := plan.Decode(chain(t, 200_000, most-1))
	if err != nil {
		t.Fatal(err)
	}
	visits := 0
	plan.Walk(r.Root, func(plan.Node) { visits++ })
	if visits != most || !r.Root.(*plan.Filter).Pushed {
		t.Errorf("%d nodes, want %d, the last one pushed", visits, most)
	}
	for _, depth := range []int{most, 200_000} {
		_, err := plan.Decode(chain(t, 1, depth))
		want := fmt.Sprintf("node %d (filter): more than 50000 steps follow one another", most)
		if !errors.Is(err, expr.ErrMalformed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%d deep: %v, want an ErrMalformed with %q", depth, err, want)
		}
	}
}

// FuzzDecode: any bytes are a request or an error that wraps ErrMalformed, and a
// request can be walked.
func FuzzDecode(f *testing.F) {
	seeds := [][]byte{
		nil,                         // no bytes
		[]byte(`{}`),                // a request without a plan
		[]byte(`[]`),                // another kind of JSON
		append(request(frame), 'x'), // bytes after the end
		request(frame+`,{"op":"filter","in":[0],"predicate":2}`, `"root":1`, `"pushed":1`), // what the sender writes
		request(`{"op":"filter"}`),                                 // an input is missing
		request(frame + `,{"op":"join","in":[0,0]}`),               // lists are missing
		request(`{"op":"union"},{"op":"beside"}`),                  // no inputs, where any number will do
		request(`{"op":"opaque","in":[0]}`),                        // its own input
		request(frame, `"type":"datetime[ns, UTC]"`),               // a type without an axis
		request(frame, `"root":9223372036854775807`),               // the greatest position
		request(`{"op":"source","in":[0,0]},`+frame, `"pushed":0`), // a source before its plan
	}
	for _, n := range nodes {
		seeds = append(seeds, request(n.wire)) // every operation, without its inputs
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := plan.Decode(b)
		if err != nil {
			if !errors.Is(err, expr.ErrMalformed) || r != nil {
				t.Errorf("%v, %v: not an ErrMalformed alone", r, err)
			}
			return
		}
		plan.Walk(r.Root, func(n plan.Node) {
			if n == nil || plan.Name(n) == "plan" {
				t.Errorf("a node %v without a name", n)
			}
			plan.Leaf(n)
		})
	})
}
