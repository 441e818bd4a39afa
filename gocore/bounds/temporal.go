package bounds

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Temporal is the axis of a Date or of a Datetime without a time zone, over the
// physical integers of the type.
type Temporal struct {
	typ        expr.Type
	resolution calendar.Resolution
	domain     interval.Domain[int64]
}

// NewTemporal returns the axis of t, and false when t is not a Date or a
// Datetime without a time zone.
func NewTemporal(t expr.Type) (Temporal, bool) {
	r, ok := resolution(t)
	if !ok || t.Zone != "" {
		return Temporal{}, false
	}
	return Temporal{typ: t, resolution: r, domain: r.Domain()}, true
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
		return calendar.Format(l.Lo, r)
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

// Compare implements [Axis] for the column itself and for casts of it between
// temporal types.
func (t Temporal) Compare(
	op expr.Op, operand expr.Node, column string, l *expr.Literal,
) (Outcome[int64], bool) {
	f, ok := t.function(operand, column)
	if !ok || !l.Exact || l.Type != f.typ {
		return Outcome[int64]{}, false
	}
	// The literal is one unseen value v in [Lo, Hi]: each region is the union
	// over all of them, so "below v" reaches as far as v = Hi lets it. Values that
	// f is not defined for stay in: cutting them off would pass for a bound.
	var yes, no interval.Set[int64]
	switch op {
	case expr.Lt:
		yes, no = t.below(f, l.Hi), t.from(f, l.Lo)
	case expr.GtEq:
		yes, no = t.from(f, l.Lo), t.below(f, l.Hi)
	case expr.LtEq:
		yes, no = t.upTo(f, l.Hi), t.above(f, l.Lo)
	case expr.Gt:
		yes, no = t.above(f, l.Lo), t.upTo(f, l.Hi)
	case expr.Eq:
		yes, no = t.equal(f, l)
	case expr.NotEq:
		no, yes = t.equal(f, l)
	default:
		return Outcome[int64]{}, false
	}
	return Outcome[int64]{
		True:  Region[int64]{Values: yes},
		False: Region[int64]{Values: no},
		Null:  Region[int64]{Values: t.between(f.least, f.greatest).Complement(), Null: true},
	}, true
}

// equal returns where f may equal the literal and where it may differ from it.
// Of an unseen literal every value may differ.
func (t Temporal) equal(f function, l *expr.Literal) (yes, no interval.Set[int64]) {
	yes = t.from(f, l.Lo).Intersect(t.upTo(f, l.Hi))
	if l.Lo < l.Hi {
		return yes, interval.Full(t.domain)
	}
	return yes, yes.Complement()
}

// Validity implements [Axis].
func (t Temporal) Validity(operand expr.Node, column string) (Outcome[int64], bool) {
	f, ok := t.function(operand, column)
	if !ok {
		return Outcome[int64]{}, false
	}
	defined := t.between(f.least, f.greatest)
	return Outcome[int64]{
		True:  Region[int64]{Values: defined.Complement(), Null: true},
		False: Region[int64]{Values: defined},
		Null:  nowhere(t.domain),
	}, true
}
