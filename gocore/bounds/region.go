package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/interval"

// Region is a set of values that a nullable column may hold: the values, and
// whether null is one of them.
type Region[T any] struct {
	Values interval.Set[T]
	Null   bool
}

func everywhere[T any](d interval.Domain[T]) Region[T] {
	return Region[T]{Values: interval.Full(d), Null: true}
}

func nowhere[T any](d interval.Domain[T]) Region[T] {
	return Region[T]{Values: interval.Empty(d)}
}

func (r Region[T]) union(o Region[T]) Region[T] {
	return Region[T]{Values: r.Values.Union(o.Values), Null: r.Null || o.Null}
}

func (r Region[T]) intersect(o Region[T]) Region[T] {
	return Region[T]{Values: r.Values.Intersect(o.Values), Null: r.Null && o.Null}
}

func (r Region[T]) orNull() Region[T] { return Region[T]{Values: r.Values, Null: true} }

// IsEverything reports whether the region says nothing about the column.
func (r Region[T]) IsEverything() bool { return r.Null && r.Values.IsFull() }

// IsNowhere reports whether no row can be in the region.
func (r Region[T]) IsNowhere() bool { return !r.Null && r.Values.IsEmpty() }

// String is the set, with null where it belongs: "[2024-01-01, ∞) or null".
func (r Region[T]) String() string {
	switch {
	case !r.Null:
		return r.Values.String()
	case r.Values.IsEmpty():
		return "null"
	}
	return r.Values.String() + " or null"
}

// Outcome says of a boolean expression, for each of its three answers, where
// the column may lie when that is the answer. The regions overlap wherever the
// answer depends on more than the column.
type Outcome[T any] struct {
	True, False, Null Region[T]
}

// unknown is the outcome of an expression that is not understood.
func unknown[T any](d interval.Domain[T]) Outcome[T] {
	all := everywhere(d)
	return Outcome[T]{True: all, False: all, Null: all}
}

// constant is the outcome of a boolean literal.
func constant[T any](d interval.Domain[T], truth, null bool) Outcome[T] {
	o := Outcome[T]{True: nowhere(d), False: nowhere(d), Null: nowhere(d)}
	switch {
	case null:
		o.Null = everywhere(d)
	case truth:
		o.True = everywhere(d)
	default:
		o.False = everywhere(d)
	}
	return o
}

func (o Outcome[T]) not() Outcome[T] {
	return Outcome[T]{True: o.False, False: o.True, Null: o.Null}
}

// and is Kleene's conjunction: false wins over null.
func (o Outcome[T]) and(p Outcome[T]) Outcome[T] {
	return Outcome[T]{
		True:  o.True.intersect(p.True),
		False: o.False.union(p.False),
		Null: o.Null.intersect(p.True.union(p.Null)).
			union(p.Null.intersect(o.True.union(o.Null))),
	}
}

// or follows from and by De Morgan's law, which holds in Kleene's logic.
func (o Outcome[T]) or(p Outcome[T]) Outcome[T] { return o.not().and(p.not()).not() }

// xor is null when either side is.
func (o Outcome[T]) xor(p Outcome[T]) Outcome[T] {
	return Outcome[T]{
		True:  o.True.intersect(p.False).union(o.False.intersect(p.True)),
		False: o.True.intersect(p.True).union(o.False.intersect(p.False)),
		Null:  o.Null.union(p.Null),
	}
}

// within keeps of the outcome what can happen where the column lies in r.
func (o Outcome[T]) within(r Region[T]) Outcome[T] {
	return Outcome[T]{
		True: o.True.intersect(r), False: o.False.intersect(r), Null: o.Null.intersect(r),
	}
}

func (o Outcome[T]) union(p Outcome[T]) Outcome[T] {
	return Outcome[T]{
		True: o.True.union(p.True), False: o.False.union(p.False), Null: o.Null.union(p.Null),
	}
}

// choose is when(o).then(a).otherwise(b); a condition that is null chooses b.
func (o Outcome[T]) choose(a, b Outcome[T]) Outcome[T] {
	return a.within(o.True).union(b.within(o.False.union(o.Null)))
}

// orElse is fill_null: o where it is not null, and p elsewhere.
func (o Outcome[T]) orElse(p Outcome[T]) Outcome[T] {
	return Outcome[T]{
		True:  o.True.union(o.Null.intersect(p.True)),
		False: o.False.union(o.Null.intersect(p.False)),
		Null:  o.Null.intersect(p.Null),
	}
}

// isNull is the outcome of asking whether the expression is null, which is
// itself never null.
func (o Outcome[T]) isNull(d interval.Domain[T]) Outcome[T] {
	return Outcome[T]{True: o.Null, False: o.True.union(o.False), Null: nowhere(d)}
}
