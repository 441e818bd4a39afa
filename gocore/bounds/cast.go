package bounds

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// cast composes a cast: between temporal types, between a type and its physical
// integers, and between integer types. A value that does not fit is null, or
// ends the query when the cast is strict.
func (f function) cast(to expr.Type) (function, bool) {
	least, greatest, ok := to.Extremes()
	switch {
	case !ok || to.Kind == expr.Boolean || f.typ.Kind == expr.Boolean:
		return function{}, false
	case f.typ.IsTemporal() && to.IsTemporal():
		return f.castTime(to)
	case to.Kind == expr.Integer && f.typ.Kind != expr.Other:
		return f.then(to, least, greatest, func(v int64) int64 { return v }), true
	}
	return function{}, false
}

// castTime changes the tick: to finer ticks a product, to coarser ones a
// quotient rounded down, as Polars does. The date of a zoned value is that of its
// wall clock. From one zone to another the instant stays; between a zone and none
// it is the instant or the wall clock that does, within a day of each other.
func (f function) castTime(to expr.Type) (function, bool) {
	switch {
	case f.typ.Zone != "" && to.Kind == expr.Date:
		f = f.local()
	case f.typ.Zone != to.Zone:
		return f.castZone(to)
	}
	from, _ := f.typ.TicksPerDay()
	ticks, _ := to.TicksPerDay()
	least, greatest, _ := to.Extremes()
	if ticks < from {
		by := from / ticks
		lo, hi := saturate.Mul(least, by), addSaturated(saturate.Mul(greatest, by), by-1)
		return f.then(to, lo, hi, func(v int64) int64 { return saturate.FloorDiv(v, by) }), true
	}
	by := ticks / from
	// Division towards zero gives the outermost factors whose product fits.
	return f.then(to, least/by, greatest/by, func(v int64) int64 { return v * by }), true
}

func (f function) castZone(to expr.Type) (function, bool) {
	unzoned := f.typ.Zone == "" || to.Zone == ""
	same := isUTC(f.typ.Zone) && isUTC(to.Zone)
	f.typ.Zone = to.Zone
	if f.typ.Kind == expr.Date {
		f.typ.Zone = ""
	}
	f, ok := f.castTime(expr.Type{Kind: to.Kind, Unit: to.Unit, Zone: f.typ.Zone})
	f.typ = to
	if !unzoned || same || !ok {
		return f, ok
	}
	day, _ := to.TicksPerDay()
	f = f.widened(to, day, day)
	f.maybeNull = true
	return f, true
}

// isUTC reports whether the wall clock of a zone is that of UTC, as it is without
// a zone.
func isUTC(zone string) bool { return zone == "" || zone == "UTC" || zone == "Etc/UTC" }

// local is the wall clock of a zoned value, without its zone: no zone is a day
// or more away from UTC.
func (f function) local() function {
	typ := expr.Type{Kind: f.typ.Kind, Unit: f.typ.Unit}
	if isUTC(f.typ.Zone) {
		f.typ = typ
		return f
	}
	day, _ := f.typ.TicksPerDay()
	return f.widened(typ, day, day)
}
