package planning

import (
	"encoding/hex"
	"math/big"
	"strconv"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/partition"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// A kind is what planning has to know of the values of a column beside their axis: how
// they are written, and how ranges of them are cut.
type kind[T any] struct {
	typ   axes.Type
	axis  bounds.Axis[T]
	write func(T) string
	read  func(string) (T, bool)

	// ranges is nil where there are none.
	ranges func(r *plan.Request, region bounds.Region[T]) ([]partition.Partition[T], error)

	// span reads a range of statistics, see [plan.Extent].
	span func(lo, hi string) (interval.Interval[T], bool)

	// limits hold all values of the type. Where few, its ends are bounds by themselves;
	// elsewhere bounds do not go beyond them.
	limits interval.Interval[T]
	few    sides
}

// sides are ends of an interval.
type sides struct{ lower, upper bool }

// possible is a set without what no column of the type has.
func (k kind[T]) possible(s interval.Set[T]) interval.Set[T] {
	var within interval.Interval[T]
	if k.few.lower || s.BoundedBelow() {
		within.Lo = k.limits.Lo
	}
	if k.few.upper || s.BoundedAbove() {
		within.Hi = k.limits.Hi
	}
	return s.Intersect(interval.Of(k.axis.Domain(), within))
}

// included makes a kind read ranges of statistics as its values, both ends included.
func (k kind[T]) included() kind[T] {
	k.span = func(lo, hi string) (interval.Interval[T], bool) {
		least, ok := k.read(lo)
		greatest, also := k.read(hi)
		return interval.Interval[T]{Lo: interval.Incl(least), Hi: interval.Incl(greatest)}, ok && also
	}
	return k
}

func moments(t axes.Type) kind[int64] {
	axis, _ := bounds.NewTemporal(t.Wire)
	return kind[int64]{typ: t, axis: axis, write: writeInt64, read: readInt64}.included()
}

func labels(t axes.Type) kind[int64] {
	k := kind[int64]{typ: t, axis: t.Positions(), write: writeInt64, read: readInt64}.included()
	if len(t.Labels) == 0 {
		k.limits.Lo, k.few.lower = interval.Excl(int64(0)), true
	}
	return k
}

func writeInt64(v int64) string { return strconv.FormatInt(v, 10) }

func readInt64(s string) (int64, bool) { v, err := strconv.ParseInt(s, 10, 64); return v, err == nil }

func booleans(t axes.Type) kind[bool] {
	read := func(s string) (bool, bool) { v, err := strconv.ParseBool(s); return v, err == nil }
	return kind[bool]{typ: t, axis: t.Booleans(), write: strconv.FormatBool, read: read}.included()
}

func texts(t axes.Type) kind[string] {
	k := kind[string]{
		typ: t, axis: t.Texts(),
		write: func(s string) string { return s },
		read:  func(s string) (string, bool) { return s, true },
	}
	if t.Name == "binary" {
		k.write = func(s string) string { return hex.EncodeToString([]byte(s)) }
		k.read = readHex
	}
	k.span = func(lo, hi string) (iv interval.Interval[string], ok bool) {
		least, ok := readHex(lo)
		iv.Lo = interval.Incl(least)
		if hi == "" {
			return iv, ok
		}
		greatest, also := readHex(hi[1:])
		switch hi[0] {
		case '=':
			iv.Hi = interval.Incl(greatest)
		case '<':
			iv.Hi = interval.Excl(greatest)
		default:
			return iv, false
		}
		return iv, ok && also
	}
	return k
}

func readHex(s string) (string, bool) {
	v, err := hex.DecodeString(s)
	return string(v), err == nil
}

// fewBits are those of integers that are so few that all of them are a bound.
const fewBits = 16

// integers are numbers that cannot be below zero without a sign, nor far from it in a
// few bits.
func integers(t axes.Type) kind[interval.Int128] {
	k := numbers(t, t.Integers())
	few := t.Wire.Int.Bits <= fewBits
	k.few = sides{lower: few || t.Wire.Int.Unsigned, upper: few}
	if k.limits.Hi.Kind == interval.Unbounded {
		k.read = readWide
	}
	return k
}

// readWide reads a value that may be beyond the greatest Int128 as that, which is below
// nothing but such values.
func readWide(s string) (interval.Int128, bool) {
	v, ok := new(big.Int).SetString(s, 10)
	if ok && v.Sign() > 0 && v.BitLen() > 127 {
		return interval.MaxInt128(), true
	}
	return axes.ParseInt128(s)
}

func numbers(t axes.Type, axis bounds.Axis[interval.Int128]) kind[interval.Int128] {
	return kind[interval.Int128]{
		typ: t, axis: axis, write: interval.Int128.String, read: axes.ParseInt128, limits: t.Limits(),
		ranges: func(r *plan.Request, region bounds.Region[interval.Int128]) ([]partition.Partition[interval.Int128], error) {
			every, ok := new(big.Rat).SetString(r.Every)
			if !ok {
				return nil, malformed("ranges of width %q", r.Every)
			}
			every.Mul(every, new(big.Rat).SetInt(axes.Power10(t.Scale)))
			return partition.Integers(region, every, r.MaxPeriods)
		},
	}.included()
}

func reals(t axes.Type) kind[float64] {
	return kind[float64]{
		typ: t, axis: t.Floats(),
		write: func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) },
		read:  func(s string) (float64, bool) { v, err := strconv.ParseFloat(s, 64); return v, err == nil },
		ranges: func(r *plan.Request, region bounds.Region[float64]) ([]partition.Partition[float64], error) {
			every, err := strconv.ParseFloat(r.Every, 64)
			if err != nil {
				return nil, malformed("ranges of width %q", r.Every)
			}
			return partition.Floats(region, every, t.Single, r.MaxPeriods)
		},
	}.included()
}
