package calendar

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// checkDay compares one day with time.Time, which counts seconds and so ends at about 1e14 days.
func checkDay(t *testing.T, day int64) {
	t.Helper()
	y, m, d := civil(day)
	wantY, wantM, wantD := time.Unix(day*secondsPerDay, 0).UTC().Date()
	if y != int64(wantY) || m != int64(wantM) || d != int64(wantD) {
		t.Errorf("civil(%d) = %d-%d-%d, want %d-%d-%d", day, y, m, d, wantY, wantM, wantD)
	}
	if back := daysFromCivil(y, m, d); back != day {
		t.Errorf("daysFromCivil(%d, %d, %d) = %d, want %d", y, m, d, back, day)
	}
}

func TestCivilKnownDays(t *testing.T) {
	tests := []struct {
		name string
		day  int64
		want string
	}{
		{"epoch", 0, "1970-01-01"},
		{"before the epoch", -1, "1969-12-31"},
		{"leap day", 19782, "2024-02-29"},
		{"after it", 19783, "2024-03-01"},
		{"leap century", 11016, "2000-02-29"},
		{"common century", -25508, "1900-03-01"},
		{"before it", -25509, "1900-02-28"},
		{"first day of year 1", -719162, "0001-01-01"},
		{"last day of year 0", -719163, "0000-12-31"},
		{"first day of year 0", -719528, "0000-01-01"},
		{"last day of year -1", -719529, "-0001-12-31"},
		{"Ides of March, 44 BC", -735160, "-0043-03-15"},
		{"last day of four digits", 2932896, "9999-12-31"},
		{"first day of five digits", 2932897, "+10000-01-01"},
		{"least Date", math.MinInt32, "-5877641-06-23"},
		{"greatest Date", math.MaxInt32, "+5881580-07-11"},
		{"greatest day of ms", math.MaxInt64 / Milliseconds.TicksPerDay(), "+292278994-08-17"},
		{"least day of ms", math.MinInt64/Milliseconds.TicksPerDay() - 1, "-292275055-05-16"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := formatDay(tt.day); got != tt.want {
				t.Errorf("formatDay(%d) = %s, want %s", tt.day, got, tt.want)
			}
			checkDay(t, tt.day)
		})
	}
}

// TestCivilEveryDay walks through all days of the years -401 to 10001: more than 25 eras, with all
// leap rules on both sides of year 0.
func TestCivilEveryDay(t *testing.T) {
	for day := daysFromCivil(-401, 1, 1); day < daysFromCivil(10002, 1, 1); day++ {
		if checkDay(t, day); t.Failed() {
			return
		}
	}
}

func TestCivilFarDays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const farthest = 106751991168 // days in an int64 of milliseconds
	for range 100_000 {
		if checkDay(t, rng.Int64N(2*farthest)-farthest); t.Failed() {
			return
		}
	}
}

// TestCivilLimits checks the promised range by the order of days: beyond time.Time, a day must
// come back from its date, and the next day must be the next date.
func TestCivilLimits(t *testing.T) {
	for _, middle := range []int64{-1 << 61, 1 << 61} {
		for day := middle - 1000; day < middle+1000; day++ {
			y, m, d := civil(day)
			if back := daysFromCivil(y, m, d); back != day {
				t.Fatalf("%d comes back as %d", day, back)
			}
			y1, m1, d1 := civil(day + 1)
			sameMonth := y1 == y && m1 == m && d1 == d+1
			newMonth := y1 == y && m1 == m+1 && d1 == 1 && d >= 28
			newYear := y1 == y+1 && m1 == 1 && d1 == 1 && m == 12 && d == 31
			if !sameMonth && !newMonth && !newYear {
				t.Fatalf("after %d-%d-%d comes %d-%d-%d", y, m, d, y1, m1, d1)
			}
		}
	}
}

func FuzzCivil(f *testing.F) {
	// the epoch
	f.Add(int64(0))
	// rounding towards zero would answer 1970
	f.Add(int64(-1))
	// the first day of an era
	f.Add(int64(-epochFromEra))
	// the leap day that is the last day of an era
	f.Add(int64(11016))
	// the least day of an int64 of milliseconds
	f.Add(int64(-106751991168))
	f.Fuzz(func(t *testing.T, day int64) {
		checkDay(t, day%(1<<37)) // more than the days of an int64 of milliseconds, less than time.Time's
	})
}
