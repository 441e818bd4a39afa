package calendar_test

import (
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// The package comment's example: days 2024-01-30 to 02-02, 02-20 and 04-07, by month.
func ExampleSplit() {
	d := calendar.Days.Domain()
	s := interval.Of(d,
		interval.Interval[int64]{Lo: interval.Incl[int64](19752), Hi: interval.Incl[int64](19755)},
		interval.Interval[int64]{Lo: interval.Incl[int64](19773), Hi: interval.Incl[int64](19773)},
		interval.Interval[int64]{Lo: interval.Incl[int64](19820), Hi: interval.Incl[int64](19820)},
	)
	fmt.Println(s)
	periods, err := calendar.Split(s, calendar.Days, calendar.Monthly, 100)
	if err != nil {
		fmt.Println(err)
	}
	for _, p := range periods {
		fmt.Println(p.Label, calendar.Format(p.Start, calendar.Days), calendar.Format(p.End, calendar.Days))
	}
	// Output:
	// [2024-01-30, 2024-02-02] ∪ [2024-02-20, 2024-02-20] ∪ [2024-04-07, 2024-04-07]
	// 2024-01 2024-01-30 2024-02-01
	// 2024-02 2024-02-01 2024-02-21
	// 2024-04 2024-04-07 2024-04-08
}
