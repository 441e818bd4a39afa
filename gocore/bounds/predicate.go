package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// Predicate analyses one boolean expression over a column. It takes time linear
// in the number of distinct nodes, but for the size of the sets that they make,
// and a stack that does not grow with their depth.
func Predicate[T any](e expr.Node, column string, axis Axis[T]) Outcome[T] {
	return newAnalysis(e, column, axis).outcome(e)
}

type analysis[T any] struct {
	axis   Axis[T]
	column string
	chains chains
	memo   map[expr.Node]finding[T]

	// recurs says that the predicate asks for a field that comes round again.
	recurs bool
}

// finding is what is known of one node. A logical operator's argument must be
// boolean: on integers the same operators work on bits.
type finding[T any] struct {
	outcome Outcome[T]
	boolean bool
}

func newAnalysis[T any](root expr.Node, column string, axis Axis[T]) *analysis[T] {
	counts, recurs := survey(root)
	return &analysis[T]{
		axis: axis, column: column, chains: counts, memo: make(map[expr.Node]finding[T], len(counts)), recurs: recurs,
	}
}

func (a *analysis[T]) unknown() Outcome[T] { return unknown(a.axis.Domain()) }

// outcome computes what e depends on first, with a stack of its own: a predicate
// may be a chain of many thousand terms.
func (a *analysis[T]) outcome(e expr.Node) Outcome[T] {
	stack := []expr.Node{e}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		if _, done := a.memo[n]; done {
			stack = stack[:len(stack)-1]
			continue
		}
		before := len(stack)
		for _, c := range a.arguments(n) {
			if _, done := a.memo[c]; !done {
				stack = append(stack, c)
			}
		}
		if len(stack) == before {
			a.memo[n] = a.fresh(n)
		}
	}
	return a.memo[e].outcome
}

// arguments are the nodes whose outcomes that of n is made of.
func (a *analysis[T]) arguments(n expr.Node) []expr.Node {
	switch n := n.(type) {
	case *expr.Binary:
		if condition, _, ok := conditionIn(n); ok {
			return []expr.Node{condition}
		}
		if comparesConditions(n) {
			return []expr.Node{n.Left, n.Right}
		}
		if !isLogical(n.Op) {
			return conditionsOf([]expr.Node{n.Left, n.Right})
		}
		return a.chains.terms(n)
	case *expr.Ternary:
		return expr.Children(n)
	case *expr.Call:
		if _, ok := horizontal(n); ok {
			return n.Args
		}
		switch n.Name {
		case "not", "is_null", "is_not_null":
			if len(n.Args) == 1 {
				return n.Args
			}
		case "is_between", "is_in":
			return conditionsOf(n.Args)
		case "fill_null", "coalesce":
			return n.Args
		case "repeat":
			return n.Args[:min(1, len(n.Args))]
		}
	}
	return nil
}

// fresh is the finding of n, whose arguments are in the memo.
func (a *analysis[T]) fresh(n expr.Node) finding[T] {
	switch n := n.(type) {
	case *expr.Column:
		return finding[T]{a.condition(n), n.Type.Kind == expr.Boolean}
	case *expr.Cast:
		return finding[T]{a.unknown(), n.To.Kind == expr.Boolean}
	case *expr.Literal:
		return a.literal(n)
	case *expr.Binary:
		return a.binary(n)
	case *expr.Ternary:
		then, otherwise := a.memo[n.Then], a.memo[n.Otherwise]
		return finding[T]{
			a.memo[n.When].outcome.choose(then.outcome, otherwise.outcome), then.boolean && otherwise.boolean,
		}
	case *expr.Call:
		if op, ok := horizontal(n); ok {
			return a.connected(op, n.Args)
		}
		switch {
		case fillsNull(n) && len(n.Args) > 0:
			return a.firstNotNull(n.Args)
		case n.Name == "repeat" && len(n.Args) > 0: // of a constant, for every row
			return a.memo[n.Args[0]]
		}
		return finding[T]{a.call(n), true}
	}
	return finding[T]{a.unknown(), true}
}

// firstNotNull is fill_null and coalesce.
func (a *analysis[T]) firstNotNull(args []expr.Node) finding[T] {
	f := a.memo[args[0]]
	for _, arg := range args[1:] {
		next := a.memo[arg]
		f = finding[T]{f.outcome.orElse(next.outcome), f.boolean && next.boolean}
	}
	return f
}

// condition is the outcome of a column that stands for a condition.
func (a *analysis[T]) condition(c *expr.Column) Outcome[T] {
	if c.Name != a.column || c.Type.Kind != expr.Boolean {
		return a.unknown()
	}
	return a.compare(expr.Eq, c, &expr.Literal{Type: c.Type, Exact: true, Lo: 1, Hi: 1})
}

func (a *analysis[T]) literal(l *expr.Literal) finding[T] {
	if l.Null || l.Type.Kind == expr.Boolean && l.Exact {
		return finding[T]{constant(a.axis.Domain(), l.Lo != 0, l.Null), true}
	}
	return finding[T]{a.unknown(), l.Type.Kind == expr.Boolean}
}

func (a *analysis[T]) binary(e *expr.Binary) finding[T] {
	if comparesConditions(e) {
		return a.agreement(e)
	}
	if condition, truth, ok := conditionIn(e); ok {
		o := a.is(condition, truth)
		if e.Op == expr.NotEqMissing {
			o = o.not()
		}
		return finding[T]{o, true}
	}
	switch e.Op {
	case expr.And, expr.Or, expr.Xor:
		return a.logical(e)
	case expr.Eq, expr.NotEq, expr.Lt, expr.LtEq, expr.Gt, expr.GtEq:
		return finding[T]{a.compare(e.Op, e.Left, e.Right), true}
	case expr.EqMissing:
		return finding[T]{a.equalMissing(e.Left, e.Right), true}
	case expr.NotEqMissing:
		return finding[T]{a.equalMissing(e.Left, e.Right).not(), true}
	case expr.Arithmetic:
	}
	return finding[T]{a.unknown(), false}
}

// agreement compares two conditions: they differ where exactly one of them is true.
func (a *analysis[T]) agreement(e *expr.Binary) finding[T] {
	l, r := a.memo[e.Left], a.memo[e.Right]
	if !l.boolean || !r.boolean {
		return finding[T]{a.unknown(), true}
	}
	differ := l.outcome.xor(r.outcome)
	if e.Op == expr.Eq {
		return finding[T]{differ.not(), true}
	}
	return finding[T]{differ, true}
}

// comparesConditions tells comparisons such as (date >= x) == true from those of
// values.
func comparesConditions(e *expr.Binary) bool {
	return (e.Op == expr.Eq || e.Op == expr.NotEq) && isCondition(e.Left) && isCondition(e.Right)
}

func isCondition(n expr.Node) bool {
	switch n := n.(type) {
	case *expr.Literal:
		return n.Type.Kind == expr.Boolean
	case *expr.Column:
		return n.Type.Kind == expr.Boolean
	case *expr.Binary:
		return n.Op != expr.Arithmetic
	case *expr.Call:
		switch n.Name {
		case "not", "is_null", "is_not_null", "is_between", "is_in":
			return true
		}
	}
	return false
}

// logical folds the terms of a chain pairwise, so that of n different sets each
// takes part in log n operations.
func (a *analysis[T]) logical(e *expr.Binary) finding[T] {
	return a.connected(e.Op, a.chains.terms(e))
}

// connected folds conditions, which are in the memo.
func (a *analysis[T]) connected(op expr.Op, terms []expr.Node) finding[T] {
	outcomes := make([]Outcome[T], len(terms))
	for i, t := range terms {
		f := a.memo[t]
		if !f.boolean {
			return finding[T]{a.unknown(), false}
		}
		outcomes[i] = f.outcome
	}
	combine := Outcome[T].and
	switch op {
	case expr.Or:
		combine = Outcome[T].or
	case expr.Xor:
		combine = Outcome[T].xor
	}
	return finding[T]{fold(outcomes, combine), true}
}

func fold[O any](list []O, combine func(O, O) O) O {
	for len(list) > 1 {
		half := list[:0]
		for i := 0; i < len(list)-1; i += 2 {
			half = append(half, combine(list[i], list[i+1]))
		}
		if len(list)%2 == 1 {
			half = append(half, list[len(list)-1])
		}
		list = half
	}
	return list[0]
}

// compare asks of each value that a side may be chosen from.
func (a *analysis[T]) compare(op expr.Op, left, right expr.Node) Outcome[T] {
	return a.chosen(left, func(l expr.Node) Outcome[T] {
		return a.chosen(right, func(r expr.Node) Outcome[T] { return a.comparePair(op, l, r) })
	})
}

// comparePair accepts the literal on either side.
func (a *analysis[T]) comparePair(op expr.Op, left, right expr.Node) Outcome[T] {
	if l, ok := left.(*expr.Literal); ok {
		left, right, op = right, l, op.Mirror()
	}
	l, ok := right.(*expr.Literal)
	if !ok {
		return a.unknown()
	}
	if l.Null {
		return constant(a.axis.Domain(), false, true)
	}
	if m, ok := left.(*expr.Literal); ok {
		if m.Null {
			return constant(a.axis.Domain(), false, true)
		}
		return a.constants(op, m, l)
	}
	if o, ok := a.axis.Compare(op, left, a.column, l); ok {
		return o
	}
	return a.unknown()
}

// equalMissing treats null as a value: it is equal to null, different from any
// other value, and the answer is never null.
func (a *analysis[T]) equalMissing(left, right expr.Node) Outcome[T] {
	d := a.axis.Domain()
	l, ok := left.(*expr.Literal)
	if !ok {
		l, ok = right.(*expr.Literal)
		right = left
	}
	switch {
	case !ok:
		return Outcome[T]{True: everywhere(d), False: everywhere(d), Null: nowhere(d)}
	case l.Null:
		return a.validity(right)
	}
	o := a.compare(expr.Eq, right, l)
	return Outcome[T]{True: o.True, False: o.False.union(o.Null), Null: nowhere(d)}
}

// member is is_in. With nulls_equal a null is in the list if the list has one,
// and the answer is never null.
func (a *analysis[T]) member(e *expr.Call) Outcome[T] {
	l, ok := e.Args[1].(*expr.List)
	if !ok {
		return a.unknown()
	}
	return a.chosen(e.Args[0], func(operand expr.Node) Outcome[T] {
		return a.memberOf(operand, l, e.Option)
	})
}

func (a *analysis[T]) memberOf(operand expr.Node, l *expr.List, option string) Outcome[T] {
	o, ok := a.axis.Member(operand, a.column, l)
	switch {
	case !ok:
		return a.unknown()
	case option != "nulls_equal":
		// A null in the list makes no difference to Polars, but this is cheap.
		o.Null = o.Null.union(o.False)
		return o
	case l.Null:
		return Outcome[T]{True: o.True.union(o.Null), False: o.False, Null: nowhere(a.axis.Domain())}
	}
	return Outcome[T]{True: o.True, False: o.False.union(o.Null), Null: nowhere(a.axis.Domain())}
}

func (a *analysis[T]) call(e *expr.Call) Outcome[T] {
	switch {
	case e.Name == "not" && len(e.Args) == 1 && a.memo[e.Args[0]].boolean:
		return a.memo[e.Args[0]].outcome.not()
	case e.Name == "is_between" && len(e.Args) == 3:
		return a.between(e)
	case e.Name == "is_in" && len(e.Args) == 2:
		return a.member(e)
	case e.Name == "is_null" && len(e.Args) == 1:
		return a.validity(e.Args[0])
	case e.Name == "is_not_null" && len(e.Args) == 1:
		return a.validity(e.Args[0]).not()
	}
	if asker, ok := a.axis.(Asker[T]); ok && len(e.Args) == 1 {
		if o, ok := asker.Ask(e.Name, e.Args[0], a.column); ok {
			return o
		}
	}
	return a.unknown()
}

// validity asks whether e is null: of a value that the axis knows, or of a
// condition.
func (a *analysis[T]) validity(e expr.Node) Outcome[T] {
	if o, ok := a.axis.Validity(e, a.column); ok {
		return o
	}
	if f, ok := a.memo[e]; ok {
		return f.outcome.isNull(a.axis.Domain())
	}
	return a.unknown()
}

// between is the conjunction of two comparisons, as Polars defines it.
func (a *analysis[T]) between(e *expr.Call) Outcome[T] {
	lower, upper := expr.GtEq, expr.LtEq
	switch e.Option {
	case "both":
	case "left":
		upper = expr.Lt
	case "right":
		lower = expr.Gt
	case "none":
		lower, upper = expr.Gt, expr.Lt
	default:
		return a.unknown()
	}
	return a.compare(lower, e.Args[0], e.Args[1]).and(a.compare(upper, e.Args[0], e.Args[2]))
}
