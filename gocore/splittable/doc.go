// Package splittable says whether a plan may be split by a column: whether each
// part, computed by itself from the whole plan with a filter on top, holds
// exactly the rows that the whole would.
//
// That is so for every deterministic plan. It fails where a plan's answer is a
// choice that every run may make anew, because each part makes its own: a row
// that one part leaves to another is lost, and one that two parts choose comes
// twice. Choices come from
//
//   - the order of rows, where no order is promised: after a join or a group_by,
//     or between equal keys of a sort that is not stable. head, cumulative
//     functions, row numbers and first/last turn it into rows and values;
//   - unique(subset=…) with keep="any";
//   - sample and shuffle.
//
// A choice is harmless when it stays within rows of equal date, for then one
// part alone makes it, and nothing above mixes those rows with others: last
// price of a day, one row per symbol and day.
//
// The invariant: if [Check] returns nil, the parts together are an answer that
// the whole plan could have given. It may refuse a plan that would have been
// fine; it never accepts one because it did not understand it, except that
// Python functions of the user and IO sources are taken to be deterministic.
//
// A plan that may be split may still leave open in which order its rows come, or
// which of a day's rows they are. [Open] names what does: a part of such a plan
// that is computed again has to replace all of the part, not the rest of it.
//
// A query that may not be split as a whole is cut. [Crossing] and [SetsOrder] say of the
// plan below a cut whether each part is made of its own rows, [Above] of the plan above
// it whether rows that come part by part give the answer of the whole, and [Partial]
// which aggregations parts may begin:
//
//	group_by(k).agg(x.sum())         [Above] nil, [Partial] k key, x sum
//	  with_columns(n.over(date))     [Crossing] nil: the cut is here
//	    scan
//
// The package knows nothing of bounds and periods.
package splittable
