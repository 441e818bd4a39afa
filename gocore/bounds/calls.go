package bounds

import (
	"math"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// calls are the functions that follow the column: each makes the function of a
// call out of that of its first argument, or returns false where it cannot.
// Names are those of the wire. What is not here bounds nothing.
var calls = map[string]func(function, *expr.Call) (function, bool){
	"dt.date":               dtDate,
	"dt.year":               dtYear,
	"dt.iso_year":           dtISOYear,
	"dt.truncate":           dtTruncate,
	"dt.round":              dtRound,
	"dt.month_start":        dtMonthStart,
	"dt.month_end":          dtMonthEnd,
	"dt.offset_by":          dtOffsetBy,
	"dt.time_stamp":         dtTimestamp,
	"dt.total_days":         total(nanosPerDay),
	"dt.total_hours":        total(3600e9),
	"dt.total_minutes":      total(60e9),
	"dt.total_seconds":      total(1e9),
	"dt.total_milliseconds": total(1e6),
	"dt.total_microseconds": total(1e3),
	"dt.total_nanoseconds":  total(1),
	"dt.cast_time_unit":     dtCastTimeUnit,
	"dt.convert_time_zone":  dtConvertTimeZone,
	"dt.replace_time_zone":  dtReplaceTimeZone,
	"to_physical":           toPhysical,
}

var date = expr.Type{Kind: expr.Date}

func dtDate(f function, _ *expr.Call) (function, bool) {
	return f.castTimeTo(date)
}

// castTimeTo is castTime for a function that need not be temporal.
func (f function) castTimeTo(to expr.Type) (function, bool) {
	if !f.typ.IsTemporal() {
		return function{}, false
	}
	return f.castTime(to)
}

func dtYear(f function, _ *expr.Call) (function, bool) { return f.ofDay(calendar.Year) }

func dtISOYear(f function, _ *expr.Call) (function, bool) { return f.ofDay(calendar.ISOYear) }

// ofDay composes a field of the day that does not fall with time, such as the year.
func (f function) ofDay(field func(int64) int64) (function, bool) {
	days, ok := f.castTimeTo(date)
	if !ok {
		return function{}, false
	}
	typ := expr.Type{Kind: expr.Integer, Int: expr.Int{Bits: 32}}
	return days.then(typ, firstDay, lastDay, field), true
}

// firstDay and lastDay, -262143-01-01 and +262142-12-31, are the ends of Polars'
// calendar: the year of any other day is null.
const firstDay, lastDay = -96_465_292, 95_026_236

// lastMicroDay is the last day that microseconds reach, and its negative the
// first: Polars takes a Date there and back, and what lies beyond is null.
const lastMicroDay = 106_751_991

// constantText is the text of the argument that says how far, when it is a
// literal: the text of a string is quoted on the wire.
func constantText(e *expr.Call) (string, bool) {
	if len(e.Args) < 2 {
		return "", false
	}
	l, ok := e.Args[1].(*expr.Literal)
	if !ok || len(l.Text) < 2 || l.Type.Kind != expr.Other {
		return "", false
	}
	return l.Text[1 : len(l.Text)-1], true
}

func (f function) unitOf(e *expr.Call) (calendar.Unit, calendar.Resolution, bool) {
	text, ok := constantText(e)
	r, temporal := resolution(f.typ)
	if !ok || !temporal {
		return calendar.Unit{}, r, false
	}
	u, err := calendar.ParseUnit(text)
	return u, r, err == nil && u.Check(r) == nil
}

// dtTruncate is the start of the unit. On a zoned column units begin by the wall
// clock, which is known to within a day.
func dtTruncate(f function, e *expr.Call) (function, bool) {
	u, r, ok := f.unitOf(e)
	if !ok {
		return function{}, false
	}
	typ := f.typ
	least, greatest, _ := typ.Extremes()
	local := f.local()
	truncated := local.then(local.typ, least, greatest, func(v int64) int64 {
		return calendar.Truncate(v, r, u)
	})
	return truncated.zoned(typ), true
}

// dtRound is one of the two nearest starts of a unit.
func dtRound(f function, e *expr.Call) (function, bool) {
	u, r, ok := f.unitOf(e)
	if !ok {
		return function{}, false
	}
	typ := f.typ
	local := f.local()
	low, high := local.low, local.high
	local.exact = false
	local.low = func(v int64) int64 { return calendar.Truncate(low(v), r, u) }
	local.high = func(v int64) int64 { return calendar.NextUnit(high(v), r, u) }
	return local.zoned(typ), true
}

// zoned takes a wall clock back to the instants of its zone.
func (f function) zoned(typ expr.Type) function {
	if isUTC(typ.Zone) {
		f.typ = typ
		return f
	}
	day, _ := typ.TicksPerDay()
	out := f.widened(typ, day, day)
	out.maybeNull = true
	return out
}

func dtMonthStart(f function, _ *expr.Call) (function, bool) { return f.moveDay(calendar.MonthStart) }

func dtMonthEnd(f function, _ *expr.Call) (function, bool) { return f.moveDay(calendar.MonthEnd) }

// moveDay moves the day and keeps the time of day, so that within a month the
// result does not rise with time: it is known to within a day.
func (f function) moveDay(move func(int64) int64) (function, bool) {
	if !f.typ.IsTemporal() {
		return function{}, false
	}
	typ := f.typ
	local := f.local()
	day, _ := typ.TicksPerDay()
	least, greatest, _ := typ.Extremes()
	low, high := local.low, local.high
	moved := func(v int64) int64 {
		return clamp(saturate.Mul(move(saturate.FloorDiv(v, day)), day), least, greatest)
	}
	local.exact = local.exact && day == 1
	local.low = func(v int64) int64 { return moved(low(v)) }
	local.high = func(v int64) int64 { return clamp(addSaturated(moved(high(v)), day-1), least, greatest) }
	return local.zoned(typ), true
}

// dtOffsetBy moves by months and days of the wall clock, in this order, and then
// the instant by what is shorter. A Date moves from midnight, and is the date of
// where it arrives.
func dtOffsetBy(f function, e *expr.Call) (function, bool) {
	text, ok := constantText(e)
	if !ok || !f.typ.IsTemporal() {
		return function{}, false
	}
	o, ok := parseOffset(text)
	if !ok {
		return function{}, false
	}
	day, _ := f.typ.TicksPerDay()
	short, whole := ticksOf(o.nanos, day)
	if f.typ.Kind == expr.Date {
		f = f.clip(-lastMicroDay, lastMicroDay)
		short, whole = saturate.FloorDiv(o.nanos, nanosPerDay), true
	}
	switch {
	case !whole:
		return function{}, false
	case o.months != 0:
		f, ok = f.moveDay(func(day int64) int64 { return calendar.AddMonths(day, o.months) + o.days })
	case o.days != 0:
		local := f.local()
		f = local.shift(local.typ, saturate.Mul(o.days, day)).zoned(f.typ)
	}
	return f.shift(f.typ, short), ok
}

func dtTimestamp(f function, e *expr.Call) (function, bool) {
	unit := expr.ParseType("datetime[" + e.Option + "]")
	if unit.Kind != expr.Datetime {
		return function{}, false
	}
	unit.Zone = f.typ.Zone
	ticks, ok := f.castTimeTo(unit)
	if !ok {
		return function{}, false
	}
	return ticks.cast(int64s)
}

// total is the number of whole units of that many nanoseconds in a duration,
// rounded towards zero as Polars does.
func total(nanos int64) func(function, *expr.Call) (function, bool) {
	return func(f function, e *expr.Call) (function, bool) {
		ticks, ok := f.typ.TicksPerDay()
		if !ok || f.typ.Kind != expr.Duration || len(e.Args) != 1 || e.Option != "" {
			return function{}, false
		}
		perTick := nanosPerDay / ticks
		if nanos >= perTick {
			by := nanos / perTick
			return f.then(int64s, math.MinInt64, math.MaxInt64, func(v int64) int64 { return v / by }), true
		}
		by := perTick / nanos
		return f.then(int64s, math.MinInt64/by, math.MaxInt64/by, func(v int64) int64 { return v * by }), true
	}
}

var int64s = expr.Type{Kind: expr.Integer, Int: expr.Int{Bits: 64}}

func dtCastTimeUnit(f function, e *expr.Call) (function, bool) {
	unit := expr.ParseType("datetime[" + e.Option + "]")
	if unit.Kind != expr.Datetime || f.typ.Kind != expr.Datetime {
		return function{}, false
	}
	unit.Zone = f.typ.Zone
	return f.castTime(unit)
}

// dtConvertTimeZone shows the same instant on another clock.
func dtConvertTimeZone(f function, e *expr.Call) (function, bool) {
	f.typ.Zone = e.Option
	return f, f.typ.Kind == expr.Datetime && e.Option != ""
}

// dtReplaceTimeZone shows the same wall clock in another zone.
func dtReplaceTimeZone(f function, e *expr.Call) (function, bool) {
	if f.typ.Kind != expr.Datetime {
		return function{}, false
	}
	typ := f.typ
	typ.Zone = e.Option
	return f.local().zoned(typ), true
}

func toPhysical(f function, _ *expr.Call) (function, bool) {
	bits := uint8(64)
	if f.typ.Kind == expr.Date {
		bits = 32
	}
	if f.typ.Kind == expr.Integer {
		return f, true
	}
	return f.cast(expr.Type{Kind: expr.Integer, Int: expr.Int{Bits: bits}})
}
