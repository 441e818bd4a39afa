package coverage

import (
	"math"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

func TestSpaceAlgebra(t *testing.T) {
	nothing := Space{}
	tests := []struct {
		name, a, b string
		want       string
	}{
		{"values", "1..5", "4..", "[4, 5]"},
		{"null in one", "1..5,null", "4..", "[4, 5]"},
		{"null in both", "1..5,null", "6..,null", "null"},
		{"neither", "1..5,null", "6..", "{}"},
	}
	for _, test := range tests {
		a, b := space(t, test.a), space(t, test.b)
		both, ok := a.Intersect(b)
		if both.String() != test.want || !ok {
			t.Errorf("%s: %s, want %s", test.name, both, test.want)
		}
		if both.IsEmpty() != (test.want == "{}") {
			t.Errorf("%s: IsEmpty() = %v", test.name, both.IsEmpty())
		}
		if both.Equal(a) || !a.Equal(space(t, test.a)) {
			t.Errorf("%s: spaces of equal values are equal, and no others", test.name)
		}
		for _, s := range []func() (Space, bool){
			func() (Space, bool) { return nothing.Intersect(a) }, func() (Space, bool) { return a.Intersect(nothing) },
		} {
			if got, ok := s(); !ok || !got.Equal(a) {
				t.Errorf("%s with no condition is %s", a, got)
			}
		}
	}
	if nothing.IsEmpty() || nothing.String() != "anything" || !nothing.Equal(Space{}) || nothing.Equal(space(t, "..,null")) {
		t.Error("the zero Space is no condition")
	}
	if space(t, "1").Equal(space(t, "1,null")) {
		t.Error("null is told apart")
	}
	if _, ok := space(t, "1").Intersect(set(interval.Full(interval.Bool()))); ok {
		t.Error("spaces of two types have an intersection")
	}
	if space(t, "1").Equal(set(interval.Full(interval.Bool()))) {
		t.Error("spaces of two types are equal")
	}
}

// Every interval with ends from a list is asked for values, of which a second list has the
// least one above each end: if it has none for an interval, the interval is empty.
func TestInhabited(t *testing.T) {
	t.Run("64 bits", func(t *testing.T) {
		var all []float64
		for _, v := range []float64{math.Inf(-1), -1, 0, math.SmallestNonzeroFloat64, 1, math.MaxFloat64, math.Inf(1)} {
			all = append(all, v, math.Nextafter(v, math.Inf(1)), math.Nextafter(v, math.Inf(-1)))
		}
		held := append([]float64{math.NaN()}, all...)
		for _, v := range all {
			held = append(held, math.Nextafter(v, math.Inf(1)))
		}
		testInhabited(t, interval.Float64(), holdsFloat64, all, held)
	})
	t.Run("32 bits", func(t *testing.T) {
		var ends, held []float64
		for _, v := range []float32{float32(math.Inf(-1)), -1, 0, 0.1, 1, math.MaxFloat32, float32(math.Inf(1))} {
			for _, to := range []float32{v, float32(math.Inf(1)), float32(math.Inf(-1))} {
				held = append(held, float64(math.Nextafter32(v, to)))
			}
		}
		for _, v := range held { // and values that need 64 bits, beside each
			ends = append(ends, v, math.Nextafter(v, math.Inf(1)), math.Nextafter(v, math.Inf(-1)))
		}
		for _, v := range held {
			next := math.Nextafter32(float32(v), float32(math.Inf(1)))
			held = append(held, float64(next))
		}
		testInhabited(t, interval.Float64(), holdsFloat32, ends, append(held, math.NaN()))
	})
	t.Run("strings", func(t *testing.T) {
		all := []string{"", "\x00", "\x00\x00", "a", "a\x00", "a\x00\x00", "a\x00a", "a\x01", "a\x01\x00", "b"}
		held := all
		for _, s := range all {
			held = append(held, s+"\x00")
		}
		testInhabited(t, interval.String(), holdsString, all, held)
	})
}

func testInhabited[T any](t *testing.T, d interval.Domain[T], holds inhabited[T], ends, values []T) {
	t.Helper()
	endpoints := []interval.Endpoint[T]{{}}
	for _, v := range ends {
		endpoints = append(endpoints, interval.Incl(v), interval.Excl(v))
	}
	empty := 0
	for _, lo := range endpoints {
		for _, hi := range endpoints {
			s := interval.Of(d, interval.Interval[T]{Lo: lo, Hi: hi})
			want := false
			for _, v := range values {
				want = want || s.Contains(v)
			}
			space := Space{&typed[T]{bounds.Region[T]{Values: s}, holds}}
			if got := !space.IsEmpty(); got != want {
				t.Errorf("%s holds a value: %v, want %v", s, got, want)
			}
			if !want && !s.IsEmpty() {
				empty++
			}
		}
	}
	if empty == 0 {
		t.Error("no interval is empty without being crossed")
	}
}

func TestFloat32Reading(t *testing.T) {
	floats := interval.Float64()
	odd := bounds.Region[float64]{Values: interval.Point(floats, 0.1)}
	rest := bounds.Region[float64]{Values: interval.Point(floats, 0.1).Complement()}
	null := bounds.Region[float64]{Values: interval.Empty(floats), Null: true}
	r := FromOutcome(0, bounds.Outcome[float64]{True: odd, False: rest, Null: null})
	if r.True.IsEmpty() || !r.Float32().True.IsEmpty() {
		t.Error("0.1 is a value of 64 bits, and none of 32")
	}
	if r.Float32().Not.IsEmpty() {
		t.Error("all others are left")
	}
	if u := (Reading{True: space(t, "1")}).Float32(); !u.True.Equal(space(t, "1")) {
		t.Error("other types stay as they are")
	}
}
