package axes_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// TestIntegersBesideFloats: an integer column that is compared with a float is bounded
// exactly, up to where floats do not hold all integers.
func TestIntegersBesideFloats(t *testing.T) {
	ops := map[string]expr.Op{"<": expr.Lt, "<=": expr.LtEq, ">": expr.Gt, ">=": expr.GtEq, "==": expr.Eq, "!=": expr.NotEq}
	holds := map[string]func(a, b float64) bool{
		"<":  func(a, b float64) bool { return a < b },
		"<=": func(a, b float64) bool { return a <= b },
		">":  func(a, b float64) bool { return a > b },
		">=": func(a, b float64) bool { return a >= b },
		"==": func(a, b float64) bool { return a == b },
		"!=": func(a, b float64) bool { return a != b },
	}
	const far = 1 << 53
	column := &expr.Column{Name: "x", Type: expr.ParseType("int64")}
	cast := &expr.Cast{To: expr.ParseType("float64"), Arg: column}
	for symbol, op := range ops {
		for _, v := range []float64{-2.5, -2, -0.5, 0, 0.5, 2, 2.5, far - 1, -(far - 1)} {
			l := &expr.Literal{Scalar: &expr.Scalar{Type: "float", Value: fmt.Sprint(v)}}
			got := bounds.Predicate(&expr.Binary{Op: op, Left: cast, Right: l}, "x", axes.Parse("int64").Integers())
			for _, x := range []int64{-far - 1, -far, 1 - far, -3, -2, -1, 0, 1, 2, 3, far - 1, far, far + 1, math.MaxInt64} {
				want := holds[symbol](float64(x), v)
				at := interval.Int128FromInt64(x)
				if got.True.Values.Contains(at) != want || got.False.Values.Contains(at) == want {
					t.Errorf("%d %s %v is %t: %s, %s", x, symbol, v, want, got.True, got.False)
				}
			}
		}
		for _, v := range []string{"NaN", "inf", "-inf", "9007199254740992.0", "-9007199254740992.0"} {
			l := &expr.Literal{Scalar: &expr.Scalar{Type: "float", Value: v}}
			got := bounds.Predicate(&expr.Binary{Op: op, Left: cast, Right: l}, "x", axes.Parse("int64").Integers())
			if !got.True.IsEverything() || !got.False.IsEverything() {
				t.Errorf("x %s %s gives %s", symbol, v, got.True)
			}
		}
	}
}
