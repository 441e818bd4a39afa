package planning_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/planning"
)

// TestMessages: the whole text of what a user reads.
func TestMessages(t *testing.T) {
	reach := question{typ: "float64", method: "ranges", every: "1", where: between(scalar("float", "5"), scalar("float", "inf"))}
	list := question{typ: "string", method: "values", where: compare("gt", scalar("string", "b"))}
	open := question{typ: "int64", method: "ranges", every: "1"}
	for name, tt := range map[string]struct {
		q    question
		want string
	}{
		"reaches infinity": {reach, `column "c" reaches infinity, so it cannot be split into ranges; known so far: [5, inf].
Filters seen:
  - c.is_between(5, inf) (before the call, above scan_parquet): gives [5, inf]
Add a filter to the query, for example .filter(pl.col("c").is_between(first, last)).`},
		"no list of values": {list, `column "c" has no list of values, so it cannot be split by value; known so far: ("b", ∞).
Filters seen:
  - c > b (before the call, above scan_parquet): gives ("b", ∞)
Name them in by_value("c", values=[…]), or add a filter to the query, for example .filter(pl.col("c").is_in([…])).`},
		"no bound at all": {open, `column "c" has no lower and no upper bound, so it cannot be split into ranges.
No filter was found, neither before the call nor pushed into it.
Add a filter to the query, for example .filter(pl.col("c").is_between(first, last)). After execute_on_ray a filter counts only if Polars pushes it down to the call; put it before to be sure.`},
	} {
		a, err := answered(t, tt.q.wire())
		if err != nil || a.Problem == nil || a.Problem.Message != tt.want {
			t.Errorf("%s: %+v and %v\nwant %s", name, a.Problem, err, tt.want)
		}
	}
}

// request is one over the nodes of a plan, whose expressions are the column d and a literal.
func request(typ, exprs, nodes, fields string) string {
	root := strings.Count(nodes, `"op"`) - 1
	all := fmt.Sprintf(`{"k":"col","name":"d","type":%q}`, typ)
	if exprs != "" {
		all += "," + exprs
	}
	return fmt.Sprintf(`{"exprs":[%s],"plan":[%s],"root":%d,"pushed":-1,"column":"d","max_periods":20,%s}`, all, nodes, root, fields)
}

const days = `{"k":"lit","type":"date","lo":0},{"k":"lit","type":"date","lo":40},` +
	`{"k":"call","name":"is_between","option":"both","args":[0,1,2]}`

// TestCalendar: periods, those that statistics leave, and why there may be none.
func TestCalendar(t *testing.T) {
	filtered := func(extents string) string {
		return `{"op":"scan","name":"parquet","extents":[` + extents + `]},{"op":"filter","in":[0],"predicate":3}`
	}
	extent := `{"column":"d","type":"date","ranges":[["35","36"]],"null":false}`
	nullable := `{"k":"call","name":"is_null","args":[0]},{"k":"bin","op":"or","args":[3,4]}`
	orNull := `{"op":"scan","name":"parquet","extents":[` + extent + `]},{"op":"filter","in":[0],"predicate":5}`
	for name, tt := range map[string]struct{ exprs, nodes, unit, want string }{
		"months":           {days, filtered(""), "1mo", "1970-01 [0, 31); 1970-02 [31, 41)"},
		"with statistics":  {days, filtered(extent), "1mo", "1970-02 [31, 41); 1 empty"},
		"null is empty":    {days + "," + nullable, orNull, "1mo", "1970-02 [31, 41); 2 empty"},
		"of another type":  {days, filtered(strings.Replace(extent, "date", "datetime[us]", 1)), "1mo", "1970-01 [0, 31); 1970-02 [31, 41)"},
		"another column":   {days, filtered(strings.Replace(extent, `"d"`, `"e"`, 1)), "1mo", "1970-01 [0, 31); 1970-02 [31, 41)"},
		"too many":         {days, filtered(""), "1d", "too_many: too many periods: 41 daily periods, at most max_periods=20 are allowed; weekly periods would do"},
		"no bounds":        {days, `{"op":"scan","name":"parquet"}`, "1mo", `unbounded: column "d" has no lower and no upper bound, so it cannot be split into periods.`},
		"not to be split":  {days, filtered("") + `,{"op":"distinct","in":[1],"subset":["k"],"keep":"any"}`, "1mo", "unsplittable: "},
		"a unit of a word": {days, filtered(""), "fortnight", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			wire := request("date", tt.exprs, tt.nodes, fmt.Sprintf(`"type":"date","unit":%q`, tt.unit))
			a, err := answered(t, wire)
			got := shownPeriods(a, err)
			if got != tt.want && !(strings.HasSuffix(tt.want, ": ") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func shownPeriods(a planning.Answer, err error) string {
	if err != nil {
		return "error"
	}
	if a.Problem != nil {
		return shown(a, nil)
	}
	var out []string
	for _, p := range a.Periods {
		out = append(out, fmt.Sprintf("%s [%d, %d)", p.Label, p.Start, p.End))
	}
	if a.Empty > 0 {
		out = append(out, fmt.Sprintf("%d empty", a.Empty))
	}
	return strings.Join(out, "; ")
}

// TestListed: which of the partitions that a user lists can hold a row, and what is said of
// them together.
func TestListed(t *testing.T) {
	// d >= 0, d < 0, d between 35 and 36, of a column of integers.
	const conditions = `{"k":"lit","type":"int64","lo":0},{"k":"bin","op":"ge","args":[0,1]},{"k":"bin","op":"lt","args":[0,1]},` +
		`{"k":"lit","type":"int64","lo":35},{"k":"lit","type":"int64","lo":36},{"k":"call","name":"is_between","option":"both","args":[0,4,5]},` +
		`{"k":"call","name":"is_null","args":[0]},{"k":"call","name":"f","args":[0]}`
	scan := func(extent string) string { return `{"op":"scan","name":"parquet","extents":[` + extent + `]}` }
	positive := scan(`{"column":"d","type":"int64","ranges":[["1","9"]],"null":false}`)
	selecting := func(in int, exprs ...int) string {
		named := make([]string, len(exprs))
		for i, e := range exprs {
			named[i] = fmt.Sprintf(`{"name":"%d","expr":%d}`, i, e)
		}
		return fmt.Sprintf(`,{"op":"select","in":[%d],"exprs":[%s]}`, in, strings.Join(named, ","))
	}
	for name, tt := range map[string]struct{ nodes, want string }{
		"all but null":           {scan("") + selecting(0, 2, 3), "[0 1], 0 empty; overlap none; gap found"},
		"all":                    {scan("") + selecting(0, 2, 3, 7), "[0 1 2], 0 empty; overlap none; gap none"},
		"statistics leave one":   {positive + selecting(0, 2, 3, 7), "[0], 2 empty; overlap none; gap none"},
		"twice":                  {scan("") + selecting(0, 2, 6, 3, 7), "[0 1 2 3], 0 empty; overlap found; gap none"},
		"a filter leaves one":    {scan("") + `,{"op":"filter","in":[0],"predicate":6}` + selecting(1, 2, 3), "[0], 0 empty; overlap none; gap none"},
		"what is not understood": {scan("") + selecting(0, 8), "[0], 0 empty; overlap none; gap unknown"},
		"no column at all":       {scan("") + selecting(0, 8), "[0], 0 empty; overlap none; gap unknown"},
		"not to be split":        {scan("") + `,{"op":"distinct","in":[0],"subset":["k"],"keep":"any"}` + selecting(1, 2, 3), "unsplittable"},
	} {
		t.Run(name, func(t *testing.T) {
			columns := `"columns":[{"name":"d","type":"int64"}]`
			if name == "no column at all" {
				columns = `"columns":[]`
			}
			a, err := answered(t, request("int64", conditions, tt.nodes, `"method":"listed",`+columns))
			got := fmt.Sprint(err)
			switch {
			case err == nil && a.Problem != nil:
				got = a.Problem.Kind
			case err == nil:
				got = fmt.Sprintf("%v, %d empty; overlap %s; gap %s", a.Listing.Kept, a.Empty, a.Listing.Overlap.Answer, a.Listing.Gap.Answer)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// FuzzPlan: no bytes make a plan panic, and partitions that are answered do not overlap
// where two of them are single values.
func FuzzPlan(f *testing.F) {
	// every method, with statistics and without
	f.Add([]byte(question{typ: "int64", method: "values", where: oneOf("integer", "1", "2"), extents: "2..9 null"}.wire()))
	f.Add([]byte(question{typ: "float32", method: "ranges", every: "0.1", where: between(scalar("float", "0"), scalar("float", "1"))}.wire()))
	f.Add([]byte(question{typ: "uint128", method: "cuts", cuts: []string{most + "0", "7"}}.wire()))
	f.Add([]byte(question{typ: "enum", method: "cuts", labels: []string{"S"}, cuts: []string{"-7", "9"}}.wire()))
	f.Add([]byte(question{typ: "binary", method: "values", extents: "..ff"}.wire()))
	f.Add([]byte(request("date", days, `{"op":"scan","name":"parquet"},{"op":"filter","in":[0],"predicate":3}`, `"type":"date","unit":"1mo"`)))
	f.Add([]byte(request("int64", `{"k":"bin","op":"ge","args":[0,0]}`, `{"op":"scan","name":"parquet"},{"op":"select","in":[0],"exprs":[{"name":"0","expr":1}]}`, `"method":"listed","columns":[{"name":"d","type":"uint128"}]`)))
	f.Fuzz(func(t *testing.T, wire []byte) {
		r, err := plan.Decode(wire)
		if err != nil {
			return
		}
		r.MaxPeriods = min(r.MaxPeriods, 1000)
		work, err := planning.Plan(r)
		if err != nil {
			return
		}
		a, err := work.Finish(context.Background())
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range a.Partitions {
			key, _ := json.Marshal([]any{p.Lo, p.Hi, p.Null})
			if seen[string(key)] {
				t.Errorf("twice %s", key)
			}
			seen[string(key)] = true
		}
		if len(a.Partitions) > max(0, r.MaxPeriods) {
			t.Errorf("%d partitions of at most %d", len(a.Partitions), r.MaxPeriods)
		}
	})
}

// A query of two ids, of which statistics say that one has no rows.
func ExamplePlan() {
	wire := question{typ: "int64", method: "values", where: oneOf("integer", "3", "5"), extents: "4..9"}.wire()
	r, _ := plan.Decode([]byte(wire))
	work, _ := planning.Plan(r)
	a, _ := work.Finish(context.Background())
	fmt.Println(a.Bounds)
	for _, p := range a.Partitions {
		fmt.Println(p.Label)
	}
	fmt.Println(a.Empty, "empty")
	// Output:
	// [3, 3] ∪ [5, 5]
	// 5
	// 1 empty
}
