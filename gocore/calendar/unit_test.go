package calendar_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
)

// Each unit must come back from its text, and be what other texts of the same length are.
func TestParseUnit(t *testing.T) {
	tests := []struct{ in, want string }{
		{"hourly", "hourly"},
		{"daily", "daily"},
		{"weekly", "weekly"},
		{"monthly", "monthly"},
		{"quarterly", "quarterly"},
		{"yearly", "yearly"},
		{"1h", "hourly"},
		{"60m", "hourly"},
		{"1d", "daily"},
		{"24h", "daily"},
		{"1w", "weekly"},
		{"1mo", "monthly"},
		{"1q", "quarterly"},
		{"12mo", "yearly"},
		{"1y", "yearly"},
		{"15m", "15m"},
		{"6h", "6h"},
		{"90s", "90s"},
		{"120s", "2m"},
		{"7d", "7d"},
		{"14d", "14d"},
		{"2w", "2w"},
		{"2q", "6mo"},
		{"24mo", "2y"},
		{"1h30m", "90m"},
		{"1h1h", "2h"},
		{"1d12h", "36h"},
		{"1d24h", "2d"},
		{"0mo3d", "3d"},
		{"1mo1q", "4mo"},
		{"+1d", "daily"},
		{"007d", "7d"},
		{"1500us", "1500us"},
		{"1000ns", "1us"},
		{"2ms", "2ms"},
		{"1ns", "1ns"},
		{"9223372036854775807ns", "9223372036854775807ns"},
		{"366000000d", "366000000d"},
	}
	for _, tt := range tests {
		u, err := calendar.ParseUnit(tt.in)
		if err != nil || u.String() != tt.want {
			t.Errorf("ParseUnit(%q) = %v, %v; want %s", tt.in, u, err, tt.want)
		}
		if again, err := calendar.ParseUnit(tt.want); err != nil || again != u {
			t.Errorf("ParseUnit(%q) = %v, %v; want %v", tt.want, again, err, u)
		}
	}
}

func TestParseUnitErrors(t *testing.T) {
	const list = `: the units are hourly, daily, weekly, monthly, quarterly, yearly, ` +
		`or a duration such as "15m" or "2w"`
	tests := []struct{ name, in, want string }{
		{"a slip", "montly", `"montly"` + list + `; did you mean "monthly"?`},
		{"another word", "month", `"month"` + list + `; did you mean "monthly"?`},
		{"upper case", "YEARLY", `"YEARLY"` + list + `; did you mean "yearly"?`},
		{"near to none", "fortnight", `"fortnight"` + list},
		{"empty", "", `""` + list},
		{"longer than all", "dailydailydaily", `"dailydailydaily"` + list},
		{"no number", "d", `"d"` + list},
		{"no symbol", "15", `"15"` + list},
		{"unknown symbol", "1min", `"1min"` + list},
		{"upper case symbol", "1D", `"1D"` + list},
		{"rows", "5i", `"5i"` + list},
		{"blank", "1 d", `"1 d"` + list},
		{"negative", "-1d", `"-1d"` + list},
		{"fraction", "1.5h", `"1.5h"` + list},
		{"nothing after the number", "1h30", `"1h30"` + list},
		{"two signs", "++1d", `"++1d"` + list},
		{"zero", "0d", `"0d": a unit of no length` + list},
		{"zeros", "0mo0h", `"0mo0h": a unit of no length` + list},
		{"months and days", "1mo1d", `"1mo1d": months, weeks and shorter units do not mix` + list},
		{"weeks and days", "1w1d", `"1w1d": months, weeks and shorter units do not mix` + list},
		{"weeks and hours", "1w1h", `"1w1h": months, weeks and shorter units do not mix` + list},
		{"hours beyond int64", "9999999999999h", `"9999999999999h": longer than any column` + list},
		{"a number beyond int64", "99999999999999999999d", `"99999999999999999999d": longer than any column` + list},
		{"a sum beyond int64", "9223372036854775807ns1ns", `"9223372036854775807ns1ns": longer than any column` + list},
		{"days beyond reason", "366000001d", `"366000001d": longer than any column` + list},
		{"days and hours beyond int64", "106752d1h", `"106752d1h": longer than any column` + list},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := calendar.ParseUnit(tt.in)
			if !errors.Is(err, calendar.ErrUnknownUnit) || err.Error() != "calendar: unknown unit "+tt.want {
				t.Errorf("got %v, %v, want %s", u, err, tt.want)
			}
		})
	}
}

func TestCoarser(t *testing.T) {
	tests := []struct{ unit, want string }{
		{"1ns", "hourly daily weekly monthly quarterly yearly"},
		{"3599s", "hourly daily weekly monthly quarterly yearly"},
		{"hourly", "daily weekly monthly quarterly yearly"},
		{"23h", "daily weekly monthly quarterly yearly"},
		{"36h", "weekly monthly quarterly yearly"},
		{"3d", "weekly monthly quarterly yearly"},
		{"7d", "monthly quarterly yearly"},
		{"30d", "monthly quarterly yearly"},
		{"31d", "quarterly yearly"},
		{"13w", "quarterly yearly"},
		{"14w", "yearly"},
		{"2mo", "quarterly yearly"},
		{"11mo", "yearly"},
		{"365d", "yearly"},
		{"yearly", ""},
		{"2y", ""},
		{"53w", ""},
	}
	for _, tt := range tests {
		var names []string
		for u, ok := unit(tt.unit).Coarser(); ok; u, ok = u.Coarser() {
			names = append(names, u.String())
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("coarser than %s: %s, want %s", tt.unit, got, tt.want)
		}
	}
}

func TestNoUnit(t *testing.T) {
	var u calendar.Unit
	if u.String() != "no unit" {
		t.Errorf("String() = %s", u)
	}
	if c, ok := u.Coarser(); ok || c != u {
		t.Errorf("Coarser() = %v", c)
	}
	_, err := calendar.Split(set(days, 0, 1), days, u, 10)
	if !errors.Is(err, calendar.ErrUnknownUnit) {
		t.Errorf("Split: %v", err)
	}
}

func TestSubDayOfDates(t *testing.T) {
	const remedy = `: the unit is not a whole number of days, and a Date column has no time of day: write "daily" ` +
		`or another unit of whole days, such as "3d" or "2mo" ("m" are minutes), or cast the column to Datetime first`
	for _, name := range []string{"hourly", "15m", "36h"} {
		_, err := calendar.Split(set(days, 0, 1), days, unit(name), 10)
		if !errors.Is(err, calendar.ErrSubDay) || err.Error() != "calendar: split by "+name+remedy {
			t.Errorf("%s: %v", name, err)
		}
		if err := unit(name).Check(ms); err != nil {
			t.Errorf("%s of milliseconds: %v", name, err)
		}
	}
	if err := unit("48h").Check(days); err != nil {
		t.Errorf("48h: %v", err)
	}
}

// TestLabels labels the unit of one value each.
func TestLabels(t *testing.T) {
	tests := []struct {
		unit string
		r    calendar.Resolution
		tick int64
		want string
	}{
		{"hourly", us, 1704461645123456, "2024-01-05T13"},
		{"hourly", us, -1, "1969-12-31T23"},
		{"weekly", days, 19723, "2024-W01"},
		{"weekly", days, 19722, "2023-W52"},
		{"weekly", days, 18630, "2020-W53"}, // 2021-01-03
		{"weekly", days, 16436, "2015-W01"}, // 2015-01-01
		{"weekly", days, 20086, "2024-W52"}, // Sunday, 2024-12-29
		{"weekly", days, 20087, "2025-W01"},
		{"weekly", days, -719162, "0001-W01"}, // 0001-01-01 is a Monday
		{"weekly", days, -719163, "0000-W52"},
		{"quarterly", days, 19723, "2024-Q1"},
		{"quarterly", days, -1, "1969-Q4"},
		{"quarterly", days, -719529, "-0001-Q4"},
		{"2w", days, 19723, "2023-12-25"},
		{"3d", days, 19727, "2024-01-03"},
		{"2mo", days, 19789, "2024-03-01"},
		{"2q", days, 19727, "2024-01-01"},
		{"7y", days, 19727, "2019-01-01"},
		{"15m", us, 1704461645123456, "2024-01-05T13:30"},
		{"6h", us, 1704461645123456, "2024-01-05T12:00"},
		{"36h", us, 1704461645123456, "2024-01-04T12:00"},
		{"90s", us, 1704461645123456, "2024-01-05T13:33"},
		{"1s", us, 1704461645123456, "2024-01-05T13:34:05"},
		{"1ms", us, 1704461645123456, "2024-01-05T13:34:05.123"},
		{"1us", us, 1704461645123456, "2024-01-05T13:34:05.123456"},
		{"20ns", ns, 1704461645123456789, "2024-01-05T13:34:05.123456780"},
		{"20ns", us, 1704461645123456, "2024-01-05T13:34:05.123456"},
		{"hourly", ns, -9223372036854775807, "1677-09-21T00"}, // begins below the least int64
		{"6h", ns, -9223372036854775807, "1677-09-21T00:00"},
		{"36h", ns, -9223372036854775807, "1677-09-21T00:00"},
		{"2w", ns, -9223372036854775807, "1677-09-13"},
		{"6h", ms, 9223372036854775806, "+292278994-08-17T06:00"},
	}
	for _, tt := range tests {
		periods, err := calendar.Split(set(tt.r, tt.tick, tt.tick), tt.r, unit(tt.unit), 1)
		if err != nil || len(periods) != 1 || periods[0].Label != tt.want {
			t.Errorf("%s of %s: %v, %v; want %s", tt.unit, calendar.Format(tt.tick, tt.r), periods, err, tt.want)
		}
	}
}
