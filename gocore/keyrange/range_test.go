package keyrange_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// keys are one letter each, the empty one is an open end: "b-d" is from b on and before d.
func rangeOf(text string) keyrange.Range {
	lo, hi, _ := strings.Cut(text, "-")
	return keyrange.Range{Lo: keyrange.Key(lo), Hi: keyrange.Key(hi)}
}

func rangesOf(text string) []keyrange.Range {
	var out []keyrange.Range
	for _, one := range strings.Fields(text) {
		out = append(out, rangeOf(one))
	}
	return out
}

func textOf(ranges []keyrange.Range) string {
	var out []string
	for _, r := range ranges {
		out = append(out, string(r.Lo)+"-"+string(r.Hi))
	}
	return strings.Join(out, " ")
}

func TestAlgebra(t *testing.T) {
	binary := map[string]func(a, b []keyrange.Range) []keyrange.Range{
		"∪": keyrange.Union, "∩": keyrange.Intersect, "∖": keyrange.Subtract,
	}
	tests := []struct{ a, op, b, want string }{
		{"b-d", "∪", "d-f", "b-f"},
		{"b-d", "∪", "e-f", "b-d e-f"},
		{"-", "∪", "e-f", "-"},
		{"e-", "∪", "-c c-d", "-d e-"},
		{"b-f", "∪", "c-d", "b-f"},
		{"d-b", "∪", "", ""},
		{"b-f", "∩", "d-", "d-f"},
		{"b-d", "∩", "d-f", ""},
		{"-c e-", "∩", "b-f", "b-c e-f"},
		{"-", "∩", "-", "-"},
		{"b-f", "∖", "c-d", "b-c d-f"},
		{"-", "∖", "c-d", "-c d-"},
		{"-", "∖", "-", ""},
		{"b-f", "∖", "", "b-f"},
		{"b-f", "∖", "a-c e-", "c-e"},
	}
	for _, tt := range tests {
		if got := textOf(binary[tt.op](rangesOf(tt.a), rangesOf(tt.b))); got != tt.want {
			t.Errorf("%s %s %s is %s, want %s", tt.a, tt.op, tt.b, got, tt.want)
		}
	}
}

func TestOneRange(t *testing.T) {
	tests := []struct {
		a, b                       string
		disjoint, adjacent, covers bool
	}{
		{"b-d", "d-f", true, true, false},
		{"d-f", "b-d", true, true, false},
		{"b-d", "c-f", false, false, false},
		{"b-", "c-f", false, false, true},
		{"-", "-", false, false, true},
		{"-d", "d-", true, true, false},
		{"b-d", "e-f", true, false, false},
		{"c-f", "b-", false, false, false},
		{"d-b", "-", true, false, false},
		{"b-d", "f-e", true, false, true},
	}
	for _, tt := range tests {
		a, b := rangeOf(tt.a), rangeOf(tt.b)
		got := []bool{a.Disjoint(b), a.Adjacent(b), a.Covers(b)}
		if want := []bool{tt.disjoint, tt.adjacent, tt.covers}; !slices.Equal(got, want) {
			t.Errorf("%s and %s: disjoint, adjacent, covers: %v, want %v", tt.a, tt.b, got, want)
		}
	}
	if _, err := keyrange.NewRange("b", "b"); !errors.Is(err, keyrange.ErrRange) {
		t.Errorf("an empty range: %v", err)
	}
	if r, err := keyrange.Through("b", "b"); err != nil || !r.Contains("b") || !r.Contains("b\x01") || r.Contains("c") {
		t.Errorf("through: %q, %v", r, err)
	}
	for _, tt := range []struct{ r, at, want string }{
		{"b-f", "d", "b-d d-f"},
		{"b-f", "e c c b f a z", "b-c c-e e-f"},
		{"-", "d", "-d d-"},
		{"f-b", "d", ""},
	} {
		var at []keyrange.Key
		for _, k := range strings.Fields(tt.at) {
			at = append(at, keyrange.Key(k))
		}
		if got := textOf(rangeOf(tt.r).Split(at...)); got != tt.want {
			t.Errorf("%s split at %s is %s, want %s", tt.r, tt.at, got, tt.want)
		}
	}
}

func TestExamine(t *testing.T) {
	tests := []struct{ whole, ranges, gaps, overlaps, outside string }{
		{"-", "-c c-", "", "", ""},
		{"-", "c- -c", "", "", ""},
		{"-", "-c d-", "c-d", "", ""},
		{"-", "-d c-", "", "c-d", ""},
		{"-", "-c c-f c-e d- e-f", "", "c-f", ""},
		{"-", "- -", "", "-", ""},
		{"-", "", "-", "", ""},
		{"b-f", "b-d d-f", "", "", ""},
		{"b-f", "a-d d-z", "", "", "a-b f-z"},
	}
	for _, tt := range tests {
		c := keyrange.Examine(rangeOf(tt.whole), rangesOf(tt.ranges))
		got := fmt.Sprintf("%s|%s|%s", textOf(c.Gaps), textOf(c.Overlaps), textOf(c.Outside))
		if want := fmt.Sprintf("%s|%s|%s", tt.gaps, tt.overlaps, tt.outside); got != want {
			t.Errorf("%s of %s: %s, want %s", tt.ranges, tt.whole, got, want)
		}
		if c.Exact() != (tt.gaps+tt.overlaps+tt.outside == "") {
			t.Errorf("%s of %s is exact: %t", tt.ranges, tt.whole, c.Exact())
		}
	}
}

const letters = "abcdefgh"

// randomRanges are some ranges over the letters, some of them empty.
func randomRanges(r *rand.Rand) []keyrange.Range {
	end := func() keyrange.Key {
		if i := r.IntN(len(letters) + 1); i < len(letters) {
			return keyrange.Key(letters[i : i+1])
		}
		return ""
	}
	out := make([]keyrange.Range, r.IntN(5))
	for i := range out {
		out[i] = keyrange.Range{Lo: end(), Hi: end()}
	}
	return out
}

// count says how many ranges hold a key.
func count(ranges []keyrange.Range, k keyrange.Key) int {
	n := 0
	for _, r := range ranges {
		if r.Contains(k) {
			n++
		}
	}
	return n
}

// TestAlgebraByPoints compares with membership of every point, before, at and after each letter.
func TestAlgebraByPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5_000 {
		a, b := randomRanges(r), randomRanges(r)
		union, both, less := keyrange.Union(a, b), keyrange.Intersect(a, b), keyrange.Subtract(a, b)
		cover := keyrange.Examine(keyrange.Range{Lo: "b", Hi: "g"}, a)
		for _, set := range [][]keyrange.Range{union, both, less, cover.Gaps, cover.Overlaps, cover.Outside} {
			for i, one := range set {
				if one.Empty() || i > 0 && (set[i-1].Hi == "" || set[i-1].Hi >= one.Lo) {
					t.Fatalf("%s is not normal", textOf(set))
				}
			}
		}
		for _, k := range strings.Split("0 a am b bm c cm d dm e em f fm g gm h hm", " ") {
			k := keyrange.Key(k)
			inA, inB, whole := count(a, k), count(b, k), k >= "b" && k < "g"
			checks := map[string][2]bool{
				"union":    {count(union, k) == 1, inA+inB > 0},
				"both":     {count(both, k) == 1, inA > 0 && inB > 0},
				"less":     {count(less, k) == 1, inA > 0 && inB == 0},
				"gaps":     {count(cover.Gaps, k) == 1, whole && inA == 0},
				"overlaps": {count(cover.Overlaps, k) == 1, inA > 1},
				"outside":  {count(cover.Outside, k) == 1, !whole && inA > 0},
			}
			for name, c := range checks {
				if c[0] != c[1] {
					t.Fatalf("%s and %s: %q is in %s: %t", textOf(a), textOf(b), k, name, c[0])
				}
			}
		}
	}
}

func TestMeet(t *testing.T) {
	tests := []struct {
		ours, theirs string // added|replaced
		keys         keyrange.Uniqueness
		want         string // conflicts|doubtful
	}{
		{"b-d|", "c-f|", keyrange.Repeated, "|"},
		{"b-d|", "c-f|", keyrange.Unique, "|c-d"},
		{"b-d|", "d-f|", keyrange.Unique, "|"},
		{"b-d|", "|-", keyrange.Unique, "|"},
		{"|b-d", "c-f|", keyrange.Repeated, "c-d|"},
		{"|b-d", "|c-f", keyrange.Repeated, "c-d|"},
		{"|b-d", "d-e|e-f", keyrange.Repeated, "|"},
		{"b-d|b-d", "c-e|", keyrange.Unique, "c-d|c-d"},
		{"|", "-|-", keyrange.Unique, "|"},
	}
	print := func(text string) keyrange.Footprint {
		added, replaced, _ := strings.Cut(text, "|")
		return keyrange.Footprint{Added: rangesOf(added), Replaced: rangesOf(replaced)}
	}
	for _, tt := range tests {
		c := keyrange.Meet(print(tt.ours), print(tt.theirs), tt.keys)
		if got := textOf(c.Conflicts) + "|" + textOf(c.Doubtful); got != tt.want {
			t.Errorf("%s after %s: %s, want %s", tt.ours, tt.theirs, got, tt.want)
		}
	}
}
