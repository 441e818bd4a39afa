package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// maxChoices bounds how many values one side of a comparison may be chosen from:
// it is asked of each pair of them by itself.
const maxChoices = 16

// branches takes a choice between values apart: when/then/otherwise, fill_null and
// coalesce. The condition is nil where the choice is whether then is null.
func branches(e expr.Node) (when, then, otherwise expr.Node, ok bool) {
	switch e := e.(type) {
	case *expr.Ternary:
		return e.When, e.Then, e.Otherwise, true
	case *expr.Call:
		switch {
		case !fillsNull(e):
		case len(e.Args) == 2:
			return nil, e.Args[0], e.Args[1], true
		case len(e.Args) > 2:
			return nil, e.Args[0], &expr.Call{Name: e.Name, Args: e.Args[1:]}, true
		}
	}
	return nil, nil, nil, false
}

func fillsNull(e *expr.Call) bool { return e.Name == "fill_null" || e.Name == "coalesce" }

// conditions are those of the choices within an operand, and false when there are
// too many values to choose from.
func conditions(operand expr.Node) ([]expr.Node, bool) {
	var out []expr.Node
	stack := []expr.Node{operand}
	for visited := 0; len(stack) > 0; visited++ {
		if visited == 2*maxChoices {
			return nil, false
		}
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		when, then, otherwise, ok := branches(n)
		if !ok {
			continue
		}
		if when != nil {
			out = append(out, when)
		}
		stack = append(stack, then, otherwise)
	}
	return out, true
}

// conditionsOf are those of all operands that can be looked at.
func conditionsOf(operands []expr.Node) []expr.Node {
	var out []expr.Node
	for _, o := range operands {
		found, _ := conditions(o)
		out = append(out, found...)
	}
	return out
}

// chosen asks something of every value that operand is chosen from: ask says what
// follows for one that is no choice.
func (a *analysis[T]) chosen(operand expr.Node, ask func(expr.Node) Outcome[T]) Outcome[T] {
	if _, few := conditions(operand); !few {
		return a.unknown()
	}
	return a.ofBranches(operand, ask)
}

func (a *analysis[T]) ofBranches(operand expr.Node, ask func(expr.Node) Outcome[T]) Outcome[T] {
	when, then, otherwise, ok := branches(operand)
	if !ok {
		return ask(operand)
	}
	var first Outcome[T]
	if when == nil {
		first = a.validity(then).not()
	} else {
		first = a.memo[when].outcome
	}
	return first.choose(a.ofBranches(then, ask), a.ofBranches(otherwise, ask))
}

// constants compares two literals, where both are known.
func (a *analysis[T]) constants(op expr.Op, l, r *expr.Literal) Outcome[T] {
	if !l.Exact || !r.Exact || l.Lo != l.Hi || r.Lo != r.Hi || !comparable(l.Type, r.Type) {
		return a.unknown()
	}
	return constant(a.axis.Domain(), compareInts(op, l.Lo, r.Lo), false)
}
