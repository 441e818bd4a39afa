// Package calendar cuts a set of dates or times into calendar periods: hours, days, weeks, months,
// years, and multiples of them, as Polars' dt.truncate does.
//
// It works on physical values only. A date is a number of days and a datetime a number of milli-,
// micro- or nanoseconds since 1970-01-01 00:00:00 in the proleptic Gregorian calendar, as Polars
// stores them; a [Resolution] says which. So results are exact to the nanosecond, and years far
// outside of what time.Time prints are no special case.
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
// # Zones
//
// In a [Zone] the ticks are instants of UTC and the calendar is the local one. Local time is not
// monotone: clocks are set back. So a unit is a range of instants that begins where the truncated
// local time first reaches a new maximum, and lasts until it does so again. A day that clocks are
// set back into continues the day that had begun; a day that they leap over has no unit. In St.
// John's on 2006-10-29, local time went from 00:01 back to 23:01 of the day before:
//
//	local   ─ Oct 28 ─│ 29 │─ 28 ─│─ Oct 29 ─────────│─ Oct 30 ─
//	units   ─ Oct 28 ─│─ Oct 29 ─────────────────────│─ Oct 30 ─
//
// Units that are no whole number of days go by the clock: an hour that comes twice is two units, as
// for dt.truncate, and their labels have the offset: 2024-10-27T02+02:00, 2024-10-27T02+01:00. Where
// clocks are set back into the middle of a unit, that is not its second beginning. What
// dt.truncate does differently: where a zone's standard time was set back, rather than summer time
// ended, it does not tell the hours apart; it refuses some values whose unit begins in a time that
// was leapt over, and gives a day whose midnight comes twice two beginnings.
//
// # What it does not do
//
// It knows no zone by name: a [Zone] is the table that the caller brings, since the rules must be
// those of Polars, which differ from Go's. It does not choose the unit; [TooManyError] names a
// coarser one that would do. It does not parse dates. At the ends of int64, local time that would
// be beyond them stands still.
package calendar
