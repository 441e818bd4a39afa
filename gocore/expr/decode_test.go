package expr_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// decode reads a list of wire nodes from JSON and returns them all.
func decode(text string) ([]expr.Node, error) {
	var list []expr.Wire
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	return expr.Decode(list)
}

// last is the last node of a list.
func last(t *testing.T, text string) expr.Node {
	t.Helper()
	nodes, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return nodes[len(nodes)-1]
}

const (
	dateColumn = `{"k":"col","name":"date","type":"date"}`
	newYear    = `{"k":"lit","type":"date","lo":19723}`
)

func TestDecodeErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"unknown kind", `[{"k":"lambda"}]`, `unknown kind "lambda"`},
		{"no kind", `[{}]`, `unknown kind ""`},
		{"column with an argument", `[` + newYear + `,{"k":"col","args":[0]}]`, `"col" with 1 arguments, not 0`},
		{"literal with an argument", `[` + newYear + `,{"k":"lit","args":[0]}]`, `"lit" with 1 arguments, not 0`},
		{"operator with one argument", `[` + newYear + `,{"k":"bin","op":"eq","args":[0]}]`, `"bin" with 1 arguments, not 2`},
		{"operator with three", `[` + newYear + `,{"k":"bin","op":"eq","args":[0,0,0]}]`, `"bin" with 3 arguments, not 2`},
		{"cast of nothing", `[{"k":"cast","type":"date"}]`, `"cast" with 0 arguments, not 1`},
		{"when without otherwise", `[` + newYear + `,{"k":"when","args":[0,0]}]`, `"when" with 2 arguments, not 3`},
		{"window of nothing", `[{"k":"over"}]`, `a window with 0 arguments`},
		{"ordered window with an order alone", `[` + newYear + `,{"k":"over","option":"ordered","args":[0]}]`, `a window with 1 arguments`},
		{"forward reference", `[{"k":"cast","args":[1]},` + newYear + `]`, `node 0 has argument 1`},
		{"reference to itself", `[{"k":"cast","args":[0]}]`, `node 0 has argument 0`},
		{"negative reference", `[` + newYear + `,{"k":"cast","args":[-1]}]`, `node 1 has argument -1`},
		{"reference beyond the list", `[` + newYear + `,{"k":"call","args":[0,7]}]`, `node 1 has argument 7`},
		{"list with an argument", `[` + newYear + `,{"k":"list","type":"date","args":[0]}]`, `"list" with 1 arguments, not 0`},
		{"list with an item of no integer", `[{"k":"list","type":"date","items":[[5],[]]}]`, `item 1 of a list is []`},
		{"list with an item that ends before it begins", `[{"k":"list","type":"date","items":[[5,4]]}]`, `item 0 of a list is [5 4]`},
		{"literal that ends before it begins", `[{"k":"lit","type":"date","lo":5,"hi":4}]`, `a literal from 5 to 4`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			nodes, err := decode(tt.in)
			if !errors.Is(err, expr.ErrMalformed) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v; want an ErrMalformed with %q", nodes, err, tt.want)
			}
		})
	}
}

func TestDecodeList(t *testing.T) {
	tests := []struct {
		name, in string
		want     expr.List
	}{
		{
			"dates, and null", `{"k":"list","type":"date","items":[[3],[5]],"null":true}`,
			expr.List{Type: expr.Type{Kind: expr.Date}, Exact: true, Null: true, Items: []expr.Range{{Lo: 3, Hi: 3}, {Lo: 5, Hi: 5}}},
		},
		{
			"not seen whole", `{"k":"list","type":"datetime[ns]","items":[[-1000,-1]]}`,
			expr.List{Type: expr.ParseType("datetime[ns]"), Exact: true, Items: []expr.Range{{Lo: -1000, Hi: -1}}},
		},
		{
			"empty", `{"k":"list","type":"int8"}`,
			expr.List{Type: expr.ParseType("int8"), Exact: true, Items: []expr.Range{}},
		},
		{
			"of another type", `{"k":"list","type":"other","text":"['a']"}`,
			expr.List{Text: "['a']", Items: []expr.Range{}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := last(t, `[`+tt.in+`]`); !reflect.DeepEqual(got, &tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestDecodeLiteral(t *testing.T) {
	date := expr.Type{Kind: expr.Date}
	ns := expr.Type{Kind: expr.Datetime, Unit: expr.Nanoseconds}
	tests := []struct {
		name, in string
		want     expr.Literal
	}{
		{"a date", newYear, expr.Literal{Type: date, Exact: true, Lo: 19723, Hi: 19723}},
		{"a range", `{"k":"lit","type":"datetime[ns]","lo":-1000,"hi":-1}`, expr.Literal{Type: ns, Exact: true, Lo: -1000, Hi: -1}},
		{"the least integer", `{"k":"lit","type":"datetime[ns]","lo":-9223372036854775808}`, expr.Literal{Type: ns, Exact: true, Lo: -1 << 63, Hi: -1 << 63}},
		{"zero is a value", `{"k":"lit","type":"date","lo":0}`, expr.Literal{Type: date, Exact: true}},
		{"no value is not seen", `{"k":"lit","type":"date","text":"?"}`, expr.Literal{Type: date, Text: "?"}},
		{"an end alone is not a value", `{"k":"lit","type":"date","hi":5}`, expr.Literal{Type: date}},
		{"null has no value", `{"k":"lit","type":"date","null":true,"lo":5}`, expr.Literal{Type: date, Null: true}},
		{"true", `{"k":"lit","type":"boolean","lo":1,"text":"true"}`, expr.Literal{Type: expr.Type{Kind: expr.Boolean}, Exact: true, Lo: 1, Hi: 1, Text: "true"}},
		{"an integer", `{"k":"lit","type":"int64","lo":5,"text":"5"}`, expr.Literal{
			Type: expr.Type{Kind: expr.Integer, Int: expr.Int{Bits: 64}}, Exact: true, Lo: 5, Hi: 5, Text: "5",
		}},
		{"any other number is text only", `{"k":"lit","type":"float64","lo":5,"text":"5.0"}`, expr.Literal{Type: expr.ParseType("float64"), Text: "5.0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := last(t, `[`+tt.in+`]`).(*expr.Literal); *got != tt.want {
				t.Errorf("got %+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestDecodeSharesNodes(t *testing.T) {
	n := last(t, `[`+dateColumn+`,`+newYear+`,{"k":"bin","op":"ge","args":[0,1]},{"k":"bin","op":"and","args":[2,2]}]`)
	and := n.(*expr.Binary)
	if and.Left != and.Right {
		t.Error("an argument that is named twice became two nodes")
	}
}

func TestDecodeWindow(t *testing.T) {
	list := `[` + dateColumn + `,{"k":"col","name":"k"},{"k":"call","name":"sum","args":[1]},`
	plain := last(t, list+`{"k":"over","args":[2,0,1]}]`).(*expr.Window)
	if len(plain.By) != 2 || plain.Order != nil || len(expr.Children(plain)) != 3 {
		t.Errorf("a plain window by two keys: %+v", plain)
	}
	ordered := last(t, list+`{"k":"over","option":"ordered","args":[2,0,1]}]`).(*expr.Window)
	if len(ordered.By) != 1 || len(expr.Children(ordered)) != 3 {
		t.Errorf("an ordered window by one key: %+v", ordered)
	}
	if c, ok := ordered.Order.(*expr.Column); !ok || c.Name != "k" {
		t.Errorf("the order is %+v, want the column k", ordered.Order)
	}
}

func TestOperators(t *testing.T) {
	names := []string{"eq", "ne", "lt", "le", "gt", "ge", "eq_missing", "ne_missing", "and", "or", "xor"}
	mirrored := map[string]string{"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
	seen := []expr.Op{expr.Arithmetic}
	for _, name := range names {
		op := expr.ParseOp(name)
		if slices.Contains(seen, op) {
			t.Errorf("%s is the operator of another name, or none", name)
		}
		seen = append(seen, op)
		want := name
		if m, ok := mirrored[name]; ok {
			want = m
		}
		if op.Mirror() != expr.ParseOp(want) {
			t.Errorf("the mirror of %s is not %s", name, want)
		}
	}
	if expr.ParseOp("+") != expr.Arithmetic || expr.Arithmetic.Mirror() != expr.Arithmetic {
		t.Error("an unknown operator is not arithmetic")
	}
}

func TestReaders(t *testing.T) {
	nodes, err := decode(`[` + dateColumn + `,` + newYear + `,{"k":"bin","op":"ge","args":[0,1]},
		{"k":"col","name":"x"},{"k":"call","name":"f","args":[3]},{"k":"when","args":[2,4,3]},
		{"k":"over","args":[4,0]},{"k":"over","option":"ordered","args":[4,3,0]},{"k":"cast","type":"date","args":[0]}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []bool{true, false, true, false, false, true, true, true, true}
	for i, n := range nodes {
		if got := expr.Mentions(n, "date"); got != want[i] {
			t.Errorf("node %d reads date: %t, want %t", i, got, want[i])
		}
		if expr.Mentions(n, "dat") {
			t.Errorf("node %d reads a column that is not there", i)
		}
	}
	if reads := expr.Readers(nodes[5], "date"); !reads[nodes[2]] || reads[nodes[4]] || reads[nodes[3]] {
		t.Errorf("the parts of when that read date: %v", reads)
	}
}

// FuzzDecode: any bytes are a list of nodes or an error that wraps ErrMalformed,
// and what is a list can be walked and printed.
func FuzzDecode(f *testing.F) {
	seeds := []string{
		`[]`, // nothing at all
		`[` + dateColumn + `,` + newYear + `,{"k":"bin","op":"ge","args":[0,1]}]`,   // what the sender writes
		`[{"k":"bin","op":"and","args":[0,0]}]`,                                     // a node that is its own argument
		`[{"k":"when","args":[1,2,3]},{},{},{}]`,                                    // arguments that come later
		`[` + dateColumn + `,{"k":"over","option":"ordered","args":[0]}]`,           // an order without a function
		`[` + dateColumn + `,{"k":"call","name":"is_between","args":[0]}]`,          // a call with too few arguments
		`[{"k":"call"},{"k":"call","name":"not","args":[0,0]}]`,                     // calls without a name or with too many arguments
		`[{"k":"lit","type":"datetime[ns]","lo":9223372036854775807,"hi":0}]`,       // a range that crosses
		`[{"k":"lit","type":"datetime[us, "}]`,                                      // a type that does not end
		`[{"k":"cast","type":"datetime[ps]","args":[-9223372036854775808]}]`,        // the least position
		`[{"k":"col","name":"` + strings.Repeat("ü", 300) + `"}]`,                   // a text that is cut within a rune
		`[{"k":"lit"},{"k":"bin","op":"xor","args":[0,0]},{"k":"cast","args":[1]}]`, // a literal of no type
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var list []expr.Wire
		if json.Unmarshal(b, &list) != nil {
			t.Skip("not JSON: package plan tells those apart")
		}
		nodes, err := expr.Decode(list)
		if err != nil {
			if !errors.Is(err, expr.ErrMalformed) {
				t.Errorf("%v does not wrap ErrMalformed", err)
			}
			return
		}
		for _, n := range nodes {
			s := expr.String(n, func(l *expr.Literal) string { return l.Text })
			if len(s) > 500 {
				t.Errorf("a text of %d bytes", len(s))
			}
			expr.Mentions(n, "date")
		}
	})
}
