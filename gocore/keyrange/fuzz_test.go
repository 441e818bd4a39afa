package keyrange_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// FuzzAlgebra compares ranges whose ends are any texts with the membership of keys at, just before and
// just after each end. The texts list ends, two a range, divided by spaces.
func FuzzAlgebra(f *testing.F) {
	f.Add("b d c f", "a e", "b f") // overlaps
	f.Add("b d d f", "c", "")      // that touch, and one without an end
	f.Add("d b  c", "", "x y")     // one that is empty, and one that is open below
	f.Add("a\x02 b a\x01x ", "a a\x02", "a")
	f.Fuzz(func(t *testing.T, first, second, third string) {
		a, b, whole := rangesFrom(first), rangesFrom(second), append(rangesFrom(third), keyrange.Range{})[0]
		if whole.Empty() {
			return
		}
		union, both, less := keyrange.Union(a, b), keyrange.Intersect(a, b), keyrange.Subtract(a, b)
		outside, cover := keyrange.Complement(a), keyrange.Examine(whole, a)
		parts := whole.Split(ends(a)...)
		ours, theirs := keyrange.Footprint{Added: b, Replaced: b}, keyrange.Footprint{Added: a, Replaced: []keyrange.Range{whole}}
		clash := keyrange.Meet(ours, theirs, keyrange.Unique)
		for _, k := range append(ends(slices.Concat(a, b, []keyrange.Range{whole})), "", "\xff\xff") {
			for _, k := range []keyrange.Key{k, k + "\x00", k.After(), k[:max(0, len(k)-1)]} {
				inA, inB, in := count(a, k), count(b, k), whole.Contains(k)
				checks := map[string][2]bool{
					"union":      {count(union, k) == 1, inA+inB > 0},
					"both":       {count(both, k) == 1, inA > 0 && inB > 0},
					"less":       {count(less, k) == 1, inA > 0 && inB == 0},
					"complement": {count(outside, k) == 1, inA == 0},
					"gaps":       {count(cover.Gaps, k) == 1, in && inA == 0},
					"overlaps":   {count(cover.Overlaps, k) == 1, inA > 1},
					"outside":    {count(cover.Outside, k) == 1, !in && inA > 0},
					"split":      {count(parts, k) == 1, in},
					"conflicts":  {count(clash.Conflicts, k) == 1, inB > 0 && (inA > 0 || in)},
					"doubtful":   {count(clash.Doubtful, k) == 1, inA > 0 && inB > 0},
				}
				for name, c := range checks {
					if c[0] != c[1] {
						t.Fatalf("%q and %q in %q: %q is in %s: %t", first, second, third, k, name, c[0])
					}
				}
			}
		}
	})
}

// rangesFrom reads ranges of at most twelve ends.
func rangesFrom(text string) []keyrange.Range {
	words := strings.Split(text, " ")
	words = words[:min(len(words), 12)]
	var out []keyrange.Range
	for i := 0; i < len(words); i += 2 {
		r := keyrange.Range{Lo: keyrange.Key(words[i])}
		if i+1 < len(words) {
			r.Hi = keyrange.Key(words[i+1])
		}
		out = append(out, r)
	}
	return out
}

func ends(ranges []keyrange.Range) []keyrange.Key {
	var out []keyrange.Key
	for _, r := range ranges {
		out = append(out, r.Lo, r.Hi)
	}
	return out
}

// FuzzOrder: keys of pairs compare as the pairs do, and so do batches of them.
func FuzzOrder(f *testing.F) {
	f.Add("a", int64(1), "a", int64(-1))        // the second column decides
	f.Add("a\x00", int64(0), "a", int64(0))     // what is escaped
	f.Add("a", int64(0), "a\x00\x00", int64(0)) // a text that begins another
	f.Add("twelve bytes", int64(5), "twelve bytes and more", int64(5))
	s := schemaOf(f, "string", "int64")
	f.Fuzz(func(t *testing.T, a string, m int64, b string, n int64) {
		first, err := s.Encode([]string{a, fmt.Sprint(m)})
		second, other := s.Encode([]string{b, fmt.Sprint(n)})
		if err != nil || other != nil {
			return // no UTF-8
		}
		want := strings.Compare(a, b)
		if want == 0 {
			want = int(min(1, max(-1, compare(m, n))))
		}
		if got := strings.Compare(string(first), string(second)); got != want {
			t.Errorf("%q, %d and %q, %d compare as %d", a, m, b, n, got)
		}
		batch, err := keyrange.NewBatch(s, 2, []keyrange.Column{
			columnOf(t, s[0].Type, []string{a, b}), columnOf(t, s[1].Type, []string{fmt.Sprint(m), fmt.Sprint(n)}),
		})
		if err != nil {
			t.Fatal(err)
		}
		if batch.Key(0) != first || batch.Key(1) != second || batch.Ascending(make([]bool, 2), 0) != (want <= 0) {
			t.Errorf("%q, %d and %q, %d differ in a batch", a, m, b, n)
		}
	})
}

func compare(m, n int64) int64 {
	switch {
	case m < n:
		return -1
	case m > n:
		return 1
	}
	return 0
}
