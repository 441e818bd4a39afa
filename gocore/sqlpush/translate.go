package sqlpush

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// truth is an answer of a condition.
type truth uint8

const (
	isTrue truth = iota
	isFalse
	isNull
)

// translator makes clauses of the conditions of one predicate.
type translator struct {
	columns map[string]*column
	dialect Dialect
	memo    map[question]clause
	asked   map[asked]answers
	choices int // that were taken apart
}

// question asks for the rows on which a condition has an answer.
type question struct {
	condition expr.Node
	want      truth
}

type asked struct {
	condition expr.Node
	column    *column
}

func newTranslator(columns []*column, d Dialect) *translator {
	t := &translator{
		columns: map[string]*column{}, dialect: d, memo: map[question]clause{}, asked: map[asked]answers{},
	}
	for _, c := range columns {
		t.columns[c.name] = c
	}
	return t
}

// maxDepth bounds how deep conditions are followed that are no chains of AND or OR.
const maxDepth = 200

const tooDeep = "the condition is nested too deep"

// rows asks for the rows on which a condition has an answer. Since every clause may
// only hold on more rows than that, NOT is never written: it asks for the other
// answer.
func (t *translator) rows(n expr.Node, want truth, depth int) clause {
	q := question{n, want}
	if c, done := t.memo[q]; done {
		return c
	}
	if depth == maxDepth {
		return unknown(tooDeep)
	}
	c := t.fresh(n, want, depth+1)
	t.memo[q] = c
	return c
}

func (t *translator) fresh(n expr.Node, want truth, depth int) clause {
	if c, ok := t.special(n, want); ok {
		return c
	}
	if c, ok := constants(n, want); ok {
		return c
	}
	reads := columnsOf(n)
	if len(reads) == 1 {
		if a, ok := t.answer(n, reads[0]); ok && a[want].certain {
			return t.columns[reads[0]].clause(a[want].ranges)
		}
	}
	if c, ok := t.composed(n, want, depth); ok {
		return c
	}
	if choice, ok := t.chosen(n); ok {
		return t.rows(choice, want, depth)
	}
	return t.bounded(n, reads, want)
}

func (t *translator) answer(n expr.Node, name string) (answers, bool) {
	c, known := t.columns[name]
	if !known {
		return answers{}, false
	}
	key := asked{n, c}
	if a, done := t.asked[key]; done {
		return a, true
	}
	a, ok := c.answers(n)
	if ok {
		t.asked[key] = a
	}
	return a, ok
}

// bounded is the fallback for any condition: where each of its columns can lie when
// it has that answer.
func (t *translator) bounded(n expr.Node, reads []string, want truth) clause {
	why := reason(n)
	parts := []clause{unknown(why)}
	for _, name := range reads {
		a, ok := t.answer(n, name)
		if !ok || a[want].anywhere {
			continue
		}
		parts = append(parts, t.columns[name].clause(a[want].ranges).wider(why))
	}
	return both(parts...)
}

// composed takes a condition apart that is made of conditions.
func (t *translator) composed(n expr.Node, want truth, depth int) (clause, bool) {
	ask := func(n expr.Node, want truth) clause { return t.rows(n, want, depth) }
	switch n := n.(type) {
	case *expr.Literal:
		return constant(n, want)
	case *expr.Binary:
		return composedBinary(n, want, ask)
	case *expr.Ternary:
		return either(
			both(ask(n.When, isTrue), ask(n.Then, want)), both(notTrue(n.When, ask), ask(n.Otherwise, want)),
		), true
	case *expr.Call:
		return composedCall(n, want, ask)
	}
	return clause{}, false
}

type asking func(expr.Node, truth) clause

func notTrue(n expr.Node, ask asking) clause { return either(ask(n, isFalse), ask(n, isNull)) }

// constant is a literal for a condition: true, false or null on every row.
func constant(l *expr.Literal, want truth) (clause, bool) {
	if !l.Null && (!l.Exact || l.Type.Kind != expr.Boolean) {
		return clause{}, false
	}
	is := isFalse
	switch {
	case l.Null:
		is = isNull
	case l.Lo != 0:
		is = isTrue
	}
	if is == want {
		return always(), true
	}
	return never(), true
}

func composedBinary(n *expr.Binary, want truth, ask asking) (clause, bool) {
	switch n.Op {
	case expr.And:
		return chain(terms(n), want, isTrue, isFalse, ask), true
	case expr.Or:
		return chain(terms(n), want, isFalse, isTrue, ask), true
	case expr.Xor:
		return differ(n.Left, n.Right, want, ask), true
	case expr.Eq, expr.NotEq:
		if !isCondition(n.Left) || !isCondition(n.Right) {
			return clause{}, false
		}
		if n.Op == expr.Eq {
			want = opposite(want)
		}
		return differ(n.Left, n.Right, want, ask), true
	case expr.EqMissing, expr.NotEqMissing:
		return agrees(n, want, ask)
	case expr.Arithmetic, expr.Lt, expr.LtEq, expr.Gt, expr.GtEq:
	}
	return clause{}, false
}

func opposite(want truth) truth {
	switch want {
	case isTrue:
		return isFalse
	case isFalse:
		return isTrue
	case isNull:
	}
	return want
}

// chain is AND, whose answer is "all" where all terms are, and "one" where one term
// is; OR is the same the other way round. It is null where a term is and none is "one".
func chain(terms []expr.Node, want, all, one truth, ask asking) clause {
	each := make([]clause, len(terms))
	nulls := make([]clause, len(terms))
	for i, term := range terms {
		switch want {
		case all, one:
			each[i] = ask(term, want)
		default:
			nulls[i] = ask(term, isNull)
			each[i] = either(ask(term, all), nulls[i])
		}
	}
	switch want {
	case all:
		return both(each...)
	case one:
		return either(each...)
	}
	return both(append(each, either(nulls...))...)
}

// differ is XOR, which is null where a side is.
func differ(a, b expr.Node, want truth, ask asking) clause {
	if want == isNull {
		return either(ask(a, isNull), ask(b, isNull))
	}
	other := opposite(want) // true if they differ, false if not
	return either(both(ask(a, isTrue), ask(b, other)), both(ask(a, isFalse), ask(b, want)))
}

// agrees is eq_missing of two conditions: null is a value of its own.
func agrees(n *expr.Binary, want truth, ask asking) (clause, bool) {
	switch {
	case !isCondition(n.Left) || !isCondition(n.Right):
		return clause{}, false
	case want == isNull:
		return never(), true
	case n.Op == expr.NotEqMissing:
		want = opposite(want)
	}
	var pairs []clause
	for _, a := range []truth{isTrue, isFalse, isNull} {
		for _, b := range []truth{isTrue, isFalse, isNull} {
			if (a == b) == (want == isTrue) {
				pairs = append(pairs, both(ask(n.Left, a), ask(n.Right, b)))
			}
		}
	}
	return either(pairs...), true
}

func composedCall(n *expr.Call, want truth, ask asking) (clause, bool) {
	switch {
	case n.Name == "not" && len(n.Args) == 1:
		return ask(n.Args[0], opposite(want)), true
	case n.Name == "all_horizontal" && len(n.Args) > 0:
		return chain(n.Args, want, isTrue, isFalse, ask), true
	case n.Name == "any_horizontal" && len(n.Args) > 0:
		return chain(n.Args, want, isFalse, isTrue, ask), true
	case n.Name == "is_null" && len(n.Args) == 1 && isCondition(n.Args[0]):
		return missingCondition(n.Args[0], want, ask), true
	case n.Name == "is_not_null" && len(n.Args) == 1 && isCondition(n.Args[0]):
		return missingCondition(n.Args[0], opposite(want), ask), true
	case (n.Name == "fill_null" || n.Name == "coalesce") && len(n.Args) > 0 && !slices.ContainsFunc(n.Args, isValue):
		return firstKnown(n.Args, want, ask), true
	case n.Name == "repeat" && len(n.Args) > 0 && isCondition(n.Args[0]): // a constant, for every row
		return ask(n.Args[0], want), true
	case n.Name == "is_between" && len(n.Args) == 3:
		if lower, upper, ok := ends(n); ok {
			return chain([]expr.Node{lower, upper}, want, isTrue, isFalse, ask), true
		}
	}
	return clause{}, false
}

func missingCondition(n expr.Node, want truth, ask asking) clause {
	switch want {
	case isTrue:
		return ask(n, isNull)
	case isFalse:
		return either(ask(n, isTrue), ask(n, isFalse))
	case isNull:
	}
	return never()
}

// firstKnown is fill_null of conditions.
func firstKnown(args []expr.Node, want truth, ask asking) clause {
	if len(args) == 1 {
		return ask(args[0], want)
	}
	rest := both(ask(args[0], isNull), firstKnown(args[1:], want, ask))
	if want == isNull {
		return rest
	}
	return either(ask(args[0], want), rest)
}

// ends takes is_between apart.
func ends(n *expr.Call) (lower, upper expr.Node, ok bool) {
	ops := map[string][2]expr.Op{
		"both": {expr.GtEq, expr.LtEq}, "left": {expr.GtEq, expr.Lt},
		"right": {expr.Gt, expr.LtEq}, "none": {expr.Gt, expr.Lt},
	}
	op, ok := ops[n.Option]
	lower = &expr.Binary{Op: op[0], Left: n.Args[0], Right: n.Args[1]}
	upper = &expr.Binary{Op: op[1], Left: n.Args[0], Right: n.Args[2]}
	return lower, upper, ok
}
