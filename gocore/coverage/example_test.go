package coverage_test

import (
	"fmt"
	"math"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/coverage"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// The package comment's example.
func ExampleExamine() {
	axis, _ := bounds.NewTemporal(expr.Type{Kind: expr.Date})
	dates, ids := axis.Domain(), interval.Int64(math.MinInt64, math.MaxInt64, nil)
	const february, march = 19754, 19783
	box := func(exact bool, dates interval.Set[int64], ids ...interval.Set[int64]) coverage.Box {
		b := coverage.Box{Exact: exact, Spaces: []coverage.Space{spaceOf(dates)}}
		for _, s := range ids {
			b.Spaces = append(b.Spaces, spaceOf(s))
		}
		return b
	}
	later := interval.AtLeast(dates, february)
	partitions := []coverage.Box{
		box(true, interval.Below(dates, february)),
		box(true, later, interval.AtLeast(ids, 0).Intersect(interval.AtMost(ids, 2))),
		box(true, later, interval.AtLeast(ids, 2)),
		box(false, interval.Point(dates, march), interval.Point(ids, 7)),
	}
	within := []coverage.Space{
		spaceOf(interval.Full(dates)),
		spaceOf(interval.AtLeast(ids, 0).Intersect(interval.AtMost(ids, 9))),
	}

	f := coverage.Examine([]string{"date", "id"}, within, partitions)
	fmt.Println("overlap", f.Overlap)
	fmt.Println("gap", f.Gap)

	partitions[2] = box(true, later, interval.Above(ids, 2))
	f = coverage.Examine([]string{"date", "id"}, within, partitions)
	fmt.Println("overlap", f.Overlap)
	// Output:
	// overlap found: partitions 1 and 2 share date in [2024-02-01, ∞) and id = 2
	// gap none
	// overlap unknown: partitions 2 and 3 may share date = 2024-03-01 and id = 7: the predicate of partition 3 is not understood as conditions on single columns
}

func spaceOf(s interval.Set[int64]) coverage.Space {
	return coverage.Of(bounds.Region[int64]{Values: s})
}
