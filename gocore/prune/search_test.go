package prune

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// between is the statistic of dates or integers from lo to hi.
func between(key func(int64) []byte, lo, hi int64) statistic {
	return statistic{state: bounded, least: key(lo), greatest: key(hi)}
}

func filesOf(rows ...[]statistic) []gathered {
	out := make([]gathered, len(rows))
	for i, row := range rows {
		for _, s := range row {
			out[i].groups = append(out[i].groups, []statistic{s})
		}
	}
	return out
}

func indexOf(t testing.TB, columns []Column, files []gathered) *index {
	t.Helper()
	paths := make([]string, len(files))
	for i := range paths {
		paths[i] = fmt.Sprintf("/d/%d.parquet", i)
	}
	x, err := open(encodeIndex(paths, columns, files))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// shown writes the answer of a search the way the tests want it.
func shown(t testing.TB, x *index, predicate expr.Node) string {
	t.Helper()
	files, all, err := x.search(predicate)
	if err != nil {
		t.Fatal(err)
	}
	if all {
		return "all"
	}
	return strings.Trim(fmt.Sprint(files), "[]")
}

func column(name, typ string) *expr.Column {
	return &expr.Column{Name: name, Type: expr.ParseType(typ)}
}

func physical(typ string, v int64) *expr.Literal {
	return &expr.Literal{Type: expr.ParseType(typ), Exact: true, Lo: v, Hi: v}
}

func scalar(typ, value string) *expr.Literal {
	return &expr.Literal{Scalar: &expr.Scalar{Type: typ, Value: value}}
}

func compare(op expr.Op, c *expr.Column, l *expr.Literal) expr.Node {
	return &expr.Binary{Op: op, Left: c, Right: l}
}

func isNull(c *expr.Column) expr.Node { return &expr.Call{Name: "is_null", Args: []expr.Node{c}} }

func not(n expr.Node) expr.Node { return &expr.Call{Name: "not", Args: []expr.Node{n}} }

func and(a, b expr.Node) expr.Node { return &expr.Binary{Op: expr.And, Left: a, Right: b} }

func or(a, b expr.Node) expr.Node { return &expr.Binary{Op: expr.Or, Left: a, Right: b} }

// The files of the package comment, and more: 0 has January, 1 February and
// nulls, 2 no statistics, 3 nulls only, 4 no row group, 5 two row groups with a gap.
func TestSearchOfDates(t *testing.T) {
	february := between(int64Key, 31, 59)
	february.null = true
	x := indexOf(t, []Column{{Name: "d", Type: "date"}}, filesOf(
		[]statistic{between(int64Key, 0, 30)}, []statistic{february}, []statistic{anything},
		[]statistic{{state: hollow, null: true}}, nil,
		[]statistic{between(int64Key, 0, 5), between(int64Key, 90, 95)},
	))
	d := column("d", "date")
	at := func(op expr.Op, v int64) expr.Node { return compare(op, d, physical("date", v)) }
	tests := []struct {
		name string
		p    expr.Node
		want string
	}{
		{"from within", at(expr.GtEq, 40), "1 2 5"},
		{"the last value", at(expr.Gt, 94), "2 5"},
		{"beyond the last", at(expr.Gt, 95), "2"},
		{"below", at(expr.Lt, 10), "0 2 5"},
		{"a gap between row groups", at(expr.Eq, 70), "2"},
		{"null", isNull(d), "1 2 3"},
		{"not null", not(isNull(d)), "0 1 2 5"},
		{"null or late", or(isNull(d), at(expr.GtEq, 90)), "1 2 3 5"},
		{"never", and(at(expr.Lt, 3), at(expr.Gt, 4)), ""},
		{"everything but one", at(expr.NotEq, 3), "0 1 2 5"},
		{"another column", compare(expr.Eq, column("x", "int64"), physical("int64", 3)), "all"},
		{"another column beside", and(at(expr.Eq, 3), compare(expr.Eq, column("x", "int64"), physical("int64", 3))), "0 2 5"},
		{"another column instead", or(at(expr.Eq, 3), compare(expr.Eq, column("x", "int64"), physical("int64", 3))), "all"},
		{"a literal of another type", compare(expr.Eq, d, physical("datetime[us]", 3)), "all"},
		{"an unknown function", &expr.Call{Name: "f", Args: []expr.Node{d}}, "all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := shown(t, x, tt.p); got != tt.want {
				t.Errorf("files %q, want %q", got, tt.want)
			}
		})
	}
}

func floats(lo, hi float64) []statistic {
	return []statistic{{state: bounded, least: floatKey(lo), greatest: floatKey(hi), nan: true}}
}

func texts(lo, hi string) []statistic {
	return []statistic{{state: bounded, least: textKey(lo), greatest: textKey(hi)}}
}

// A type of its own per case: what is special about the order of its values.
func TestSearchOfTypes(t *testing.T) {
	long := strings.Repeat("x", 40)
	widest := func(lo, hi string) []statistic {
		typ := parseType("uint64")
		least, _ := typ.parseKey(lo)
		greatest, _ := typ.parseKey(hi)
		return []statistic{{state: bounded, least: least, greatest: greatest}}
	}
	tests := []struct {
		name, typ string
		files     []gathered
		op        expr.Op
		l         *expr.Literal
		want      string
	}{
		{"NaN is above every float", "float64", filesOf(floats(0, 1), floats(5, 6)), expr.Gt, scalar("float", "2"), "0 1"},
		{"NaN is not below one", "float64", filesOf(floats(0, 1), floats(5, 6)), expr.Lt, scalar("float", "2"), "0"},
		{"NaN is nowhere else", "float64", filesOf(floats(0, 1), floats(5, 6)), expr.Eq, scalar("float", "5.5"), "1"},
		{"NaN itself", "float64", filesOf(floats(0, 1), floats(5, 6)), expr.Eq, scalar("float", "nan"), "0 1"},
		{"zeros are one value", "float64", filesOf(floats(math.Copysign(0, -1), 0), floats(1, 2)), expr.GtEq, scalar("float", "0.0"), "0 1"},
		{"a negative zero", "float64", filesOf(floats(0, 0), floats(1, 2)), expr.LtEq, scalar("float", "-0.0"), "0"},
		{"an open end of floats", "float64", filesOf(floats(0, 1), floats(-1, 0)), expr.Lt, scalar("float", "0"), "1"},
		{"infinity", "float64", filesOf(floats(0, math.Inf(1)), floats(1, 2)), expr.Eq, scalar("float", "inf"), "0"},
		{"beyond int64", "uint64", filesOf(widest("0", "9223372036854775807"), widest("9223372036854775808", "18446744073709551615")), expr.Gt, physical("uint64", math.MaxInt64), "1"},
		{"a literal beyond int64", "uint64", filesOf(widest("0", "5"), widest("9", "18446744073709551615")), expr.GtEq, scalar("integer", "18446744073709551615"), "1"},
		{"an open end of texts", "string", filesOf(texts("a", "b"), texts("b", "c")), expr.Lt, scalar("string", "b"), "0"},
		{"an open end with a zero byte", "string", filesOf(texts("a", "b"), texts("b", "c")), expr.Lt, scalar("string", "b\x00"), "0 1"},
		{"texts longer than a key", "string", filesOf(texts(long+"a", long+"b"), texts("z", "z")), expr.Gt, scalar("string", long+"c"), "0 1"},
		{"texts longer than a key, below", "string", filesOf(texts(long+"a", long+"b"), texts("z", "z")), expr.Lt, scalar("string", long), "0"},
		{"a binary literal for texts", "string", filesOf(texts("a", "b")), expr.Eq, scalar("binary", "7a"), "all"},
		{"a binary column", "binary", filesOf(texts("\xff", "\xff\xff"), texts("a", "b")), expr.GtEq, scalar("binary", "fe"), "0"},
		{"another scale", "decimal[2]", filesOf(widest("100", "200"), widest("300", "400")), expr.Eq, scalar("decimal[3]", "1500"), "0"},
		{"a digit too many", "decimal[2]", filesOf(widest("100", "200")), expr.Eq, scalar("decimal[3]", "3005"), "all"},
		{"the same scale", "decimal[2]", filesOf(widest("100", "200"), widest("300", "400")), expr.Eq, scalar("decimal[2]", "150"), "0"},
		{"an unordered type", "list", filesOf([]statistic{anything}), expr.Eq, scalar("string", "a"), "all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := indexOf(t, []Column{{Name: "c", Type: tt.typ}}, tt.files)
			if got := shown(t, x, compare(tt.op, column("c", tt.typ), tt.l)); got != tt.want {
				t.Errorf("files %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCasts(t *testing.T) {
	x := indexOf(t, []Column{{Name: "c", Type: "int32"}}, filesOf(
		[]statistic{{state: bounded, least: int128Key(interval.Int128FromInt64(-5)), greatest: int128Key(interval.Int128FromInt64(5))}},
		[]statistic{{state: bounded, least: int128Key(interval.Int128FromInt64(300)), greatest: int128Key(interval.Int128FromInt64(301))}},
	))
	for to, want := range map[string]string{"int64": "0", "int32": "0", "int8": "all", "uint64": "all", "float64": "all"} {
		cast := &expr.Cast{To: expr.ParseType(to), Arg: column("c", "int32")}
		if got := shown(t, x, &expr.Binary{Op: expr.Lt, Left: cast, Right: physical("int64", 44)}); got != want {
			t.Errorf("cast to %s: files %q, want %q", to, got, want)
		}
	}
}

// TestSearchAgainstOracle compares with a look at every row group, for random
// ranges of two columns that overlap, repeat and nest.
func TestSearchAgainstOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	columns := []Column{{Name: "a", Type: "date"}, {Name: "b", Type: "datetime[us]"}}
	for round := range 3000 {
		files := make([]gathered, rng.IntN(200))
		for i := range files {
			for range rng.IntN(3) {
				files[i].groups = append(files[i].groups, []statistic{randomStatistic(rng), randomStatistic(rng)})
			}
		}
		x := indexOf(t, columns, files)
		p := and(randomPredicate(rng, "a", "date"), randomPredicate(rng, "b", "datetime[us]"))
		got, all, err := x.search(p)
		if err != nil {
			t.Fatal(err)
		}
		want := oracle(files, columns, p)
		if all {
			got = want // nothing is left out
		}
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: files %v, want %v", round, got, want)
		}
	}
}

func randomStatistic(rng *rand.Rand) statistic {
	lo := rng.Int64N(60)
	s := between(int64Key, lo, lo+rng.Int64N(1+rng.Int64N(20)))
	switch rng.IntN(12) {
	case 0:
		return anything
	case 1:
		return statistic{state: hollow, null: true}
	case 2:
		s.null = true
	}
	return s
}

func randomPredicate(rng *rand.Rand, name, typ string) expr.Node {
	c := column(name, typ)
	ops := []expr.Op{expr.Eq, expr.NotEq, expr.Lt, expr.LtEq, expr.Gt, expr.GtEq}
	atom := func() expr.Node { return compare(ops[rng.IntN(len(ops))], c, physical(typ, rng.Int64N(80)-5)) }
	switch rng.IntN(6) {
	case 0:
		return isNull(c)
	case 1:
		return not(and(atom(), atom()))
	case 2:
		list := &expr.List{Type: expr.ParseType(typ), Exact: true}
		for range rng.IntN(6) {
			v := rng.Int64N(80)
			list.Items = append(list.Items, expr.Range{Lo: v, Hi: v})
		}
		return &expr.Call{Name: "is_in", Args: []expr.Node{c, list}}
	case 3:
		return or(atom(), isNull(c))
	}
	return and(atom(), atom())
}

// oracle looks at every row group and at every range.
func oracle(files []gathered, columns []Column, p expr.Node) []int {
	var out []int
	for i, f := range files {
		if slices.ContainsFunc(f.groups, func(row []statistic) bool { return mayHold(row, columns, p) }) {
			out = append(out, i)
		}
	}
	return out
}

func mayHold(row []statistic, columns []Column, p expr.Node) bool {
	for i, c := range columns {
		r, restricted := regionOf(p, c.Name, parseType(c.Type))
		if restricted && len(r.ranges) == 0 && !r.null {
			return false // whatever the row group holds
		}
		if !restricted || row[i].state == unknown || r.null && row[i].null {
			continue
		}
		meets := row[i].state == bounded && slices.ContainsFunc(r.ranges, func(k keyRange) bool {
			return (k.lo == nil || string(k.lo) <= string(row[i].greatest)) && (k.hi == nil || string(k.hi) >= string(row[i].least))
		})
		if !meets {
			return false
		}
	}
	return true
}

// TestSearchTouchesFewEntries counts what is listed: of files one after another,
// as many as match, and none of a crowd in another column.
func TestSearchTouchesFewEntries(t *testing.T) {
	for _, n := range []int64{100, 10_000, 100_000} {
		files := make([]gathered, n)
		for i := range files {
			v := int64(i)
			files[i].groups = [][]statistic{{between(int64Key, v*10, v*10+9), between(int64Key, 0, 1)}}
		}
		x := indexOf(t, []Column{{Name: "d", Type: "date"}, {Name: "e", Type: "date"}}, files)
		d, e := column("d", "date"), column("e", "date")
		p := and(and(compare(expr.GtEq, d, physical("date", 250)), compare(expr.Lt, d, physical("date", 300))),
			compare(expr.Eq, e, physical("date", 1)))
		if got := shown(t, x, p); got != "25 26 27 28 29" {
			t.Errorf("%d files: files %q", n, got)
		}
		r, _ := regionOf(p, "d", parseType("date"))
		l := listing{column: &x.columns[0], left: firstBudget}
		if !l.list(r) || len(l.found) != 5 {
			t.Errorf("%d files: listed %d entries", n, len(l.found))
		}
	}
}

// TestKeysKeepTheOrder holds for each pair of neighbours, in the order of Polars.
func TestKeysKeepTheOrder(t *testing.T) {
	floats := []float64{math.Inf(-1), -math.MaxFloat64, -1, -math.SmallestNonzeroFloat64, 0, math.SmallestNonzeroFloat64, 1, math.Inf(1), math.NaN()}
	for i := 1; i < len(floats); i++ {
		if string(floatKey(floats[i-1])) >= string(floatKey(floats[i])) {
			t.Errorf("key of %v is not below that of %v", floats[i-1], floats[i])
		}
	}
	ints := []string{"-170141183460469231731687303715884105727", "-18446744073709551616", "-9223372036854775809", "-1", "0", "1", "18446744073709551615", "18446744073709551616", "170141183460469231731687303715884105727"}
	for i := 1; i < len(ints); i++ {
		a, okA := axes.ParseInt128(ints[i-1])
		b, okB := axes.ParseInt128(ints[i])
		if !okA || !okB || string(int128Key(a)) >= string(int128Key(b)) {
			t.Errorf("key of %s is not below that of %s", ints[i-1], ints[i])
		}
	}
	if _, ok := axes.ParseInt128("170141183460469231731687303715884105728"); ok {
		t.Error("2^127 passed for a 128-bit integer")
	}
}

func BenchmarkSearch(b *testing.B) {
	for _, n := range []int64{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			files := make([]gathered, n)
			for i := range files {
				files[i].groups = [][]statistic{{between(int64Key, int64(i), int64(i))}}
			}
			paths := slices.Repeat([]string{"/d/a.parquet"}, int(n))
			encoded := encodeIndex(paths, []Column{{Name: "d", Type: "date"}}, files)
			d := column("d", "date")
			p := and(compare(expr.GtEq, d, physical("date", n/2)), compare(expr.Lt, d, physical("date", n/2+1)))
			b.ReportAllocs()
			for b.Loop() {
				x, err := open(encoded)
				if err != nil {
					b.Fatal(err)
				}
				if found, all, err := x.search(p); err != nil || all || len(found) != 1 {
					b.Fatal(found, all, err)
				}
			}
		})
	}
}

// FuzzOpen searches indexes that may be broken anywhere.
func FuzzOpen(f *testing.F) {
	january := between(int64Key, 0, 30)
	january.null = true
	x := encodeIndex([]string{"a", "b"}, []Column{{Name: "d", Type: "date"}}, filesOf([]statistic{january}, []statistic{anything}))
	f.Add(x)                          // a whole index
	f.Add(x[:len(x)-1])               // cut short
	f.Add(append(x, 0))               // too long
	f.Add([]byte(magic))              // nothing but the beginning
	f.Add(encodeIndex(nil, nil, nil)) // an index of nothing
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := open(b)
		if err != nil {
			return
		}
		for _, c := range x.columns {
			_, _, _ = x.search(isNull(column(c.name, c.typ.Name)))
			_, _, _ = x.search(compare(expr.Lt, column(c.name, c.typ.Name), physical(c.typ.Name, 20)))
		}
		for i := range min(x.files, 100) {
			_, _ = x.path(i)
			_ = x.identity(i)
		}
	})
}
