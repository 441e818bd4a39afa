package sqlpush

import (
	"strconv"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

const secondsPerDay = 86_400

func decimalText(v int64) string { return strconv.FormatInt(v, 10) }

// dayText writes days since 1970-01-01 as 2024-01-31. Years before year 1 end in bc;
// without it they are counted as ISO 8601 does, down to year 0.
func dayText(bc string) func(int64) string {
	return func(day int64) string {
		date, era := dateText(time.Unix(day*secondsPerDay, 0).UTC(), bc)
		return date + era
	}
}

func dateText(t time.Time, bc string) (date, era string) {
	year := t.Year()
	if year < 1 && bc != "" {
		year, era = 1-year, bc
	}
	digits := strconv.Itoa(year)
	for len(digits) < 4 {
		digits = "0" + digits
	}
	return digits + t.Format("-01-02"), era
}

// instantText writes ticks since 1970 as 2024-01-31 12:00:00.000001, with the zone after
// it, and the era of years before year 1 after the date.
func instantText(unit expr.Unit, zone, bc string) func(int64) string {
	perSecond := ticksPerSecond(unit)
	digits := map[expr.Unit]string{
		expr.Milliseconds: ".000", expr.Microseconds: ".000000", expr.Nanoseconds: ".000000000",
	}[unit]
	return func(tick int64) string {
		seconds := floorDiv(tick, perSecond)
		fraction := tick - seconds*perSecond
		t := time.Unix(seconds, fraction*(1_000_000_000/perSecond)).UTC()
		clock := "15:04:05"
		if fraction != 0 {
			clock += digits
		}
		date, era := dateText(t, bc)
		return date + era + " " + t.Format(clock) + zone
	}
}

func ticksPerSecond(unit expr.Unit) int64 {
	switch unit {
	case expr.Milliseconds:
		return 1_000
	case expr.Nanoseconds:
		return 1_000_000_000
	case expr.Microseconds, expr.NoUnit:
	}
	return 1_000_000
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

const outOfReach = "the database cannot write so early or so late a date"

// clampTo moves ends that the database cannot write outwards. What lies beyond may
// be there all the same, as infinity.
func clampTo(first, last int64) func(interval.Endpoint[int64], side) (interval.Endpoint[int64], string) {
	return func(e interval.Endpoint[int64], at side) (interval.Endpoint[int64], string) {
		switch {
		case e.Value < first && at == lower, e.Value > last && at == upper:
			return interval.Endpoint[int64]{}, outOfReach
		case e.Value < first:
			return interval.Incl(first), outOfReach
		case e.Value > last:
			return interval.Incl(last), outOfReach
		}
		return e, ""
	}
}

// writable reports whether a value can be written: one that cannot is no value of a
// column.
func writable(
	move func(interval.Endpoint[int64], side) (interval.Endpoint[int64], string),
) func(int64) bool {
	return func(v int64) bool {
		_, why := move(interval.Incl(v), lower)
		return why == ""
	}
}

// toDays moves the ends of instants outwards to whole days, which are then the values
// that are written: only the date of a text is known to be in order.
func toDays(unit expr.Unit, first, last int64) func(interval.Endpoint[int64], side) (interval.Endpoint[int64], string) {
	perDay := ticksPerSecond(unit) * secondsPerDay
	return func(e interval.Endpoint[int64], at side) (interval.Endpoint[int64], string) {
		day := floorDiv(e.Value, perDay)
		end := interval.Incl(day)
		if at == upper {
			end = interval.Excl(day + 1)
		}
		if end.Value < first || end.Value > last {
			return clampTo(first, last)(end, at)
		}
		return end, wholeDays
	}
}

const wholeDays = "texts of instants are compared by their date only"
