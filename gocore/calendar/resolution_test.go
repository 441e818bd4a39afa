package calendar_test

import (
	"math"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

const (
	days = calendar.Days
	ms   = calendar.Milliseconds
	us   = calendar.Microseconds
	ns   = calendar.Nanoseconds
)

// The wants were printed by Polars, except those beyond its range, the first and last of ms and
// the first and last day.
func TestFormat(t *testing.T) {
	tests := []struct {
		tick int64
		r    calendar.Resolution
		want string
	}{
		{0, days, "1970-01-01"},
		{-1, days, "1969-12-31"},
		{4_000_000, days, "+12921-08-18"},
		{-1_000_000, days, "-0768-02-04"},
		{math.MaxInt32, days, "+5881580-07-11"},
		{math.MinInt32, days, "-5877641-06-23"},
		{0, ms, "1970-01-01 00:00:00"},
		{-1, ms, "1969-12-31 23:59:59.999"},
		{120, ms, "1970-01-01 00:00:00.120"},
		{1_500_000, ms, "1970-01-01 00:25:00"},
		{253402300800000, ms, "+10000-01-01 00:00:00"},
		{-62167219200001, ms, "-0001-12-31 23:59:59.999"},
		{math.MaxInt64, ms, "+292278994-08-17 07:12:55.807"},
		{math.MinInt64, ms, "-292275055-05-16 16:47:04.192"},
		{100, us, "1970-01-01 00:00:00.000100"},
		{1, us, "1970-01-01 00:00:00.000001"},
		{1_500_000, us, "1970-01-01 00:00:01.500"},
		{1706693400000000123, us, "+56052-12-16 20:00:00.000123"},
		{100, ns, "1970-01-01 00:00:00.000000100"},
		{1, ns, "1970-01-01 00:00:00.000000001"},
		{120_000, ns, "1970-01-01 00:00:00.000120"},
		{1706693400000000123, ns, "2024-01-31 09:30:00.000000123"},
		{math.MaxInt64, ns, "2262-04-11 23:47:16.854775807"},
		{math.MinInt64, ns, "1677-09-21 00:12:43.145224192"},
	}
	for _, tt := range tests {
		if got := calendar.Format(tt.tick, tt.r); got != tt.want {
			t.Errorf("Format(%d, %d) = %s, want %s", tt.tick, tt.r, got, tt.want)
		}
	}
}

func TestTicksPerDay(t *testing.T) {
	want := map[calendar.Resolution]int64{days: 1, ms: 86_400_000, us: 86_400_000_000, ns: 86_400_000_000_000}
	for r, n := range want {
		if got := r.TicksPerDay(); got != n {
			t.Errorf("resolution %d: %d ticks per day, want %d", r, got, n)
		}
	}
}

func TestResolutionDomain(t *testing.T) {
	tests := []struct {
		name string
		got  interval.Set[int64]
		want string
	}{
		{"date", interval.Point(days.Domain(), 19753), "[2024-01-31, 2024-01-31]"},
		{"time", interval.Above(ns.Domain(), 0), "[1970-01-01 00:00:00.000000001, ∞)"},
		{"the greatest date is unbounded", interval.AtMost(days.Domain(), math.MaxInt32), "(-∞, ∞)"},
		{"the least date is unbounded", interval.AtLeast(days.Domain(), math.MinInt32), "(-∞, ∞)"},
		{"beyond a date", interval.AtLeast(days.Domain(), math.MaxInt32+1), "{}"},
		{"the greatest time is unbounded", interval.AtMost[int64](ms.Domain(), math.MaxInt64), "(-∞, ∞)"},
	}
	for _, tt := range tests {
		if got := tt.got.String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}
