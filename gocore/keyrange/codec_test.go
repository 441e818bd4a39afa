package keyrange_test

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// schemaOf has columns a, b, c of the types.
func schemaOf(t testing.TB, types ...string) keyrange.Schema {
	t.Helper()
	var fields []keyrange.Field
	for i, name := range types {
		parsed, err := keyrange.ParseType(name)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, keyrange.Field{Name: string(rune('a' + i)), Type: parsed})
	}
	s, err := keyrange.NewSchema(fields...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encode(t testing.TB, s keyrange.Schema, tuple ...string) keyrange.Key {
	t.Helper()
	k, err := s.Encode(tuple)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const (
	least128    = "-170141183460469231731687303715884105728"
	greatest128 = "170141183460469231731687303715884105727"
	unsigned128 = "340282366920938463463374607431768211455"
)

// ladders hold values of each type, strictly ascending, with the ends and what lies around zero.
var ladders = map[string][]string{
	"int8":                  {"-128", "-127", "-1", "0", "1", "127"},
	"int16":                 {"-32768", "-129", "-1", "0", "255", "32767"},
	"int32":                 {"-2147483648", "-1", "0", "1", "2147483647"},
	"int64":                 {"-9223372036854775808", "-4294967296", "-1", "0", "1", "9223372036854775807"},
	"int128":                {least128, "-18446744073709551616", "-1", "0", "18446744073709551615", "18446744073709551616", greatest128},
	"uint8":                 {"0", "127", "128", "255"},
	"uint16":                {"0", "255", "256", "65535"},
	"uint32":                {"0", "1", "4294967295"},
	"uint64":                {"0", "9223372036854775807", "9223372036854775808", "18446744073709551615"},
	"uint128":               {"0", "18446744073709551616", greatest128, unsigned128},
	"date":                  {"-2147483648", "-1", "0", "18262", "2147483647"},
	"datetime[ms]":          {"-1", "0", "1"},
	"datetime[us, UTC]":     {"-9223372036854775808", "-62135596800000000", "-1", "0", "1577898000000000"},
	"time":                  {"0", "1", "86399999999999"},
	"duration[ns]":          {"-9223372036854775808", "-1", "0", "1"},
	"decimal[38, 9]":        {"-" + strings.Repeat("9", 38), "-1", "0", "1", strings.Repeat("9", 38)},
	"decimal[3, 2]":         {"-999", "0", "999"},
	"boolean":               {"false", "true"},
	"string":                {"", "\x00", "\x00\x00", "\x00a", "\x01", "a", "a\x00", "a\x00b", "aa", "é", "\U0010ffff"},
	`enum["z","a"]`:         {"0", "1"},
	"binary":                {"", "AA==", "AAA=", "AAAB", "AAE=", "AP8=", "AQ==", "/w==", "//8="},
	"datetime[ns, Etc/UTC]": {"-1", "1"},
}

func TestOrder(t *testing.T) {
	for name, ladder := range ladders {
		s := schemaOf(t, name)
		last := keyrange.Key("")
		for _, text := range ladder {
			k := encode(t, s, text)
			if k <= last {
				t.Errorf("%s: %q is not after the one before", name, text)
			}
			tuple, err := s.Decode(k)
			if err != nil || len(tuple) != 1 || tuple[0] != text {
				t.Errorf("%s: %q comes back as %q, %v", name, text, tuple, err)
			}
			if s.Short() {
				n, ok := s.ShortOf(k)
				if back := s.FromShort(n); !ok || back != k {
					t.Errorf("%s: %q by its number is %x, not %x", name, text, back, k)
				}
			}
			last = k
		}
	}
}

func TestRefusedValues(t *testing.T) {
	tests := []struct{ typ, text string }{
		{"int8", "128"},
		{"int8", "-129"},
		{"int64", "9223372036854775808"},
		{"int128", "170141183460469231731687303715884105728"},
		{"uint8", "-1"},
		{"uint8", "256"},
		{"uint128", "340282366920938463463374607431768211456"},
		{"int64", "+1"},
		{"int64", "01"},
		{"int64", "-0"},
		{"int64", ""},
		{"int64", " 1"},
		{"int64", "1_000"},
		{"int64", "1e3"},
		{"int64", "0x10"},
		{"int128", "0x10"},
		{"int128", "+1"},
		{"int128", strings.Repeat("9", 1_000_000)},
		{"decimal[3, 2]", "1000"},
		{"decimal[3, 2]", "9.99"},
		{"date", "2147483648"},
		{"time", "86400000000000"},
		{"time", "-1"},
		{"boolean", "1"},
		{"boolean", "True"},
		{"boolean", ""},
		{`enum["z","a"]`, "2"},
		{`enum["z","a"]`, "a"},
		{"string", "\xff"},
		{"binary", "AA"},
		{"binary", "AB=="},
		{"binary", "AA==\n"},
		{"binary", "-_8="},
	}
	for _, tt := range tests {
		_, err := schemaOf(t, tt.typ).Encode([]string{tt.text})
		if !errors.Is(err, keyrange.ErrValue) {
			t.Errorf("%s %.40q: %v", tt.typ, tt.text, err)
			continue
		}
		if len(err.Error()) > 400 {
			t.Errorf("%s: the message has %d letters", tt.typ, len(err.Error()))
		}
	}
	_, err := schemaOf(t, "int8").Encode([]string{"300"})
	want := `keyrange: key column "a": "300" is no int8, which is an integer from -128 to 127 in decimal digits: no value of the key`
	if err == nil || err.Error() != want {
		t.Errorf("the message is %v", err)
	}
	if _, err := schemaOf(t, "int8").Encode([]string{"1", "2"}); !errors.Is(err, keyrange.ErrValue) {
		t.Errorf("too many values: %v", err)
	}
}

func TestTypes(t *testing.T) {
	for name, want := range map[string]string{
		"datetime[us,UTC]": "datetime[us, UTC]", "decimal[10,2]": "decimal[10, 2]", "str": "string", "int8": "int8",
		`enum["a, b","é"]`: `enum["a, b","\u00e9"]`,
		"float64":          "no type", "float32": "no type", "categorical": "no type", "list": "no type", "other": "no type",
		"decimal[2]": "no type", "decimal[39, 0]": "no type", "decimal[2, 3]": "no type", "datetime[s]": "no type", "datetime[us": "no type",
		"enum[]": "no type", `enum["a","a"]`: "no type", `enum["\ud800"]`: "no type", "enum": "no type", `enum[1]`: "no type",
		`enum["a"]x`: "no type", "": "no type", "int7": "no type", "INT8": "no type", "datetime[us, ]": "no type",
	} {
		got, err := keyrange.ParseType(name)
		if errors.Is(err, keyrange.ErrType) {
			got.Name = "no type"
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got.Name != want {
			t.Errorf("%s is %s, want %s", name, got.Name, want)
		}
	}
	int8Type, _ := keyrange.ParseType("int8")
	for _, fields := range [][]keyrange.Field{nil, {{"a", int8Type}, {"a", int8Type}}, make([]keyrange.Field, 65)} {
		if _, err := keyrange.NewSchema(fields...); !errors.Is(err, keyrange.ErrType) {
			t.Errorf("%d fields: %v", len(fields), err)
		}
	}
}

// compareTexts compares two values of a type without the codec.
func compareTexts(typ, a, b string) int {
	switch {
	case typ == "string":
		return strings.Compare(a, b)
	case typ == "binary":
		x, _ := base64.StdEncoding.DecodeString(a)
		y, _ := base64.StdEncoding.DecodeString(b)
		return slices.Compare(x, y)
	case typ == "boolean":
		return cmp.Compare(len(b), len(a))
	}
	x, _ := new(big.Int).SetString(a, 10)
	y, _ := new(big.Int).SetString(b, 10)
	return x.Cmp(y)
}

// randomText is a value of a type: often one of few, so that many are equal.
func randomText(r *rand.Rand, typ string) string {
	ladder := ladders[typ]
	if r.IntN(3) > 0 || typ != "string" && typ != "binary" {
		return ladder[r.IntN(len(ladder))]
	}
	b := make([]byte, r.IntN(4))
	for i := range b {
		b[i] = "\x00\x01\x02\x7fa"[r.IntN(5)]
	}
	if typ == "binary" {
		return base64.StdEncoding.EncodeToString(b)
	}
	return string(b)
}

// TestTuples: keys compare as their tuples, of any length, and come back; what lies After a tuple is
// after all that begin with it and before all else that is greater.
func TestTuples(t *testing.T) {
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range ladders {
			if !yield(name) {
				return
			}
		}
	})
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		types := make([]string, 1+r.IntN(3))
		for i := range types {
			types[i] = names[r.IntN(len(names))]
		}
		s := schemaOf(t, types...)
		tuple := func() []string {
			out := []string{}
			for _, typ := range types[:r.IntN(len(types)+1)] {
				out = append(out, randomText(r, typ))
			}
			return out
		}
		a, b := tuple(), tuple()
		ka, kb := encode(t, s, a...), encode(t, s, b...)
		order, prefix := 0, true
		for i := 0; i < min(len(a), len(b)) && prefix; i++ {
			order = compareTexts(types[i], a[i], b[i])
			prefix = order == 0
		}
		if prefix {
			order = cmp.Compare(len(a), len(b))
		}
		if got := cmp.Compare(ka, kb); got != order {
			t.Fatalf("%v: %q and %q compare as %d, not %d", types, a, b, got, order)
		}
		begins := prefix && len(b) >= len(a)
		if strings.HasPrefix(string(kb), string(ka)) != begins {
			t.Fatalf("%v: %q begins with %q: %t", types, b, a, !begins)
		}
		if after := kb < ka.After(); after != (order > 0 || begins) {
			t.Fatalf("%v: %q lies before what is after %q: %t", types, b, a, after)
		}
		if back, err := s.Decode(ka); err != nil || !slices.Equal(back, a) {
			t.Fatalf("%v: %q comes back as %q, %v", types, a, back, err)
		}
		if back, isAfter, err := s.DecodeEnd(ka.After()); err != nil || !isAfter || !slices.Equal(back, a) {
			t.Fatalf("%v: after %q comes back as %q, %t, %v", types, a, back, isAfter, err)
		}
	}
}

// FuzzDecode: bytes are refused, or are exactly what Encode makes of the tuple.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x01a\x00\x00\x01\x80\x00\x00\x00\x00\x00\x00\x00\x01"))  // a whole key
	f.Add([]byte("\x01a\x00\xff\x00\x00"))                                  // a prefix, with an escape
	f.Add([]byte("\x01a\x00\x01"))                                          // an end of a text that is none
	f.Add([]byte("\x01a"))                                                  // no end at all
	f.Add([]byte("\x02"))                                                   // after everything
	f.Add([]byte("\x01a\x00\x00\x01\x80\x00\x00\x00\x00\x00\x00\x00\x01x")) // too long
	f.Add([]byte("\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x01\x02"))
	s := schemaOf(f, "string", "datetime[us, UTC]", "boolean", "decimal[3, 2]")
	f.Fuzz(func(t *testing.T, data []byte) {
		k := keyrange.Key(data)
		tuple, after, err := s.DecodeEnd(k)
		if err != nil {
			return
		}
		back := encode(t, s, tuple...)
		if after {
			back = back.After()
		}
		if back != k {
			t.Errorf("%x is read as %q, which is %x", k, tuple, back)
		}
	})
}

// FuzzEncode: every text is refused, or comes back.
func FuzzEncode(f *testing.F) {
	f.Add("a\x00b", "-1") // what is escaped
	f.Add("\xff", "9999") // what is refused
	f.Add("", "-0")
	s := schemaOf(f, "string", "decimal[3, 2]")
	f.Fuzz(func(t *testing.T, a, b string) {
		k, err := s.Encode([]string{a, b})
		if err != nil {
			return
		}
		if back, err := s.Decode(k); err != nil || back[0] != a || back[1] != b {
			t.Errorf("%q, %q come back as %q, %v", a, b, back, err)
		}
	})
}

func ExampleSchema_Encode() {
	text, _ := keyrange.ParseType("string")
	ticks, _ := keyrange.ParseType("datetime[us, UTC]")
	s, _ := keyrange.NewSchema(keyrange.Field{Name: "sym", Type: text}, keyrange.Field{Name: "ts", Type: ticks})
	prefix, _ := s.Encode([]string{"AAPL"})
	whole, _ := s.Encode([]string{"AAPL", "-1"})
	fmt.Printf("%x\n%x\n", prefix, whole)
	fmt.Println(prefix < whole, whole < prefix.After())
	// Output:
	// 014141504c0000
	// 014141504c0000017fffffffffffffff
	// true true
}
