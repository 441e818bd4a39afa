package bounds

import "math"

// addSaturated adds and stops at the ends of int64.
func addSaturated(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}

// subSaturated subtracts and stops at the ends of int64.
func subSaturated(a, b int64) int64 {
	if b == math.MinInt64 {
		return addSaturated(addSaturated(a, math.MaxInt64), 1)
	}
	return addSaturated(a, -b)
}

func clamp(v, lo, hi int64) int64 { return min(max(v, lo), hi) }
