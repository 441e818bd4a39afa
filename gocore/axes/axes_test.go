package axes_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// typeOf reads a type, with "enum" for one with three labels.
func typeOf(name string) axes.Type {
	if name == "enum" {
		return axes.Enum([]string{"S", "M", "L"})
	}
	return axes.Parse(name)
}

// lit reads a literal: "int64 5" is one that an int64 holds, "float: 5" a scalar.
func lit(text string) *expr.Literal {
	if typ, value, ok := strings.Cut(text, ": "); ok {
		return &expr.Literal{Scalar: &expr.Scalar{Type: typ, Value: strings.ReplaceAll(value, "␀", "\x00")}}
	}
	typ, value, _ := strings.Cut(text, " ")
	var v int64
	if _, err := fmt.Sscan(value, &v); err != nil {
		panic(err)
	}
	return &expr.Literal{Type: expr.ParseType(typ), Exact: true, Lo: v, Hi: v}
}

// trueWhere is where a predicate on a column may be true: for what is not understood
// everywhere.
func trueWhere(t axes.Type, predicate expr.Node) string {
	switch t.Family {
	case axes.Integer:
		return bounds.Predicate(predicate, "c", t.Integers()).True.String()
	case axes.Decimal:
		return bounds.Predicate(predicate, "c", t.Decimals()).True.String()
	case axes.Float:
		return bounds.Predicate(predicate, "c", t.Floats()).True.String()
	case axes.Text:
		return bounds.Predicate(predicate, "c", t.Texts()).True.String()
	case axes.Boolean:
		return bounds.Predicate(predicate, "c", t.Booleans()).True.String()
	case axes.Label:
		return bounds.Predicate(predicate, "c", t.Positions()).True.String()
	case axes.Temporal:
		axis, _ := bounds.NewTemporal(t.Wire)
		return bounds.Predicate[int64](predicate, "c", axis).True.String()
	case axes.Unordered:
	}
	return "unordered"
}

const (
	anything = "(-∞, ∞) or null"
	most128  = "170141183460469231731687303715884105727"
	least128 = "-170141183460469231731687303715884105728"
	past128  = "170141183460469231731687303715884105728"
)

// TestComparisons: each family with literals that are its values, and with others, which
// restrict nothing.
func TestComparisons(t *testing.T) {
	tests := []struct{ typ, op, literal, want string }{
		{"int8", "gt", "int8 5", "[6, ∞)"},
		{"int8", "eq", "int64 300", "[300, 300]"},
		{"int64", "le", "int64 -9223372036854775808", "(-∞, -9223372036854775808]"},
		{"uint64", "ge", "integer: 18446744073709551615", "[18446744073709551615, ∞)"},
		{"int64", "eq", "float: 5", anything},
		{"int64", "eq", "date 5", anything},
		{"int64", "eq", "boolean 1", anything},
		{"int64", "eq", "string: 5", anything},
		{"int64", "eq", "integer: five", anything},

		// The ends of 128 bits: the least and greatest are extremes of the signed type,
		// while an unsigned column goes on.
		{"int128", "gt", "integer: " + most128, "{}"},
		{"int128", "ge", "integer: " + most128, "[" + most128 + ", ∞)"},
		{"int128", "le", "integer: " + least128, "(-∞, " + least128 + "]"},
		{"int128", "ne", "integer: " + least128, "[-170141183460469231731687303715884105727, ∞)"},
		{"int128", "gt", "integer: " + past128, anything},
		{"uint128", "gt", "integer: " + most128, "(" + most128 + ", ∞)"},
		{"uint128", "ne", "integer: " + most128, "(-∞, 170141183460469231731687303715884105726] ∪ (" + most128 + ", ∞)"},
		{"uint128", "eq", "integer: " + most128, "[" + most128 + ", " + most128 + "]"},
		{"uint128", "le", "integer: " + most128, "(-∞, " + most128 + "]"},
		{"uint128", "gt", "integer: " + past128, anything},
		{"uint128", "ge", "uint128 0", "[0, ∞)"},

		{"decimal[10, 2]", "ge", "decimal[1]: 15", "[1.50, ∞)"},
		{"decimal[10, 2]", "lt", "decimal[4]: 15000", "(-∞, 1.49]"},
		{"decimal[10, 2]", "lt", "decimal[3]: 1505", anything},
		{"decimal[10, 2]", "eq", "decimal[2]: -1", "[-0.01, -0.01]"},
		{"decimal[10, 2]", "eq", "decimal[0]: 0", "[0.00, 0.00]"},
		{"decimal[10, 2]", "eq", "int64 5", anything},
		{"decimal[10, 2]", "eq", "float: 5", anything},
		{"decimal[10, 2]", "eq", "decimal[x]: 5", anything},
		{"decimal[10, 2]", "eq", "decimal[-1]: 5", anything},
		{"decimal[10, 2]", "eq", "decimal[39]: 0", anything},
		{"decimal[38, 38]", "eq", "decimal[0]: 2", anything},
		{"decimal[38, 38]", "eq", "decimal[0]: 1", "[1." + strings.Repeat("0", 38) + ", 1." + strings.Repeat("0", 38) + "]"},
		{"decimal[38, 0]", "eq", "decimal[38]: 1" + strings.Repeat("0", 38), "[1, 1]"},

		{"float64", "gt", "float: 1.5", "(1.5, ∞)"},
		{"float64", "le", "float: -0.0", "(-∞, 0]"},
		{"float64", "ge", "float: 0.0", "[0, ∞)"},
		{"float64", "gt", "float: inf", "[NaN, ∞)"},
		{"float64", "ge", "float: nan", "[NaN, ∞)"},
		{"float64", "lt", "float: nan", "(-∞, inf]"},
		{"float64", "ne", "float: nan", "(-∞, inf]"},
		{"float64", "lt", "float: -inf", "{}"},
		{"float64", "eq", "float: 5e-324", "[5e-324, 5e-324]"},
		{"float64", "eq", "float: 1e999", anything},
		{"float64", "eq", "int64 5", anything},
		{"float32", "le", "float: 0.10000000149011612", "(-∞, 0.10000000149011612]"},

		{"string", "lt", "string: ", "{}"},
		{"string", "le", "string: ", `(-∞, ""]`},
		{"string", "gt", "string: a␀", `("a\x00", ∞)`},
		{"string", "eq", "binary: 61", anything},
		{"binary", "ge", "binary: ff00", `["\xff\x00", ∞)`},
		{"binary", "eq", "binary: f", anything},
		{"binary", "eq", "string: a", anything},

		{"boolean", "gt", "boolean 0", "[true, ∞)"},
		{"boolean", "ge", "boolean 0", "(-∞, ∞)"},
		{"boolean", "gt", "boolean 1", "{}"},
		{"boolean", "ge", "int64 1", anything},

		{"enum", "gt", "string: S", "[M, ∞)"},
		{"enum", "ge", "string: S", "(-∞, ∞)"},
		{"enum", "gt", "string: L", "{}"},
		{"enum", "eq", "string: XL", anything},
		{"enum", "eq", "int64 1", anything},

		{"date", "ge", "date 0", "[1970-01-01, ∞)"},
		{"date", "ge", "string: 1970-01-01", anything},
		{"categorical", "lt", "string: b", `(-∞, "b")`},
		{"categorical", "eq", "binary: 61", anything},
		{`enum["b","a"]`, "gt", "string: b", "[a, ∞)"},
		{"enum[1]", "eq", "string: 1", "unordered"},
		{"list", "eq", "string: a", "unordered"},
		{"duration[us]", "eq", "duration[us] 5", "unordered"},
	}
	for _, tt := range tests {
		typ := typeOf(tt.typ)
		c := &expr.Column{Name: "c", Type: typ.Wire}
		if got := trueWhere(typ, &expr.Binary{Op: expr.ParseOp(tt.op), Left: c, Right: lit(tt.literal)}); got != tt.want {
			t.Errorf("%s %s %s: %s, want %s", tt.typ, tt.op, tt.literal, got, tt.want)
		}
	}
}

// TestCasts: a comparison of a cast is one of the column if no value changes, or is lost.
func TestCasts(t *testing.T) {
	tests := []struct {
		from, to, literal string
		keeps             bool
	}{
		{"int32", "int64", "int64 5", true},
		{"int32", "int32", "int64 5", true},
		{"int32", "int16", "int64 5", false},
		{"int32", "uint64", "int64 5", false},
		{"int32", "uint32", "int64 5", false},
		{"uint32", "int64", "int64 5", true},
		{"uint32", "int32", "int64 5", false},
		{"uint64", "int128", "int64 5", true},
		{"uint128", "int128", "int64 5", false},
		{"int128", "uint128", "int64 5", false},
		{"int32", "float64", "int64 5", false},
		{"int32", "decimal[20, 2]", "int64 5", false},
		{"int32", "boolean", "int64 5", false},
		{"int32", "duration[us]", "int64 5", false},
		{"decimal[10, 2]", "decimal[12, 4]", "decimal[2]: 5", true},
		{"decimal[10, 2]", "decimal[38, 30]", "decimal[2]: 5", true},
		{"decimal[10, 2]", "decimal[11, 4]", "decimal[2]: 5", false}, // 7 digits before the point, of 8
		{"decimal[10, 2]", "decimal[12, 1]", "decimal[2]: 5", false},
		{"decimal[10, 2]", "decimal[9, 2]", "decimal[2]: 5", false},
		{"decimal[10, 2]", "decimal[10, 2]", "decimal[2]: 5", true},
		{"decimal[2]", "decimal[38, 4]", "decimal[2]: 5", false}, // the most digits where none are told
		{"decimal[10, 2]", "decimal[99, 2]", "decimal[2]: 5", false},
		{"decimal[10, 2]", "int64", "decimal[2]: 5", false},
		{"float32", "float64", "float: 5", false},
		{"string", "binary", "string: a", false},
		{"boolean", "int8", "boolean 1", false},
		{"enum", "string", "string: S", false},
	}
	for _, tt := range tests {
		typ := typeOf(tt.from)
		cast := &expr.Cast{To: expr.ParseType(tt.to), Arg: &expr.Column{Name: "c", Type: typ.Wire}}
		got := trueWhere(typ, &expr.Binary{Op: expr.Eq, Left: cast, Right: lit(tt.literal)}) != anything
		if got != tt.keeps {
			t.Errorf("%s as %s: understood is %t", tt.from, tt.to, got)
		}
	}
}

// TestQuestions: what can be asked of floats alone, and of nothing else.
func TestQuestions(t *testing.T) {
	c := &expr.Column{Name: "c"}
	for question, want := range map[string]string{
		"is_nan": "[NaN, ∞)", "is_not_nan": "(-∞, inf]", "is_infinite": "(-∞, -inf] ∪ [inf, inf]",
		"is_finite": "(-inf, inf)", "is_unique": anything,
	} {
		call := &expr.Call{Name: question, Args: []expr.Node{c}}
		if got := trueWhere(axes.Parse("float32"), call); got != want {
			t.Errorf("%s: %s, want %s", question, got, want)
		}
		not := &expr.Call{Name: "not", Args: []expr.Node{&expr.Call{Name: "not", Args: []expr.Node{call}}}}
		if got := trueWhere(axes.Parse("float64"), not); got != want {
			t.Errorf("not not %s: %s, want %s", question, got, want)
		}
		for _, other := range []expr.Node{&expr.Column{Name: "d"}, &expr.Cast{Arg: c}} {
			if got := trueWhere(axes.Parse("float64"), &expr.Call{Name: question, Args: []expr.Node{other}}); got != anything {
				t.Errorf("%s of something else: %s", question, got)
			}
		}
		if got := trueWhere(axes.Parse("int64"), call); got != anything {
			t.Errorf("%s of integers: %s", question, got)
		}
	}
}

// TestLimits: every value of a type is within them, and the next one is not.
func TestLimits(t *testing.T) {
	for typ, want := range map[string]string{
		"int8": "[-128, 127]", "uint8": "[0, 255]", "int64": "[-9223372036854775808, 9223372036854775807]",
		"uint64": "[0, 18446744073709551615]", "int128": "(-∞, ∞)", "uint128": "[0, ∞)",
		"decimal[3, 2]": "[-9.99, 9.99]", "decimal[1, 0]": "[-9, 9]",
		"decimal[38, 0]": "[-" + strings.Repeat("9", 38) + ", " + strings.Repeat("9", 38) + "]",
	} {
		parsed := axes.Parse(typ)
		axis := parsed.Integers()
		if parsed.Family == axes.Decimal {
			axis = parsed.Decimals()
		}
		if got := interval.Of(axis.Domain(), parsed.Limits()).String(); got != want {
			t.Errorf("%s: %s, want %s", typ, got, want)
		}
	}
}

// TestSame: texts mean the same value or they do not.
func TestSame(t *testing.T) {
	same := [][]string{
		{"int8", "int64", "uint128"},
		{"decimal[10, 2]", "decimal[12, 2]"},
		{"decimal[3]"},
		{"float32"},
		{"float64"},
		{"string"},
		{"binary"},
		{"boolean"},
		{"date"},
		{"datetime[us]"},
		{"datetime[us, UTC]"},
		{"datetime[ns]"},
		{"enum"},
		{"list"},
	}
	for i, group := range same {
		for j, other := range same {
			for _, a := range group {
				for _, b := range other {
					if got := typeOf(a).Same(typeOf(b)); got != (i == j) {
						t.Errorf("%s and %s: %t", a, b, got)
					}
				}
			}
		}
	}
}

// FuzzParseInt128 compares with numbers of any size.
func FuzzParseInt128(f *testing.F) {
	// the ends of the type and their neighbours
	for _, seed := range []string{most128, past128, least128, "-170141183460469231731687303715884105729"} {
		f.Add(seed)
	}
	// a carry over 64 bits, and what is no number
	f.Add("-18446744073709551616")
	f.Add("1e3")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		want, isNumber := new(big.Int).SetString(text, 10)
		least, _ := new(big.Int).SetString(least128, 10)
		most, _ := new(big.Int).SetString(most128, 10)
		got, ok := axes.ParseInt128(text)
		if fits := isNumber && want.Cmp(least) >= 0 && want.Cmp(most) <= 0; ok != fits {
			t.Fatalf("%s is read: %t", text, ok)
		}
		if ok && got.Big().Cmp(want) != 0 {
			t.Errorf("%s is %s", text, got)
		}
	})
}

// A decimal literal of another scale counts if it is a value of the column's.
func ExampleType_Decimals() {
	price := axes.Parse("decimal[10, 2]").Decimals()
	column := &expr.Column{Name: "price"}
	for _, text := range []string{"15", "1505"} {
		scale := len(text) - 1
		l := &expr.Literal{Scalar: &expr.Scalar{Type: fmt.Sprintf("decimal[%d]", scale), Value: text}}
		o := bounds.Predicate(&expr.Binary{Op: expr.GtEq, Left: column, Right: l}, "price", price)
		fmt.Println(o.True)
	}
	// Output:
	// [1.50, ∞)
	// (-∞, ∞) or null
}
