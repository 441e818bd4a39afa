package calendar_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
)

// utc reads a time in seconds.
func utc(text string) int64 {
	v, err := time.Parse(time.DateTime, text)
	if err != nil {
		panic(err)
	}
	return v.Unix()
}

// zone returns a zone that has an offset from the beginning, and others from the times after it.
func zone(name string, offset time.Duration, changes ...change) calendar.Zone {
	list := []calendar.Transition{{At: utc("1800-01-01 00:00:00"), Offset: int64(offset / time.Second)}}
	for _, c := range changes {
		list = append(list, calendar.Transition{At: utc(c.at), Offset: int64(c.offset / time.Second)})
	}
	z, err := calendar.NewZone(name, list)
	if err != nil {
		panic(err)
	}
	return z
}

type change struct {
	at     string
	offset time.Duration
}

const hour, minute = time.Hour, time.Minute

// The offsets were printed by Polars.
var (
	stJohns = zone("America/St_Johns", -210*minute,
		change{"2006-04-02 03:31:00", -150 * minute}, change{"2006-10-29 02:31:00", -210 * minute})
	samoa    = zone("Pacific/Apia", -11*hour, change{"2011-09-24 14:00:00", -10 * hour}, change{"2011-12-30 10:00:00", 14 * hour})
	lordHowe = zone("Australia/Lord_Howe", 11*hour,
		change{"2024-04-06 15:00:00", 630 * minute}, change{"2024-10-05 15:30:00", 11 * hour})
	kathmandu = zone("Asia/Kathmandu", 20476*time.Second,
		change{"1919-12-31 18:18:44", 330 * minute}, change{"1985-12-31 18:30:00", 345 * minute})
	berlin = zone("Europe/Berlin", 3208*time.Second,
		change{"1893-03-31 23:06:32", hour},
		change{"1945-04-02 01:00:00", 2 * hour}, change{"1945-05-24 00:00:00", 3 * hour},
		change{"1945-09-24 00:00:00", 2 * hour}, change{"1945-11-18 01:00:00", hour},
		change{"2024-03-31 01:00:00", 2 * hour}, change{"2024-10-27 01:00:00", hour})
	newYork = zone("America/New_York", -5*hour,
		change{"2099-03-08 07:00:00", -4 * hour}, change{"2099-11-01 06:00:00", -5 * hour})
	saoPaulo = zone("America/Sao_Paulo", -3*hour, change{"2018-11-04 03:00:00", -2 * hour})
	havana   = zone("America/Havana", -4*hour, change{"2024-11-03 05:00:00", -5 * hour})
	plus5    = zone("+05:00", 5*hour)
)

func TestSplitZoned(t *testing.T) {
	tests := []struct {
		name     string
		zone     calendar.Zone
		unit     string
		from, to string // the set, in UTC
		want     []string
	}{
		{
			"a day that comes twice, 28, 29, 28, 29", stJohns, "daily", "2006-10-28 12:00:00", "2006-10-30 12:00:00",
			[]string{
				"2006-10-28 [2006-10-28 12:00:00, 2006-10-29 02:30:00)",
				"2006-10-29 [2006-10-29 02:30:00, 2006-10-30 03:30:00)",
				"2006-10-30 [2006-10-30 03:30:00, 2006-10-30 12:00:01)",
			},
		},
		{
			"the second time only: the day has begun before the set", stJohns, "daily", "2006-10-29 02:31:00", "2006-10-29 03:31:00",
			[]string{"2006-10-29 [2006-10-29 02:31:00, 2006-10-29 03:31:01)"},
		},
		{
			"a day that is missing", samoa, "daily", "2011-12-29 10:00:00", "2011-12-31 10:00:00",
			[]string{
				"2011-12-29 [2011-12-29 10:00:00, 2011-12-30 10:00:00)",
				"2011-12-31 [2011-12-30 10:00:00, 2011-12-31 10:00:00)",
				"2012-01-01 [2011-12-31 10:00:00, 2011-12-31 10:00:01)",
			},
		},
		{
			"half an hour that comes twice", lordHowe, "hourly", "2024-04-06 14:00:00", "2024-04-06 16:00:00",
			[]string{
				"2024-04-07T01 [2024-04-06 14:00:00, 2024-04-06 15:30:00)",
				"2024-04-07T02 [2024-04-06 15:30:00, 2024-04-06 16:00:01)",
			},
		},
		{
			"half an hour that is missing", lordHowe, "hourly", "2024-10-05 14:30:00", "2024-10-05 16:00:00",
			[]string{
				"2024-10-06T01 [2024-10-05 14:30:00, 2024-10-05 15:30:00)",
				"2024-10-06T02 [2024-10-05 15:30:00, 2024-10-05 16:00:00)",
				"2024-10-06T03 [2024-10-05 16:00:00, 2024-10-05 16:00:01)",
			},
		},
		{
			"a quarter of an hour is missing at midnight", kathmandu, "daily", "1985-12-30 18:30:00", "1985-12-31 18:30:00",
			[]string{
				"1985-12-31 [1985-12-30 18:30:00, 1985-12-31 18:30:00)",
				"1986-01-01 [1985-12-31 18:30:00, 1985-12-31 18:30:01)",
			},
		},
		{
			"local mean time, with seconds; at midnight the clocks are set back", kathmandu, "daily",
			"1919-12-30 18:18:43", "1919-12-31 18:30:00",
			[]string{
				"1919-12-30 [1919-12-30 18:18:43, 1919-12-30 18:18:44)",
				"1919-12-31 [1919-12-30 18:18:44, 1919-12-31 18:30:00)",
				"1920-01-01 [1919-12-31 18:30:00, 1919-12-31 18:30:01)",
			},
		},
		{
			"from local mean time, by months", berlin, "monthly", "1893-03-31 23:00:00", "1893-04-01 00:00:00",
			[]string{
				"1893-03 [1893-03-31 23:00:00, 1893-03-31 23:06:32)",
				"1893-04 [1893-03-31 23:06:32, 1893-04-01 00:00:01)",
			},
		},
		{
			"a day of 23 hours", berlin, "daily", "2024-03-30 23:00:00", "2024-03-31 22:00:00",
			[]string{"2024-03-31 [2024-03-30 23:00:00, 2024-03-31 22:00:00)", "2024-04-01 [2024-03-31 22:00:00, 2024-03-31 22:00:01)"},
		},
		{
			"a day of 25 hours", berlin, "daily", "2024-10-26 22:00:00", "2024-10-27 23:00:00",
			[]string{"2024-10-27 [2024-10-26 22:00:00, 2024-10-27 23:00:00)", "2024-10-28 [2024-10-27 23:00:00, 2024-10-27 23:00:01)"},
		},
		{
			"an hour that comes twice", berlin, "hourly", "2024-10-26 23:00:00", "2024-10-27 02:00:00",
			[]string{
				"2024-10-27T01 [2024-10-26 23:00:00, 2024-10-27 00:00:00)",
				"2024-10-27T02+02:00 [2024-10-27 00:00:00, 2024-10-27 01:00:00)",
				"2024-10-27T02+01:00 [2024-10-27 01:00:00, 2024-10-27 02:00:00)",
				"2024-10-27T03 [2024-10-27 02:00:00, 2024-10-27 02:00:01)",
			},
		},
		{
			"hours of which a part comes twice", berlin, "2h", "2024-10-26 22:00:00", "2024-10-27 03:00:00",
			[]string{
				"2024-10-27T00:00 [2024-10-26 22:00:00, 2024-10-27 00:00:00)",
				"2024-10-27T02:00+02:00 [2024-10-27 00:00:00, 2024-10-27 01:00:00)",
				"2024-10-27T02:00+01:00 [2024-10-27 01:00:00, 2024-10-27 03:00:00)",
				"2024-10-27T04:00 [2024-10-27 03:00:00, 2024-10-27 03:00:01)",
			},
		},
		{
			"six hours are seven", berlin, "6h", "2024-10-26 22:00:00", "2024-10-27 05:00:00",
			[]string{
				"2024-10-27T00:00 [2024-10-26 22:00:00, 2024-10-27 05:00:00)",
				"2024-10-27T06:00 [2024-10-27 05:00:00, 2024-10-27 05:00:01)",
			},
		},
		{
			"an hour that is missing", berlin, "hourly", "2024-03-31 00:00:00", "2024-03-31 01:00:00",
			[]string{
				"2024-03-31T01 [2024-03-31 00:00:00, 2024-03-31 01:00:00)",
				"2024-03-31T03 [2024-03-31 01:00:00, 2024-03-31 01:00:01)",
			},
		},
		{
			"double summer time", berlin, "daily", "1945-05-22 22:00:00", "1945-05-24 21:00:00",
			[]string{
				"1945-05-23 [1945-05-22 22:00:00, 1945-05-23 22:00:00)",
				"1945-05-24 [1945-05-23 22:00:00, 1945-05-24 21:00:00)",
				"1945-05-25 [1945-05-24 21:00:00, 1945-05-24 21:00:01)",
			},
		},
		{
			"no summer time after 2100", newYork, "daily", "2101-07-01 04:00:00", "2101-07-02 05:00:00",
			[]string{
				"2101-06-30 [2101-07-01 04:00:00, 2101-07-01 05:00:00)",
				"2101-07-01 [2101-07-01 05:00:00, 2101-07-02 05:00:00)",
				"2101-07-02 [2101-07-02 05:00:00, 2101-07-02 05:00:01)",
			},
		},
		{
			"midnight is missing", saoPaulo, "daily", "2018-11-03 03:00:00", "2018-11-05 02:00:00",
			[]string{
				"2018-11-03 [2018-11-03 03:00:00, 2018-11-04 03:00:00)",
				"2018-11-04 [2018-11-04 03:00:00, 2018-11-05 02:00:00)",
				"2018-11-05 [2018-11-05 02:00:00, 2018-11-05 02:00:01)",
			},
		},
		{
			"midnight comes twice", havana, "daily", "2024-11-03 04:00:00", "2024-11-04 05:00:00",
			[]string{
				"2024-11-03 [2024-11-03 04:00:00, 2024-11-04 05:00:00)",
				"2024-11-04 [2024-11-04 05:00:00, 2024-11-04 05:00:01)",
			},
		},
		{
			"a fixed offset", plus5, "weekly", "2024-01-07 18:59:59", "2024-01-07 19:00:00",
			[]string{
				"2024-W01 [2024-01-07 18:59:59, 2024-01-07 19:00:00)",
				"2024-W02 [2024-01-07 19:00:00, 2024-01-07 19:00:01)",
			},
		},
		{
			"no zone",
			calendar.Zone{},
			"hourly", "2024-01-07 23:59:59", "2024-01-08 00:00:00",
			[]string{
				"2024-01-07T23 [2024-01-07 23:59:59, 2024-01-08 00:00:00)",
				"2024-01-08T00 [2024-01-08 00:00:00, 2024-01-08 00:00:01)",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []calendar.Resolution{ms, us, ns} {
				perSecond := r.TicksPerDay() / 86400
				end := (utc(tt.to) + 1) * perSecond
				s := set(r, utc(tt.from)*perSecond, end-1)
				periods, err := calendar.SplitZoned(s, r, unit(tt.unit), tt.zone, len(tt.want))
				if err != nil {
					t.Fatal(err)
				}
				if got, want := render(periods, r), strings.Join(tt.want, "\n"); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
}

func TestSplitZonedLimit(t *testing.T) {
	year := set(us, utc("2024-01-01 00:00:00")*1e6-3600e6, utc("2025-01-01 00:00:00")*1e6-3600e6-1)
	_, err := calendar.SplitZoned(year, us, hourly, berlin, 366)
	const want = "calendar: split by hourly: too many periods: 8784 hourly periods, at most max_periods=366 are allowed; " +
		"daily periods would do"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for name, want := range map[string]int64{"daily": 366, "weekly": 53, "monthly": 12, "15m": 4 * 8784, "2h": 4393} {
		if n, err := calendar.CountZoned(year, us, unit(name), berlin); err != nil || n != want {
			t.Errorf("%s: %d, %v; want %d", name, n, err, want)
		}
	}
}

func TestDateZone(t *testing.T) {
	dates := set(days, 0, 1)
	if _, err := calendar.SplitZoned(dates, days, daily, berlin, 9); !errors.Is(err, calendar.ErrDateZone) ||
		err.Error() != "calendar: split in Europe/Berlin: a Date column has no time zone" {
		t.Errorf("Berlin: %v", err)
	}
	if periods, err := calendar.SplitZoned(dates, days, daily, zone("UTC", 0), 9); err != nil || len(periods) != 2 {
		t.Errorf("UTC: %v, %v", periods, err)
	}
}

func TestNewZone(t *testing.T) {
	tests := []struct {
		name string
		list []calendar.Transition
		want string
	}{
		{"empty", nil, "it has no offset"},
		{"out of order", []calendar.Transition{{5, 0}, {4, 60}}, "the change at 4 follows that at 5"},
		{"twice", []calendar.Transition{{5, 0}, {5, 60}}, "the change at 5 follows that at 5"},
		{"a day ahead", []calendar.Transition{{5, 86400}}, "an offset of 86400 seconds"},
		{"a day behind", []calendar.Transition{{5, -86400}}, "an offset of -86400 seconds"},
	}
	for _, tt := range tests {
		_, err := calendar.NewZone("X/Y", tt.list)
		want := `calendar: malformed zone "X/Y": ` + tt.want
		if !errors.Is(err, calendar.ErrBadZone) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", tt.name, err, want)
		}
	}
}

// TestZoneIsImmutable changes the list that a zone was made of.
func TestZoneIsImmutable(t *testing.T) {
	list := []calendar.Transition{{0, 3600}, {10, 3600}, {20, 7200}}
	z, err := calendar.NewZone("A/B", slices.Clone(list))
	if err != nil {
		t.Fatal(err)
	}
	other, err := calendar.NewZone("A/B", list)
	if err != nil {
		t.Fatal(err)
	}
	list[0].Offset, list[2].At = 0, 30
	s := set(ms, 0, 100_000)
	a, errA := calendar.SplitZoned(s, ms, unit("1s"), z, 200)
	b, errB := calendar.SplitZoned(s, ms, unit("1s"), other, 200)
	if errA != nil || errB != nil || !slices.Equal(a, b) {
		t.Errorf("%v, %v: %v became %v", errA, errB, a, b)
	}
}

// TestZonedEdges splits at the ends of int64, where local time is beyond it.
func TestZonedEdges(t *testing.T) {
	const lo, hi = math.MinInt64 + 1, math.MaxInt64 - 1
	for _, offset := range []time.Duration{-23 * hour, -5 * hour, time.Second, 5 * hour, 23 * hour} {
		z := zone("edge", offset, change{"2000-01-01 00:00:00", -offset}, change{"2001-01-01 00:00:00", offset})
		for _, r := range []calendar.Resolution{ms, us, ns} {
			for _, name := range []string{"1ns", "1s", "15m", "hourly", "daily", "3d", "weekly", "monthly", "yearly"} {
				day := r.TicksPerDay()
				for _, s := range [][]int64{{lo, lo + 5}, {hi - 5, hi}, {lo, lo, hi, hi}, {lo, lo, 0, 3, hi, hi}} {
					checkZonedCover(t, set(r, s...), r, unit(name), z)
				}
				if name != "1ns" && name != "1s" {
					checkZonedCover(t, set(r, lo, lo+2*day, hi-2*day, hi), r, unit(name), z)
				}
			}
		}
	}
}

// TestZonedTransitionsBeyondTicks gives a zone changes that nanoseconds do not reach.
func TestZonedTransitionsBeyondTicks(t *testing.T) {
	z, err := calendar.NewZone("far", []calendar.Transition{
		{utc("1400-01-01 00:00:00"), 3600}, {utc("1500-01-01 00:00:00"), 7200}, {utc("2500-01-01 00:00:00"), 10800},
	})
	if err != nil {
		t.Fatal(err)
	}
	periods, err := calendar.SplitZoned(set(ns, -2*3600e9-1, -2*3600e9), ns, daily, z, 2)
	if want := "1969-12-31 [1969-12-31 21:59:59.999999999, 1969-12-31 22:00:00)\n" +
		"1970-01-01 [1969-12-31 22:00:00, 1969-12-31 22:00:00.000000001)"; err != nil || render(periods, ns) != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, render(periods, ns), want)
	}
}

func TestLabelOffsets(t *testing.T) {
	z := zone("mean", -3208*time.Second, change{"1893-04-01 00:00:00", -2 * hour})
	periods, err := calendar.SplitZoned(set(ms, utc("1893-03-31 23:53:28")*1000, utc("1893-04-01 01:10:00")*1000), ms, hourly, z, 9)
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, p := range periods {
		labels = append(labels, p.Label)
	}
	if got, want := fmt.Sprint(labels), "[1893-03-31T23-00:53:28 1893-03-31T22-02:00 1893-03-31T23-02:00]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// BenchmarkSplitZonedDaily is a century of a zone with two changes a year.
func BenchmarkSplitZonedDaily(b *testing.B) {
	list := []calendar.Transition{{At: utc("1900-01-01 00:00:00"), Offset: 3600}}
	for i := range int64(400) {
		list = append(list, calendar.Transition{At: list[0].At + (i+1)*182*86400, Offset: 3600 + (i+1)%2*3600})
	}
	z, err := calendar.NewZone("bench", list)
	if err != nil {
		b.Fatal(err)
	}
	s := set(us, list[0].At*1e6, list[0].At*1e6+36525*us.TicksPerDay())
	for b.Loop() {
		if _, err := calendar.SplitZoned(s, us, daily, z, 100_000); err != nil {
			b.Fatal(err)
		}
	}
}
