package coverage

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// The columns of the tests are a, b, …, of the integers from 0 to 9 and null.
var digits = interval.Int64(0, 9, nil)

// space reads "1..5,8..,null" over the digits; "none" is empty.
func space(t testing.TB, text string) Space {
	t.Helper()
	r := bounds.Region[int64]{Values: interval.Empty(digits)}
	for _, piece := range strings.Split(text, ",") {
		lo, hi, ranged := strings.Cut(piece, "..")
		switch {
		case piece == "none":
		case piece == "null":
			r.Null = true
		case ranged:
			r.Values = r.Values.Union(interval.Of(digits, interval.Interval[int64]{Lo: end(t, lo), Hi: end(t, hi)}))
		default:
			r.Values = r.Values.Union(interval.Point(digits, end(t, piece).Value))
		}
	}
	return Of(r)
}

func end(t testing.TB, digit string) interval.Endpoint[int64] {
	t.Helper()
	if digit == "" {
		return interval.Endpoint[int64]{}
	}
	v, err := strconv.ParseInt(digit, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return interval.Incl(v)
}

// box reads "a=1..5 b=null"; a "?" makes it inexact.
func box(t testing.TB, text string) Box {
	t.Helper()
	b := Box{Exact: true}
	for _, word := range strings.Fields(text) {
		if word == "?" {
			b.Exact = false
			continue
		}
		name, where, _ := strings.Cut(word, "=")
		column := int(name[0] - 'a')
		for len(b.Spaces) <= column {
			b.Spaces = append(b.Spaces, Space{})
		}
		b.Spaces[column] = space(t, where)
	}
	return b
}

func TestExamine(t *testing.T) {
	const notUnderstood = ": the predicate of partition 1 is not understood as conditions on single columns"
	tests := []struct {
		name, within, boxes string // boxes are separated by semicolons
		overlap, gap        string
	}{
		{"ranges that touch", "a=0..9", "a=0..4; a=5..9", "none", "none"},
		{
			"ranges that overlap", "a=0..9", "a=0..4; a=7..9; a=3..7",
			"found: partitions 0 and 2 share a in [3, 4]", "none",
		},
		{
			"ranges that leave a gap", "a=0..9", "a=0..2; a=6..7",
			"none", "found: no partition has a in [3, 5] ∪ [8, ∞)",
		},
		{"null in none", "", "a=0..4; a=5..9", "none", "found: no partition has a = null"},
		{"null in one", "", "a=0..4,null; a=5..9", "none", "none"},
		{"null in two", "", "a=0..4,null; a=5..9,null", "found: partitions 0 and 1 share a = null", "none"},
		{"null and values in none", "", "a=0..4", "none", "found: no partition has a in [5, ∞) or null"},
		{"a point in none", "a=0..9", "a=..3; a=5..", "none", "found: no partition has a = 4"},
		{"many pieces in none", "a=..", "a=1; a=3; a=5; a=7", "none", "found: no partition has a in {0} ∪ {2} ∪ {4} ∪ …"},
		{"outside of the query", "a=3..5", "a=3..4; a=5..7; a=7..9", "none", "none"},
		{"the query has no rows", "a=none", "a=1; a=1", "none", "none"},
		{"the query has no rows on a column without conditions", "b=none", "a=1; a=1", "none", "none"},
		{"no partition", "a=..", "", "none", "found: no partition has any row"},
		{"one partition without a condition", "", " ", "none", "none"},
		{"two partitions without a condition", "", " ; ", "found: partitions 0 and 1 share every row", "none"},
		{"empty partitions", "a=..", "a=none; a=..; a=none b=3", "none", "none"},
		{"only empty partitions", "a=..", "a=none; a=none", "none", "found: no partition has any row"},
		{"members", "a=..", "a=0,2,4,6,8; a=1,3,5,7,9", "none", "none"},
		{
			"members that overlap", "a=..", "a=0,2,4,6,8; a=1,3,5,6,7,9",
			"found: partitions 0 and 1 share a = 6", "none",
		},
		{
			"the earliest two of three", "a=..", "a=..; a=8; a=8",
			"found: partitions 0 and 1 share a = 8", "none",
		},
		{"product", "a=.. b=..", "a=..4 b=..2; a=..4 b=3..; a=5.. b=..2; a=5.. b=3..", "none", "none"},
		{
			"product without a corner", "a=.. b=..", "a=..4 b=..2; a=..4 b=3..; a=5.. b=3..",
			"none", "found: no partition has a in [5, ∞) and b in (-∞, 2]",
		},
		{
			"product with a corner too much", "a=.. b=..", "a=..4 b=..2; a=..4 b=3..; a=5.. b=..2; a=3.. b=3..",
			"found: partitions 1 and 3 share a in [3, 4] and b in [3, ∞)", "none",
		},
		{
			"a column on which both have all", "a=.. b=..", "a=1..2; a=2; a=3 b=3",
			"found: partitions 0 and 1 share a = 2", "found: no partition has a in {0} ∪ [4, ∞)",
		},
		{"a product cut unevenly", "a=.. b=..", "a=..4; a=5.. b=..2; a=5.. b=3..", "none", "none"},
		{
			"boxes around a hole", "a=..8 b=..8",
			"a=..5 b=..2; a=6.. b=..5; a=3.. b=6..; a=..2 b=3..",
			"none", "found: no partition has a in [3, 5] and b in [3, 5]",
		},
		{
			"a condition on another column each", "", "a=1; b=2",
			"found: partitions 0 and 1 share a = 1 and b = 2",
			"found: no partition has a in {0} ∪ [2, ∞) or null and b in (-∞, 1] ∪ [3, ∞) or null",
		},
		{"inexact but disjoint, with a gap", "a=..", "a=..4; a=6.. ?", "none", "found: no partition has a = 5"},
		{
			"inexact and disjoint", "a=..", "a=..4; a=5.. ?",
			"none", "unknown: partition 1 may lack a in [5, ∞)" + notUnderstood,
		},
		{
			"inexact and not disjoint", "a=..", "a=..; a=5..6 ?",
			"unknown: partitions 0 and 1 may share a in [5, 6]" + notUnderstood, "none",
		},
		{
			"inexact, and others that overlap", "a=..", "a=..; ?; a=3",
			"found: partitions 0 and 2 share a = 3", "none",
		},
		{
			"not understood at all", "", "a=3; ?",
			"unknown: partitions 0 and 1 may share a = 3" + notUnderstood,
			"unknown: partition 1 may lack a in (-∞, 2] ∪ [4, ∞) or null" + notUnderstood,
		},
		{
			"none understood", "", "a=none ?; ?",
			"none", "unknown: partition 1 may lack some rows" + notUnderstood,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var boxes []Box
			for _, text := range strings.Split(test.boxes, ";") {
				if test.boxes != "" {
					boxes = append(boxes, box(t, text))
				}
			}
			f := Examine([]string{"a", "b"}, box(t, test.within).Spaces, boxes)
			if got := f.Overlap.String(); got != test.overlap {
				t.Errorf("overlap is %q, want %q", got, test.overlap)
			}
			if got := f.Gap.String(); got != test.gap {
				t.Errorf("gap is %q, want %q", got, test.gap)
			}
		})
	}
}

// between is the space from lo up to, not including, hi.
func between[T any](d interval.Domain[T], lo, hi T) Space {
	return of(d, interval.Interval[T]{Lo: interval.Incl(lo), Hi: interval.Excl(hi)})
}

func of[T any](d interval.Domain[T], intervals ...interval.Interval[T]) Space {
	return Of(bounds.Region[T]{Values: interval.Of(d, intervals...)})
}

func set[T any](s interval.Set[T]) Space { return Of(bounds.Region[T]{Values: s}) }

func single(s interval.Set[float64]) Space { return OfFloat32(bounds.Region[float64]{Values: s}) }

func TestExamineOfEachType(t *testing.T) {
	var (
		axis, _ = bounds.NewTemporal(expr.Type{Kind: expr.Date})
		dates   = axis.Domain()
		floats  = interval.Float64()
		texts   = interval.String()
		flags   = interval.Bool()
		money   = interval.Decimal(2)
		cents   = func(v int64) interval.Int128 { return interval.Int128FromInt64(v) }
		nan     = math.NaN()
		next    = math.Nextafter(1, 2)
		next32  = float64(math.Nextafter32(1, 2))
	)
	tests := []struct {
		name         string
		within       Space
		spaces       []Space
		overlap, gap string
	}{
		{
			"dates", between(dates, 19723, 19754),
			[]Space{between(dates, 19723, 19731), between(dates, 19733, 19760)},
			"none", "found: no partition has x in [2024-01-09, 2024-01-10]",
		},
		{
			"floats to the end", set(interval.Full(floats)),
			[]Space{set(interval.Below(floats, 0)), set(interval.AtLeast(floats, 0))},
			"none", "none",
		},
		{
			"zeros",
			Space{},
			[]Space{set(interval.AtMost(floats, math.Copysign(0, -1))), set(interval.AtLeast(floats, 0))},
			"found: partitions 0 and 1 share x = 0", "found: no partition has x = null",
		},
		{
			"NaN in none", set(interval.Full(floats)),
			[]Space{set(interval.Below(floats, nan))},
			"none", "found: no partition has x = NaN",
		},
		{
			"NaN in two", set(interval.Full(floats)),
			[]Space{set(interval.Full(floats)), set(interval.Point(floats, nan))},
			"found: partitions 0 and 1 share x = NaN", "none",
		},
		{
			"floats without one between", set(interval.Full(floats)),
			[]Space{set(interval.AtMost(floats, 1)), set(interval.AtLeast(floats, next))},
			"none", "none",
		},
		{
			"floats with one between", set(interval.Full(floats)),
			[]Space{set(interval.Below(floats, 1)), set(interval.AtLeast(floats, next))},
			"none", "found: no partition has x in [1, 1.0000000000000002)",
		},
		{
			"an overlap without a float in it", set(interval.Full(floats)),
			[]Space{set(interval.Below(floats, next)), set(interval.Above(floats, 1))},
			"none", "none",
		},
		{
			"narrow floats without one between", single(interval.Full(floats)),
			[]Space{single(interval.AtMost(floats, 1)), single(interval.AtLeast(floats, next32))},
			"none", "none",
		},
		{
			"a value that no narrow float has", single(interval.Full(floats)),
			[]Space{single(interval.AtMost(floats, 0.1)), single(interval.AtLeast(floats, 0.1))},
			"none", "none",
		},
		{
			"ranges of strings", set(interval.Full(texts)),
			[]Space{set(interval.Below(texts, "g")), between(texts, "g", "m"), set(interval.AtLeast(texts, "n"))},
			"none", `found: no partition has x in ["m", "n")`,
		},
		{
			"points of strings", set(interval.Point(texts, "b").Union(interval.Point(texts, "c}"))),
			[]Space{set(interval.Point(texts, "a").Union(interval.Point(texts, "b")))},
			"none", `found: no partition has x = "c}"`,
		},
		{
			"points of strings in any", set(interval.Full(texts)),
			[]Space{set(interval.Point(texts, "")), set(interval.Point(texts, "a"))},
			"none", `found: no partition has x in ("", "a") ∪ ("a", ∞)`,
		},
		{
			"the least string", set(interval.Full(texts)),
			[]Space{set(interval.Above(texts, ""))},
			"none", `found: no partition has x = ""`,
		},
		{
			"strings without one between", set(interval.Full(texts)),
			[]Space{set(interval.AtMost(texts, "a")), set(interval.AtLeast(texts, "a\x00"))},
			"none", "none",
		},
		{
			"booleans", set(interval.Full(flags)),
			[]Space{set(interval.Point(flags, false))},
			"none", "found: no partition has x = true",
		},
		{
			"decimals", of(money, interval.Interval[interval.Int128]{Lo: interval.Incl(cents(0)), Hi: interval.Incl(cents(999))}),
			[]Space{between(money, cents(0), cents(150)), between(money, cents(151), cents(1000))},
			"none", "found: no partition has x = 1.50",
		},
		{
			"two types",
			Space{},
			[]Space{set(interval.Full(flags)), set(interval.Full(texts))},
			"unknown: the conditions on x are of different types", "unknown: the conditions on x are of different types",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var boxes []Box
			for _, s := range test.spaces {
				boxes = append(boxes, Box{Spaces: []Space{s}, Exact: true})
			}
			f := Examine([]string{"x"}, []Space{test.within}, boxes)
			if got := f.Overlap.String(); got != test.overlap {
				t.Errorf("overlap is %q, want %q", got, test.overlap)
			}
			if got := f.Gap.String(); got != test.gap {
				t.Errorf("gap is %q, want %q", got, test.gap)
			}
		})
	}
}
