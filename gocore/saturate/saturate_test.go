package saturate_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

var interesting = []int64{
	math.MinInt64, math.MinInt64 + 1, math.MinInt64 / 2, -86_401, -86_400, -3, -2, -1,
	0, 1, 2, 3, 86_399, 86_400, 86_401, math.MaxInt64 / 2, math.MaxInt64/2 + 1, math.MaxInt64 - 1, math.MaxInt64,
}

// TestAgainstBig: every pair of interesting numbers, by arithmetic that has no ends.
func TestAgainstBig(t *testing.T) {
	for _, a := range interesting {
		for _, b := range interesting {
			if b <= 0 {
				continue
			}
			x, y := big.NewInt(a), big.NewInt(b)
			if got, want := saturate.Mul(a, b), clamped(new(big.Int).Mul(x, y)); got != want {
				t.Errorf("Mul(%d, %d) = %d, want %d", a, b, got, want)
			}
			// For b > 0 the Euclidean quotient is the one rounded down.
			if got, want := saturate.FloorDiv(a, b), clamped(new(big.Int).Div(x, y)); got != want {
				t.Errorf("FloorDiv(%d, %d) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestFloorDiv(t *testing.T) {
	tests := []struct{ a, b, want int64 }{
		{0, 5, 0},
		{4, 5, 0},
		{5, 5, 1},
		{-1, 5, -1},
		{-5, 5, -1},
		{-6, 5, -2},
		{math.MinInt64, 1, math.MinInt64},
		{math.MinInt64, 1000, -9223372036854776},
		{-9223372036854775000, 1000, -9223372036854775},
		{math.MaxInt64, 1000, 9223372036854775},
	}
	for _, tt := range tests {
		if got := saturate.FloorDiv(tt.a, tt.b); got != tt.want {
			t.Errorf("FloorDiv(%d, %d) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func clamped(x *big.Int) int64 {
	switch {
	case x.IsInt64():
		return x.Int64()
	case x.Sign() > 0:
		return math.MaxInt64
	}
	return math.MinInt64
}
