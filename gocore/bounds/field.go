package bounds

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// field is a part of the date that comes round again, such as the month: it does
// not bound the column by itself, but inside of a bound from elsewhere it leaves
// only some months.
type field struct {
	of   func(day int64) int64
	next func(day int64) int64 // the first day on which it may have changed
}

var fields = map[string]field{
	"dt.month":   {calendar.MonthNumber, nextMonth},
	"dt.quarter": {func(day int64) int64 { return (calendar.MonthNumber(day) + 2) / 3 }, nextMonth},
	"dt.week":    {calendar.ISOWeek, func(day int64) int64 { return calendar.WeekStart(day) + 7 }},
}

func nextMonth(day int64) int64 { return calendar.MonthEnd(day) + 1 }

// maxRuns bounds how many runs of equal fields are looked at: some 1,900 years
// of weeks, or 8,000 of months.
const maxRuns = 100_000

func (t Temporal) compareField(
	op expr.Op, operand expr.Node, column string, l *expr.Literal,
) (Outcome[int64], bool) {
	if !l.Exact || l.Type.Kind != expr.Integer || l.Lo != l.Hi {
		return Outcome[int64]{}, false
	}
	holds := func(v int64) bool { return compareInts(op, v, l.Lo) }
	return t.fieldOutcome(operand, column, holds)
}

func compareInts(op expr.Op, a, b int64) bool {
	switch op {
	case expr.Lt:
		return a < b
	case expr.LtEq:
		return a <= b
	case expr.Gt:
		return a > b
	case expr.GtEq:
		return a >= b
	case expr.NotEq:
		return a != b
	}
	return a == b
}

func (t Temporal) memberOfFields(
	operand expr.Node, column string, l *expr.List,
) (Outcome[int64], bool) {
	if !l.Exact || l.Type.Kind != expr.Integer {
		return Outcome[int64]{}, false
	}
	values := map[int64]bool{}
	for _, item := range l.Items {
		if item.Lo != item.Hi {
			return Outcome[int64]{}, false
		}
		values[item.Lo] = true
	}
	return t.fieldOutcome(operand, column, func(v int64) bool { return values[v] })
}

// fieldOutcome looks at every run of days with an equal field within the window.
// Outside of it the answer may be either, and without a window everywhere.
func (t Temporal) fieldOutcome(
	operand expr.Node, column string, holds func(int64) bool,
) (Outcome[int64], bool) {
	f, fd, ok := t.field(operand, column)
	if !ok || t.window == nil {
		return Outcome[int64]{}, false
	}
	low, high := f.low(clamp(t.window.lo, f.least, f.greatest)), f.high(clamp(t.window.hi, f.least, f.greatest))
	outside := t.between(t.window.lo, t.window.hi).Complement()
	var yes, no []interval.Interval[int64]
	runs := 0
	for day := low; day <= high; runs++ {
		if runs == maxRuns {
			return Outcome[int64]{}, false
		}
		next := fd.next(day)
		run := expr.Range{Lo: day, Hi: min(next-1, high)}
		within := t.from(f, run.Lo).Intersect(t.upTo(f, run.Hi)).Intervals()
		if holds(fd.of(day)) {
			yes = append(yes, within...)
		} else {
			no = append(no, within...)
		}
		day = next
	}
	return t.outcome(f, interval.Of(t.domain, yes...).Union(outside), interval.Of(t.domain, no...).Union(outside)), true
}

// field reads a call such as date.dt.month(), with the days that it is of as a
// function of the column.
func (t Temporal) field(operand expr.Node, column string) (function, field, bool) {
	c, ok := operand.(*expr.Call)
	if !ok || len(c.Args) != 1 {
		return function{}, field{}, false
	}
	fd, ok := fields[c.Name]
	if !ok {
		return function{}, field{}, false
	}
	f, ok := t.function(c.Args[0], column)
	if !ok {
		return function{}, field{}, false
	}
	days, ok := f.castTimeTo(date)
	return days.clip(firstDay, lastDay), fd, ok
}

// Within implements [Axis].
func (t Temporal) Within(r Region[int64]) (Axis[int64], bool) {
	hull, ok := r.Values.Hull()
	if !ok || hull.Lo.Kind == interval.Unbounded || hull.Hi.Kind == interval.Unbounded {
		return t, false
	}
	t.window = &window{hull.Lo.Value, hull.Hi.Value}
	return t, true
}

// window is where the column is known to lie.
type window struct{ lo, hi int64 }
