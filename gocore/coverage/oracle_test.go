package coverage

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

var cases = flag.Int("cases", 20_000, "random lists of partitions")

// The oracle looks at every point of up to three columns, which hold 0 to 4 and null.
const (
	top       = 4
	nullPoint = top + 1
	everyone  = 1<<(top+2) - 1
)

var small = interval.Int64(0, top, nil)

// mask is the points of one column that a space has, a bit for each.
type mask uint8

func (m mask) has(point int) bool { return m>>point&1 == 1 }

func (m mask) space() Space {
	r := bounds.Region[int64]{Values: interval.Empty(small), Null: m.has(nullPoint)}
	for v := range nullPoint {
		if m.has(v) {
			r.Values = r.Values.Union(interval.Point(small, int64(v)))
		}
	}
	return Of(r)
}

// list is partitions as the oracle sees them.
type list struct {
	within []mask
	boxes  [][]mask
	exact  []bool
	unsaid int // conditions on everything are left out where this many bits say so
}

func (l list) columns() []string { return []string{"a", "b", "c"}[:len(l.within)] }

func (l list) spaces(masks []mask) []Space {
	out := make([]Space, len(masks))
	for i, m := range masks {
		if m != everyone || l.unsaid>>i&1 == 0 {
			out[i] = m.space()
		}
	}
	return out
}

func (l list) String() string {
	return fmt.Sprintf("within %06b: boxes %06b, exact %v, unsaid %03b", l.within, l.boxes, l.exact, l.unsaid)
}

// randomList draws boxes one by one, or cuts all points into some and then spoils a few.
func randomList(c *oracle.Choice) list {
	columns := 1 + c.Below(3)
	l := list{within: make([]mask, columns), unsaid: c.Below(8)}
	for i := range l.within {
		l.within[i] = everyone
		if c.OneIn(3) {
			l.within[i] = mask(c.Below(everyone + 1))
		}
	}
	draw := func() []mask {
		b := make([]mask, columns)
		for i := range b {
			b[i] = everyone
			if !c.OneIn(3) {
				b[i] = mask(c.Below(everyone + 1))
			}
		}
		return b
	}
	if c.OneIn(4) {
		for range c.Below(6) {
			l.boxes = append(l.boxes, draw())
		}
	} else {
		l.boxes = cutUp(c, columns)
		for range c.Below(3) {
			switch i := c.Below(len(l.boxes)); c.Below(4) {
			case 0:
				l.boxes[i][c.Below(columns)] &= mask(c.Below(everyone + 1))
			case 1:
				l.boxes[i][c.Below(columns)] |= 1 << c.Below(top+2)
			case 2:
				l.boxes[i] = draw()
			}
		}
	}
	for range l.boxes {
		l.exact = append(l.exact, !c.OneIn(6))
	}
	return l
}

// cutUp cuts all points into boxes, in a random order.
func cutUp(c *oracle.Choice, columns int) [][]mask {
	boxes := [][]mask{slices.Repeat([]mask{everyone}, columns)}
	for range c.Below(12) {
		i, column := c.Below(len(boxes)), c.Below(columns)
		taken := mask(c.Below(everyone + 1))
		rest := slices.Clone(boxes[i])
		boxes[i][column] &= taken
		rest[column] &^= taken
		boxes = slices.Insert(boxes, c.Below(len(boxes)+1), rest)
	}
	return boxes
}

// points calls visit with every point of a product.
func points(product []mask, visit func(point []int)) {
	point := make([]int, len(product))
	var from func(column int)
	from = func(column int) {
		if column == len(product) {
			visit(point)
			return
		}
		for v := range top + 2 {
			if point[column] = v; product[column].has(v) {
				from(column + 1)
			}
		}
	}
	from(0)
}

func holds(box []mask, point []int) bool {
	for c, v := range point {
		if !box[c].has(v) {
			return false
		}
	}
	return true
}

// truth answers both questions by looking at every point.
func (l list) truth() (overlap, gap Answer) {
	overlap, gap = None, None
	points(l.within, func(p []int) {
		in, exactly := 0, 0
		for i, b := range l.boxes {
			if holds(b, p) {
				in++
				if l.exact[i] {
					exactly++
				}
			}
		}
		overlap = worse(overlap, in > 1, exactly > 1)
		gap = worse(gap, exactly == 0, in == 0)
	})
	return overlap, gap
}

func worse(a Answer, possible, proved bool) Answer {
	switch {
	case proved || a == Found:
		return Found
	case possible:
		return Unknown
	}
	return a
}

// check compares what Examine answers with the truth, and its examples with the points.
func (l list) check() error {
	f := Examine(l.columns(), l.spaces(l.within), l.toBoxes())
	overlap, gap := l.truth()
	if f.Overlap.Answer != overlap || f.Gap.Answer != gap {
		return fmt.Errorf("overlap %s, gap %s; want %s and %s", f.Overlap, f.Gap, overlap, gap)
	}
	if err := l.checkOverlap(f.Overlap); err != nil {
		return fmt.Errorf("overlap %s: %w", f.Overlap, err)
	}
	if err := l.checkGap(f.Gap); err != nil {
		return fmt.Errorf("gap %s: %w", f.Gap, err)
	}
	return nil
}

func (l list) toBoxes() []Box {
	var out []Box
	for i, b := range l.boxes {
		out = append(out, Box{Spaces: l.spaces(b), Exact: l.exact[i]})
	}
	return out
}

// checkOverlap wants the example to be exactly what two partitions share.
func (l list) checkOverlap(v Verdict) error {
	if v.Answer == None {
		return nil
	}
	i, j := v.Partitions[0], v.Partitions[1]
	if i >= j || (v.Answer == Found) != (l.exact[i] && l.exact[j]) {
		return fmt.Errorf("these two cannot prove it")
	}
	example, err := l.example(v.Why)
	if err != nil {
		return err
	}
	n := 0
	points(l.within, func(p []int) {
		if is := holds(l.boxes[i], p) && holds(l.boxes[j], p); is != holds(example, p) {
			err = fmt.Errorf("wrong at %v", p)
		} else if is {
			n++
		}
	})
	if n == 0 {
		return fmt.Errorf("the example is empty")
	}
	return err
}

// checkGap wants the example to be points in no box, or in none but inexact ones.
func (l list) checkGap(v Verdict) error {
	if v.Answer == None {
		return nil
	}
	example, err := l.example(v.Why)
	if err != nil {
		return err
	}
	n, touched := 0, false
	points(l.within, func(p []int) {
		if !holds(example, p) {
			return
		}
		n++
		for i, b := range l.boxes {
			if in := holds(b, p); in && (v.Answer == Found || l.exact[i]) {
				err = fmt.Errorf("partition %d has %v", i, p)
			} else if in && i == v.Partitions[0] {
				touched = true
			}
		}
	})
	if n == 0 || touched == (v.Answer == Found) {
		return fmt.Errorf("%d points, of which the partition has some: %v", n, touched)
	}
	return err
}

// example reads the points that a message speaks of.
func (l list) example(why string) ([]mask, error) {
	out := slices.Clone(l.within)
	why, _, _ = strings.Cut(why, ": ")
	for _, words := range []string{" share ", " has ", " lack "} {
		if _, after, ok := strings.Cut(why, words); ok {
			why = after
		}
	}
	if strings.HasSuffix(why, " row") || strings.HasSuffix(why, " rows") {
		return out, nil
	}
	for _, condition := range strings.Split(why, " and ") {
		m, err := readMask(condition[2:])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", condition, err)
		}
		out[condition[0]-'a'] &= m
	}
	return out, nil
}

func readMask(text string) (mask, error) {
	if text == "= null" {
		return 1 << nullPoint, nil
	}
	m := mask(0)
	text, null := strings.CutSuffix(text, " or null")
	if null {
		m = 1 << nullPoint
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "in "), "= ")
	for _, piece := range strings.Split(text, " ∪ ") {
		lo, hi, ranged := strings.Cut(strings.Trim(piece, "[](){}"), ", ")
		if !ranged {
			hi = lo
		}
		lo, hi = strings.ReplaceAll(lo, "-∞", "0"), strings.ReplaceAll(hi, "∞", strconv.Itoa(top))
		from, err := strconv.Atoi(lo)
		if err != nil {
			return 0, err
		}
		to, err := strconv.Atoi(hi)
		if err != nil {
			return 0, err
		}
		for v := from; v <= to; v++ {
			m |= 1 << v
		}
	}
	return m, nil
}

// checkSpent allows Unknown, and nothing else that is not true, after few steps.
func (l list) checkSpent(steps int64) error {
	f := examine(l.columns(), l.spaces(l.within), l.toBoxes(), steps)
	overlap, gap := l.truth()
	if a := f.Overlap.Answer; a != Unknown && a != overlap {
		return fmt.Errorf("overlap %s after %d steps, want %s", f.Overlap, steps, overlap)
	}
	if a := f.Gap.Answer; a != Unknown && a != gap {
		return fmt.Errorf("gap %s after %d steps, want %s", f.Gap, steps, gap)
	}
	return nil
}

func TestExamineEqualsEveryPoint(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(*cases) {
		c := oracle.Random(seed)
		l := randomList(c)
		if err := l.check(); err != nil {
			t.Fatalf("seed %d: %s: %v", seed, l, err)
		}
		if err := l.checkSpent(int64(c.Below(100))); err != nil {
			t.Fatalf("seed %d: %s: %v", seed, l, err)
		}
		overlap, gap := l.truth()
		seen[fmt.Sprint(overlap, " and ", gap)]++
	}
	// A generator that no longer draws an answer would test nothing of it.
	for _, overlap := range []Answer{Unknown, None, Found} {
		for _, gap := range []Answer{Unknown, None, Found} {
			if key := fmt.Sprint(overlap, " and ", gap); seen[key] < *cases/100 {
				t.Errorf("%d of %d lists have %s", seen[key], *cases, key)
			}
		}
	}
	t.Log(seen)
}

// FuzzExamine lets the bytes choose the partitions; see randomList.
func FuzzExamine(f *testing.F) {
	seeds := []string{
		"",                                 // one column and nothing in it
		"\x00\x00\x00\x03\x05\x00\x15",     // one column, boxes drawn one by one
		"\x02\x07\x00\x00\x00\x00\x0b",     // three columns cut up, conditions on everything left out
		"\x01\x00\x02\x1f\x02\x20\x00\x05", // two columns, of which the query has a part
		"\x00\x00\x02\x00\x00\x04\x00\x00", // the query has no rows
		"\x02\x00\x00\x00\x00\x03\x05\x02\x02\x02\x02\x02\x02", // all boxes without conditions
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := oracle.FromBytes(b)
		l := randomList(c)
		if err := l.check(); err != nil {
			t.Errorf("%s: %v", l, err)
		}
		if err := l.checkSpent(int64(c.Below(100))); err != nil {
			t.Errorf("%s: %v", l, err)
		}
	})
}
