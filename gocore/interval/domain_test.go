package interval_test

import (
	"cmp"
	"math"
	"math/big"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// checkDomain compares a domain with a strictly ascending list of its values, and the neighbours
// it reports with those listed: next[i] is the index of the value after values[i], or -1.
func checkDomain[T any](t *testing.T, d interval.Domain[T], values []T, next []int) {
	t.Helper()
	prev := make([]int, len(values))
	for i := range prev {
		prev[i] = -1
	}
	for i, n := range next {
		if n >= 0 {
			prev[n] = i
		}
	}
	for i, a := range values {
		for j, b := range values {
			if got := cmp.Compare(d.Compare(a, b), 0); got != cmp.Compare(i, j) {
				t.Errorf("Compare(%s, %s) = %d", d.Format(a), d.Format(b), got)
			}
		}
		n, ok := d.Next(a)
		checkNeighbour(t, d, values, "Next", i, next[i], n, ok)
		p, ok := d.Prev(a)
		checkNeighbour(t, d, values, "Prev", i, prev[i], p, ok)
	}
}

func checkNeighbour[T any](t *testing.T, d interval.Domain[T], values []T, name string, i, want int, got T, ok bool) {
	t.Helper()
	if ok != (want >= 0) || ok && d.Compare(got, values[want]) != 0 {
		t.Errorf("%s(%s) = %s, %t", name, d.Format(values[i]), d.Format(got), ok)
	}
}

func TestDomains(t *testing.T) {
	const none = -1
	lo, hi, inf := int64(math.MinInt64), int64(math.MaxInt64), math.Inf(1)
	t.Run("integers with extremes", func(t *testing.T) {
		checkDomain(t, interval.Int64(-1, 2, nil), []int64{-1, 0, 1, 2}, []int{1, 2, 3, none})
	})
	t.Run("greatest integers", func(t *testing.T) {
		checkDomain(t, interval.Int64(hi-2, hi, nil), []int64{hi - 2, hi - 1, hi}, []int{1, 2, none})
	})
	t.Run("least integers", func(t *testing.T) {
		checkDomain(t, interval.Int64(lo, lo+2, nil), []int64{lo, lo + 1, lo + 2}, []int{1, 2, none})
	})
	t.Run("float64", func(t *testing.T) {
		values := []float64{
			-inf, -math.MaxFloat64, -1, -math.SmallestNonzeroFloat64, 0, math.SmallestNonzeroFloat64,
			1, math.MaxFloat64, inf, math.NaN(),
		}
		checkDomain(t, floats, values, []int{none, none, none, none, none, none, none, none, 9, none})
		if floats.Compare(math.Copysign(0, -1), 0) != 0 || floats.Compare(0, math.Copysign(0, -1)) != 0 {
			t.Error("-0.0 and 0.0 differ")
		}
	})
	t.Run("string", func(t *testing.T) {
		values := []string{"", "\x00", "A", "a", "a\x00", "aa", "é", "日", "\U0001F600"}
		checkDomain(t, strs, values, []int{none, none, none, none, none, none, none, none, none})
	})
	t.Run("labels", func(t *testing.T) {
		checkDomain(t, interval.Labels([]string{"S", "M", "L"}), []int64{0, 1, 2}, []int{1, 2, none})
	})
	t.Run("integers without an end", func(t *testing.T) {
		if _, ok := interval.Integers().Next(interval.MaxInt128()); ok {
			t.Error("there is a next value after the greatest that an Int128 holds")
		}
		if _, _, ok := interval.Integers().Extremes(); ok {
			t.Error("the integers have extremes")
		}
	})
	t.Run("bool", func(t *testing.T) {
		checkDomain(t, bools, []bool{false, true}, []int{1, none})
	})
}

func TestInt128(t *testing.T) {
	tests := []struct {
		name  string
		value interval.Int128
		scale int
		want  string
	}{
		{"zero", interval.Int128{}, 0, "0"},
		{"zero with scale", interval.Int128{}, 3, "0.000"},
		{"trailing zero kept", interval.Int128FromInt64(150), 2, "1.50"},
		{"below one", interval.Int128FromInt64(5), 2, "0.05"},
		{"negative below one", interval.Int128FromInt64(-5), 2, "-0.05"},
		{"scale of all digits", interval.Int128FromInt64(-123), 3, "-0.123"},
		{"negative", interval.Int128FromInt64(-123456), 2, "-1234.56"},
		{"least int64", interval.Int128FromInt64(math.MinInt64), 0, "-9223372036854775808"},
		{"over the low word", interval.Int128{Hi: 1}, 0, "18446744073709551616"},
		{"minus one", interval.Int128{Hi: -1, Lo: math.MaxUint64}, 0, "-1"},
		{"least", interval.MinInt128(), 0, "-170141183460469231731687303715884105728"},
		{"greatest", interval.MaxInt128(), 38, "1.70141183460469231731687303715884105727"},
		{"negative scale puts no point", interval.Int128FromInt64(7), -1, "7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.value.Text(tt.scale); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// FuzzInt128 compares with math/big: the text, the order and the neighbours.
func FuzzInt128(f *testing.F) {
	// zero and minus one: a borrow over both words
	f.Add(int64(0), uint64(0), int64(-1), uint64(math.MaxUint64))
	// a carry into the high word
	f.Add(int64(0), uint64(math.MaxUint64), int64(1), uint64(0))
	// no next and no previous value
	f.Add(int64(math.MaxInt64), uint64(math.MaxUint64), int64(math.MinInt64), uint64(0))
	// low words compare unsigned below zero too
	f.Add(int64(-1), uint64(5), int64(-1), uint64(1<<63))
	f.Fuzz(func(t *testing.T, aHi int64, aLo uint64, bHi int64, bLo uint64) {
		a, b := interval.Int128{Hi: aHi, Lo: aLo}, interval.Int128{Hi: bHi, Lo: bLo}
		bigA, bigB := toBig(t, a), toBig(t, b)
		if got, want := a.Compare(b), bigA.Cmp(bigB); got != want {
			t.Errorf("%v.Compare(%v) = %d, want %d", a, b, got, want)
		}
		if next, ok := a.Next(); ok != (a != interval.MaxInt128()) ||
			ok && toBig(t, next).Cmp(bigA.Add(bigA, big.NewInt(1))) != 0 {
			t.Errorf("%v.Next() = %v, %t", a, next, ok)
		}
		if prev, ok := b.Prev(); ok != (b != interval.MinInt128()) ||
			ok && toBig(t, prev).Cmp(bigB.Sub(bigB, big.NewInt(1))) != 0 {
			t.Errorf("%v.Prev() = %v, %t", b, prev, ok)
		}
	})
}

// toBig reads the two words as big-endian two's complement, and checks String on the way.
func toBig(t *testing.T, x interval.Int128) *big.Int {
	t.Helper()
	v := new(big.Int).SetUint64(uint64(x.Hi))
	v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(x.Lo))
	if x.Hi < 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	if x.String() != v.String() {
		t.Errorf("String() = %s, want %s", x, v)
	}
	return v
}

func TestInt64RefusesCrossedExtremes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	interval.Int64(1, 0, nil)
}

func TestInt64Format(t *testing.T) {
	d := interval.Int64(0, 9, func(v int64) string { return "#" + string(rune('0'+v)) })
	check(t, interval.Above(d, 3), "[#4, ∞)")
}
