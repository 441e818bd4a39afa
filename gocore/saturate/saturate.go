package saturate

import "math"

// FloorDiv is a / b rounded down, for b > 0. Go rounds towards zero, which would put
// the last tick before 1970 into 1970.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Mul is a * b for b > 0.
func Mul(a, b int64) int64 {
	switch {
	case a > math.MaxInt64/b:
		return math.MaxInt64
	case a < math.MinInt64/b:
		return math.MinInt64
	}
	return a * b
}
