package calendar

import (
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// The two conversions are those of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
// (https://howardhinnant.github.io/date_algorithms.html), in int64. They count years from March,
// so that the leap day is the last of its year, in eras of 400 years, which all have the same
// number of days. They are exact for days from -2^61 to 2^61, which covers every day of every
// resolution: an int64 of milliseconds reaches 1.07e11 days.

const (
	daysPerEra = 146097
	// epochFromEra is the number of days from 0000-03-01, where era 0 begins, to 1970-01-01.
	epochFromEra = 719468
)

// civil returns the year, month (1 to 12) and day of the month (1 to 31) of a day since
// 1970-01-01. The year before year 1 is year 0, as in ISO 8601.
func civil(day int64) (year, month, dayOfMonth int64) {
	era := saturate.FloorDiv(day+epochFromEra, daysPerEra)
	dayOfEra := day + epochFromEra - era*daysPerEra
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100) // from March 1
	marchMonth := (5*dayOfYear + 2) / 153
	dayOfMonth = dayOfYear - (153*marchMonth+2)/5 + 1
	year = era*400 + yearOfEra
	if marchMonth < 10 {
		return year, marchMonth + 3, dayOfMonth
	}
	return year + 1, marchMonth - 9, dayOfMonth
}

// daysFromCivil returns the day since 1970-01-01 of a date. It is the inverse of civil.
func daysFromCivil(year, month, dayOfMonth int64) int64 {
	marchMonth := month - 3
	if month < 3 {
		marchMonth = month + 9
		year--
	}
	era := saturate.FloorDiv(year, 400)
	yearOfEra := year - era*400
	dayOfYear := (153*marchMonth+2)/5 + dayOfMonth - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*daysPerEra + dayOfEra - epochFromEra
}

// floorMod returns what FloorDiv leaves of a, from 0 to b - 1.
func floorMod(a, b int64) int64 { return a - saturate.FloorDiv(a, b)*b }

// formatYear returns a year in four digits, and outside of 0 to 9999 in the expanded form of ISO
// 8601, with a sign.
func formatYear(year int64) string {
	if year < 0 || year > 9999 {
		return fmt.Sprintf("%+05d", year)
	}
	return twoDigits(year/100) + twoDigits(year%100)
}

func formatMonth(year, month int64) string { return formatYear(year) + "-" + twoDigits(month) }

// twoDigits is %02d, without the cost: dates are most of what is written.
func twoDigits(n int64) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

func formatDay(day int64) string {
	y, m, d := civil(day)
	return formatMonth(y, m) + "-" + twoDigits(d)
}

// formatWeek returns the week of ISO 8601 that holds a day.
func formatWeek(day int64) string {
	return fmt.Sprintf("%s-W%02d", formatYear(ISOYear(day)), ISOWeek(day))
}
