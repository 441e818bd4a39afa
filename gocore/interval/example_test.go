package interval_test

import (
	"fmt"
	"math"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// The package comment's example: from 10 to below 20, without 13.
func Example() {
	ints := interval.Int64(math.MinInt64, math.MaxInt64, nil)
	decade := interval.AtLeast(ints, 10).Intersect(interval.Below(ints, 20))
	hole := decade.Intersect(interval.Point(ints, 13).Complement())
	fmt.Println(decade)
	fmt.Println(hole)
	fmt.Println(hole.Complement())
	// Output:
	// [10, 19]
	// [10, 12] ∪ [14, 19]
	// (-∞, 9] ∪ [13, 13] ∪ [20, ∞)
}
