package calendar

import "github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"

// Year returns the year of a day since 1970-01-01; the year before year 1 is year 0.
func Year(day int64) int64 {
	y, _, _ := civil(day)
	return y
}

// MonthNumber returns the month of a day, 1 to 12.
func MonthNumber(day int64) int64 {
	_, m, _ := civil(day)
	return m
}

// MonthStart returns the first day of the month of a day.
func MonthStart(day int64) int64 {
	_, _, d := civil(day)
	return day - d + 1
}

// MonthEnd returns the last day of the month of a day.
func MonthEnd(day int64) int64 { return AddMonths(MonthStart(day), 1) - 1 }

// AddMonths returns the day that many months later. A day that the month has not becomes its last
// one, as with Polars' dt.offset_by.
func AddMonths(day, months int64) int64 {
	y, m, d := civil(day)
	index := 12*y + m - 1 + months
	year := saturate.FloorDiv(index, 12)
	first := daysFromCivil(year, index-12*year+1, 1)
	next := index + 1
	nextYear := saturate.FloorDiv(next, 12)
	last := daysFromCivil(nextYear, next-12*nextYear+1, 1) - 1
	return min(first+d-1, last)
}

// WeekStart returns the Monday of the ISO week of a day. 1970-01-01 was a Thursday.
func WeekStart(day int64) int64 { return day - floorMod(day+3, 7) }

// ISOYear returns the year that the ISO week of a day belongs to: that of its Thursday.
func ISOYear(day int64) int64 { return Year(WeekStart(day) + 3) }

// ISOWeek returns the number of the ISO week of a day, 1 to 53.
func ISOWeek(day int64) int64 {
	thursday := WeekStart(day) + 3
	return (thursday-daysFromCivil(Year(thursday), 1, 1))/7 + 1
}

// Truncate returns the first tick of the unit that holds a tick, as Polars' dt.truncate does on a
// column without a time zone, and NextUnit the first tick after that unit. Where int64 does not
// reach so far both return its nearer end. The unit must fit the resolution, see [Unit.Check].
func Truncate(tick int64, r Resolution, u Unit) int64 {
	g := newGrid(r, u)
	return g.first(g.index(tick))
}

// NextUnit is documented at [Truncate].
func NextUnit(tick int64, r Resolution, u Unit) int64 {
	g := newGrid(r, u)
	return g.first(g.index(tick) + 1)
}
