package sqlpush_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/sqlpush"
)

// request asks for the columns of the golden files, with a predicate if there is one.
func request(t *testing.T, dialect, predicate string) sqlpush.Request {
	t.Helper()
	r := sqlpush.Request{Dialect: dialect, Query: "SELECT * FROM t", Columns: columnsIn(dialect)}
	if predicate == "" {
		return r
	}
	wires, root, err := oracle.ParseWire(predicate, scope())
	if err != nil {
		t.Fatal(err)
	}
	r.Exprs, r.Root = wires, root
	return r
}

func limit(n int64) *int64 { return &n }

// TestLimit: the limit is done before the predicate, as Polars' n_rows is.
func TestLimit(t *testing.T) {
	tests := []struct {
		dialect, predicate string
		limit              *int64
		want               string
	}{
		{"postgresql", "", nil, "SELECT \"i\", \"s\" FROM (\nSELECT * FROM t\n) AS piot"},
		{"postgresql", "", limit(5), "SELECT \"i\", \"s\" FROM (\nSELECT * FROM t\n) AS piot LIMIT 5"},
		{
			"postgresql", "(gt i 5i32)", limit(5),
			"SELECT \"i\", \"s\" FROM (SELECT * FROM (\nSELECT * FROM t\n) AS piot LIMIT 5) AS piot WHERE \"i\" >= $1::int4",
		},
		{
			"sqlite", "(gt i 5i32)", limit(0),
			"SELECT piot.\"i\", piot.\"s\" FROM (SELECT * FROM (\nSELECT * FROM t\n) AS piot LIMIT 0) AS piot WHERE piot.\"i\" >= ?",
		},
		{"postgresql", `(str.contains s "a.b")`, limit(5), "SELECT \"i\", \"s\" FROM (\nSELECT * FROM t\n) AS piot LIMIT 5"},
		{"generic", "(gt i 5i32)", limit(5), "SELECT piot.\"i\", piot.\"s\" FROM (\nSELECT * FROM t\n) piot"},
		{"generic", "(gt i 5i32)", nil, "SELECT piot.\"i\", piot.\"s\" FROM (\nSELECT * FROM t\n) piot WHERE piot.\"i\" >= ?"},
		{"odbc", "(gt i 5i32)", nil, "SELECT piot.\"i\", piot.\"s\" FROM (\nSELECT * FROM t\n) piot WHERE piot.\"i\" >= 6"},
		{"odbc", "(gt i 5i32)", limit(5), "SELECT piot.\"i\", piot.\"s\" FROM (\nSELECT * FROM t\n) piot"},
	}
	for _, tt := range tests {
		t.Run(tt.dialect+" "+tt.predicate, func(t *testing.T) {
			r := request(t, tt.dialect, tt.predicate)
			r.Limit, r.Select = tt.limit, []string{"i", "s"}
			a, err := sqlpush.Push(r)
			if err != nil || a.SQL != tt.want {
				t.Errorf("got %s, %v\nwant %s", a.SQL, err, tt.want)
			}
			if want := tt.limit == nil || tt.dialect != "generic" && tt.dialect != "odbc"; a.Limited != want {
				t.Errorf("the limit is said to be obeyed: %t", a.Limited)
			}
		})
	}
}

// TestODBC: a client of ODBC binds every value as a text, so that only texts are bound;
// numbers and times stand in the SQL, in the forms that drivers translate.
func TestODBC(t *testing.T) {
	tests := []struct{ predicate, where, params string }{
		{"(gt i -5i32)", `piot."i" >= -4`, ""},
		{`(eq s "it's {d \\ ?")`, `piot."s" = ?`, `it's {d \ ?`},
		{"(gt d 2024-01-31)", `piot."d" >= {d '2024-01-31'}`, ""},
		{"(lt ts 2024-01-01T12:30:00.5us)", `piot."ts" <= {ts '2024-01-02 12:30:01'}`, ""},
		{"(ge ts 2024-01-01T12:30:00.5us)", `piot."ts" >= {ts '2023-12-31 12:30:00'}`, ""},
	}
	for _, tt := range tests {
		r := request(t, "odbc", tt.predicate)
		r.Query = "SELECT ?"
		a, err := sqlpush.Push(r)
		if err != nil {
			t.Fatal(err)
		}
		params := make([]string, len(a.Params))
		for i, p := range a.Params {
			params[i] = p.Value
		}
		_, where, _ := strings.Cut(a.SQL, " WHERE ")
		if where != tt.where || strings.Join(params, " ") != tt.params {
			t.Errorf("%s: got %s, %q; want %s, %q", tt.predicate, where, params, tt.where, tt.params)
		}
	}
}

// TestUnknownInfinity: of a database that is not known, nobody can ask which values are
// read as null.
func TestUnknownInfinity(t *testing.T) {
	for predicate, want := range map[string]sqlpush.Status{
		"(is_null d)": sqlpush.NotPushed, "(is_null n)": sqlpush.NotPushed, "(is_null i)": sqlpush.Exact,
		"(not (is_null d))": sqlpush.Superset, "(gt d 2024-01-01)": sqlpush.Superset,
	} {
		r := request(t, "generic", predicate)
		r.Infinity = "null"
		if a, err := sqlpush.Push(r); err != nil || a.Conjuncts[0].Status != want {
			t.Errorf("%s: %v, %v; want %s", predicate, a.Conjuncts, err, want)
		}
	}
}

// TestConjuncts: each term says what became of it, and one that is not understood
// takes nothing from the others.
func TestConjuncts(t *testing.T) {
	r := request(t, "postgresql", `(and (gt i 5i32) (str.contains s "a.b") (eq bp "x") (is_between d 2024-01-01 2024-01-31))`)
	a, err := sqlpush.Push(r)
	if err != nil {
		t.Fatal(err)
	}
	if a.Exact {
		t.Error("said to be exact")
	}
	want := []sqlpush.Conjunct{
		{Text: "i > 5", SQL: `"i" >= 6::int4`, Status: sqlpush.Exact},
		{Text: `s.str.contains("a.b")`, Status: sqlpush.NotPushed, Reason: "regular expressions differ between databases"},
		{
			Text: `bp == "x"`, SQL: `"bp" = 'x'::bpchar`, Status: sqlpush.Superset,
			Reason: "char of unknown length: PostgreSQL ignores blanks at the end",
		},
		{
			Text: "d.is_between(2024-01-01, 2024-01-31)", Status: sqlpush.Exact,
			SQL: `"d" >= '2024-01-01'::date AND "d" <= '2024-01-31'::date`,
		},
	}
	if len(a.Conjuncts) != len(want) {
		t.Fatalf("%d terms", len(a.Conjuncts))
	}
	for i, c := range a.Conjuncts {
		if c != want[i] {
			t.Errorf("got %+v\nwant %+v", c, want[i])
		}
	}
	where := `WHERE "i" >= $1::int4 AND "bp" = $2::bpchar AND "d" >= $3::date AND "d" <= $4::date`
	if !strings.HasSuffix(a.SQL, where) {
		t.Errorf("got %s\nwant …%s", a.SQL, where)
	}
	if text := fmt.Sprint(a.Params); text != "[{integer 6} {text x} {text 2024-01-01} {text 2024-01-31}]" {
		t.Errorf("parameters %s", text)
	}
}

// TestInfinity: where Polars reads null for a value, comparisons leave it out, and
// null finds it.
func TestInfinity(t *testing.T) {
	const last = `'294247-01-10 04:00:54.775807`
	tests := []struct{ dialect, predicate, want string }{
		{"postgresql", "(ge d 2024-01-01)", `exact: "d" >= '2024-01-01'::date AND isfinite("d")`},
		{"postgresql", "(is_between d 2024-01-01 2024-01-31)", `exact: "d" >= '2024-01-01'::date AND "d" <= '2024-01-31'::date`},
		{"postgresql", "(is_null d)", `exact: "d" IS NULL OR NOT isfinite("d")`},
		{"postgresql", "(is_not_null d)", `exact: isfinite("d")`},
		{"postgresql", "(ne d 2024-01-01)", `exact: "d" <> '2024-01-01'::date AND isfinite("d")`},
		{
			"postgresql", "(is_null ts)",
			`exact: "ts" IS NULL OR (NOT isfinite("ts") OR "ts" > ` + last + `'::timestamp)`,
		},
		{
			"postgresql", "(is_not_null tz)",
			`exact: isfinite("tz") AND "tz" <= ` + last + `+00'::timestamptz`,
		},
		{"postgresql", "(gt n dec#2#150)", `exact: "n" >= '1.51'::numeric AND "n" < 'NaN'::numeric`},
		{"postgresql", "(is_null n)", `exact: "n" IS NULL OR "n" = 'NaN'::numeric`},
		{"postgresql", "(is_nan f)", `exact: "f" = NaN::float8`},
		{"duckdb", "(is_null ts)", `exact: "ts" IS NULL OR NOT isfinite("ts")`},
		{"sqlite", "(is_null d)", `exact: piot."d" IS NULL`},
	}
	for _, tt := range tests {
		r := request(t, tt.dialect, tt.predicate)
		r.Infinity = "null"
		a, err := sqlpush.Push(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := result(a.Conjuncts[0]); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.predicate, got, tt.want)
		}
	}
}

// TestEncodings: texts that are not UTF-8 in the database are not in Polars' order.
func TestEncodings(t *testing.T) {
	tests := []struct{ dialect, encoding, predicate, want string }{
		{"postgresql", "LATIN1", `(eq s "a")`, `superset: "s" IS NOT NULL -- the encoding of the database is not UTF-8`},
		{"postgresql", "UTF8", `(eq s "a")`, `exact: "s" = 'a'::text`},
		{"sqlite", "UTF-8", `(is_null s)`, `exact: piot."s" IS NULL`},
		{
			"sqlite", "UTF-16le", `(gt s "a")`,
			`superset: piot."s" IS NOT NULL -- the encoding of the database is not UTF-8, and texts are ordered by their bytes`,
		},
		{"sqlite", "UTF-16le", `(eq s "a")`, `exact: piot."s" COLLATE BINARY = 'a'`},
	}
	for _, tt := range tests {
		r := request(t, tt.dialect, tt.predicate)
		r.Encoding = tt.encoding
		a, err := sqlpush.Push(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := result(a.Conjuncts[0]); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.predicate, got, tt.want)
		}
	}
}

func named(names ...string) []sqlpush.Column {
	out := make([]sqlpush.Column, len(names))
	for i, n := range names {
		out[i] = sqlpush.Column{Name: n, Type: "int32", DB: sqlpush.Stored{Type: "int4"}}
	}
	return out
}

func TestErrors(t *testing.T) {
	base := func(change func(*sqlpush.Request)) sqlpush.Request {
		r := sqlpush.Request{Dialect: "postgresql", Query: "SELECT 1", Columns: named("a", "A", `"`)}
		change(&r)
		return r
	}
	tests := []struct {
		name    string
		request sqlpush.Request
		is      error
		want    string
	}{
		{"dialect", base(func(r *sqlpush.Request) { r.Dialect = "oracle" }), sqlpush.ErrRequest, `unknown dialect "oracle"`},
		{"infinity", base(func(r *sqlpush.Request) { r.Infinity = "x" }), sqlpush.ErrRequest, `infinity "x"`},
		{"quote", base(func(r *sqlpush.Request) { r.Quote = "`" }), sqlpush.ErrRequest, "quote \"`\""},
		{"limit", base(func(r *sqlpush.Request) { r.Limit = limit(-1) }), sqlpush.ErrRequest, "limit -1"},
		{"no column", base(func(r *sqlpush.Request) { r.Select = []string{} }), sqlpush.ErrRequest, "no column is selected"},
		{"unknown column", base(func(r *sqlpush.Request) { r.Select = []string{"b"} }), sqlpush.ErrRequest, `no column "b"`},
		{"root", base(func(r *sqlpush.Request) { r.Exprs, r.Root = []expr.Wire{{K: "col"}}, 1 }), sqlpush.ErrRequest, "expression 1 of 1"},
		{"expression", base(func(r *sqlpush.Request) { r.Exprs = []expr.Wire{{K: "x"}} }), expr.ErrMalformed, "unknown kind"},
		{"query", base(func(r *sqlpush.Request) { r.Query = "DROP" }), sqlpush.ErrQuery, "got DROP"},
		{
			"twice", base(func(r *sqlpush.Request) { r.Columns = named("a", "a") }), sqlpush.ErrColumns,
			`scan_db: column "a" appears twice; give it an alias`,
		},
		{
			"case", base(func(r *sqlpush.Request) { r.Dialect = "duckdb" }), sqlpush.ErrColumns,
			`columns "a" and "A" differ in case only, which duckdb does not tell apart; give one an alias`,
		},
		{"zero", base(func(r *sqlpush.Request) { r.Columns = named("a\x00") }), sqlpush.ErrColumns, "a zero byte"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := sqlpush.Push(tt.request)
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, %v; want %v with %q", a.SQL, err, tt.is, tt.want)
			}
		})
	}
	for quote, want := range map[string]string{`"`: `"a""` + "`" + `]"`, "`": "`a\"``]`", "[": "[a\"`]]]"} {
		r := sqlpush.Request{Dialect: "generic", Query: "SELECT 1", Quote: quote, Columns: named("a\"`]"), Select: []string{"a\"`]"}}
		if a, err := sqlpush.Push(r); err != nil || a.SQL != "SELECT piot."+want+" FROM (\nSELECT 1\n) piot" {
			t.Errorf("quoted by %s: %s, %v", quote, a.SQL, err)
		}
	}
	if _, err := sqlpush.PushJSON([]byte("{")); !errors.Is(err, sqlpush.ErrRequest) {
		t.Errorf("no JSON: %v", err)
	}
	if a, err := sqlpush.Push(base(func(r *sqlpush.Request) { r.Select = []string{`"`, "A"} })); err != nil ||
		a.SQL != "SELECT \"\"\"\", \"A\" FROM (\nSELECT 1\n) AS piot" {
		t.Errorf("got %s, %v", a.SQL, err)
	}
}

// TestLarge: what is too large or too deep is left to Polars, and nothing takes long.
func TestLarge(t *testing.T) {
	many := func(form string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form, i)
		}
		return b.String()
	}
	nested := "(gt i 5i32)"
	for range 300 {
		nested = "(eq (xor " + nested + " b) true)"
	}
	tests := []struct {
		name, predicate string
		want            sqlpush.Status
	}{
		{"many values", "(is_in i [" + many("%d7i32 ", 2000) + "])", sqlpush.Superset},
		{"many values, not", "(not (is_in i [" + many("%d7i32 ", 2000) + "]))", sqlpush.Superset},
		{"neighbours", "(is_in i [" + many("%di32 ", 2000) + "])", sqlpush.Exact},
		{"many terms", "(or b " + many("(and (eq i %[1]di32) (eq j %[1]di64)) ", 1000) + ")", sqlpush.Exact},
		{"too many terms", "(or b " + many("(and (eq i %[1]di32) (eq j %[1]di64)) ", 3000) + ")", sqlpush.NotPushed},
		{"deep", nested, sqlpush.Superset},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, "postgresql", tt.predicate)
			a, err := sqlpush.Push(r)
			if err != nil {
				t.Fatal(err)
			}
			if a.Conjuncts[0].Status != tt.want {
				t.Errorf("%s: %s", a.Conjuncts[0].Status, a.Conjuncts[0].Reason)
			}
			if len(a.Params) > 4000 {
				t.Errorf("%d parameters", len(a.Params))
			}
			if d := depth(a.SQL); d > 300 {
				t.Errorf("nested %d deep", d)
			}
		})
	}
}

// TestShared: a tree that stands for very many nodes, since it shares them, takes no
// longer than what it is made of.
func TestShared(t *testing.T) {
	shared := func(op expr.Wire) []expr.Wire {
		wires := []expr.Wire{{K: "col", Name: "i", Type: "int32"}, {K: "col", Name: "b", Type: "boolean"}, {}}
		wires[2] = expr.Wire{K: "bin", Op: "gt", Args: []int{0, 0}}
		if op.K == "when" {
			wires[2] = wires[0]
		}
		for range 60 {
			last := len(wires) - 1
			next := op
			next.Args = []int{last, last}
			if op.K == "when" {
				next.Args = []int{1, last, last}
			}
			wires = append(wires, next)
		}
		return wires
	}
	for _, op := range []expr.Wire{{K: "bin", Op: "and"}, {K: "bin", Op: "xor"}, {K: "bin", Op: "eq"}, {K: "when"}} {
		for _, d := range dialects {
			r := request(t, d, "")
			r.Exprs = shared(op)
			if op.K == "when" {
				last := len(r.Exprs) - 1
				r.Exprs = append(r.Exprs, expr.Wire{K: "bin", Op: "gt", Args: []int{last, 0}})
			}
			r.Root = len(r.Exprs) - 1
			a, err := sqlpush.Push(r)
			if err != nil || len(a.SQL) > 1_000_000 {
				t.Errorf("%v: %d bytes, %v", op, len(a.SQL), err)
			}
		}
	}
}

func depth(sql string) int {
	most, now := 0, 0
	for _, c := range sql {
		switch c {
		case '(':
			now++
		case ')':
			now--
		}
		most = max(most, now)
	}
	return most
}

// FuzzPush: any predicate of any columns becomes SQL whose structure is whole, with
// as many parameters as there are places for them.
func FuzzPush(f *testing.F) {
	seeds := []string{
		`{"dialect":"postgresql","query":"SELECT 1","columns":[{"name":"a","type":"string","db":{"type":"bpchar","length":3}}],` +
			`"exprs":[{"k":"col","name":"a"},{"k":"lit","type":"other","scalar":"string","value":"a'\"$1?"},{"k":"bin","op":"ge","args":[0,1]}],"root":2}`, // a text with everything
		`{"dialect":"sqlite","query":"SELECT 1","columns":[{"name":"a\"b","type":"datetime[ns]","db":{"type":"TIMESTAMP"}}],` +
			`"exprs":[{"k":"col","name":"a\"b","type":"datetime[ns]"},{"k":"lit","type":"datetime[ns]","lo":-9223372036854775808,"hi":9223372036854775807},{"k":"bin","op":"eq","args":[0,1]}],"root":2}`, // the ends of time
		`{"dialect":"duckdb","query":"SELECT $1","columns":[{"name":"a","type":"decimal[38]","db":{"type":"DECIMAL(38,38)"}}],` +
			`"exprs":[{"k":"col","name":"a"},{"k":"lit","type":"other","scalar":"decimal[0]","value":"99999999999999999999999999999999999999999"},{"k":"bin","op":"le","args":[0,1]}],"root":2}`, // a number that does not fit
		`{"dialect":"generic","query":"SELECT ?","columns":[{"name":"a","type":"enum[\"\",\"\"]","db":{}}],"limit":0,` +
			`"exprs":[{"k":"col","name":"a"},{"k":"cast","type":"string","args":[0]},{"k":"call","name":"not","args":[1]},{"k":"when","args":[2,2,2]}],"root":3}`, // conditions that are none
		`{"dialect":"odbc","query":"SELECT ?","columns":[{"name":"?","type":"date","db":{}},{"name":"s","type":"string","db":{"type":"VARCHAR"}}],` +
			`"exprs":[{"k":"col","name":"?","type":"date"},{"k":"lit","type":"date","lo":0,"hi":0},{"k":"bin","op":"ge","args":[0,1]}],"root":2}`, // values in the text
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r sqlpush.Request
		if json.Unmarshal(b, &r) != nil {
			t.Skip("no request")
		}
		a, err := sqlpush.Push(r)
		if err != nil {
			return
		}
		again := r
		again.Query, again.Exprs, again.Limit = a.SQL, nil, nil
		whole, err := sqlpush.Push(again)
		if err != nil {
			t.Fatalf("%s: %v", a.SQL, err)
		}
		if whole.UserParams != a.UserParams+len(a.Params) {
			t.Errorf("%d places for %d and %d parameters: %s", whole.UserParams, a.UserParams, len(a.Params), a.SQL)
		}
	})
}
