package prune

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/planning"
)

// family makes random values of a type as texts: those of a partition, and as they stand in
// a list of the wire. The texts "null" and "NaN" are those.
type family struct {
	typ, scalar string
	random      func(*rand.Rand) string
}

func among(texts ...string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return texts[r.IntN(len(texts))] }
}

// pieces are texts on both sides of the width of a key, of parts that are the least and the
// greatest that there are.
func pieces(parts ...string) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		var b strings.Builder
		b.WriteString(strings.Repeat(parts[r.IntN(len(parts))], []int{0, 1, 7, 8, 16, 31, 32, 33}[r.IntN(8)]))
		for range r.IntN(4) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		return b.String()
	}
}

var families = []family{
	{"date", "", among("-2147483648", "-1", "0", "1", "19720", "2147483647")},
	{"datetime[us]", "", among("-9223372036854775808", "-1", "0", "1", "9223372036854775807")},
	{"int8", "integer", among("-128", "-1", "0", "1", "127")},
	{"int64", "integer", among("-9223372036854775808", "-1", "0", "1", "9223372036854775807")},
	{"uint64", "integer", among("0", "1", "9223372036854775807", "9223372036854775808", "18446744073709551615")},
	{"int128", "integer", among("-170141183460469231731687303715884105728", "-18446744073709551616", "-1", "0", "18446744073709551615", "18446744073709551616", "170141183460469231731687303715884105727")},
	{"uint128", "integer", among("0", "18446744073709551616", "170141183460469231731687303715884105726", "170141183460469231731687303715884105727")},
	{"decimal[10, 2]", "decimal[2]", among("-9999999999", "-1", "0", "1", "150", "9999999999")},
	{"decimal[38, 0]", "decimal[0]", among("-"+strings.Repeat("9", 38), "-1", "0", "7", strings.Repeat("9", 38))},
	{"float64", "float", among("-Inf", "-1.7976931348623157e+308", "-5e-324", "0", "5e-324", "0.1", "+Inf", "NaN")},
	{"float32", "float", among("-Inf", "-3.4028234663852886e+38", "0", "1.401298464324817e-45", "0.10000000149011612", "3.4028234663852886e+38", "+Inf", "NaN")},
	{"string", "string", pieces("\x00", "a", "é", "\U0010ffff")},
	{"binary", "binary", func(r *rand.Rand) string { return hex.EncodeToString([]byte(pieces("\x00", "a", "\xff")(r))) }},
	{"boolean", "", among("false", "true")},
	{"categorical", "string", pieces("\x00", "a", "é", "\U0010ffff")},
}

func (f family) key(text string) []byte {
	if f.typ == "binary" {
		raw, _ := hex.DecodeString(text)
		return textKey(string(raw))
	}
	if parseType(f.typ).Name == "categorical" {
		return textKey(text)
	}
	key, ok := parseType(f.typ).parseKey(text)
	if !ok {
		panic(f.typ + " does not read " + text)
	}
	return key
}

// bytes are those of a text, or of anything else its digits.
func (f family) bytes(text string) string {
	if raw, err := hex.DecodeString(text); f.typ == "binary" && err == nil {
		return string(raw)
	}
	return text
}

// statistic is what a file says of its values.
func (f family) statistic(values []string) statistic {
	s := statistic{state: hollow}
	for _, v := range values {
		if v == "null" {
			s.null = true
			continue
		}
		if v == "NaN" {
			s.nan = true
			continue
		}
		key, cut := f.key(v), parseType(f.typ).isCut(f.bytes(v))
		if s.state == hollow || bytes.Compare(key, s.least) < 0 {
			s.least = key
		}
		if s.state == hollow || bytes.Compare(key, s.greatest) > 0 {
			s.greatest, s.cut = key, cut
		}
		s.cut = s.cut || cut && bytes.Equal(key, s.greatest)
		s.state = bounded
	}
	return s
}

// question asks for a partition of each value, of a scan with what is known of its files.
func (f family) question(values []string, extents []plan.Extent) []byte {
	known, _ := json.Marshal(extents)
	list := `{"k":"list","type":"other","scalar":` + strconv.Quote(f.scalar) + `,"values":`
	if f.scalar == "" {
		items := make([][]int64, len(values))
		for i, v := range values {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil && v == "true" {
				n = 1
			}
			items[i] = []int64{n}
		}
		text, _ := json.Marshal(items)
		list = fmt.Sprintf(`{"k":"list","type":%q,"items":%s`, f.typ, text)
	} else {
		text, _ := json.Marshal(values)
		list += string(text)
	}
	return fmt.Appendf(nil, `{"exprs":[{"k":"col","name":"c","type":%q},%s},{"k":"call","name":"is_in","args":[0,1]},
		{"k":"call","name":"is_null","args":[0]},{"k":"bin","op":"or","args":[2,3]}],
		"plan":[{"op":"scan","name":"parquet","extents":%s},{"op":"filter","in":[0],"predicate":4}],"root":1,"pushed":-1,
		"column":"c","max_periods":1000,"method":"values","columns":[{"name":"c","type":%q}]}`, f.typ, list, known, f.typ)
}

// TestExtentsLoseNothing: of random files, each value of a row is in one of the partitions that
// the statistics leave, and so is null; partitions are left out now and then.
func TestExtentsLoseNothing(t *testing.T) {
	for _, f := range families {
		t.Run(f.typ, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			empty := 0
			for range 400 {
				var inRows, asked []string
				files := make([]gathered, rng.IntN(5))
				for i := range files {
					values := make([]string, 1+rng.IntN(3))
					for j := range values {
						if values[j] = f.random(rng); rng.IntN(6) == 0 {
							values[j] = "null"
						}
					}
					files[i].groups = [][]statistic{{f.statistic(values)}}
					inRows = append(inRows, values...)
				}
				for range 3 {
					asked = append(asked, f.random(rng))
				}
				asked = append(asked, slices.DeleteFunc(slices.Clone(inRows), func(v string) bool { return v == "null" })...)
				extents, err := Extents(encodeIndex(make([]string, len(files)), []Column{{Name: "c", Type: f.typ}}, files))
				if err != nil {
					t.Fatal(err)
				}
				kept, left := f.kept(t, asked, extents)
				empty += left
				for _, v := range inRows {
					if !slices.Contains(kept, v) {
						t.Fatalf("%q is in none of %q, with %+v", v, kept, extents)
					}
				}
			}
			if empty < 100 {
				t.Errorf("%d partitions were left out in all: the test is of no use", empty)
			}
		})
	}
}

// kept are the values of the partitions that are left, and how many are not.
func (f family) kept(t *testing.T, asked []string, extents []plan.Extent) (kept []string, empty int) {
	t.Helper()
	r, err := plan.Decode(f.question(asked, extents))
	if err != nil {
		t.Fatal(err)
	}
	work, err := planning.Plan(r)
	if err != nil {
		t.Fatal(err)
	}
	a, err := work.Finish(context.Background())
	if err != nil || a.Problem != nil {
		t.Fatal(err, a.Problem)
	}
	for _, p := range a.Partitions {
		switch {
		case p.Null:
			kept = append(kept, "null")
		case p.Lo == nil || p.Hi == nil || p.Lo.Value != p.Hi.Value:
			t.Fatalf("%s is not one value", p.Label)
		default:
			kept = append(kept, p.Lo.Value)
		}
	}
	return kept, a.Empty
}

func TestExtentsOf(t *testing.T) {
	nan := statistic{state: hollow, nan: true}
	float := func(lo, hi float64) statistic {
		return statistic{state: bounded, least: floatKey(lo), greatest: floatKey(hi)}
	}
	text := func(lo, hi string) statistic {
		return statistic{state: bounded, least: textKey(lo), greatest: textKey(hi), cut: parseType("string").isCut(hi)}
	}
	top := strings.Repeat("\xff", 40)
	tests := map[string]struct {
		typ  string
		of   []statistic
		want string
	}{
		"neighbours stay apart":          {"date", []statistic{between(int64Key, 0, 3), between(int64Key, 4, 5)}, "[[0 3] [4 5]]"},
		"nested, touching, out of order": {"date", []statistic{between(int64Key, 9, 9), between(int64Key, 0, 9), between(int64Key, 3, 4)}, "[[0 9]]"},
		"a hollow entry":                 {"date", []statistic{{state: hollow, null: true}, between(int64Key, 1, 1)}, "[[1 1]] or null"},
		"nothing but null":               {"date", []statistic{{state: hollow, null: true}}, "[] or null"},
		"no row group":                   {"date", nil, "[]"},
		"an unknown entry":               {"date", []statistic{between(int64Key, 1, 1), anything}, "none"},
		"unknown, though without null":   {"date", []statistic{{state: unknown}}, "none"},
		"no order":                       {"list", []statistic{{state: bounded, least: boolKey(true), greatest: boolKey(true)}}, "none"},
		"NaN alone":                      {"float64", []statistic{nan}, "[[NaN NaN]]"},
		"NaN and infinities":             {"float64", []statistic{float(math.Inf(-1), math.Inf(1)), nan}, "[[-Inf +Inf] [NaN NaN]]"},
		"a zero with a sign":             {"float64", []statistic{float(math.Copysign(0, -1), math.Copysign(0, -1))}, "[[0 0]]"},
		"text that its key holds":        {"string", []statistic{text("a", "b")}, "[[61 =62]]"},
		"text of zeros at its end":       {"string", []statistic{text("a", "b\x00")}, "[[61 <62" + strings.Repeat("00", 30) + "01]]"},
		"one of the greatest goes on":    {"string", []statistic{text("a", "b"), text("a", "b\x00"), text("a", "b")}, "[[61 <62" + strings.Repeat("00", 30) + "01]]"},
		"a greater one does not":         {"string", []statistic{text("a", "b\x00"), text("a", "c")}, "[[61 =63]]"},
		"text at the end of the keys":    {"binary", []statistic{text("", top)}, "[[ ]]"},
		"a carry":                        {"binary", []statistic{text("\x00", "a"+top)}, "[[ <62" + strings.Repeat("00", 31) + "]]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files := []gathered{{}}
			for _, s := range tt.of {
				files[0].groups = append(files[0].groups, []statistic{s})
			}
			extents, err := Extents(encodeIndex([]string{"/a"}, []Column{{Name: "c", Type: tt.typ}}, files))
			got := "none"
			if err != nil {
				got = err.Error()
			}
			for _, e := range extents {
				if got = fmt.Sprint(e.Ranges); e.Null {
					got += " or null"
				}
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestManyRanges: there are never more ranges than allowed, and no value is lost to that.
func TestManyRanges(t *testing.T) {
	for _, n := range []int{maxRanges - 1, maxRanges, maxRanges + 1, 2*maxRanges + 1, 4*maxRanges + 3} {
		files := []gathered{{groups: make([][]statistic, n)}}
		for i := range n {
			files[0].groups[i] = []statistic{between(int64Key, int64(3*i), int64(3*i+1))}
		}
		extents, err := Extents(encodeIndex([]string{"/a"}, []Column{{Name: "c", Type: "date"}}, files))
		if err != nil {
			t.Fatal(err)
		}
		ranges := extents[0].Ranges
		if len(ranges) > maxRanges || len(ranges) < min(n, maxRanges/2) {
			t.Errorf("%d ranges of %d", len(ranges), n)
		}
		at, last := 0, int64(-1)
		for i := range n {
			lo, hi := ends(t, ranges[at])
			if lo <= last {
				t.Fatalf("range %v is not after %d", ranges[at], last)
			}
			if int64(3*i) < lo || int64(3*i+1) > hi {
				t.Fatalf("%d is not in %v", 3*i, ranges[at])
			}
			if hi == int64(3*i+1) {
				at, last = at+1, hi
			}
		}
	}
}

func ends(t *testing.T, r [2]string) (lo, hi int64) {
	t.Helper()
	lo, err := strconv.ParseInt(r[0], 10, 64)
	hi, err2 := strconv.ParseInt(r[1], 10, 64)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return lo, hi
}

// FuzzExtents: bytes that are no index are an error, and none make it panic.
func FuzzExtents(f *testing.F) {
	// an index of each family, and one that is cut short
	for _, fam := range families {
		files := []gathered{{groups: [][]statistic{{fam.statistic([]string{fam.random(rand.New(rand.NewPCG(5, 6))), "null"})}}}}
		index := encodeIndex([]string{"/a"}, []Column{{Name: "c", Type: fam.typ}}, files)
		f.Add(index)
		f.Add(index[:len(index)-1])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		extents, err := Extents(b)
		if err != nil {
			return
		}
		for _, e := range extents {
			if len(e.Ranges) > maxRanges+1 || e.Type == "" {
				t.Errorf("%d ranges of type %q", len(e.Ranges), e.Type)
			}
		}
	})
}
