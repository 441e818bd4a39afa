package coverage

import (
	"math"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// reach is one range of integers on each column, from the first up to the second.
type reach [][2]int64

const length = 1 << 16

func whole(columns int) reach {
	r := make(reach, columns)
	for i := range r {
		r[i] = [2]int64{0, length}
	}
	return r
}

func ranges(r reach) []Space {
	spaces := make([]Space, len(r))
	for i, lohi := range r {
		spaces[i] = between(wide, lohi[0], lohi[1])
	}
	return spaces
}

// cutReaches cuts the whole of some columns into n boxes, each time across a random
// column, so that no column alone tells them apart.
func cutReaches(c *oracle.Choice, columns, n int) []reach {
	var out []reach
	var cut func(r reach, n int)
	cut = func(r reach, n int) {
		column := c.Below(columns)
		lo, hi := r[column][0], r[column][1]
		if n == 1 || hi-lo < 2 {
			out = append(out, r)
			return
		}
		at := lo + 1 + int64(c.Below(int(hi-lo-1)))
		left, right := append(reach{}, r...), append(reach{}, r...)
		left[column][1], right[column][0] = at, at
		cut(left, n/2)
		cut(right, n-n/2)
	}
	cut(whole(columns), n)
	return out
}

func cutRanges(c *oracle.Choice, columns, n int) []Box {
	var boxes []Box
	for _, r := range cutReaches(c, columns, n) {
		boxes = append(boxes, Box{Spaces: ranges(r), Exact: true})
	}
	return boxes
}

// meet and volume are the second opinion: all pairs are compared, and boxes of
// which no two meet cover the whole if they are as large.
func (r reach) meet(o reach) bool {
	for i := range r {
		if max(r[i][0], o[i][0]) >= min(r[i][1], o[i][1]) {
			return false
		}
	}
	return true
}

func (r reach) volume() float64 {
	v := 1.0
	for _, lohi := range r {
		v *= float64(lohi[1] - lohi[0]) // exact: a power of two bounds the product
	}
	return v
}

func TestExamineManyBoxesEqualsAllPairs(t *testing.T) {
	answers := map[Answer]int{}
	for seed := range uint64(150) {
		c := oracle.Random(seed)
		columns := 1 + c.Below(3)
		list := cutReaches(c, columns, 2+c.Below(150))
		spoilt, column := list[c.Below(len(list))], c.Below(columns)
		switch c.Below(3) {
		case 0:
			spoilt[column][1] = max(spoilt[column][0]+1, spoilt[column][1]-1)
		case 1:
			spoilt[column][0] = max(0, spoilt[column][0]-1)
		}
		overlap, covered := None, 0.0
		var boxes []Box
		for i, r := range list {
			boxes = append(boxes, Box{Spaces: ranges(r), Exact: true})
			covered += r.volume()
			for _, o := range list[:i] {
				if r.meet(o) {
					overlap = Found
				}
			}
		}
		f := Examine(titles[:columns], ranges(whole(columns)), boxes)
		if f.Overlap.Answer != overlap {
			t.Errorf("seed %d: overlap %s, want %s", seed, f.Overlap, overlap)
		}
		gap := None
		if covered < math.Pow(length, float64(columns)) {
			gap = Found
		}
		if overlap == None && f.Gap.Answer != gap {
			t.Errorf("seed %d: gap %s, want %s", seed, f.Gap, gap)
		}
		answers[overlap]++
		answers[gap]++
	}
	if answers[Found] < 50 || answers[None] < 50 {
		t.Errorf("the lists are too much alike: %v", answers)
	}
}

// clauses are boxes over columns of booleans, with a condition on some of them each:
// whether they cover everything is as hard a question as there is.
func clauses(c *oracle.Choice, columns, n, conditions int) []Box {
	var boxes []Box
	for range n {
		b := Box{Spaces: make([]Space, columns), Exact: true}
		for range conditions {
			b.Spaces[c.Below(columns)] = set(interval.Point(interval.Bool(), c.OneIn(2)))
		}
		boxes = append(boxes, b)
	}
	return boxes
}

func TestExamineGivesUp(t *testing.T) {
	const columns = 60
	names, within := make([]string, columns), make([]Space, columns)
	for i := range names {
		names[i], within[i] = "x", set(interval.Full(interval.Bool()))
	}
	t.Run("gap", func(t *testing.T) {
		f := Examine(names, within, clauses(oracle.Random(1), columns, 2000, 6))
		if want := "unknown: the 2000 partitions are too entangled to compare them all"; f.Gap.String() != want {
			t.Errorf("gap is %q, want %q", f.Gap, want)
		}
		if f.Overlap.Answer != Found {
			t.Errorf("overlap is %q, want one to be found", f.Overlap)
		}
	})
	t.Run("gap beside a box of all", func(t *testing.T) {
		boxes := append(clauses(oracle.Random(1), columns, 2000, 6), Box{Exact: true})
		if f := Examine(names, within, boxes); f.Gap.Answer != None {
			t.Errorf("gap is %q, want none", f.Gap)
		}
	})
	t.Run("overlap", func(t *testing.T) {
		// No column parts many of them, and there are too many pairs.
		boxes := cutRanges(oracle.Random(1), 16, 30_000)
		f := Examine(names[:16], ranges(whole(16)), boxes)
		if want := "partitions are too entangled to compare them all"; f.Overlap.Answer != Unknown ||
			!strings.HasSuffix(f.Overlap.Why, want) {
			t.Errorf("overlap is %q, want unknown: … %s", f.Overlap, want)
		}
	})
}

// Pairs are compared where no column parts them, so that a thousand entangled boxes
// are still told apart.
func TestEntangledBoxesAreComparedInPairs(t *testing.T) {
	boxes := cutRanges(oracle.Random(1), 14, 1000)
	names := make([]string, 14)
	if f := Examine(names, ranges(whole(14)), boxes); f.Overlap.Answer != None {
		t.Errorf("overlap is %q, want none", f.Overlap)
	}
}

// The second column tells boxes apart at once, the first would not.
func TestTheColumnThatPartsMostComesFirst(t *testing.T) {
	var boxes []Box
	for i := range int64(10_000) {
		boxes = append(boxes, Box{Spaces: []Space{between(wide, i, i+5000), between(wide, i, i+1)}, Exact: true})
	}
	f := Examine(titles[:2], nil, boxes)
	if want := "found: no partition has b in (-∞, -1] ∪ [10000, ∞) or null"; f.Gap.String() != want {
		t.Errorf("gap is %q, want %q", f.Gap, want)
	}
	if f.Overlap.Answer != None {
		t.Errorf("overlap is %q, want none", f.Overlap)
	}
}

// Of ranges within each other there is a quadratic number of cells altogether, which
// nothing may list.
func TestNestedRanges(t *testing.T) {
	const n = 100_000
	var boxes []Box
	for i := range int64(n) {
		boxes = append(boxes, Box{Spaces: []Space{between(wide, i, 2*n-i)}, Exact: true})
	}
	f := Examine(titles[:1], nil, boxes)
	if want := "found: partitions 0 and 1 share a in [1, 199998]"; f.Overlap.String() != want {
		t.Errorf("overlap is %q, want %q", f.Overlap, want)
	}
	if want := "found: no partition has a in (-∞, -1] ∪ [200000, ∞) or null"; f.Gap.String() != want {
		t.Errorf("gap is %q, want %q", f.Gap, want)
	}
}

func TestEqualSpacesAreFoundThoughMadeApart(t *testing.T) {
	spaces := func(i int) Space { return Of(bounds.Region[int64]{Values: interval.Point(wide, int64(i))}) }
	r := newRuler(0, Space{}, product(spaces, spaces)(20, 30))
	if len(r.spaces) != 20 || r.cells != 21 {
		t.Errorf("%d spaces and %d cells, want 20 and 21", len(r.spaces), r.cells)
	}
}

func TestScatteredValuesAreFewCells(t *testing.T) {
	r := newRuler(0, Space{}, product(func(i int) Space { return scattered(i, 3, 1000) })(3))
	if r.cells != 3 {
		t.Errorf("%d cells, want one for each of 3 partitions", r.cells)
	}
}
