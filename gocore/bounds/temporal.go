package bounds

import (
	"strconv"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Temporal is the axis of a Date or Datetime, over the physical integers of the
// type: for a column with a time zone, instants of UTC.
type Temporal struct {
	typ        expr.Type
	resolution calendar.Resolution
	domain     interval.Domain[int64]
	window     *window // nil when nothing is known
}

// NewTemporal returns the axis of t, and false when t is neither a Date nor a
// Datetime.
func NewTemporal(t expr.Type) (Temporal, bool) {
	r, ok := resolution(t)
	if !ok {
		return Temporal{}, false
	}
	least, greatest, _ := t.Extremes()
	format := func(v int64) string { return formatTick(v, t, r) }
	return Temporal{typ: t, resolution: r, domain: interval.Int64(least, greatest, format)}, true
}

// formatTick writes a value of a zoned type as the instant that it is, in UTC.
func formatTick(v int64, t expr.Type, r calendar.Resolution) string {
	if t.Zone != "" {
		return calendar.Format(v, r) + "Z"
	}
	return calendar.Format(v, r)
}

func resolution(t expr.Type) (calendar.Resolution, bool) {
	switch {
	case t.Kind == expr.Date:
		return calendar.Days, true
	case t.Kind != expr.Datetime:
		return calendar.Days, false
	}
	switch t.Unit {
	case expr.Milliseconds:
		return calendar.Milliseconds, true
	case expr.Microseconds:
		return calendar.Microseconds, true
	case expr.Nanoseconds:
		return calendar.Nanoseconds, true
	}
	return calendar.Days, false
}

// Domain implements [Axis].
func (t Temporal) Domain() interval.Domain[int64] { return t.domain }

// Type implements [Axis].
func (t Temporal) Type() expr.Type { return t.typ }

// Resolution is the tick of the column for package calendar.
func (t Temporal) Resolution() calendar.Resolution { return t.resolution }

// Literal implements [Axis]. Temporal values are written out; a range of
// nanoseconds that the sender could not see is written as its start.
func (t Temporal) Literal(l *expr.Literal) string {
	switch r, ok := resolution(l.Type); {
	case l.Null:
		return "null"
	case ok && l.Exact:
		return formatTick(l.Lo, l.Type, r)
	case l.Exact && l.Text == "": // an item of a list
		return strconv.FormatInt(l.Lo, 10)
	}
	return l.Text
}

// Point implements [Axis].
func (t Temporal) Point(l *expr.Literal) (Region[int64], bool) {
	switch {
	case l.Null:
		return Region[int64]{Values: interval.Empty(t.domain), Null: true}, true
	case !l.Exact || l.Type != t.typ:
		return Region[int64]{}, false
	}
	return Region[int64]{Values: t.between(l.Lo, l.Hi)}, true
}

func (t Temporal) between(lo, hi int64) interval.Set[int64] {
	return interval.Of(t.domain, interval.Interval[int64]{Lo: interval.Incl(lo), Hi: interval.Incl(hi)})
}
