package interval_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// model is a brute-force oracle: a domain seen through a few ascending values. A set is a bool per
// value, so its operations need no algebra. Endpoints are taken from the values at ends only, and
// between any two of those (and beyond the last) the values have a witness wherever the domain has
// a value, so two sets are the same exactly if their bools are.
type model[T any] struct {
	name   string
	domain interval.Domain[T]
	values []T
	ends   []int          // indices into values of what may be an endpoint
	inside func(int) bool // whether values[i] belongs to the domain
}

func everywhere(int) bool { return true }

// cells is a set of the model: cells[i] says if values[i] is in it.
type cells []bool

// pair is one set built in both worlds from the same random choices.
type pair[T any] struct {
	set   interval.Set[T]
	cells cells
}

// endless is a domain with neither a least nor a greatest value.
type endless struct{ interval.Domain[float64] }

func (endless) Extremes() (lo, hi float64, ok bool) { return 0, 0, false }

// source gives numbers in [0, n): random ones in tests, chosen ones in fuzzing.
type source func(n int) int

func (m model[T]) build(pick source) pair[T] {
	ivs := make([]interval.Interval[T], pick(4))
	c := make(cells, len(m.values))
	for i := range ivs {
		loKind, loAt := interval.EndpointKind(pick(3)), m.ends[pick(len(m.ends))]
		hiKind, hiAt := interval.EndpointKind(pick(3)), m.ends[pick(len(m.ends))]
		ivs[i].Lo = interval.Endpoint[T]{Kind: loKind, Value: m.values[loAt]}
		ivs[i].Hi = interval.Endpoint[T]{Kind: hiKind, Value: m.values[hiAt]}
		for j := range c {
			above := loKind == interval.Unbounded || j > loAt || j == loAt && loKind == interval.Inclusive
			below := hiKind == interval.Unbounded || j < hiAt || j == hiAt && hiKind == interval.Inclusive
			c[j] = c[j] || above && below && m.inside(j)
		}
	}
	return pair[T]{interval.Of(m.domain, ivs...), c}
}

func (m model[T]) combine(a, b cells, op func(a, b bool) bool) cells {
	out := make(cells, len(a))
	for i := range a {
		out[i] = m.inside(i) && op(a[i], b[i])
	}
	return out
}

// agree checks that a set holds what its cells say, and that it is canonical.
func (m model[T]) agree(t *testing.T, what string, s interval.Set[T], want cells) {
	t.Helper()
	if err := interval.CheckCanonical(s); err != nil {
		t.Errorf("%s: %s: %v", m.name, what, err)
	}
	for i, v := range m.values {
		if m.inside(i) && s.Contains(v) != want[i] {
			t.Errorf("%s: %s = %v: Contains(%s) = %t", m.name, what, s, m.domain.Format(v), !want[i])
		}
	}
	if got := s.IsEmpty(); got != !slices.Contains(want, true) {
		t.Errorf("%s: %s = %v: IsEmpty() = %t", m.name, what, s, got)
	}
	full := m.combine(want, want, func(a, _ bool) bool { return !a })
	if got := s.IsFull(); got != !slices.Contains(full, true) {
		t.Errorf("%s: %s = %v: IsFull() = %t", m.name, what, s, got)
	}
}

// laws checks three sets against the oracle and against the laws of set algebra.
func (m model[T]) laws(t *testing.T, a, b, c pair[T]) {
	t.Helper()
	m.agree(t, "Of", a.set, a.cells)
	m.agree(t, fmt.Sprintf("%v ∪ %v", a.set, b.set), a.set.Union(b.set),
		m.combine(a.cells, b.cells, func(a, b bool) bool { return a || b }))
	m.agree(t, fmt.Sprintf("%v ∩ %v", a.set, b.set), a.set.Intersect(b.set),
		m.combine(a.cells, b.cells, func(a, b bool) bool { return a && b }))
	m.agree(t, fmt.Sprintf("not %v", a.set), a.set.Complement(),
		m.combine(a.cells, a.cells, func(a, _ bool) bool { return !a }))
	if got, want := a.set.Equal(b.set), slices.Equal(a.cells, b.cells); got != want {
		t.Errorf("%s: (%v).Equal(%v) = %t", m.name, a.set, b.set, got)
	}
	if got, want := a.set.String() == b.set.String(), slices.Equal(a.cells, b.cells); got != want {
		t.Errorf("%s: strings %v and %v: equal is %t, want %t", m.name, a.set, b.set, got, want)
	}
	m.hull(t, a)
	m.meets(t, a, b)

	x, y, z := a.set, b.set, c.set
	same := func(law string, l, r interval.Set[T]) {
		t.Helper()
		if !l.Equal(r) || l.String() != r.String() {
			t.Errorf("%s: %s: %v is not %v for %v, %v, %v", m.name, law, l, r, x, y, z)
		}
	}
	same("∪ commutes", x.Union(y), y.Union(x))
	same("∩ commutes", x.Intersect(y), y.Intersect(x))
	same("∪ associates", x.Union(y).Union(z), x.Union(y.Union(z)))
	same("∩ associates", x.Intersect(y).Intersect(z), x.Intersect(y.Intersect(z)))
	same("∩ distributes over ∪", x.Intersect(y.Union(z)), x.Intersect(y).Union(x.Intersect(z)))
	same("absorption", x.Union(x.Intersect(y)), x)
	same("double complement", x.Complement().Complement(), x)
	same("De Morgan", x.Union(y).Complement(), x.Complement().Intersect(y.Complement()))
	same("De Morgan", x.Intersect(y).Complement(), x.Complement().Union(y.Complement()))
	same("excluded middle", x.Union(x.Complement()), interval.Full(m.domain))
	same("contradiction", x.Intersect(x.Complement()), interval.Empty(m.domain))
	same("Of undoes Intervals", interval.Of(m.domain, x.Intervals()...), x)
}

// hull checks that the hull is the least single interval around the set.
func (m model[T]) hull(t *testing.T, a pair[T]) {
	t.Helper()
	iv, ok := a.set.Hull()
	first := slices.Index(a.cells, true)
	if ok != (first >= 0) {
		t.Errorf("%s: (%v).Hull() answers %t", m.name, a.set, ok)
	}
	if !ok {
		return
	}
	want := slices.Clone(a.cells)
	last := len(want) - 1
	for !want[last] {
		last--
	}
	for i := first; i <= last; i++ {
		want[i] = m.inside(i)
	}
	m.agree(t, fmt.Sprintf("hull of %v", a.set), interval.Of(m.domain, iv), want)
}

// meets asks each interval of one set, as it is and with its ends turned into those of the other
// kind, whether it has a value of another set.
func (m model[T]) meets(t *testing.T, a, b pair[T]) {
	t.Helper()
	for _, iv := range b.set.Intervals() {
		for _, iv := range []interval.Interval[T]{iv, {Lo: interval.Excl(iv.Lo.Value), Hi: iv.Hi}, {Lo: iv.Lo, Hi: interval.Excl(iv.Hi.Value)}} {
			want := !a.set.Intersect(interval.Of(m.domain, iv)).IsEmpty()
			if got := a.set.Meets(iv); got != want {
				t.Errorf("%s: (%v).Meets(%v) = %t", m.name, a.set, iv, got)
			}
		}
	}
	for i, v := range m.values {
		if got := a.set.Meets(interval.Interval[T]{Lo: interval.Incl(v), Hi: interval.Incl(v)}); m.inside(i) && got != a.cells[i] {
			t.Errorf("%s: (%v).Meets([%s]) = %t", m.name, a.set, m.domain.Format(v), got)
		}
	}
}

func (m model[T]) run(t *testing.T, pick source) {
	t.Helper()
	m.laws(t, m.build(pick), m.build(pick), m.build(pick))
}

// runner hides the value type, so that models of all domains fit one list.
type runner interface {
	run(t *testing.T, pick source)
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func models() []runner {
	lo, hi, inf := int64(math.MinInt64), int64(math.MaxInt64), math.Inf(1)
	i128 := interval.Int128FromInt64
	return []runner{
		// All values of a small domain, and endpoints beyond it on both sides.
		model[int64]{
			"digits", interval.Int64(-3, 3, nil),
			[]int64{-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5},
			upTo(11),
			func(i int) bool { return i >= 2 && i <= 8 },
		},
		model[int64]{
			"int64 extremes", allInts,
			[]int64{lo, lo + 1, lo + 2, 0, hi - 2, hi - 1, hi},
			[]int{0, 1, 2, 4, 5, 6},
			everywhere,
		},
		model[float64]{
			"float64", floats,
			[]float64{-inf, -9, -1, -0.5, 0, 0.5, 1, 9, inf, math.NaN()},
			[]int{0, 2, 4, 6, 8, 9},
			everywhere,
		},
		model[string]{
			"string", strs,
			[]string{"", "A", "a", "aa", "ab", "abz", "b", "ba"},
			[]int{0, 2, 4, 6},
			everywhere,
		},
		model[float64]{
			"without extremes",
			endless{floats},
			[]float64{-2, -1, 0, 1, 2, 3, 4},
			[]int{1, 3, 5},
			everywhere,
		},
		model[bool]{"bool", bools, []bool{false, true}, upTo(2), everywhere},
		model[interval.Int128]{
			"decimal", interval.Decimal(2),
			[]interval.Int128{
				interval.MinInt128(), i128(lo), i128(-1), i128(0), i128(1), i128(hi),
				{Lo: math.MaxUint64},
				{Hi: 1},
				{Hi: 1, Lo: 1},
				{Hi: 2},
				interval.MaxInt128(),
			},
			[]int{0, 2, 3, 4, 6, 7, 8, 10},
			everywhere,
		},
		// Positions beyond the labels may be ends, and hold nothing.
		model[int64]{
			"labels", interval.Labels([]string{"S", "M", "L"}),
			[]int64{-2, -1, 0, 1, 2, 3, 4},
			upTo(7),
			func(i int) bool { return i >= 2 && i <= 4 },
		},
		// The values at both ends have others beyond them, which no end can name: they are apart
		// from the last that can be named.
		model[wide]{
			"integers",
			wides{interval.Integers()},
			[]wide{{below: true}, {v: interval.MinInt128()}, {v: i128(-9)}, {v: i128(-1)}, {v: i128(0)}, {v: i128(1)}, {v: i128(9)}, {v: interval.MaxInt128()}, {above: true}},
			[]int{1, 3, 4, 5, 7},
			everywhere,
		},
	}
}

// wide is an integer, perhaps one beyond those that an Int128 holds.
type wide struct {
	below, above bool
	v            interval.Int128
}

// wides is a domain of Int128 with a witness beyond each of its ends.
type wides struct {
	interval.Domain[interval.Int128]
}

func (b wides) rank(v wide) int {
	switch {
	case v.below:
		return -1
	case v.above:
		return 1
	}
	return 0
}

func (b wides) Compare(x, y wide) int {
	if c := b.rank(x) - b.rank(y); c != 0 {
		return c
	}
	return b.Domain.Compare(x.v, y.v)
}

func (b wides) Next(v wide) (wide, bool) {
	next, ok := b.Domain.Next(v.v)
	return wide{v: next}, ok && b.rank(v) == 0
}

func (b wides) Prev(v wide) (wide, bool) {
	prev, ok := b.Domain.Prev(v.v)
	return wide{v: prev}, ok && b.rank(v) == 0
}

func (b wides) Extremes() (lo, hi wide, ok bool) {
	least, greatest, ok := b.Domain.Extremes()
	return wide{v: least}, wide{v: greatest}, ok
}

func (b wides) Format(v wide) string { return fmt.Sprint(b.rank(v), b.Domain.Format(v.v)) }

func TestSetLaws(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, m := range models() {
		for range 3000 {
			if m.run(t, rng.IntN); t.Failed() {
				return
			}
		}
	}
}

// TestAllSubsets builds each subset of a domain of six values point by point, and combines each
// with each.
func TestAllSubsets(t *testing.T) {
	m := model[int64]{"six", interval.Int64(0, 5, nil), []int64{0, 1, 2, 3, 4, 5}, nil, everywhere}
	var all []pair[int64]
	for bits := range 1 << len(m.values) {
		p := pair[int64]{interval.Empty(m.domain), make(cells, len(m.values))}
		for i, v := range m.values {
			if bits>>i&1 == 1 {
				p.set, p.cells[i] = p.set.Union(interval.Point(m.domain, v)), true
			}
		}
		all = append(all, p)
	}
	for _, a := range all {
		for _, b := range all {
			if m.laws(t, a, b, a); t.Failed() {
				return
			}
		}
	}
}

// FuzzSetLaws reads a domain and three sets from the bytes: per set a number of intervals, per
// interval a kind and a position for each end.
func FuzzSetLaws(f *testing.F) {
	// three empty sets
	f.Add([]byte{})
	// [-1, 0] and [1, 2] are neighbours
	f.Add([]byte{0, 1, 1, 4, 1, 5, 1, 1, 6, 1, 7, 0})
	// all that a domain lacks, on both sides
	f.Add([]byte{0, 2, 0, 0, 1, 0, 1, 10, 0, 0, 0})
	// above the least and below the greatest integer
	f.Add([]byte{1, 1, 2, 0, 0, 0, 1, 0, 0, 2, 5})
	// the greatest and the least integer alone
	f.Add([]byte{1, 1, 1, 5, 1, 5, 1, 1, 0, 1, 0})
	// a hole of one float, and the float
	f.Add([]byte{2, 2, 0, 0, 2, 2, 2, 2, 0, 0, 1, 1, 2, 1, 2})
	// above inf and below NaN
	f.Add([]byte{2, 1, 2, 4, 0, 0, 1, 0, 0, 2, 5})
	// above the least string, and at most it
	f.Add([]byte{3, 1, 2, 0, 0, 0, 1, 0, 0, 1, 0})
	// an open interval and its middle, in a domain without ends
	f.Add([]byte{4, 1, 2, 0, 2, 1, 1, 1, 1, 1, 1})
	// false, true
	f.Add([]byte{5, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1})
	// a carry over 64 bits between decimals
	f.Add([]byte{6, 1, 2, 2, 2, 4, 1, 1, 3, 1, 3})
	// positions beyond the labels, on both sides
	f.Add([]byte{7, 1, 1, 0, 1, 6, 1, 2, 1, 2, 5})
	// above the greatest integer that can be named, and all but it
	f.Add([]byte{8, 1, 2, 4, 0, 0, 2, 0, 0, 2, 4, 2, 4, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		pick := func(n int) int {
			if len(data) == 0 {
				return 0
			}
			v := int(data[0]) % n
			data = data[1:]
			return v
		}
		all := models()
		all[pick(len(all))].run(t, pick)
	})
}
