package coverage

import (
	"fmt"
	"math"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

var wide = interval.Int64(math.MinInt64, math.MaxInt64, nil)

// slice is the i-th of n half-open ranges that cover the integers, and the first of
// which has null.
func slice(i, n int) Space {
	iv := interval.Interval[int64]{}
	if i > 0 {
		iv.Lo = interval.Incl(int64(10 * i))
	}
	if i < n-1 {
		iv.Hi = interval.Excl(int64(10 * (i + 1)))
	}
	return Of(bounds.Region[int64]{Values: interval.Of(wide, iv), Null: i == 0})
}

// scattered is the i-th of n sets that deal integers out in turn, so many to each, and the first
// of which has all that is left.
func scattered(i, n, each int) Space {
	points := make([]interval.Interval[int64], each)
	for j := range points {
		v := interval.Incl(int64(n*j + i))
		points[j] = interval.Interval[int64]{Lo: v, Hi: v}
	}
	s := interval.Of(wide, points...)
	if i == 0 {
		s = s.Union(interval.Below(wide, 0)).Union(interval.AtLeast(wide, int64(n*each)))
	}
	return Of(bounds.Region[int64]{Values: s, Null: i == 0})
}

// product is every combination of one space of each column. The spaces are not shared.
func product(columns ...func(i int) Space) func(sizes ...int) []Box {
	return func(sizes ...int) []Box {
		boxes := []Box{{Exact: true}}
		for c, n := range sizes {
			var longer []Box
			for _, b := range boxes {
				for i := range n {
					spaces := append(b.Spaces[:c:c], columns[c](i))
					longer = append(longer, Box{Spaces: spaces, Exact: true})
				}
			}
			boxes = longer
		}
		return boxes
	}
}

func slicesOf(n int) func(int) Space { return func(i int) Space { return slice(i, n) } }

func lists() map[string][]Box {
	return map[string][]Box{
		"column of 100000": product(slicesOf(100_000))(100_000),
		"product 300x300":  product(slicesOf(300), slicesOf(300))(300, 300),
		"product 30x30x30": product(slicesOf(30), slicesOf(30), slicesOf(30))(30, 30, 30),
		"scattered 300x30": product(func(i int) Space { return scattered(i, 300, 100) }, slicesOf(30))(300, 30),
		"scattered 3":      product(func(i int) Space { return scattered(i, 3, 100_000) })(3),
		"cut up 1000":      cutRanges(oracle.Random(1), 3, 1000),
	}
}

var titles = []string{"a", "b", "c"}

func BenchmarkExamine(b *testing.B) {
	for name, boxes := range lists() {
		within := []Space{{}, {}, {}}
		if name == "cut up 1000" {
			within = ranges(whole(3))
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if f := Examine(titles, within[:len(boxes[0].Spaces)], boxes); f.Overlap.Answer != None || f.Gap.Answer != None {
					b.Fatal(fmt.Sprint(f))
				}
			}
			b.ReportMetric(float64(len(boxes)), "boxes")
		})
	}
}

// BenchmarkFromConjunction makes boxes of (date >= …) & (date < …) & id.is_in([…]).
func BenchmarkFromConjunction(b *testing.B) {
	n, err := oracle.ParseExpr("(and (ge date 2024-01-01) (lt date 2024-02-01) (is_in id [1i64 2i64 5i64]))", scope)
	if err != nil {
		b.Fatal(err)
	}
	read := reader(b)
	for b.Loop() {
		if box := FromConjunction(4, Conditions(n), read); !box.Exact {
			b.Fatal("not exact")
		}
	}
}
