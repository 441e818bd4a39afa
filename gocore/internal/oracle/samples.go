package oracle

import (
	"math"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// windowStart is 2023-12-29; the window is the eight days from there on.
const windowStart, windowDays = 19720, 8

// Samples are the values of a type that are worth a test: for times a small
// window round a year's end, both sides of 1970, the ends of the type, and the
// last values that fit the other types, with their neighbours.
func Samples(t expr.Type) []int64 {
	switch t.Kind {
	case expr.Date:
		return dateSamples
	case expr.Integer:
		least, greatest, _ := t.Extremes()
		return tidy(slices.Clone(integerSamples), least, greatest)
	}
	return datetimeSamples[t.Unit]
}

var integerSamples = []int64{-1, 0, 1, 3, 12, 52, 127, 2023, 2024, windowStart, windowStart * 86400}

var (
	dateSamples     = dates()
	datetimeSamples = map[expr.Unit][]int64{
		expr.Milliseconds: datetimes(expr.Milliseconds),
		expr.Microseconds: datetimes(expr.Microseconds),
		expr.Nanoseconds:  datetimes(expr.Nanoseconds),
	}
)

func dates() []int64 {
	var out []int64
	for i := range int64(windowDays) {
		out = append(out, windowStart+i)
	}
	for _, v := range []int64{
		0, math.MinInt32, math.MaxInt32,
		106_751, -106_752, // the last days that nanoseconds reach
		106_751_991, -106_751_992, // and microseconds
		95_026_236, -96_465_292, // the ends of Polars' calendar
	} {
		out = append(out, v-1, v, v+1)
	}
	return tidy(out, math.MinInt32, math.MaxInt32)
}

func datetimes(u expr.Unit) []int64 {
	day := ticksPerDay[u]
	var out []int64
	for i := range int64(windowDays) {
		midnight := (windowStart + i) * day
		out = append(out, midnight-1, midnight, midnight+1, midnight+day/2)
	}
	for _, v := range []int64{
		0, 1000, -1000, 1_000_000, -1_000_000, -day, day,
		math.MaxInt64 / 1000, math.MinInt64 / 1000, // the last that fit a thousand times finer ticks
		math.MaxInt64 / 1_000_000, math.MinInt64 / 1_000_000,
	} {
		out = append(out, v-1, v, v+1)
	}
	if u == expr.Milliseconds { // the first and the last day of Date
		for _, v := range []int64{math.MinInt32 * day, math.MaxInt32 * day, (math.MaxInt32 + 1) * day} {
			out = append(out, v-1, v, v+1)
		}
	}
	out = append(out, math.MinInt64, math.MinInt64+1, math.MaxInt64-1, math.MaxInt64)
	return tidy(out, math.MinInt64, math.MaxInt64)
}

func tidy(values []int64, least, greatest int64) []int64 {
	slices.Sort(values)
	values = slices.Compact(values)
	return slices.DeleteFunc(values, func(v int64) bool { return v < least || v > greatest })
}
