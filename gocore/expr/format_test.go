package expr_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
)

func literalText(l *expr.Literal) string {
	switch {
	case l.Null:
		return "null"
	case l.Type.Kind == expr.Date:
		return fmt.Sprintf("day %d", l.Lo)
	}
	return l.Text
}

var scope = oracle.Scope{"date": "date", "flag": "boolean"}

func TestString(t *testing.T) {
	tests := []struct{ in, want string }{
		{"date", "date"},
		{"date#5", "day 5"},
		{"null", "null"},
		{`"a text"`, `"a text"`},
		// Comparisons, with a symbol each.
		{"(eq date date#5)", "date == day 5"},
		{"(ne date date#5)", "date != day 5"},
		{"(lt date date#5)", "date < day 5"},
		{"(le date date#5)", "date <= day 5"},
		{"(gt date date#5)", "date > day 5"},
		{"(ge date#5 date)", "day 5 >= date"},
		{"(eq_missing date null)", "date ==? null"},
		{"(ne_missing date null)", "date !=? null"},
		// Lists.
		{"(is_in date [date#5 date#6 null])", "date.is_in([day 5, day 6, null])"},
		{`(is_in a ["x" "y"])`, `a.is_in(["x" "y"])`},
		{"(is_in date []:date)", "date.is_in([])"},
		{"(- (+ date 36h@us) 5i32)", "date + 36h@us - 5"},
		// In Python the logical operators bind tighter than comparisons.
		{"(and (ge date date#5) (lt date date#9))", "(date >= day 5) & (date < day 9)"},
		{"(or (ge date date#5) flag)", "(date >= day 5) | flag"},
		{"(xor flag flag)", "flag ^ flag"},
		{"(or (and flag a) b)", "flag & a | b"},
		{"(and (or flag a) b)", "(flag | a) & b"},
		{"(and flag (or a b))", "flag & (a | b)"},
		{"(and a b c)", "a & b & c"},
		{"(and a (and b c))", "a & (b & c)"},
		{"(xor (or a b) c)", "(a | b) ^ c"},
		{"(xor (and a b) c)", "a & b ^ c"},
		{"(eq (gt a b) true)", "(a > b) == true"},
		{"(eq a (gt b c))", "a == (b > c)"},
		// Arithmetic.
		{"(+ a (* b c))", "a + b * c"},
		{"(* (+ a b) c)", "(a + b) * c"},
		{"(- a (- b c))", "a - (b - c)"},
		{"(- (- a b) c)", "a - b - c"},
		{"(// a (% b c))", "a // (b % c)"},
		{"(gt (+ a 1) 5)", "a + 1 > 5"},
		{"(and (+ a 1) 5)", "a + 1 & 5"},
		// not is ~, which binds looser than a method.
		{"(not flag)", "~flag"},
		{"(not (and a b))", "~(a & b)"},
		{"(not (not a))", "~~a"},
		{"(and (not a) b)", "~a & b"},
		{"(is_null (not a))", "(~a).is_null()"},
		{"(not (is_null a))", "~a.is_null()"},
		{"(not a b)", "a.not(b)"},
		// Methods.
		{"(cast datetime[us] date)", "date.cast(datetime[us])"},
		{"(cast! int64 date)", "date.cast(int64)"},
		{"(cast! float64 date)", "date.cast(float64)"},
		{"(is_null (+ a b))", "(a + b).is_null()"},
		{"(cast date (gt a b))", "(a > b).cast(date)"},
		{"(is_between date date#1 date#2)", "date.is_between(day 1, day 2)"},
		{"(is_between date date#1 date#2 left)", `date.is_between(day 1, day 2, closed="left")`},
		{"(is_between date date#1 (+ a b) none)", `date.is_between(day 1, a + b, closed="none")`},
		{"(is_in date (list a b))", "date.is_in(a.list(b))"},
		{"(len)", "len()"},
		{"(python~function a b)", "a.python function(b)"},
		{"(over (sum a) b c)", "a.sum().over(b, c)"},
		{"(over (sum a) b (order c))", "a.sum().over(b)"},
		{"(when (gt a b) date null)", "when(a > b).then(date).otherwise(null)"},
		{"(is_null (when a b c))", "when(a).then(b).otherwise(c).is_null()"},
	}
	for _, tt := range tests {
		e, err := oracle.ParseExpr(tt.in, scope)
		if err != nil {
			t.Fatal(err)
		}
		if got := expr.String(e, literalText); got != tt.want {
			t.Errorf("%s is printed as %s, want %s", tt.in, got, tt.want)
		}
	}
}

// TestStringIsCut: long texts end in "…", after whole runes, and cost no more
// than their beginning.
func TestStringIsCut(t *testing.T) {
	long := "(is_in date " + strings.Repeat("date#5 ", 1000) + ")"
	umlauts := "(f " + strings.Repeat("ü", 500) + ")"
	odd := "(f x" + strings.Repeat("ü", 500) + ")"
	for _, in := range []string{long, umlauts, odd} {
		e, err := oracle.ParseExpr(in, scope)
		if err != nil {
			t.Fatal(err)
		}
		got := expr.String(e, literalText)
		if !strings.HasSuffix(got, "…") || !utf8.ValidString(got) || len(got) < 399 || len(got) > 403 {
			t.Errorf("%d bytes, valid %t: %s", len(got), utf8.ValidString(got), got)
		}
	}
	exact, err := oracle.ParseExpr(strings.Repeat("x", 400), scope)
	if err != nil {
		t.Fatal(err)
	}
	if got := expr.String(exact, literalText); got != strings.Repeat("x", 400) {
		t.Errorf("a text of 400 bytes became %s", got)
	}
}

// TestDeep: 200,000 nodes are decoded, searched and printed in linear time, and
// sixty levels of (and x x) are sixty nodes.
func TestDeep(t *testing.T) {
	start := time.Now()
	for _, depth := range []int{200_000, 60} {
		list := []expr.Wire{{K: "col", Name: "date", Type: "date"}}
		for i := range depth {
			args := []int{i, i} // shared
			if depth > 60 {
				args = []int{i, 0}
			}
			list = append(list, expr.Wire{K: "bin", Op: "and", Args: args})
		}
		nodes, err := expr.Decode(list)
		if err != nil {
			t.Fatal(err)
		}
		root := nodes[len(nodes)-1]
		if s := expr.String(root, literalText); !strings.HasSuffix(s, "…") {
			t.Errorf("%d levels are printed as %s", depth, s)
		}
		if !expr.Mentions(root, "date") || expr.Mentions(root, "day") {
			t.Errorf("the column is lost in %d levels", depth)
		}
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestTypes(t *testing.T) {
	tests := []struct {
		name, want string
		ticks      int64
	}{
		{"date", "date", 1},
		{"boolean", "boolean", 0},
		{"datetime[ms]", "datetime[ms]", 86_400_000},
		{"datetime[us]", "datetime[us]", 86_400_000_000},
		{"datetime[ns]", "datetime[ns]", 86_400_000_000_000},
		{"datetime[us, Europe/Berlin]", "datetime[us, Europe/Berlin]", 86_400_000_000},
		{"datetime[ps]", "other", 0},
		{"datetime[us", "other", 0},
		{"datetime", "other", 0},
		{"int64", "int64", 0},
		{"uint8", "uint8", 0},
		{"duration[ms]", "duration[ms]", 86_400_000},
		{"duration[h]", "other", 0},
		{"float64", "float64", 0},
		{"", "other", 0},
	}
	for _, tt := range tests {
		typ := expr.ParseType(tt.name)
		if got := typ.String(); got != tt.want {
			t.Errorf("%q is read as %s, want %s", tt.name, got, tt.want)
		}
		ticks, ok := typ.TicksPerDay()
		if ticks != tt.ticks || ok != (tt.ticks > 0) {
			t.Errorf("a day of %q has %d ticks (%t), want %d", tt.name, ticks, ok, tt.ticks)
		}
		if again := expr.ParseType(typ.String()); again != typ {
			t.Errorf("%q does not survive being printed", tt.name)
		}
	}
}

// TestStringDeep: a chain of 200,000 terms is written from the inside, which is too
// deep; the end of the text tells what is there.
func TestStringDeep(t *testing.T) {
	var n expr.Node = &expr.Column{Name: "a"}
	for i := range 200_000 {
		n = &expr.Binary{Op: expr.And, Symbol: "&", Left: n, Right: &expr.Column{Name: fmt.Sprint("c", i)}}
	}
	if got := expr.String(n, literalText); !strings.HasPrefix(got, "… & … & c190001 & c190002 & ") || len(got) > 500 {
		t.Errorf("got %s", got)
	}
}
