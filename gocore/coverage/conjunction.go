package coverage

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Reading is what one column says of a condition: where it lies if the condition is
// true, and where it lies if not, which is when it is false or null. Both are at least
// that: where they overlap, the answer depends on more than the column, or is not
// understood.
type Reading struct {
	Column    int // its position, below the number of columns
	True, Not Space
}

// Read returns the reading of a condition over one column, which has the name in the
// condition, and whose type is that of the axis.
func Read[T any](condition expr.Node, column int, name string, axis bounds.Axis[T]) Reading {
	return FromOutcome(column, bounds.Predicate(condition, name, axis))
}

// FromOutcome returns the reading of a condition whose outcome is known.
func FromOutcome[T any](column int, o bounds.Outcome[T]) Reading {
	return Reading{Column: column, True: Of(o.True), Not: Of(union(o.False, o.Null))}
}

// Float32 is the reading of the same condition if the column is of 32-bit floats, and r
// was made by the axis of 64 bits.
func (r Reading) Float32() Reading {
	return Reading{Column: r.Column, True: r.True.float32(), Not: r.Not.float32()}
}

func (s Space) float32() Space {
	if t, ok := s.region.(*typed[float64]); ok {
		return OfFloat32(t.Region)
	}
	return s
}

// isDecisive reports whether the column alone decides the condition.
func (r Reading) isDecisive() bool {
	both, ok := r.True.Intersect(r.Not)
	return ok && both.IsEmpty()
}

// Reader returns the readings of a condition over the columns that it is known to
// read; others may be left out, and so may all. Readings over columns that it does
// not read do no harm: that of the literal true says over any column that it is
// always true.
type Reader func(condition expr.Node) []Reading

// FromConjunction returns the box of a partition that selects the rows on which all
// conditions are true. It is exact if each of them is decided by one column alone.
func FromConjunction(columns int, conditions []expr.Node, read Reader) Box {
	b := Box{Spaces: make([]Space, columns), Exact: true}
	for _, c := range conditions {
		decided := false
		for _, r := range read(c) {
			both, ok := b.Spaces[r.Column].Intersect(r.True)
			if ok {
				b.Spaces[r.Column] = both
				decided = decided || r.isDecisive()
			}
		}
		b.Exact = b.Exact && decided
	}
	return b
}

// Conditions returns the conditions that a predicate is the conjunction of, each
// once, in the order in which they are written.
func Conditions(predicate expr.Node) []expr.Node {
	var out []expr.Node
	seen := map[expr.Node]bool{}
	stack := []expr.Node{predicate}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		if terms := conjuncts(n); terms != nil {
			for _, t := range slices.Backward(terms) {
				stack = append(stack, t)
			}
		} else {
			out = append(out, n)
		}
	}
	return out
}

// conjuncts are the arguments of an operator or a call that is true if they all are.
func conjuncts(n expr.Node) []expr.Node {
	switch n := n.(type) {
	case *expr.Binary:
		if n.Op == expr.And {
			return []expr.Node{n.Left, n.Right}
		}
	case *expr.Call:
		if n.Name == "all_horizontal" && len(n.Args) > 0 {
			return n.Args
		}
	}
	return nil
}
