package calendar_test

import (
	"errors"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
)

func TestParseUnit(t *testing.T) {
	for _, u := range []calendar.Unit{calendar.Daily, calendar.Monthly, calendar.Yearly} {
		if got, err := calendar.ParseUnit(u.String()); err != nil || got != u {
			t.Errorf("ParseUnit(%q) = %v, %v", u, got, err)
		}
	}
}

func TestParseUnitErrors(t *testing.T) {
	const list = ": the units are daily, monthly, yearly"
	tests := []struct{ name, in, want string }{
		{"a slip", "montly", `calendar: unknown unit "montly"` + list + `; did you mean "monthly"?`},
		{"another word", "month", `calendar: unknown unit "month"` + list + `; did you mean "monthly"?`},
		{"upper case", "YEARLY", `calendar: unknown unit "YEARLY"` + list + `; did you mean "yearly"?`},
		{"near to none", "weekly", `calendar: unknown unit "weekly"` + list},
		{"empty", "", `calendar: unknown unit ""` + list},
		{"longer than all", "dailydailydaily", `calendar: unknown unit "dailydailydaily"` + list},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := calendar.ParseUnit(tt.in)
			if !errors.Is(err, calendar.ErrUnknownUnit) || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestCoarser(t *testing.T) {
	tests := []struct {
		unit calendar.Unit
		want string
	}{
		{calendar.Daily, "monthly"},
		{calendar.Monthly, "yearly"},
		{calendar.Yearly, "none"},
		{calendar.Unit(200), "none"},
		{calendar.Unit(255), "none"}, // one more wraps around to Daily
	}
	for _, tt := range tests {
		got := "none"
		if c, ok := tt.unit.Coarser(); ok {
			got = c.String()
		}
		if got != tt.want {
			t.Errorf("%v.Coarser() = %s, want %s", tt.unit, got, tt.want)
		}
	}
}

func TestUnknownUnit(t *testing.T) {
	u := calendar.Unit(200)
	if u.String() != "Unit(200)" {
		t.Errorf("String() = %s", u)
	}
	_, err := calendar.Split(set(days, 0, 1), days, u, 10)
	if !errors.Is(err, calendar.ErrUnknownUnit) {
		t.Errorf("Split: %v", err)
	}
}
