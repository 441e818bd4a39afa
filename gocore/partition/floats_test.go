package partition_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/partition"
)

// neighbours are the floats that a mistake at a cut would lose or have twice.
func neighbours(v float64) []float64 {
	return []float64{math.Nextafter(v, math.Inf(-1)), v, math.Nextafter(v, math.Inf(1))}
}

// randomFloats is a region with ends of every kind, NaN and the infinities by themselves
// among them, and the ends.
func randomFloats(rng *rand.Rand) (bounds.Region[float64], []float64) {
	d := interval.Float64()
	set, ends := interval.Empty(d), []float64{0}
	for range rng.IntN(4) {
		lo := float64(rng.IntN(40)-20) / float64(1+rng.IntN(7))
		hi := lo + float64(rng.IntN(30))/float64(1+rng.IntN(7))
		kinds := []interval.EndpointKind{interval.Inclusive, interval.Exclusive}
		set = set.Union(interval.Of(d, interval.Interval[float64]{
			Lo: interval.Endpoint[float64]{Kind: kinds[rng.IntN(2)], Value: lo},
			Hi: interval.Endpoint[float64]{Kind: kinds[rng.IntN(2)], Value: hi},
		}))
		ends = append(ends, lo, hi)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if rng.IntN(3) == 0 {
			set = set.Union(interval.Point(d, v))
		}
	}
	return bounds.Region[float64]{Values: set, Null: rng.IntN(2) == 0}, ends
}

// TestExactFloats: of random regions, every float of the region is in exactly one
// partition, and no other float is in more: at all ends and cuts, and at their neighbours.
func TestExactFloats(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		r, ends := randomFloats(rng)
		every, single := 0.1+rng.Float64()*9, rng.IntN(2) == 0
		ranges, err := partition.Floats(r, every, single, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		cuts, err := partition.Cuts(r, append(ends, math.NaN(), math.Inf(-1)), 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for name, parts := range map[string][]partition.Partition[float64]{"ranges": ranges, "cuts": cuts} {
			if why := inexactFloats(r, parts, ends); why != "" {
				t.Fatalf("%s of %s by %v: %s: %s", name, r, every, shown(parts, nil), why)
			}
		}
	}
}

func inexactFloats(r bounds.Region[float64], parts []partition.Partition[float64], ends []float64) string {
	samples := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.Copysign(0, -1)}
	for _, p := range parts {
		ends = append(ends, p.Interval.Lo.Value, p.Interval.Hi.Value)
	}
	for _, e := range ends {
		samples = append(samples, neighbours(e)...)
	}
	for _, v := range samples {
		in := 0
		for _, p := range parts {
			if !p.Null && interval.Of(interval.Float64(), p.Interval).Contains(v) {
				in++
			}
		}
		if in > 1 || in == 0 && r.Values.Contains(v) {
			return fmt.Sprintf("%v is in %d partitions", v, in)
		}
	}
	if n := len(parts); r.Null != (n > 0 && parts[n-1].Null) {
		return "null"
	}
	return ""
}

// TestOneValueIsBothEnds: also at the ends of a domain, where an interval has none.
func TestOneValueIsBothEnds(t *testing.T) {
	closed := func(name string, both bool, err error) {
		t.Helper()
		if err != nil || !both {
			t.Errorf("%s: an end is missing, or %v", name, err)
		}
	}
	truths, err := partition.Values(bounds.Region[bool]{Values: interval.Full(interval.Bool())}, 9)
	closed("booleans", len(truths) == 2 && isPoint(truths[0]) && isPoint(truths[1]), err)
	labels, err := partition.Values(bounds.Region[int64]{Values: interval.Full(interval.Labels([]string{"S"}))}, 9)
	closed("the only label", len(labels) == 1 && isPoint(labels[0]), err)
	empty, err := partition.Values(bounds.Region[string]{Values: interval.AtMost(interval.String(), "")}, 9)
	closed("the empty string", len(empty) == 1 && isPoint(empty[0]), err)
	nan, err := partition.Floats(bounds.Region[float64]{Values: interval.Above(interval.Float64(), math.Inf(1))}, 1, false, 9)
	closed("NaN", len(nan) == 1 && isPoint(nan[0]), err)
	// All that follows the greatest integer that can be named is not one value.
	beyond, err := partition.Cuts(bounds.Region[interval.Int128]{Values: interval.Above(interval.Integers(), interval.MaxInt128())}, nil, 9)
	closed("integers without an end", len(beyond) == 1 && !isPoint(beyond[0]), err)
}

func isPoint[T any](p partition.Partition[T]) bool {
	return p.Interval.Lo.Kind == interval.Inclusive && p.Interval.Hi.Kind == interval.Inclusive
}

// TestWideFloats: the difference of two floats may be more than a float holds.
func TestWideFloats(t *testing.T) {
	set := interval.Of(interval.Float64(), interval.Interval[float64]{Lo: interval.Incl(-1.5e308), Hi: interval.Incl(1.5e308)})
	const want = "[-1.5e+308, 0); [0, 1.5e+308]"
	if got := shown(partition.Floats(bounds.Region[float64]{Values: set}, 1.5e308, false, 9)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The last range ends where its interval does.
func ExampleCuts() {
	five, twenty := interval.Int128FromInt64(5), interval.Int128FromInt64(20)
	region := bounds.Region[interval.Int128]{
		Values: interval.AtMost(interval.Decimal(0), interval.Int128FromInt64(25)), Null: true,
	}
	parts, _ := partition.Cuts(region, []interval.Int128{five, twenty}, 10)
	for _, p := range parts {
		fmt.Println(p.Label)
	}
	// Output:
	// (-∞, 4]
	// [5, 19]
	// [20, 25]
	// null
}
