// Package expr is the expression tree that the other packages reason about: a
// predicate or a projection of a Polars plan, reduced to what decides where a
// row can lie.
//
// A tree arrives as a flat list in which every node names its arguments by
// their position and comes after them, so that a shared subtree is one node, no
// input can be cyclic, and depth costs no stack at the boundary:
//
//	[{"k":"col","name":"date","type":"date"},
//	 {"k":"lit","type":"date","lo":19723,"hi":19723},
//	 {"k":"bin","op":"ge","args":[0,1]}]          // date >= 2024-01-01
//
// The invariant: decoding never guesses. A temporal literal is the physical
// integer that Polars would compare with, in the literal's own unit, or an
// inclusive range [lo, hi] of integers that certainly contains it; what the
// sender could not translate is a [Call] whose name says so, and means "may be
// anything" to every reader.
//
// The package does not evaluate expressions and knows no column values.
package expr
