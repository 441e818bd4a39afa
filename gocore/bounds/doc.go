// Package bounds finds where a column can lie: from the filters of a plan to
// the set of values that a row of its result may hold.
//
// The invariant: for every row of the plan's result, the value of the column is
// in the bounds. For one predicate: if it is true on a row, the row's value is
// in [Outcome].True; if false, in [Outcome].False; if null, in [Outcome].Null.
// Bounds may lose precision, never a row: what is not understood may be
// anything, and that is an answer, not an error.
//
// A predicate is analysed three-valued because negation needs it. With d a
// nullable Date,
//
//	                 may be true        may be false       may be null
//	d >= 2024-01-01  [2024-01-01, ∞)    (-∞, 2023-12-31]   null
//	x > 5            everything         everything         everything
//	d >= … and x > 5 [2024-01-01, ∞)    everything         everything
//	not (…)          everything         [2024-01-01, ∞)    everything
//
// so "not (d >= 2024-01-01 or x > 5)" is bounded above by 2023-12-31.
//
// A plan is walked from its result downwards, with the name that the column has
// at each node: a filter intersects, a concatenation unites, a rename follows,
// a node that makes the column anew forgets (see [Plan]).
//
// The package does not say whether a split is sound (package splittable), cuts
// no periods (package calendar), and reads no data.
package bounds
