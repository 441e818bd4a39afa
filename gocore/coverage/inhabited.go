package coverage

import (
	"math"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

func holdsFloat64(iv interval.Interval[float64]) bool {
	if iv.Lo.Kind == interval.Unbounded || iv.Hi.Kind == interval.Unbounded || math.IsNaN(iv.Lo.Value) {
		return true
	}
	first := iv.Lo.Value
	if iv.Lo.Kind == interval.Exclusive {
		first = math.Nextafter(first, math.Inf(1))
	}
	return reaches(first, iv.Hi)
}

func holdsFloat32(iv interval.Interval[float64]) bool {
	if iv.Hi.Kind == interval.Unbounded || iv.Lo.Kind != interval.Unbounded && math.IsNaN(iv.Lo.Value) {
		return true // NaN, the greatest float, is one of 32 bits
	}
	first := float32(math.Inf(-1))
	if lo := iv.Lo; lo.Kind != interval.Unbounded {
		first = float32(lo.Value)
		if v := float64(first); v < lo.Value || v == lo.Value && lo.Kind == interval.Exclusive {
			first = math.Nextafter32(first, float32(math.Inf(1)))
		}
	}
	return reaches(float64(first), iv.Hi)
}

// reaches reports whether v, which is not NaN, is not above a bounded upper end.
func reaches(v float64, hi interval.Endpoint[float64]) bool {
	return math.IsNaN(hi.Value) || v < hi.Value || v == hi.Value && hi.Kind == interval.Inclusive
}

// holdsString knows that the least string after s is s + "\x00".
func holdsString(iv interval.Interval[string]) bool {
	if iv.Lo.Kind != interval.Exclusive || iv.Hi.Kind != interval.Exclusive {
		return true
	}
	rest, ok := strings.CutPrefix(iv.Hi.Value, iv.Lo.Value)
	return !ok || rest != "\x00"
}
