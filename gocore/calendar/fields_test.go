package calendar

import (
	"testing"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// The fields of every day of six centuries, against the standard library.
func TestFields(t *testing.T) {
	start := time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := start; d.Year() < 2300; d = d.AddDate(0, 0, 1) {
		day := saturate.FloorDiv(d.Unix(), secondsPerDay)
		isoYear, isoWeek := d.ISOWeek()
		first := time.Date(d.Year(), d.Month(), 1, 0, 0, 0, 0, time.UTC)
		monday := d.AddDate(0, 0, -((int(d.Weekday()) + 6) % 7))
		got := []int64{
			Year(day), MonthNumber(day), ISOYear(day), ISOWeek(day),
			MonthStart(day), MonthEnd(day), WeekStart(day),
		}
		want := []int64{
			int64(d.Year()), int64(d.Month()), int64(isoYear), int64(isoWeek),
			saturate.FloorDiv(first.Unix(), secondsPerDay), saturate.FloorDiv(first.AddDate(0, 1, -1).Unix(), secondsPerDay),
			saturate.FloorDiv(monday.Unix(), secondsPerDay),
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: field %d is %d, want %d", d.Format(time.DateOnly), i, got[i], want[i])
			}
		}
	}
}

func TestAddMonths(t *testing.T) {
	tests := []struct {
		from   string
		months int64
		want   string
	}{
		{"2024-01-31", 1, "2024-02-29"},
		{"2023-01-31", 1, "2023-02-28"},
		{"2024-03-31", -1, "2024-02-29"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 48, "2028-02-29"},
		{"2024-12-15", 1, "2025-01-15"},
		{"2024-01-15", -1, "2023-12-15"},
		{"2024-01-15", 0, "2024-01-15"},
		{"1969-12-31", 2, "1970-02-28"},
	}
	for _, tt := range tests {
		d, err := time.Parse(time.DateOnly, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		got := formatDay(AddMonths(saturate.FloorDiv(d.Unix(), secondsPerDay), tt.months))
		if got != tt.want {
			t.Errorf("%s and %d months: %s, want %s", tt.from, tt.months, got, tt.want)
		}
	}
}
