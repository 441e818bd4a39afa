package bounds

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Compare implements [Axis] for the column, for functions of it, and for fields
// such as the month where a window is known.
func (t Temporal) Compare(
	op expr.Op, operand expr.Node, column string, l *expr.Literal,
) (Outcome[int64], bool) {
	if difference, ok := turned(operand); ok && l.Exact {
		minus := opposite(expr.Range{Lo: l.Lo, Hi: l.Hi})
		value := &expr.Literal{Type: l.Type, Exact: true, Lo: minus.Lo, Hi: minus.Hi}
		return t.Compare(op.Mirror(), difference, column, value)
	}
	if f, ok := t.function(operand, column); ok {
		if !l.Exact || !comparable(f.typ, l.Type) {
			return Outcome[int64]{}, false
		}
		yes, no, ok := t.split(op, f, expr.Range{Lo: l.Lo, Hi: l.Hi})
		return t.outcome(f, yes, no), ok
	}
	return t.compareField(op, operand, column, l)
}

// comparable types are equal, or both integers: their values are.
func comparable(a, b expr.Type) bool {
	return a == b || a.Kind == expr.Integer && b.Kind == expr.Integer
}

// outcome is that of asking something of f. Values that f is not defined for may
// be in any of the sets: cutting them off would pass for a bound.
func (t Temporal) outcome(f function, yes, no interval.Set[int64]) Outcome[int64] {
	null := t.between(f.least, f.greatest).Complement()
	if f.maybeNull {
		null = interval.Full(t.domain)
	}
	return Outcome[int64]{
		True:  Region[int64]{Values: yes},
		False: Region[int64]{Values: no},
		Null:  Region[int64]{Values: null, Null: true},
	}
}

// split returns where "f op v" may be true and where it may be false, for an
// unseen v in the range: each is the union over all v, so "below v" reaches as
// far as v = Hi lets it.
func (t Temporal) split(op expr.Op, f function, v expr.Range) (yes, no interval.Set[int64], ok bool) {
	switch op {
	case expr.Lt:
		return t.below(f, v.Hi), t.from(f, v.Lo), true
	case expr.GtEq:
		return t.from(f, v.Lo), t.below(f, v.Hi), true
	case expr.LtEq:
		return t.upTo(f, v.Hi), t.above(f, v.Lo), true
	case expr.Gt:
		return t.above(f, v.Lo), t.upTo(f, v.Hi), true
	case expr.Eq:
		yes, no = t.equal(f, v)
		return yes, no, true
	case expr.NotEq:
		no, yes = t.equal(f, v)
		return yes, no, true
	}
	return yes, no, false
}

// equal returns where f may equal v and where it may differ from it. From an
// unseen v, or if the value of f is not known exactly, every value may differ.
func (t Temporal) equal(f function, v expr.Range) (yes, no interval.Set[int64]) {
	yes = t.from(f, v.Lo).Intersect(t.upTo(f, v.Hi))
	if v.Lo < v.Hi || !f.exact {
		return yes, interval.Full(t.domain)
	}
	return yes, yes.Complement()
}

// from is where f may be at least v, and above where it may be more.
func (t Temporal) from(f function, v int64) interval.Set[int64] {
	return t.onwards(f, func(x int64) bool { return f.high(x) >= v })
}

func (t Temporal) above(f function, v int64) interval.Set[int64] {
	return t.onwards(f, func(x int64) bool { return f.high(x) > v })
}

// below is where f may be less than v, and upTo where it may be at most v.
func (t Temporal) below(f function, v int64) interval.Set[int64] {
	return t.onwards(f, func(x int64) bool { return f.low(x) >= v }).Complement()
}

func (t Temporal) upTo(f function, v int64) interval.Set[int64] {
	return t.onwards(f, func(x int64) bool { return f.low(x) > v }).Complement()
}

// onwards is every value from the first for which ok holds. Values above the
// last for which f is defined are in, those below the first are not.
func (t Temporal) onwards(f function, ok func(int64) bool) interval.Set[int64] {
	v, found := first(f.least, f.greatest, ok)
	if !found {
		return interval.Empty(t.domain)
	}
	return interval.AtLeast(t.domain, v)
}

// Member implements [Axis]: a value is in a list if it equals one of its items.
func (t Temporal) Member(operand expr.Node, column string, l *expr.List) (Outcome[int64], bool) {
	if difference, ok := turned(operand); ok && l.Exact {
		opposites := &expr.List{Type: l.Type, Null: l.Null, Exact: true, Items: make([]expr.Range, len(l.Items))}
		for i, item := range l.Items {
			opposites.Items[i] = opposite(item)
		}
		return t.Member(difference, column, opposites)
	}
	f, ok := t.function(operand, column)
	if !ok {
		return t.memberOfFields(operand, column, l)
	}
	if !l.Exact || !comparable(f.typ, l.Type) {
		return Outcome[int64]{}, false
	}
	intervals := make([]interval.Interval[int64], 0, len(l.Items))
	exact := f.exact
	for _, item := range l.Items {
		intervals = append(intervals, t.from(f, item.Lo).Intersect(t.upTo(f, item.Hi)).Intervals()...)
		exact = exact && item.Lo == item.Hi
	}
	yes := interval.Of(t.domain, intervals...)
	no := interval.Full(t.domain)
	if exact {
		no = yes.Complement()
	}
	return t.outcome(f, yes, no), true
}

// Validity implements [Axis].
func (t Temporal) Validity(operand expr.Node, column string) (Outcome[int64], bool) {
	if difference, ok := turned(operand); ok {
		return t.Validity(difference, column)
	}
	f, ok := t.function(operand, column)
	if !ok {
		return Outcome[int64]{}, false
	}
	defined := t.between(f.least, f.greatest)
	valid := t.outcome(f, interval.Empty(t.domain), defined)
	return Outcome[int64]{True: valid.Null, False: valid.False, Null: nowhere(t.domain)}, true
}
