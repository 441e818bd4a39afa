package partition_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/partition"
)

type (
	ints   = interval.Set[interval.Int128]
	floats = interval.Set[float64]
)

func i(v int64) interval.Int128 { return interval.Int128FromInt64(v) }

func span(scale int, lo, hi int64) ints {
	return interval.Of(interval.Decimal(scale), interval.Interval[interval.Int128]{Lo: interval.Incl(i(lo)), Hi: interval.Incl(i(hi))})
}

func shown[T any](parts []partition.Partition[T], err error) string {
	if err != nil {
		return err.Error()
	}
	labels := make([]string, len(parts))
	for i, p := range parts {
		labels[i] = p.Label
	}
	return strings.Join(labels, "; ")
}

func TestIntegers(t *testing.T) {
	tests := []struct {
		name  string
		set   ints
		every string
		null  bool
		limit int
		want  string
	}{
		{"whole", span(0, 0, 25), "10", true, 9, "[0, 9]; [10, 19]; [20, 25]; null"},
		{"each interval from its own start", span(0, 3, 8).Union(span(0, 100, 104)), "5", false, 9, "[3, 7]; 8; [100, 104]"},
		{"below zero", span(0, -7, 2), "5", false, 9, "[-7, -3]; [-2, 2]"},
		{"a fraction", span(0, 0, 9), "2.5", false, 9, "[0, 2]; [3, 4]; [5, 7]; [8, 9]"},
		{"less than one", span(0, 0, 2), "0.1", false, 9, "0; 1; 2"},
		{"decimals", span(2, 100, 350), "100", false, 9, "[1.00, 1.99]; [2.00, 2.99]; [3.00, 3.50]"},
		{"a point", span(0, 7, 7), "10", false, 9, "7"},
		{"nothing but null", interval.Empty(interval.Decimal(0)), "10", true, 9, "null"},
		{"too many", span(0, 0, 99), "10", false, 9, "more than 9 partitions"},
		{"too many with null", span(0, 0, 89), "10", true, 9, "more than 9 partitions"},
		{"far too many", interval.AtLeast(interval.Decimal(0), interval.Int128{Hi: math.MinInt64, Lo: 1}).Intersect(interval.AtMost(interval.Decimal(0), interval.Int128{Hi: math.MaxInt64})), "1", false, 9, "more than 9 partitions"},
		{"no end", interval.AtLeast(interval.Decimal(0), i(0)), "10", false, 9, "partition: ranges of [0, ∞): not bounded"},
		{"no width", span(0, 0, 1), "0", false, 9, "partition: ranges of width 0: not a width"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			every, _ := new(big.Rat).SetString(tt.every)
			r := bounds.Region[interval.Int128]{Values: tt.set, Null: tt.null}
			if got := shown(partition.Integers(r, every, tt.limit)); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func reals(lo, hi float64, open bool) floats {
	end := interval.Incl(hi)
	if open {
		end = interval.Excl(hi)
	}
	return interval.Of(interval.Float64(), interval.Interval[float64]{Lo: interval.Incl(lo), Hi: end})
}

func TestFloats(t *testing.T) {
	nan := interval.Point(interval.Float64(), math.NaN())
	inf := interval.Point(interval.Float64(), math.Inf(1))
	less := interval.Point(interval.Float64(), math.Inf(-1))
	tests := []struct {
		name   string
		set    floats
		every  float64
		single bool
		want   string
	}{
		{"half-open", reals(0, 2.5, false), 1, false, "[0, 1); [1, 2); [2, 2.5]"},
		{"open end on a cut", reals(0, 2, true), 1, false, "[0, 1); [1, 2)"},
		{"closed end on a cut", reals(0, 2, false), 1, false, "[0, 1); [1, 2]"},
		{"no sum of errors", reals(0, 1, true), 0.1, false, "[0, 0.1); [0.1, 0.2); [0.2, 0.30000000000000004); [0.30000000000000004, 0.4); [0.4, 0.5); [0.5, 0.6000000000000001); [0.6000000000000001, 0.7000000000000001); [0.7000000000000001, 0.8); [0.8, 0.9); [0.9, 1)"},
		{"single", reals(0, 0.25, false), 0.1, true, "[0, 0.10000000149011612); [0.10000000149011612, 0.20000000298023224); [0.20000000298023224, 0.25]"},
		{"not a number", reals(0, 1, false).Union(nan), 2, false, "[0, 1]; NaN"},
		{"nothing finite", less.Union(inf).Union(nan), 2, false, "-inf; inf; NaN"},
		{"infinities by themselves", less.Union(inf), 2, false, "-inf; inf"},
		{"zero", interval.Point(interval.Float64(), math.Copysign(0, -1)), 2, false, "0"},
		{"up to infinity", reals(0, math.Inf(1), false), 2, false, "partition: ranges of [0, inf]: not bounded"},
		{"up to NaN", interval.AtLeast(interval.Float64(), 0), 2, false, "partition: ranges of [0, ∞): not bounded"},
		{"too many", reals(0, 1e300, false), 2, false, "more than 99 partitions"},
		{"too narrow", reals(1e17, 1e17+64, false), 2, false, "partition: ranges of width 2 from 1e+17 on: not a width"},
		{"no width", reals(0, 1, false), math.NaN(), false, "partition: ranges of width NaN: not a width"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := bounds.Region[float64]{Values: tt.set}
			if got := shown(partition.Floats(r, tt.every, tt.single, 99)); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestValues(t *testing.T) {
	labels := interval.Labels([]string{"low", "mid", "high"})
	tests := []struct{ name, got, want string }{
		{"integers", shown(partition.Values(bounds.Region[interval.Int128]{Values: span(0, 3, 5), Null: true}, 9)), "3; 4; 5; null"},
		{"decimals", shown(partition.Values(bounds.Region[interval.Int128]{Values: span(2, 99, 101)}, 9)), "0.99; 1.00; 1.01"},
		{"no end", shown(partition.Values(bounds.Region[interval.Int128]{Values: interval.AtLeast(interval.Decimal(0), i(0))}, 9)), "partition: values of [0, ∞): not bounded"},
		{"all integers", shown(partition.Values(bounds.Region[interval.Int128]{Values: interval.Full(interval.Decimal(0))}, 9)), "partition: values of (-∞, ∞): not bounded"},
		{"too many", shown(partition.Values(bounds.Region[interval.Int128]{Values: span(0, 0, 9)}, 9)), "more than 9 partitions"},
		{"booleans", shown(partition.Values(bounds.Region[bool]{Values: interval.Full(interval.Bool()), Null: true}, 9)), "false; true; null"},
		{"labels", shown(partition.Values(bounds.Region[int64]{Values: interval.Full(labels)}, 9)), "low; mid; high"},
		{"some labels", shown(partition.Values(bounds.Region[int64]{Values: interval.AtLeast(labels, 1)}, 9)), "mid; high"},
		{"strings", shown(partition.Values(bounds.Region[string]{Values: interval.Point(interval.String(), "b").Union(interval.Point(interval.String(), "a"))}, 9)), `"a"; "b"`},
		{"between strings", shown(partition.Values(bounds.Region[string]{Values: interval.AtLeast(interval.String(), "a")}, 9)), `partition: values of ["a", ∞): not bounded`},
		{"the empty string", shown(partition.Values(bounds.Region[string]{Values: interval.AtMost(interval.String(), "")}, 9)), `""`},
		{"floats", shown(partition.Values(bounds.Region[float64]{Values: reals(2, 2, false).Union(interval.Point(interval.Float64(), math.NaN()))}, 9)), "2; NaN"},
		{"between floats", shown(partition.Values(bounds.Region[float64]{Values: reals(1, 2, false)}, 9)), "partition: values of [1, 2]: not bounded"},
		{"none", shown(partition.Values(bounds.Region[bool]{Values: interval.Empty(interval.Bool())}, 9)), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %s\nwant %s", tt.got, tt.want)
			}
		})
	}
}

func TestCuts(t *testing.T) {
	full := bounds.Region[interval.Int128]{Values: interval.Full(interval.Decimal(0)), Null: true}
	some := bounds.Region[interval.Int128]{Values: span(0, 3, 8).Union(span(0, 100, 104))}
	tests := []struct {
		name string
		r    bounds.Region[interval.Int128]
		cuts []int64
		want string
	}{
		{"no ends", full, []int64{20, 5, 5}, "(-∞, 4]; [5, 19]; [20, ∞); null"},
		{"no cuts", full, nil, "(-∞, ∞); null"},
		{"within gaps", some, []int64{5, 50, 60, 102}, "[3, 4]; [5, 8]; [100, 101]; [102, 104]"},
		{"beyond the region", some, []int64{0, 1000}, "[3, 104]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cuts := make([]interval.Int128, len(tt.cuts))
			for j, c := range tt.cuts {
				cuts[j] = i(c)
			}
			if got := shown(partition.Cuts(tt.r, cuts, 9)); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
	if _, err := partition.Cuts(full, []interval.Int128{i(1), i(2)}, 3); !errors.As(err, new(*partition.TooManyError)) {
		t.Errorf("three ranges and null of at most three: %v", err)
	}
}

// TestExact: of random regions, every value is in exactly one partition, and no partition
// is empty.
func TestExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		set := interval.Empty(interval.Decimal(0))
		for range rng.IntN(4) {
			lo := rng.Int64N(60) - 30
			set = set.Union(span(0, lo, lo+rng.Int64N(12)))
		}
		r := bounds.Region[interval.Int128]{Values: set, Null: rng.IntN(2) == 0}
		every := big.NewRat(1+rng.Int64N(30), 1+rng.Int64N(4))
		byWidth, err := partition.Integers(r, every, 1000)
		values, err2 := partition.Values(r, 1000)
		cuts, err3 := partition.Cuts(r, []interval.Int128{i(rng.Int64N(40) - 20), i(rng.Int64N(40) - 20)}, 1000)
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		for name, parts := range map[string][]partition.Partition[interval.Int128]{"ranges": byWidth, "values": values, "cuts": cuts} {
			if why := inexact(r, parts); why != "" {
				t.Fatalf("%s of %s by %s: %s: %s", name, r, every, shown(parts, nil), why)
			}
		}
	}
}

func inexact(r bounds.Region[interval.Int128], parts []partition.Partition[interval.Int128]) string {
	nulls, held := 0, make([]int, len(parts))
	for v := int64(-50); v < 50; v++ {
		in := 0
		for k, p := range parts {
			if !p.Null && interval.Of(interval.Decimal(0), p.Interval).Contains(i(v)) {
				in++
				held[k]++
			}
		}
		if want := r.Values.Contains(i(v)); in > 1 || want && in == 0 {
			return fmt.Sprintf("%d is in %d partitions", v, in)
		}
	}
	for k, p := range parts {
		if p.Null {
			nulls++
		} else if held[k] == 0 {
			return "partition " + p.Label + " is empty"
		}
	}
	if (nulls == 1) != r.Null || nulls > 1 {
		return fmt.Sprintf("null is in %d partitions", nulls)
	}
	return ""
}
