package calendar_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

var (
	hourly    = calendar.Hourly
	daily     = calendar.Daily
	weekly    = calendar.Weekly
	monthly   = calendar.Monthly
	quarterly = calendar.Quarterly
	yearly    = calendar.Yearly
)

// set returns the union of the inclusive ranges [ends[0], ends[1]], [ends[2], ends[3]] and so on.
func set(r calendar.Resolution, ends ...int64) interval.Set[int64] {
	var ivs []interval.Interval[int64]
	for i := 0; i < len(ends); i += 2 {
		ivs = append(ivs, interval.Interval[int64]{Lo: interval.Incl(ends[i]), Hi: interval.Incl(ends[i+1])})
	}
	return interval.Of(r.Domain(), ivs...)
}

// unit parses a unit.
func unit(text string) calendar.Unit {
	u, err := calendar.ParseUnit(text)
	if err != nil {
		panic(err)
	}
	return u
}

// tick reads a date or a time in the resolution r.
func tick(t *testing.T, text string, r calendar.Resolution) int64 {
	t.Helper()
	layout := time.DateTime
	if len(text) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	v, err := time.Parse(layout, text)
	if err != nil {
		t.Fatal(err)
	}
	switch r {
	case ms:
		return v.UnixMilli()
	case us:
		return v.UnixMicro()
	case ns:
		return v.UnixNano()
	default:
		return v.Unix() / 86400
	}
}

// render prints periods one to a line as "label [start, end)".
func render(periods []calendar.Period, r calendar.Resolution) string {
	lines := make([]string, len(periods))
	for i, p := range periods {
		lines[i] = fmt.Sprintf("%s [%s, %s)", p.Label, calendar.Format(p.Start, r), calendar.Format(p.End, r))
	}
	return strings.Join(lines, "\n")
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name   string
		r      calendar.Resolution
		unit   calendar.Unit
		ranges []string // inclusive, two by two
		want   []string
	}{
		{"one day", days, daily, []string{"2024-02-29", "2024-02-29"}, []string{"2024-02-29 [2024-02-29, 2024-03-01)"}},
		{
			"three whole months", days, monthly,
			[]string{"2024-01-01", "2024-03-31"},
			[]string{
				"2024-01 [2024-01-01, 2024-02-01)", "2024-02 [2024-02-01, 2024-03-01)",
				"2024-03 [2024-03-01, 2024-04-01)",
			},
		},
		{
			"clipped at both ends", days, monthly,
			[]string{"2023-12-30", "2024-01-05"},
			[]string{"2023-12 [2023-12-30, 2024-01-01)", "2024-01 [2024-01-01, 2024-01-06)"},
		},
		{
			"a gap within a unit, and a unit without values", days, monthly,
			[]string{"2024-01-30", "2024-02-02", "2024-02-20", "2024-02-20", "2024-04-07", "2024-04-07"},
			[]string{
				"2024-01 [2024-01-30, 2024-02-01)", "2024-02 [2024-02-01, 2024-02-21)",
				"2024-04 [2024-04-07, 2024-04-08)",
			},
		},
		{
			"a gap over the boundary of units", days, yearly,
			[]string{"2023-05-01", "2023-05-02", "2024-07-01", "2025-01-01"},
			[]string{
				"2023 [2023-05-01, 2023-05-03)", "2024 [2024-07-01, 2025-01-01)",
				"2025 [2025-01-01, 2025-01-02)",
			},
		},
		{
			"days apart", days, daily,
			[]string{"2024-01-01", "2024-01-02", "2024-01-04", "2024-01-04"},
			[]string{
				"2024-01-01 [2024-01-01, 2024-01-02)", "2024-01-02 [2024-01-02, 2024-01-03)",
				"2024-01-04 [2024-01-04, 2024-01-05)",
			},
		},
		{
			"before the epoch", days, monthly,
			[]string{"1969-12-31", "1970-01-01"},
			[]string{"1969-12 [1969-12-31, 1970-01-01)", "1970-01 [1970-01-01, 1970-01-02)"},
		},
		{
			"times over midnight", us, daily,
			[]string{"2024-01-31 23:59:59", "2024-02-01 00:00:00"},
			[]string{
				"2024-01-31 [2024-01-31 23:59:59, 2024-02-01 00:00:00)",
				"2024-02-01 [2024-02-01 00:00:00, 2024-02-01 00:00:00.000001)",
			},
		},
		{
			"gaps within a day", ms, daily,
			[]string{"1969-12-31 08:00:00", "1969-12-31 09:00:00", "1969-12-31 17:00:00", "1969-12-31 18:00:00"},
			[]string{"1969-12-31 [1969-12-31 08:00:00, 1969-12-31 18:00:00.001)"},
		},
		{"empty", days, daily, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var ends []int64
			for _, text := range tt.ranges {
				ends = append(ends, tick(t, text, tt.r))
			}
			periods, err := calendar.Split(set(tt.r, ends...), tt.r, tt.unit, 100)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := render(periods, tt.r), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestSplitAtTheEdges(t *testing.T) {
	const lo, hi = math.MinInt64, math.MaxInt64
	tests := []struct {
		name string
		set  interval.Set[int64]
		r    calendar.Resolution
		unit calendar.Unit
		want string // first and last period in ticks, and the number of periods
	}{
		{"greatest ns", set(ns, hi-2, hi-1), ns, daily, "2262-04-11 [MAX-2, MAX) .. 2262-04-11 [MAX-2, MAX) 1"},
		{"greatest us", set(us, hi-1, hi-1), us, yearly, "+294247 [MAX-1, MAX) .. +294247 [MAX-1, MAX) 1"},
		{"greatest ms", set(ms, hi-1, hi-1), ms, monthly, "+292278994-08 [MAX-1, MAX) .. +292278994-08 [MAX-1, MAX) 1"},
		{"least ns", set(ns, lo+1, lo+1), ns, daily, "1677-09-21 [MIN+1, MIN+2) .. 1677-09-21 [MIN+1, MIN+2) 1"},
		{"least us", set(us, lo+1, lo+2), us, monthly, "-290308-12 [MIN+1, MIN+3) .. -290308-12 [MIN+1, MIN+3) 1"},
		{"least ms", set(ms, lo+1, lo+1), ms, yearly, "-292275055 [MIN+1, MIN+2) .. -292275055 [MIN+1, MIN+2) 1"},
		{
			"both ends of ns", set(ns, lo+1, hi-1), ns, yearly,
			"1677 [MIN+1, MIN+8812036854775808) .. 2262 [MAX-8725636854775807, MAX) 586",
		},
		{
			"two far points of ms", set(ms, lo+1, lo+1, hi-1, hi-1), ms, daily,
			"-292275055-05-16 [MIN+1, MIN+2) .. +292278994-08-17 [MAX-1, MAX) 2",
		},
		{
			"the last border of a day in ns", set(ns, hi-86_400_000_000_000, hi-1), ns, daily,
			"2262-04-10 [MAX-86400000000000, MAX-85636854775807) .. 2262-04-11 [MAX-85636854775807, MAX) 2",
		},
		{
			"greatest date", set(days, math.MaxInt32-1, math.MaxInt32-1), days, daily,
			"+5881580-07-10 [2147483646, 2147483647) .. +5881580-07-10 [2147483646, 2147483647) 1",
		},
		{
			"least date", set(days, math.MinInt32+1, math.MinInt32+9), days, monthly,
			"-5877641-06 [-2147483647, -2147483640) .. -5877641-07 [-2147483640, -2147483638) 2",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			periods, err := calendar.Split(tt.set, tt.r, tt.unit, 1000)
			if err != nil {
				t.Fatal(err)
			}
			first, last := periods[0], periods[len(periods)-1]
			if got := fmt.Sprintf("%s .. %s %d", ticks(first), ticks(last), len(periods)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// ticks prints a period in ticks, counted from the extremes of int64 where they are nearer than 0.
func ticks(p calendar.Period) string {
	near := func(v int64) string {
		switch {
		case v == math.MaxInt64:
			return "MAX"
		case v > math.MaxInt64/2:
			return fmt.Sprintf("MAX-%d", math.MaxInt64-v)
		case v < math.MinInt64/2:
			return fmt.Sprintf("MIN+%d", v-math.MinInt64)
		}
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%s [%s, %s)", p.Label, near(p.Start), near(p.End))
}

func TestSplitUnbounded(t *testing.T) {
	d := days.Domain()
	tests := []struct {
		name string
		set  interval.Set[int64]
		want string
	}{
		{"full", interval.Full(d), "calendar: split by daily: the set is unbounded below and above"},
		{"a hole", interval.Point(d, 0).Complement(), "calendar: split by daily: the set is unbounded below and above"},
		{"no lower end", interval.AtMost(d, 0), "calendar: split by daily: the set is unbounded below"},
		{"no upper end", interval.AtLeast(d, 0), "calendar: split by daily: the set is unbounded above"},
		{"the greatest date", interval.Point(d, math.MaxInt32), "calendar: split by daily: the set is unbounded above"},
		{"the least date", interval.Point(d, math.MinInt32), "calendar: split by daily: the set is unbounded below"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := calendar.Split(tt.set, days, daily, 10)
			if !errors.Is(err, calendar.ErrUnbounded) || err.Error() != tt.want {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			var side *calendar.UnboundedError
			if !errors.As(err, &side) || side.Lower == tt.set.BoundedBelow() || side.Upper == tt.set.BoundedAbove() {
				t.Errorf("sides %+v", side)
			}
		})
	}
}

func TestSplitLimit(t *testing.T) {
	const tooMany = "calendar: split by daily: too many periods: "
	wide := interval.Int64(math.MinInt64, math.MaxInt64, nil)
	trillion := interval.AtLeast(wide, 0).Intersect(interval.Below(wide, 1_000_000_000_000))
	year := set(days, 19723, 20088) // 2024
	tests := []struct {
		name  string
		set   interval.Set[int64]
		r     calendar.Resolution
		unit  calendar.Unit
		limit int
		want  string
	}{
		{"at the limit", year, days, daily, 366, "366 periods"},
		{
			"one over the limit", year, days, daily, 365,
			tooMany + "366 daily periods, at most max_periods=365 are allowed; weekly periods would do",
		},
		{
			"the next but one is just enough", year, days, daily, 12,
			tooMany + "366 daily periods, at most max_periods=12 are allowed; monthly periods would do",
		},
		{
			"and is not enough", year, days, daily, 11,
			tooMany + "366 daily periods, at most max_periods=11 are allowed; quarterly periods would do",
		},
		{
			"a duration is finer than the next name", year, days, unit("5d"), 50,
			"calendar: split by 5d: too many periods: 74 5d periods, at most max_periods=50 are allowed; monthly periods would do",
		},
		{
			"more than int64 counts", set(ns, math.MinInt64+1, math.MaxInt64-1), ns, unit("1ns"), 100_000,
			"calendar: split by 1ns: too many periods: 9223372036854775807 1ns periods, at most max_periods=100000 are allowed; " +
				"weekly periods would do",
		},
		{
			"no unit is enough", year, days, daily, 0,
			tooMany + "366 daily periods, at most max_periods=0 are allowed",
		},
		{
			"none is coarser", set(days, 0, 800), days, yearly, 2,
			"calendar: split by yearly: too many periods: 3 yearly periods, at most max_periods=2 are allowed",
		},
		{
			// They would need 40 TB: the number must come without the periods.
			"a trillion days", trillion, days, daily, 100_000,
			tooMany + "1000000000000 daily periods, at most max_periods=100000 are allowed",
		},
		{
			"all milliseconds", set(ms, math.MinInt64+1, math.MaxInt64-1), ms, daily, 100_000,
			tooMany + "213503982336 daily periods, at most max_periods=100000 are allowed",
		},
		{"points of one day count once", set(ms, 1, 1, 3, 3, 5, 5), ms, daily, 1, "1 periods"},
		{
			"points of two days", set(ms, -3, -3, -1, -1, 1, 1, 3, 3), ms, daily, 1,
			tooMany + "2 daily periods, at most max_periods=1 are allowed; weekly periods would do",
		},
		{"empty", set(days), days, daily, 0, "0 periods"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			periods, err := calendar.Split(tt.set, tt.r, tt.unit, tt.limit)
			got := fmt.Sprintf("%d periods", len(periods))
			if err != nil {
				got = err.Error()
				var many *calendar.TooManyError
				if !errors.Is(err, calendar.ErrTooManyPeriods) || !errors.As(err, &many) ||
					many.Unit != tt.unit || many.Limit != int64(tt.limit) || many.Needed <= many.Limit {
					t.Errorf("error %+v", many)
				}
			}
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestSplitManyIntervals fails by its time: half a million points in one year and in as many days
// are done in a blink, and would take hours if each period looked at each interval.
func TestSplitManyIntervals(t *testing.T) {
	ends := make([]int64, 0, 1_000_000)
	for i := range int64(500_000) {
		ends = append(ends, 2*i, 2*i)
	}
	begin := time.Now()
	for _, tt := range []struct {
		r    calendar.Resolution
		unit calendar.Unit
		want int
	}{{ms, yearly, 1}, {days, daily, 500_000}, {days, monthly, 32855}} {
		periods, err := calendar.Split(set(tt.r, ends...), tt.r, tt.unit, 1_000_000)
		if err != nil || len(periods) != tt.want {
			t.Errorf("%v: %d periods, want %d; error %v", tt.unit, len(periods), tt.want, err)
		}
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func BenchmarkSplitDaily(b *testing.B) {
	s := set(us, 0, 100_000*us.TicksPerDay()-1)
	for b.Loop() {
		if _, err := calendar.Split(s, us, daily, 100_000); err != nil {
			b.Fatal(err)
		}
	}
}

// TestSplitContext ends a split of 10^8 periods, which would take many seconds, before it begins
// and while it goes on.
func TestSplitContext(t *testing.T) {
	s := set(us, 0, 1e14)
	before, cancel := context.WithCancel(context.Background())
	cancel()
	during, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	for _, ctx := range []context.Context{before, during} {
		periods, err := calendar.SplitContext(ctx, s, us, unit("1s"), calendar.Zone{}, math.MaxInt)
		if periods != nil || !errors.Is(err, ctx.Err()) || ctx.Err() == nil {
			t.Errorf("SplitContext gave %d periods and %v, want %v", len(periods), err, ctx.Err())
		}
	}
}
