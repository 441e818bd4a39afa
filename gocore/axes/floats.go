package axes

import (
	"math"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// floats adds to an axis what can be asked of floats alone.
type floats struct{ bounds.Ordered[float64] }

// Within implements [bounds.Axis].
func (f floats) Within(bounds.Region[float64]) (bounds.Axis[float64], bool) { return f, false }

// Ask implements [bounds.Asker].
func (f floats) Ask(question string, operand expr.Node, column string) (bounds.Outcome[float64], bool) {
	d := f.Domain()
	nan := interval.Point(d, math.NaN())
	infinite := interval.Point(d, math.Inf(1)).Union(interval.Point(d, math.Inf(-1)))
	switch question {
	case "is_nan":
		return f.Where(nan, operand, column)
	case "is_not_nan":
		return f.Where(nan.Complement(), operand, column)
	case "is_infinite":
		return f.Where(infinite, operand, column)
	case "is_finite":
		return f.Where(nan.Union(infinite).Complement(), operand, column)
	}
	return bounds.Outcome[float64]{}, false
}
