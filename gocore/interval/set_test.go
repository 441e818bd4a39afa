package interval_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

var (
	allInts = interval.Int64(math.MinInt64, math.MaxInt64, nil)
	digits  = interval.Int64(0, 9, nil)
	floats  = interval.Float64()
	strs    = interval.String()
	bools   = interval.Bool()
)

type (
	ivInt    = interval.Interval[int64]
	ivFloat  = interval.Interval[float64]
	ivString = interval.Interval[string]
)

func incl[T any](v T) interval.Endpoint[T] { return interval.Incl(v) }
func excl[T any](v T) interval.Endpoint[T] { return interval.Excl(v) }

// check compares a set with its wanted text and checks the package invariant on the way.
func check[T any](t *testing.T, got interval.Set[T], want string) {
	t.Helper()
	if got.String() != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if err := interval.CheckCanonical(got); err != nil {
		t.Error(err)
	}
}

func TestOfInts(t *testing.T) {
	tests := []struct {
		name string
		in   []ivInt
		want string
	}{
		{"none", nil, "{}"},
		{"unbounded", []ivInt{{}}, "(-∞, ∞)"},
		{"exclusive ends become inclusive", []ivInt{{Lo: excl[int64](2), Hi: excl[int64](8)}}, "[3, 7]"},
		{"point", []ivInt{{Lo: incl[int64](5), Hi: incl[int64](5)}}, "[5, 5]"},
		{"point between exclusive ends", []ivInt{{Lo: excl[int64](4), Hi: excl[int64](6)}}, "[5, 5]"},
		{"nothing between neighbours", []ivInt{{Lo: excl[int64](4), Hi: excl[int64](5)}}, "{}"},
		{"half-open at one value", []ivInt{{Lo: incl[int64](4), Hi: excl[int64](4)}}, "{}"},
		{"crossed", []ivInt{{Lo: incl[int64](7), Hi: incl[int64](3)}}, "{}"},
		{
			"neighbours merge",
			[]ivInt{{Lo: incl[int64](1), Hi: incl[int64](2)}, {Lo: incl[int64](3), Hi: incl[int64](4)}},
			"[1, 4]",
		},
		{
			"a missing value parts",
			[]ivInt{{Lo: incl[int64](1), Hi: incl[int64](2)}, {Lo: incl[int64](4), Hi: incl[int64](5)}},
			"[1, 2] ∪ [4, 5]",
		},
		{
			"any order, nested, empty ones between",
			[]ivInt{
				{Lo: incl[int64](9)},
				{Lo: incl[int64](5), Hi: incl[int64](4)},
				{Lo: incl[int64](1), Hi: incl[int64](7)},
				{Lo: incl[int64](2), Hi: incl[int64](3)},
			},
			"[1, 7] ∪ [9, ∞)",
		},
		{
			"same lower end, longer first",
			[]ivInt{{Lo: incl[int64](1), Hi: incl[int64](7)}, {Lo: incl[int64](1), Hi: incl[int64](3)}},
			"[1, 7]",
		},
		{
			"half-lines meet",
			[]ivInt{{Lo: incl[int64](5)}, {Hi: excl[int64](5)}},
			"(-∞, ∞)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { check(t, interval.Of(allInts, tt.in...), tt.want) })
	}
}

func TestOfFloats(t *testing.T) {
	tests := []struct {
		name string
		in   []ivFloat
		want string
	}{
		{"open stays open", []ivFloat{{Lo: excl(2.0), Hi: excl(8.0)}}, "(2, 8)"},
		{"open at one value", []ivFloat{{Lo: excl(2.0), Hi: excl(2.0)}}, "{}"},
		{"half-open at one value", []ivFloat{{Lo: excl(2.0), Hi: incl(2.0)}}, "{}"},
		{"touching", []ivFloat{{Lo: incl(1.0), Hi: excl(2.0)}, {Lo: incl(2.0), Hi: incl(3.0)}}, "[1, 3]"},
		{"a hole of one value", []ivFloat{{Hi: excl(2.0)}, {Lo: excl(2.0)}}, "(-∞, 2) ∪ (2, ∞)"},
		{"the hole is filled", []ivFloat{{Hi: excl(2.0)}, {Lo: excl(2.0)}, {Lo: incl(2.0), Hi: incl(2.0)}}, "(-∞, ∞)"},
		{"the more inclusive end wins", []ivFloat{{Lo: excl(1.0), Hi: excl(2.0)}, {Lo: incl(1.0), Hi: incl(2.0)}}, "[1, 2]"},
		{"both zeros are one value", []ivFloat{{Lo: incl(0.0), Hi: incl(math.Copysign(0, -1))}}, "[0, 0]"},
		{"tenths print as written", []ivFloat{{Lo: excl(0.1), Hi: incl(1e300)}}, "(0.1, 1e+300]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { check(t, interval.Of(floats, tt.in...), tt.want) })
	}
}

func TestHalfLines(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name string
		got  fmt.Stringer
		want string
	}{
		{"int >=", interval.AtLeast(allInts, 3), "[3, ∞)"},
		{"int >", interval.Above(allInts, 3), "[4, ∞)"},
		{"int <=", interval.AtMost(allInts, 3), "(-∞, 3]"},
		{"int <", interval.Below(allInts, 3), "(-∞, 2]"},

		{"<= greatest int is full", interval.AtMost[int64](allInts, math.MaxInt64), "(-∞, ∞)"},
		{"< greatest int", interval.Below[int64](allInts, math.MaxInt64), "(-∞, 9223372036854775806]"},
		{"> greatest int is empty", interval.Above[int64](allInts, math.MaxInt64), "{}"},
		{">= greatest int", interval.AtLeast[int64](allInts, math.MaxInt64), "[9223372036854775807, ∞)"},
		{"= greatest int", interval.Point[int64](allInts, math.MaxInt64), "[9223372036854775807, ∞)"},
		{"> greatest int but one", interval.Above[int64](allInts, math.MaxInt64-1), "[9223372036854775807, ∞)"},
		{">= least int is full", interval.AtLeast[int64](allInts, math.MinInt64), "(-∞, ∞)"},
		{"> least int", interval.Above[int64](allInts, math.MinInt64), "[-9223372036854775807, ∞)"},
		{"< least int is empty", interval.Below[int64](allInts, math.MinInt64), "{}"},
		{"<= least int", interval.AtMost[int64](allInts, math.MinInt64), "(-∞, -9223372036854775808]"},
		{"= least int", interval.Point[int64](allInts, math.MinInt64), "(-∞, -9223372036854775808]"},

		{"beyond the domain above, >=", interval.AtLeast(digits, 10), "{}"},
		{"beyond the domain above, <", interval.Below(digits, 10), "(-∞, ∞)"},
		{"beyond the domain above, <=", interval.AtMost(digits, 11), "(-∞, ∞)"},
		{"beyond the domain above, =", interval.Point(digits, 10), "{}"},
		{"beyond the domain below, >", interval.Above(digits, -1), "(-∞, ∞)"},
		{"beyond the domain below, <=", interval.AtMost(digits, -1), "{}"},
		{"beyond the domain below, =", interval.Point(digits, -1), "{}"},

		{"float > is open", interval.Above(floats, 0.5), "(0.5, ∞)"},
		{"float > inf is NaN", interval.Above(floats, inf), "[NaN, ∞)"},
		{"float >= NaN is NaN", interval.AtLeast(floats, nan), "[NaN, ∞)"},
		{"float > NaN is empty", interval.Above(floats, nan), "{}"},
		{"float <= NaN is full", interval.AtMost(floats, nan), "(-∞, ∞)"},
		{"float < NaN is up to inf", interval.Below(floats, nan), "(-∞, inf]"},
		{"float < inf is open", interval.Below(floats, inf), "(-∞, inf)"},
		{"float >= -inf is full", interval.AtLeast(floats, -inf), "(-∞, ∞)"},
		{"float > -inf", interval.Above(floats, -inf), "(-inf, ∞)"},
		{"float < -inf is empty", interval.Below(floats, -inf), "{}"},
		{"float <= -inf", interval.AtMost(floats, -inf), "(-∞, -inf]"},

		{"string >= least is full", interval.AtLeast(strs, ""), "(-∞, ∞)"},
		{"string > least", interval.Above(strs, ""), `("", ∞)`},
		{"string < least is empty", interval.Below(strs, ""), "{}"},
		{"string = least", interval.Point(strs, ""), `(-∞, ""]`},
		{"string quotes", interval.AtMost(strs, "a\n"), `(-∞, "a\n"]`},

		{"bool = false", interval.Point(bools, false), "(-∞, false]"},
		{"bool = true", interval.Point(bools, true), "[true, ∞)"},
		{"bool > false", interval.Above(bools, false), "[true, ∞)"},
		{"bool > true", interval.Above(bools, true), "{}"},
		{"bool < true", interval.Below(bools, true), "(-∞, false]"},
		{"bool <= true", interval.AtMost(bools, true), "(-∞, ∞)"},

		{"decimal >", interval.Above(interval.Decimal(2), interval.Int128FromInt64(-1)), "[0.00, ∞)"},
		{"decimal <=", interval.AtMost(interval.Decimal(2), interval.Int128FromInt64(1999)), "(-∞, 19.99]"},
		{"decimal <= greatest is full", interval.AtMost(interval.Decimal(2), interval.MaxInt128()), "(-∞, ∞)"},
		{"decimal > greatest", interval.Above(interval.Decimal(2), interval.MaxInt128()), "{}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.got.String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestOperations(t *testing.T) {
	nan := math.NaN()
	a := interval.Of(allInts, ivInt{Lo: incl[int64](1), Hi: incl[int64](5)}, ivInt{Lo: incl[int64](9)})
	b := interval.Of(allInts, ivInt{Lo: incl[int64](4), Hi: incl[int64](9)})
	t.Run("union", func(t *testing.T) { check(t, a.Union(b), "[1, ∞)") })
	t.Run("intersect", func(t *testing.T) { check(t, a.Intersect(b), "[4, 5] ∪ [9, 9]") })
	t.Run("complement", func(t *testing.T) { check(t, a.Complement(), "(-∞, 0] ∪ [6, 8]") })
	t.Run("operands unchanged", func(t *testing.T) {
		check(t, a, "[1, 5] ∪ [9, ∞)")
		check(t, b, "[4, 9]")
	})
	t.Run("full and empty", func(t *testing.T) {
		check(t, interval.Full(allInts).Complement(), "{}")
		check(t, interval.Empty(allInts).Complement(), "(-∞, ∞)")
		check(t, a.Union(interval.Empty(allInts)), a.String())
		check(t, interval.Empty(allInts).Union(a), a.String())
		check(t, a.Intersect(interval.Full(allInts)), a.String())
		check(t, a.Intersect(interval.Empty(allInts)), "{}")
	})
	t.Run("both booleans are full", func(t *testing.T) {
		check(t, interval.Point(bools, true).Union(interval.Point(bools, false)), "(-∞, ∞)")
		check(t, interval.Point(bools, true).Complement(), "(-∞, false]")
	})
	t.Run("all but the extremes", func(t *testing.T) {
		ends := interval.Point[int64](allInts, math.MinInt64).Union(interval.Point[int64](allInts, math.MaxInt64))
		check(t, ends, "(-∞, -9223372036854775808] ∪ [9223372036854775807, ∞)")
		check(t, ends.Complement(), "[-9223372036854775807, 9223372036854775806]")
	})
	t.Run("not equal in a continuous domain", func(t *testing.T) {
		ne := interval.Point(floats, 2).Complement()
		check(t, ne, "(-∞, 2) ∪ (2, ∞)")
		check(t, ne.Complement(), "[2, 2]")
		check(t, ne.Intersect(interval.AtMost(floats, 2)), "(-∞, 2)")
	})
	t.Run("inf and NaN are neighbours", func(t *testing.T) {
		check(t, interval.AtMost(floats, math.Inf(1)).Union(interval.Point(floats, nan)), "(-∞, ∞)")
		check(t, interval.AtMost(floats, math.Inf(1)).Complement(), "[NaN, ∞)")
		check(t, interval.Point(floats, nan).Complement(), "(-∞, inf]")
		check(t, interval.Below(floats, math.Inf(1)).Complement(), "[inf, ∞)")
	})
	t.Run("all but the least string", func(t *testing.T) {
		check(t, interval.Point(strs, "").Complement(), `("", ∞)`)
		check(t, interval.Above(strs, "").Complement(), `(-∞, ""]`)
	})
}

func TestPredicates(t *testing.T) {
	tests := []struct {
		name                   string
		set                    interval.Set[int64]
		empty, full, low, high bool
		hull                   string
	}{
		{"empty", interval.Empty(allInts), true, false, true, true, "none"},
		{"full", interval.Full(allInts), false, true, false, false, "{{0 0} {0 0}}"},
		{"lower half-line", interval.AtMost(allInts, 3), false, false, false, true, "{{0 0} {1 3}}"},
		{"upper half-line", interval.AtLeast(allInts, 3), false, false, true, false, "{{1 3} {0 0}}"},
		{"hole", interval.Point(allInts, 3).Complement(), false, false, false, false, "{{0 0} {0 0}}"},
		{
			"two points", interval.Point(allInts, 3).Union(interval.Point(allInts, 8)),
			false, false, true, true, "{{1 3} {1 8}}",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.set.IsEmpty(); got != tt.empty {
				t.Errorf("IsEmpty() = %t", got)
			}
			if got := tt.set.IsFull(); got != tt.full {
				t.Errorf("IsFull() = %t", got)
			}
			if got := tt.set.BoundedBelow(); got != tt.low {
				t.Errorf("BoundedBelow() = %t", got)
			}
			if got := tt.set.BoundedAbove(); got != tt.high {
				t.Errorf("BoundedAbove() = %t", got)
			}
			hull := "none"
			if iv, ok := tt.set.Hull(); ok {
				hull = fmt.Sprint(iv)
			}
			if hull != tt.hull {
				t.Errorf("Hull() = %s, want %s", hull, tt.hull)
			}
		})
	}
}

func TestDomainIsKept(t *testing.T) {
	s := interval.Point(digits, 3).Complement().Union(interval.Empty(digits)).Intersect(interval.Full(digits))
	if s.Domain() == nil || s.Domain().Format(3) != "3" {
		t.Errorf("Domain() = %v", s.Domain())
	}
}

func TestIntervalsIsACopy(t *testing.T) {
	s := interval.Of(strs, ivString{Lo: incl("a"), Hi: excl("b")})
	s.Intervals()[0].Lo = incl("z")
	check(t, s, `["a", "b")`)
}

func TestUnionDoesNotShareMemory(t *testing.T) {
	// Both unions begin with the intervals of base; the second one must not write into the first.
	base := interval.Of(digits, ivInt{Lo: incl[int64](1), Hi: incl[int64](1)})
	first := base.Union(interval.Point(digits, 3)).Union(interval.Point(digits, 5))
	second := base.Union(interval.Point(digits, 2)).Union(interval.Point(digits, 7))
	check(t, first, "[1, 1] ∪ [3, 3] ∪ [5, 5]")
	check(t, second, "[1, 2] ∪ [7, 7]")
	check(t, base, "[1, 1]")
}
