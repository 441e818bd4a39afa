package calendar

import (
	"fmt"
	"math"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// Resolution is what one tick, the physical integer of a column, stands for.
type Resolution uint8

const (
	// Days is the resolution of Polars' Date. Its ticks are int32 values.
	Days Resolution = iota
	// Milliseconds is the resolution of Datetime("ms").
	Milliseconds
	// Microseconds is the resolution of Datetime("us").
	Microseconds
	// Nanoseconds is the resolution of Datetime("ns").
	Nanoseconds
)

const secondsPerDay = 24 * 60 * 60

// ticksPerSecond is zero for Days, which have no time of day.
var ticksPerSecond = [...]int64{Days: 0, Milliseconds: 1e3, Microseconds: 1e6, Nanoseconds: 1e9}

// TicksPerDay returns the number of ticks in a day.
func (r Resolution) TicksPerDay() int64 { return max(1, ticksPerSecond[r]*secondsPerDay) }

// Domain returns the domain of the ticks: the integers that a column of this resolution can hold,
// printed by [Format].
func (r Resolution) Domain() interval.Domain[int64] {
	format := func(v int64) string { return Format(v, r) }
	if r == Days {
		return interval.Int64(math.MinInt32, math.MaxInt32, format)
	}
	return interval.Int64(math.MinInt64, math.MaxInt64, format)
}

// Format returns tick v as Polars prints it in a frame: "2024-01-31" for Days, else with the time
// of day, "2024-01-31 09:30:00", and a fraction of 3, 6 or 9 digits where it is not zero.
func Format(v int64, r Resolution) string {
	if r == Days {
		return formatDay(v)
	}
	day := saturate.FloorDiv(v, r.TicksPerDay())
	ticks := v - day*r.TicksPerDay()
	seconds := ticks / ticksPerSecond[r]
	nanos := ticks % ticksPerSecond[r] * (1e9 / ticksPerSecond[r])
	return fmt.Sprintf("%s %02d:%02d:%02d%s",
		formatDay(day), seconds/3600, seconds/60%60, seconds%60, formatFraction(nanos))
}

func formatFraction(nanos int64) string {
	switch {
	case nanos == 0:
		return ""
	case nanos%1e6 == 0:
		return fmt.Sprintf(".%03d", nanos/1e6)
	case nanos%1e3 == 0:
		return fmt.Sprintf(".%06d", nanos/1e3)
	}
	return fmt.Sprintf(".%09d", nanos)
}
