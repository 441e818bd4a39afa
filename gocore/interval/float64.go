package interval

import (
	"cmp"
	"math"
	"strconv"
)

type float64Domain struct{}

// Float64 returns the domain of the 64-bit floats in Polars' total order: -inf is the least value,
// then come the finite numbers, inf, and NaN, which is the greatest and equal to itself. -0.0 and
// 0.0 are one value.
//
// Floats have neighbours (math.Nextafter), but the domain counts as continuous: "x > 0.1" reads
// (0.1, ∞), not [0.10000000000000002, ∞), and stays right when it is compared with values of
// another width. The exception is the top, where nothing is between inf and NaN: "x > inf" is the
// point NaN, and "x < NaN" is everything up to inf.
func Float64() Domain[float64] { return float64Domain{} }

func (float64Domain) Compare(a, b float64) int {
	if aNaN, bNaN := math.IsNaN(a), math.IsNaN(b); aNaN || bNaN {
		return cmp.Compare(nanRank(aNaN), nanRank(bNaN))
	}
	return cmp.Compare(a, b)
}

// nanRank orders NaN after every number; cmp.Compare alone has it before them.
func nanRank(isNaN bool) int {
	if isNaN {
		return 1
	}
	return 0
}

func (float64Domain) Next(v float64) (float64, bool) {
	if math.IsInf(v, 1) {
		return math.NaN(), true
	}
	return 0, false
}

func (float64Domain) Prev(v float64) (float64, bool) {
	if math.IsNaN(v) {
		return math.Inf(1), true
	}
	return 0, false
}

func (float64Domain) Extremes() (lo, hi float64, ok bool) { return math.Inf(-1), math.NaN(), true }

func (float64Domain) Format(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	case v == 0:
		return "0" // also for -0.0, which is the same value
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
