package partition

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// ErrWidth is the error for a width that is not positive, or too small to tell
// neighbours of the values that there are.
var ErrWidth = errors.New("not a width")

func sorted[T any](d interval.Domain[T], values []T) []T {
	values = slices.Clone(values)
	slices.SortFunc(values, d.Compare)
	return slices.CompactFunc(values, func(a, b T) bool { return d.Compare(a, b) == 0 })
}

// Integers returns ranges of a region of integers, or of decimals as multiples of their
// last digit. Each interval of the region is cut from its least value on; every is the
// width in these multiples, and need not be one of them.
func Integers(r bounds.Region[interval.Int128], every *big.Rat, limit int) ([]Partition[interval.Int128], error) {
	if every.Sign() <= 0 {
		return nil, fmt.Errorf("partition: ranges of width %s: %w", every.RatString(), ErrWidth)
	}
	if every.Cmp(big.NewRat(1, 1)) < 0 {
		every = big.NewRat(1, 1) // ranges below hold one value or none
	}
	l := list[interval.Int128]{domain: r.Values.Domain(), limit: limit}
	for _, iv := range r.Values.Intervals() {
		if iv.Lo.Kind == interval.Unbounded || iv.Hi.Kind == interval.Unbounded {
			return nil, fmt.Errorf("partition: ranges of %s: %w", r, ErrUnbounded)
		}
		if err := addRanges(&l, iv, every); err != nil {
			return nil, err
		}
	}
	return l.finish(r.Null)
}

// addRanges cuts an interval with inclusive ends, as those of a discrete domain are.
func addRanges(l *list[interval.Int128], iv interval.Interval[interval.Int128], every *big.Rat) error {
	lo, hi := iv.Lo.Value.Big(), iv.Hi.Value.Big()
	width := new(big.Rat).SetInt(new(big.Int).Sub(hi, lo))
	count := floor(new(big.Rat).Quo(width, every))
	if count.Cmp(big.NewInt(int64(l.limit-len(l.parts)))) > 0 {
		return &TooManyError{l.limit}
	}
	start := lo
	for k := int64(0); k <= count.Int64(); k++ {
		offset := new(big.Rat).Mul(big.NewRat(k+1, 1), every)
		next := ceil(offset.Add(offset, new(big.Rat).SetInt(lo)))
		end := new(big.Int).Sub(next, big.NewInt(1))
		if end.Cmp(hi) > 0 {
			end = hi
		}
		part := interval.Interval[interval.Int128]{
			Lo: interval.Incl(axes.Int128(start)), Hi: interval.Incl(axes.Int128(end)),
		}
		if err := l.add(part); err != nil {
			return err
		}
		start = next
	}
	return nil
}

func floor(r *big.Rat) *big.Int { return new(big.Int).Div(r.Num(), r.Denom()) }

func ceil(r *big.Rat) *big.Int {
	q, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() != 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}

// Floats returns ranges of a region of floats. Each interval of the region is cut from
// its lower end on. With single, ends are floats of 32 bits.
func Floats(r bounds.Region[float64], every float64, single bool, limit int) ([]Partition[float64], error) {
	if !(every > 0) || math.IsInf(every, 1) {
		return nil, fmt.Errorf("partition: ranges of width %v: %w", every, ErrWidth)
	}
	d := r.Values.Domain()
	l := list[float64]{domain: d, limit: limit}
	for _, iv := range r.Values.Intervals() {
		if _, ok := point(d, iv); ok || listable(d, iv) { // infinity and NaN are neighbours
			if err := l.addValues(iv); err != nil {
				return nil, err
			}
			continue
		}
		lo, hi := ends(d, iv)
		if math.IsInf(lo.Value, 0) || math.IsInf(hi.Value, 0) || math.IsNaN(hi.Value) {
			return nil, fmt.Errorf("partition: ranges of %s: %w", r, ErrUnbounded)
		}
		if err := addFloats(&l, iv, every, single); err != nil {
			return nil, err
		}
	}
	return l.finish(r.Null)
}

func addFloats(l *list[float64], iv interval.Interval[float64], every float64, single bool) error {
	lo, start := iv.Lo.Value, iv.Lo
	// Divided first, as the difference may be more than a float holds.
	if iv.Hi.Value/every-lo/every > float64(l.limit) {
		return &TooManyError{l.limit}
	}
	for k := 1.0; ; k++ {
		// Not a sum of steps, whose errors would add up.
		end := lo + k*every
		if single {
			end = float64(float32(end))
		}
		if end >= iv.Hi.Value {
			return l.add(interval.Interval[float64]{Lo: start, Hi: iv.Hi})
		}
		if end <= start.Value {
			return fmt.Errorf("partition: ranges of width %v from %v on: %w", every, start.Value, ErrWidth)
		}
		if err := l.add(interval.Interval[float64]{Lo: start, Hi: interval.Excl(end)}); err != nil {
			return err
		}
		start = interval.Incl(end)
	}
}
