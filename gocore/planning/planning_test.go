package planning_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/planning"
)

// question is a request over one scan, as Python sends it. Where is the filter as a list of
// wire expressions, of which the last is the predicate; the first is always the column c.
type question struct {
	typ, method, where string
	extents            string // of c, see [plan.Extent]: "lo..hi lo..hi null"
	every              string
	cuts               []string
	labels             []string
	limit              int
}

func quoted(list []string) string {
	b, _ := json.Marshal(list)
	return string(b)
}

func (q question) wire() string {
	exprs := fmt.Sprintf(`{"k":"col","name":"c","type":%q}`, q.typ)
	scan, root := `{"op":"scan","name":"parquet","extents":[`+q.extent()+`]}`, 0
	if q.where != "" {
		exprs += "," + q.where
		scan += fmt.Sprintf(`,{"op":"filter","in":[0],"predicate":%d}`, strings.Count(q.where, `"k"`))
		root = 1
	}
	limit := q.limit
	if limit == 0 {
		limit = 20
	}
	return fmt.Sprintf(`{"exprs":[%s],"plan":[%s],"root":%d,"pushed":-1,"column":"c","max_periods":%d,"method":%q,`+
		`"columns":[{"name":"c","type":%q,"labels":%s}],"every":%q,"cuts":%s}`,
		exprs, scan, root, limit, q.method, q.typ, quoted(q.labels), q.every, quoted(q.cuts))
}

func (q question) extent() string {
	if q.extents == "" {
		return ""
	}
	ranges, null := []string{}, false
	for _, r := range strings.Fields(q.extents) {
		if lo, hi, ok := strings.Cut(r, ".."); ok {
			ranges = append(ranges, fmt.Sprintf("[%q,%q]", lo, hi))
		} else {
			null = true
		}
	}
	return fmt.Sprintf(`{"column":"c","type":%q,"ranges":[%s],"null":%t}`, q.typ, strings.Join(ranges, ","), null)
}

func answered(t *testing.T, wire string) (planning.Answer, error) {
	t.Helper()
	r, err := plan.Decode([]byte(wire))
	if err != nil {
		t.Fatal(err)
	}
	work, err := planning.Plan(r)
	if err != nil {
		return planning.Answer{}, err
	}
	return work.Finish(context.Background())
}

// shown is the partitions as a filter has them, or the first line of the problem.
func shown(a planning.Answer, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case a.Problem != nil:
		first, _, _ := strings.Cut(a.Problem.Message, "\n")
		return a.Problem.Kind + ": " + first
	}
	var out []string
	for _, p := range a.Partitions {
		text := "null"
		switch {
		case p.Null:
		case p.Lo != nil && p.Hi != nil && p.Lo.Value == p.Hi.Value:
			text = "=" + p.Lo.Value
		default:
			text = strings.Join(append(side(p.Lo, ">", ">="), side(p.Hi, "<", "<=")...), " ")
		}
		out = append(out, text)
	}
	if a.Empty > 0 {
		out = append(out, fmt.Sprintf("%d empty", a.Empty))
	}
	return strings.Join(out, "; ")
}

func side(e *planning.End, without, with string) []string {
	if e == nil {
		return nil
	}
	if e.Included {
		return []string{with + e.Value}
	}
	return []string{without + e.Value}
}

func compare(op, literal string) string {
	return literal + fmt.Sprintf(`,{"k":"bin","op":%q,"args":[0,1]}`, op)
}

func between(lo, hi string) string {
	return lo + "," + hi + `,{"k":"call","name":"is_between","option":"both","args":[0,1,2]}`
}

func whole(typ string, v int64) string { return fmt.Sprintf(`{"k":"lit","type":%q,"lo":%d}`, typ, v) }

func scalar(kind, value string) string {
	return fmt.Sprintf(`{"k":"lit","type":"other","text":%q,"scalar":%q,"value":%q}`, value, kind, value)
}

// wider is what a comparison of a cast column with two literals of the wider type gives.
func wider(to, lo, hi string) string {
	return fmt.Sprintf(`%s,%s,{"k":"cast","type":%q,"args":[0]},{"k":"call","name":"is_between","option":"both","args":[3,1,2]}`, lo, hi, to)
}

func oneOf(kind string, values ...string) string {
	return fmt.Sprintf(`{"k":"list","type":"other","scalar":%q,"values":%s},{"k":"call","name":"is_in","args":[0,1]}`, kind, quoted(values))
}

const most = "170141183460469231731687303715884105727"

// TestPartitions: whole requests with what they are split into.
func TestPartitions(t *testing.T) {
	isNull := `{"k":"call","name":"is_null","args":[0]}`
	notFinite := `{"k":"call","name":"is_finite","args":[0]},{"k":"call","name":"not","args":[1]}`
	tests := map[string]struct {
		q    question
		want string
	}{
		"members":                       {question{typ: "int64", method: "values", where: oneOf("integer", "5", "3", "5")}, "=3; =5"},
		"all of a small type":           {question{typ: "int8", method: "ranges", every: "100"}, ">=-128 <=-29; >=-28 <=71; >=72 <=127; null"},
		"no sign":                       {question{typ: "uint64", method: "values", where: compare("lt", whole("uint64", 2))}, "=0; =1"},
		"null alone":                    {question{typ: "float64", method: "values", where: isNull}, "null"},
		"both booleans":                 {question{typ: "boolean", method: "values"}, "=false; =true; null"},
		"one boolean":                   {question{typ: "boolean", method: "values", where: compare("gt", whole("boolean", 0))}, "=true"},
		"labels":                        {question{typ: "enum", method: "values", labels: []string{"S", "M"}}, "=0; =1; null"},
		"one label":                     {question{typ: "enum", method: "values", labels: []string{"S"}}, "=0; null"},
		"no labels":                     {question{typ: "enum", method: "values"}, "null"},
		"floats that are not finite":    {question{typ: "float64", method: "values", where: notFinite}, "=-Inf; =+Inf; =NaN"},
		"a zero with a sign":            {question{typ: "float64", method: "values", where: oneOf("float", "-0.0", "0.0")}, "=-0"},
		"the empty string":              {question{typ: "string", method: "values", where: compare("le", scalar("string", ""))}, "="},
		"strings":                       {question{typ: "string", method: "values", where: oneOf("string", "é", "a\x00", "a")}, "=a; =a\x00; =é"},
		"binary":                        {question{typ: "binary", method: "values", where: oneOf("binary", "ff", "00")}, "=00; =ff"},
		"dates":                         {question{typ: "date", method: "values", where: between(whole("date", 1), whole("date", 2))}, "=1; =2"},
		"decimals by width":             {question{typ: "decimal[10, 2]", method: "ranges", every: "1E+1", where: between(scalar("decimal[0]", "0"), scalar("decimal[1]", "155"))}, ">=0 <=999; >=1000 <=1550"},
		"a fraction of the last digit":  {question{typ: "decimal[10, 2]", method: "ranges", every: "1e-05", where: between(scalar("decimal[2]", "1"), scalar("decimal[2]", "2"))}, "=1; =2"},
		"floats by width":               {question{typ: "float64", method: "ranges", every: "1E+2", where: between(scalar("float", "0.5"), scalar("float", "150"))}, ">=0.5 <100.5; >=100.5 <=150"},
		"the widest floats":             {question{typ: "float64", method: "ranges", every: "1.5e308", where: between(scalar("float", "-1.5e308"), scalar("float", "1.5e308"))}, ">=-1.5e+308 <0; >=0 <=1.5e+308"},
		"floats of 32 bits":             {question{typ: "float32", method: "ranges", every: "0.1", where: between(scalar("float", "0"), scalar("float", "0.15000000596046448"))}, ">=0 <0.10000000149011612; >=0.10000000149011612 <=0.15000000596046448"},
		"cuts":                          {question{typ: "string", method: "cuts", cuts: []string{"b", "", "b"}}, "<b; >=b; null"},
		"cuts at the ends of floats":    {question{typ: "float64", method: "cuts", cuts: []string{"nan", "-inf", "inf"}}, "<+Inf; =+Inf; =NaN; null"},
		"cuts of labels":                {question{typ: "enum", method: "cuts", labels: []string{"S", "M", "L"}, cuts: []string{"1"}}, "=0; >=1; null"},
		"no cuts":                       {question{typ: "date", method: "cuts", cuts: []string{}}, "; null"},
		"a value beyond the type":       {question{typ: "int32", method: "values", where: `{"k":"list","type":"int64","items":[[5],[1000000000000]]},{"k":"cast","type":"int64","args":[0]},{"k":"call","name":"is_in","args":[2,1]}`}, "=5"},
		"bounds beyond the type":        {question{typ: "int32", method: "ranges", every: "3000000000", where: wider("int64", whole("int64", 0), whole("int64", 1_000_000_000_000))}, ">=0 <=2147483647"},
		"bounds beyond the precision":   {question{typ: "decimal[4, 2]", method: "ranges", every: "60", where: between(scalar("decimal[0]", "-1000"), scalar("decimal[0]", "1000"))}, ">=-9999 <=-4000; >=-3999 <=2000; >=2001 <=8000; >=8001 <=9999"},
		"cuts within such bounds":       {question{typ: "decimal[4, 2]", method: "cuts", cuts: []string{"500"}, where: compare("le", scalar("decimal[0]", "1000"))}, "<=499; >=500 <=9999"},
		"the greatest of 128 bits":      {question{typ: "int128", method: "values", where: compare("ge", scalar("integer", most))}, "=" + most},
		"beyond the signed 128 bits":    {question{typ: "uint128", method: "cuts", cuts: []string{"5"}, where: compare("gt", scalar("integer", most))}, ">" + most},
		"a cut that no Int128 holds":    {question{typ: "uint128", method: "cuts", cuts: []string{most + "0", "7"}}, ">=0 <=6; >=7 <=170141183460469231731687303715884105726; >=" + most + "; null"},
		"the least of 128 bits as cut":  {question{typ: "int128", method: "cuts", cuts: []string{"-170141183460469231731687303715884105728"}}, "; null"},
		"too many values":               {question{typ: "int64", method: "values", limit: 3, where: between(whole("int64", 1), whole("int64", 4))}, `too_many: too many partitions: column "c" in [1, 4] has more than max_periods=3 of them; use by_range or by_quantile, or add a filter`},
		"too many ranges":               {question{typ: "int64", method: "ranges", every: "1", limit: 3, where: between(whole("int64", 1), whole("int64", 4))}, `too_many: too many partitions: column "c" in [1, 4] has more than max_periods=3 of them; use a greater width, or add a filter`},
		"too many quantiles":            {question{typ: "int64", method: "cuts", cuts: []string{"1", "2", "3"}, limit: 3}, `too_many: too many partitions: column "c" in (-∞, ∞) or null has more than max_periods=3 of them; use fewer`},
		"null is one too many":          {question{typ: "boolean", method: "values", limit: 2}, `too_many: too many partitions: column "c" in (-∞, ∞) or null has more than max_periods=2 of them; use by_range or by_quantile, or add a filter`},
		"too fine":                      {question{typ: "float64", method: "ranges", every: "1e-10", where: between(scalar("float", "1e17"), scalar("float", "1e17"))}, "=1e+17"},
		"too fine between neighbours":   {question{typ: "float64", method: "ranges", every: "1e-10", limit: 1 << 40, where: between(scalar("float", "1e17"), scalar("float", "100000000000000016"))}, `too_many: by_range("c", every=1e-10) is too fine for the values of the column in [1e+17, 1.0000000000000002e+17]; use a greater width`},
		"a width that is nothing":       {question{typ: "float64", method: "ranges", every: "1e-999", where: between(scalar("float", "0"), scalar("float", "1"))}, `too_many: by_range("c", every=1e-999) is too fine for the values of the column in [0, 1]; use a greater width`},
		"no bound":                      {question{typ: "int64", method: "ranges", every: "1"}, `unbounded: column "c" has no lower and no upper bound, so it cannot be split into ranges.`},
		"no upper bound":                {question{typ: "uint32", method: "ranges", every: "1"}, `unbounded: column "c" has no upper bound, so it cannot be split into ranges; known so far: [0, ∞) or null.`},
		"no lower bound":                {question{typ: "float64", method: "ranges", every: "1", where: compare("lt", scalar("float", "5"))}, `unbounded: column "c" has no lower bound, so it cannot be split into ranges; known so far: (-∞, 5).`},
		"up to infinity":                {question{typ: "float64", method: "ranges", every: "1", where: between(scalar("float", "5"), scalar("float", "inf"))}, `unbounded: column "c" reaches infinity, so it cannot be split into ranges; known so far: [5, inf].`},
		"no list":                       {question{typ: "float64", method: "values", where: between(scalar("float", "1"), scalar("float", "2"))}, `unbounded: column "c" has no list of values, so it cannot be split by value; known so far: [1, 2].`},
		"no list of anything":           {question{typ: "string", method: "values"}, `unbounded: column "c" has no list of values, so it cannot be split by value.`},
		"nothing":                       {question{typ: "int64", method: "values", where: compare("lt", whole("int64", 0)) + "," + `{"k":"bin","op":"gt","args":[0,1]},{"k":"bin","op":"and","args":[2,3]}`}, ""},
		"a type without an order":       {question{typ: "list", method: "values"}, `planning: column of type "list": malformed expression`},
		"ranges of strings":             {question{typ: "string", method: "ranges", every: "1"}, `planning: ranges of a column of type "string": malformed expression`},
		"a width that is no number":     {question{typ: "int64", method: "ranges", every: "one", where: compare("eq", whole("int64", 0))}, `planning: ranges of width "one": malformed expression`},
		"a width of floats":             {question{typ: "float64", method: "ranges", every: "one", where: compare("eq", scalar("float", "0"))}, `planning: ranges of width "one": malformed expression`},
		"a cut that is no number":       {question{typ: "int64", method: "cuts", cuts: []string{"one"}}, `planning: cut "one": malformed expression`},
		"a cut that is not hexadecimal": {question{typ: "binary", method: "cuts", cuts: []string{"xy"}}, `planning: cut "xy": malformed expression`},
		"no negative width":             {question{typ: "int64", method: "ranges", every: "-1", where: compare("eq", whole("int64", 0))}, `too_many: by_range("c", every=-1) is too fine for the values of the column in [0, 0]; use a greater width`},
		"statistics":                    {question{typ: "int64", method: "cuts", cuts: []string{"10", "20", "30"}, extents: "12..13 30..30"}, ">=10 <=19; >=30; 3 empty"},
		"statistics with null":          {question{typ: "int64", method: "values", where: oneOf("integer", "1", "2"), extents: "2..9 null"}, "=2; 1 empty"},
		"statistics without NaN":        {question{typ: "float64", method: "cuts", cuts: []string{"0", "nan"}, extents: "-1..+Inf"}, "<0; >=0 <=+Inf; 2 empty"},
		"statistics with NaN":           {question{typ: "float64", method: "values", where: notFinite, extents: "0..1 NaN..NaN"}, "=NaN; 2 empty"},
		"zeros in statistics":           {question{typ: "float64", method: "values", where: oneOf("float", "-0.0"), extents: "0..0"}, "=-0"},
		"statistics of strings":         {question{typ: "string", method: "values", where: oneOf("string", "a", "b", "bb", "c"), extents: "62..<63"}, "=b; =bb; 2 empty"},
		"strings up to the greatest":    {question{typ: "string", method: "values", where: oneOf("string", "a", "b", "bb", "c", "cc"), extents: "62..=63"}, "=b; =bb; =c; 2 empty"},
		"strings that are malformed":    {question{typ: "string", method: "values", where: oneOf("string", "a"), extents: "62..63"}, "=a"},
		"strings without an end":        {question{typ: "string", method: "values", where: oneOf("string", "a", "b"), extents: "62.."}, "=b; 1 empty"},
		"statistics of booleans":        {question{typ: "boolean", method: "values", extents: "false..false null"}, "=false; null; 1 empty"},
		"statistics of decimals":        {question{typ: "decimal[10, 2]", method: "values", where: oneOf("decimal[2]", "150", "151"), extents: "151..200"}, "=151; 1 empty"},
		"no rows at all":                {question{typ: "int64", method: "values", where: oneOf("integer", "1", "2"), extents: " "}, "2 empty"},
		"nothing but null":              {question{typ: "int64", method: "values", where: isNull, extents: "null"}, "null"},
		"statistics that are no number": {question{typ: "int64", method: "values", where: oneOf("integer", "1"), extents: "x..9"}, "=1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := shown(answered(t, tt.q.wire())); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestErrorsAreMalformed(t *testing.T) {
	_, err := answered(t, question{typ: "int64", method: "cuts", cuts: []string{"one"}}.wire())
	if !errors.Is(err, expr.ErrMalformed) {
		t.Errorf("%v", err)
	}
}
