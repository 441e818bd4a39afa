package calendar_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

var (
	allUnits       = []calendar.Unit{daily, monthly, yearly, weekly, quarterly, hourly}
	allResolutions = []calendar.Resolution{days, ms, us, ns}
)

// moment returns a tick as a time.
func moment(v int64, r calendar.Resolution) time.Time {
	switch r {
	case ms:
		return time.UnixMilli(v).UTC()
	case us:
		return time.UnixMicro(v).UTC()
	case ns:
		return time.Unix(0, v).UTC()
	default:
		return time.Unix(v*86400, 0).UTC()
	}
}

// unitAround returns the first moment of the unit that holds v, and the first moment of the next one.
func unitAround(v time.Time, u calendar.Unit) (start, next time.Time) {
	y, m, d := v.Date()
	switch u {
	case hourly:
		start = time.Date(y, m, d, v.Hour(), 0, 0, 0, time.UTC)
		return start, start.Add(time.Hour)
	case weekly:
		start = time.Date(y, m, d-(int(v.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 0, 7)
	case monthly:
		start = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	case quarterly:
		start = time.Date(y, m-(m-1)%3, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 3, 0)
	case yearly:
		start = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(1, 0, 0)
	default:
		start = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 0, 1)
	}
}

func label(v time.Time, u calendar.Unit) string {
	isoYear, week := v.ISOWeek()
	year := v.Year()
	if u == weekly {
		year = isoYear
	}
	text := fmt.Sprintf("%04d", year)
	if year < 0 || year > 9999 {
		text = fmt.Sprintf("%+05d", year)
	}
	switch u {
	case hourly:
		return text + v.Format("-01-02T15")
	case weekly:
		return fmt.Sprintf("%s-W%02d", text, week)
	case monthly:
		return text + v.Format("-01")
	case quarterly:
		return fmt.Sprintf("%s-Q%d", text, (v.Month()+2)/3)
	case yearly:
		return text
	default:
		return text + v.Format("-01-02")
	}
}

// bruteSplit looks at each day of the hull, or hour if the unit is one, for the values the set has
// there, and groups them by the label that package time gives them.
func bruteSplit(s interval.Set[int64], r calendar.Resolution, u calendar.Unit) []calendar.Period {
	var periods []calendar.Period
	hull, ok := s.Hull()
	if !ok {
		return nil
	}
	per := r.TicksPerDay()
	if u == hourly {
		per /= 24
	}
	for day := hull.Lo.Value/per - 1; day <= hull.Hi.Value/per+1; day++ {
		whole := interval.Interval[int64]{Lo: interval.Incl(day * per), Hi: interval.Excl((day + 1) * per)}
		here, ok := s.Intersect(interval.Of(s.Domain(), whole)).Hull()
		if !ok {
			continue
		}
		name := label(moment(day*per, r), u)
		if n := len(periods); n > 0 && periods[n-1].Label == name {
			periods[n-1].End = here.Hi.Value + 1
			continue
		}
		periods = append(periods, calendar.Period{Label: name, Start: here.Lo.Value, End: here.Hi.Value + 1})
	}
	return periods
}

// TestSplitOracle compares with brute force on random sets around days where calendars go wrong.
func TestSplitOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	centres := [][3]int{
		{-44, 3, 15},
		{-4, 2, 29},
		{0, 3, 1},
		{1, 6, 1},
		{1582, 10, 15},
		{1677, 12, 31},
		{1900, 2, 28},
		{1969, 12, 31},
		{1970, 1, 1},
		{2000, 2, 29},
		{2023, 12, 31},
		{2024, 2, 29},
		{2100, 3, 1},
		{2262, 1, 1},
		{9999, 6, 30},
		{9999, 12, 31},
	}
	for _, c := range centres {
		day := time.Date(c[0], time.Month(c[1]), c[2], 0, 0, 0, 0, time.UTC).Unix() / 86400
		for range 60 {
			r := allResolutions[rng.IntN(len(allResolutions))]
			if r == ns && (day < -106_000 || day > 106_000) {
				continue // a nanosecond clock does not reach so far
			}
			spread := []int64{3, 70, 500}[rng.IntN(3)] * r.TicksPerDay()
			at := func() int64 { return day*r.TicksPerDay() + rng.Int64N(spread) - spread/2 }
			var ends []int64
			for range rng.IntN(12) {
				lo := at()
				ends = append(ends, lo, lo+rng.Int64N(spread/8+2))
			}
			s := set(r, ends...)
			for _, u := range allUnits {
				if u.Check(r) != nil || u == hourly && spread > 10*r.TicksPerDay() {
					continue // dates have no hours; a year has too many for this
				}
				got, err := calendar.Split(s, r, u, math.MaxInt)
				if err != nil {
					t.Fatal(err)
				}
				if want := bruteSplit(s, r, u); render(got, r) != render(want, r) {
					t.Fatalf("%v of %v: got\n%s\nwant\n%s", u, s, render(got, r), render(want, r))
				}
			}
		}
	}
}

// TestSplitAllYears splits each year 1 to 9999 into its months and compares them with package time.
func TestSplitAllYears(t *testing.T) {
	first, last := tick(t, "0001-01-01", days), tick(t, "9999-12-31", days)
	periods, err := calendar.Split(set(days, first, last), days, monthly, 9999*12)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range periods {
		next := start.AddDate(0, 1, 0)
		want := calendar.Period{Label: start.Format("2006-01"), Start: start.Unix() / 86400, End: next.Unix() / 86400}
		if p != want {
			t.Fatalf("got %v, want %v", p, want)
		}
		start = next
	}
	if len(periods) != 9999*12 {
		t.Errorf("%d periods", len(periods))
	}
}

// FuzzSplitCover checks the invariant of the package on any bounded set, and the borders of the
// units against time.AddDate. Each byte of shape is the length of a run of values and then, in
// turn, of a gap; step is the unit of both.
func FuzzSplitCover(f *testing.F) {
	// gaps in and over months of a leap year
	f.Add(int64(19723), int64(1), []byte{31, 1, 28, 40}, uint8(0), uint8(1))
	// the nanoseconds around the epoch
	f.Add(int64(-1), int64(1), []byte{2}, uint8(3), uint8(0))
	// the greatest value a split may hold
	f.Add(int64(math.MaxInt64-1), int64(1), []byte{0}, uint8(3), uint8(2))
	// the least one, in a day that int64 cannot hold
	f.Add(int64(math.MinInt64+1), int64(1), []byte{5}, uint8(1), uint8(0))
	// nearly all of nanoseconds
	f.Add(int64(math.MinInt64+1), int64(1e18), []byte{4, 2, 2}, uint8(3), uint8(2))
	// the year 0, which is a leap year
	f.Add(int64(-62167219200000), int64(86_400_000), []byte{255}, uint8(1), uint8(0))
	// from four digits to five
	f.Add(int64(253402300799999), int64(1), []byte{2}, uint8(1), uint8(1))
	// the last but one date
	f.Add(int64(math.MaxInt32-1), int64(1), []byte{0}, uint8(0), uint8(0))
	// many points in one day
	f.Add(int64(0), int64(1), []byte{0, 0, 0, 0, 0, 0, 0, 0, 0}, uint8(2), uint8(0))
	// the ISO year differs from the year, over years that are and are not leap years
	f.Add(int64(19722), int64(1), []byte{2, 250, 250, 250}, uint8(0), uint8(3))
	// a quarter that begins below the least tick
	f.Add(int64(math.MinInt64+1), int64(1), []byte{9}, uint8(3), uint8(4))
	// an hour that begins below the least tick
	f.Add(int64(math.MinInt64+1), int64(1), []byte{9}, uint8(2), uint8(5))
	// hours of dates
	f.Add(int64(0), int64(1), []byte{9}, uint8(0), uint8(5))
	// no values
	f.Add(int64(0), int64(0), []byte{}, uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, begin, step int64, shape []byte, res, unit uint8) {
		r := allResolutions[int(res)%len(allResolutions)]
		u := allUnits[int(unit)%len(allUnits)]
		s := runs(begin, step, shape, r)
		const limit = 2000
		periods, err := calendar.Split(s, r, u, limit)
		var many *calendar.TooManyError
		switch {
		case errors.As(err, &many):
			checkTooMany(t, s, r, u, many)
		case err != nil:
			if s.BoundedBelow() && s.BoundedAbove() && !errors.Is(err, calendar.ErrSubDay) {
				t.Fatalf("%v: %v", s, err)
			}
		case u.Check(r) != nil:
			t.Fatalf("%v of dates", u)
		default:
			checkCover(t, s, r, u, periods)
			checkLimit(t, s, r, u, len(periods))
		}
	})
}

// runs builds a set of ticks of r from the input of the fuzzer; it may be unbounded.
func runs(begin, step int64, shape []byte, r calendar.Resolution) interval.Set[int64] {
	var ends []int64
	at := begin
	for i, n := range shape {
		next := at + int64(n)*step
		if step < 0 || n > 0 && (next < at || (next-at)/int64(n) != step) {
			break // beyond int64
		}
		if i%2 == 0 {
			ends = append(ends, at, next)
		}
		at = next
	}
	return set(r, ends...)
}

func checkCover(
	t *testing.T, s interval.Set[int64], r calendar.Resolution, u calendar.Unit, periods []calendar.Period,
) {
	t.Helper()
	covered := make([]interval.Interval[int64], len(periods))
	labels := map[string]bool{}
	for i, p := range periods {
		if p.Start >= p.End || !s.Contains(p.Start) || !s.Contains(p.End-1) {
			t.Errorf("%v: period %v does not begin and end with a value", s, p)
		}
		if i > 0 && periods[i-1].End > p.Start {
			t.Errorf("%v: periods %v and %v overlap", s, periods[i-1], p)
		}
		if labels[p.Label] {
			t.Errorf("%v: label %s twice", s, p.Label)
		}
		labels[p.Label] = true
		start, next := unitAround(moment(p.Start, r), u)
		if want := label(start, u); p.Label != want {
			t.Errorf("%v: period %v should be %s", s, p, want)
		}
		if !moment(p.End-1, r).Before(next) {
			t.Errorf("%v: period %v reaches beyond %v", s, p, next)
		}
		covered[i] = interval.Interval[int64]{Lo: interval.Incl(p.Start), Hi: interval.Excl(p.End)}
	}
	if lost := s.Intersect(interval.Of(s.Domain(), covered...).Complement()); !lost.IsEmpty() {
		t.Errorf("%v: values %v are in no period", s, lost)
	}
}

// checkLimit checks that a limit of n is enough for n periods and one of n-1 is not.
func checkLimit(t *testing.T, s interval.Set[int64], r calendar.Resolution, u calendar.Unit, n int) {
	t.Helper()
	if again, err := calendar.Split(s, r, u, n); err != nil || len(again) != n {
		t.Errorf("%v: limit %d: %v", s, n, err)
	}
	if n == 0 {
		return
	}
	var many *calendar.TooManyError
	if _, err := calendar.Split(s, r, u, n-1); !errors.As(err, &many) || many.Needed != int64(n) {
		t.Errorf("%v: limit %d: %v", s, n-1, err)
	}
}

// checkTooMany checks the number in the error where counting is quick, and the unit it suggests.
func checkTooMany(
	t *testing.T, s interval.Set[int64], r calendar.Resolution, u calendar.Unit, many *calendar.TooManyError,
) {
	t.Helper()
	if many.Needed <= many.Limit {
		t.Errorf("%v: %v", s, many)
	}
	if many.Needed < 20_000 {
		periods, err := calendar.Split(s, r, u, int(many.Needed))
		if err != nil || int64(len(periods)) != many.Needed {
			t.Errorf("%v: %d periods, %v, after %v", s, len(periods), err, many)
		}
		checkCover(t, s, r, u, periods)
	}
	if many.Suggested != u {
		if _, err := calendar.Split(s, r, many.Suggested, int(many.Limit)); err != nil {
			t.Errorf("%v: %v, but: %v", s, many, err)
		}
	}
}
