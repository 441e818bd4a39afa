// Package calendar cuts a set of dates or times into calendar periods: days, months, years.
//
// It works on physical values only. A date is a number of days and a zone-less datetime a number
// of milli-, micro- or nanoseconds since 1970-01-01 00:00:00 in the proleptic Gregorian calendar,
// as Polars stores them; a [Resolution] says which. So results are exact to the nanosecond, and
// years far outside of what time.Time prints are no special case.
//
// # Invariant
//
// The periods [Split] returns are disjoint and ascending, each value of the set is in exactly one
// of them, and the first and the last value of each period are in the set. Each lies inside one
// calendar unit, and no two inside the same one, so labels are unique.
//
// # Worked example
//
// Days 2024-01-30 to 2024-02-02 and 2024-02-20, and 2024-04-07, by month. A period is the hull of
// the set inside its unit: the gap within February makes no second period, and March, which holds
// no value, has none.
//
//	set      Jan 30 ── Feb 02      Feb 20                          Apr 07
//	units    ── Jan ──│── Feb ───────────────│── Mar ──│── Apr ──────────
//	periods  [30, Feb 01) [Feb 01, Feb 21)               [Apr 07, Apr 08)
//	labels   2024-01      2024-02                        2024-04
//
// # What it does not do
//
// It knows no time zones: local days of a zone are not multiples of 24 hours, and need the zone's
// offsets. It does not choose the unit; [TooManyError] names a coarser one that would do. It does
// not parse dates.
package calendar
