package sqlpush

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// numeric is a number that is not infinite, and integer a whole one.
type (
	numeric = *big.Rat
	integer = *big.Int
)

// rationals are all numbers that are not infinite: integers, decimals and floats
// compare in it as Polars compares them where no cast loses digits.
type rationals struct{}

func (rationals) Compare(a, b numeric) int            { return a.Cmp(b) }
func (rationals) Next(numeric) (numeric, bool)        { return nil, false }
func (rationals) Prev(numeric) (numeric, bool)        { return nil, false }
func (rationals) Extremes() (lo, hi numeric, ok bool) { return nil, nil, false }
func (rationals) Format(v numeric) string             { return v.RatString() }

// multiples are the multiples of 10^-scale from least to greatest: the values that a
// column of integers or decimals can hold.
type multiples struct {
	least, greatest integer
	scale           int
}

func (m multiples) Compare(a, b integer) int { return a.Cmp(b) }

func (m multiples) Next(v integer) (integer, bool) {
	if v.Cmp(m.greatest) >= 0 {
		return nil, false
	}
	return new(big.Int).Add(v, big.NewInt(1)), true
}

func (m multiples) Prev(v integer) (integer, bool) {
	if v.Cmp(m.least) <= 0 {
		return nil, false
	}
	return new(big.Int).Sub(v, big.NewInt(1)), true
}

func (m multiples) Extremes() (lo, hi integer, ok bool) { return m.least, m.greatest, true }

// Format writes v in decimal, with all digits after the point.
func (m multiples) Format(v integer) string {
	if m.scale == 0 {
		return v.String()
	}
	digits := new(big.Int).Abs(v).String()
	if short := m.scale + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	point := len(digits) - m.scale
	sign := ""
	if v.Sign() < 0 {
		sign = "-"
	}
	return sign + digits[:point] + "." + digits[point:]
}

// within returns the multiples that lie in s.
func (m multiples) within(s interval.Set[numeric]) interval.Set[integer] {
	unit := new(big.Rat).SetInt(axes.Power10(m.scale))
	var out []interval.Interval[integer]
	for _, iv := range s.Intervals() {
		out = append(out, interval.Interval[integer]{
			Lo: roundedEnd(iv.Lo, unit, +1), Hi: roundedEnd(iv.Hi, unit, -1),
		})
	}
	return interval.Of[integer](m, out...)
}

// roundedEnd moves an end inwards to the next multiple: up if it is a lower one
// (direction 1), down if it is an upper one (-1).
func roundedEnd(e interval.Endpoint[numeric], unit numeric, direction int) interval.Endpoint[integer] {
	if e.Kind == interval.Unbounded {
		return interval.Endpoint[integer]{}
	}
	scaled := new(big.Rat).Mul(e.Value, unit)
	floor := new(big.Int).Div(scaled.Num(), scaled.Denom()) // Euclidean, and the divisor is positive
	if scaled.IsInt() {
		return interval.Endpoint[integer]{Kind: e.Kind, Value: floor}
	}
	if direction > 0 {
		floor.Add(floor, big.NewInt(1))
	}
	return interval.Incl(floor)
}

// The texts of the values of a parameter.

func floatText(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 0):
		return strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+") + "inity"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func hexText(v string) string { return hex.EncodeToString([]byte(v)) }

func boolText(v bool) string { return strconv.FormatBool(v) }
