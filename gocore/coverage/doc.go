// Package coverage says of a list of partitions, which a user wrote as predicates,
// whether they overlap, and whether they leave a gap.
//
// Each partition becomes a [Box]: for each column the space of values that its
// predicate allows. [FromConjunction] makes it of the conditions that the predicate
// is the conjunction of, by package bounds. [Examine] looks at the boxes only.
//
// # Invariant
//
// A box holds every row that its partition selects; an exact one holds no other. So
// None and Found are proofs, and what neither can be proved of is Unknown:
//
//	          None                         Found
//	Overlap   no two boxes meet            two exact boxes meet
//	Gap       the exact boxes hold all     a point is in no box
//
// Found is about predicates: a row of these values would be in two partitions, or in
// none. Whether the data has such a row is not asked. What is looked at lies within
// what the query can return, so what partitions share outside of it is no overlap.
//
// # Worked example
//
// Four partitions of a query over ids from 0 to 9, whose date is not null:
//
//	0  date < 2024-02-01                             date in (-∞, 2024-01-31]
//	1  date >= 2024-02-01 and id in [0, 1, 2]        date in [2024-02-01, ∞), id in [0, 2]
//	2  date >= 2024-02-01 and id >= 2                date in [2024-02-01, ∞), id in [2, 9]
//	3  date == 2024-03-01 and id == 7 and x > y      date = 2024-03-01, id = 7, not exact
//
//	Overlap   found: partitions 1 and 2 share date in [2024-02-01, ∞) and id = 2
//	Gap       none
//
// With "id > 2" in partition 2, the overlap is unknown: what is left is that of 2 and
// 3, and depends on x and y.
//
// # How
//
//	conditions ─ FromConjunction ─► boxes ─ cut ─► atoms ─ merge ─► rulers ─ search ─► verdicts
//	            bounds.Outcome      Space         span              cells
//
// Each column is cut into atoms at the ends of all spaces that boxes have there. From
// then on values are integers. Atoms that lie in the same spaces become one cell, and
// the column a ruler of cells. The search sweeps along one ruler and, for each run of
// cells that the same boxes lie over, goes on with these along the next. One column
// ends with its first sweep; a product of columns has few boxes left after each.
//
// Whether boxes cover everything is a hard question in general, as it is whether a
// formula of logic always holds. So a search has a number of steps, and a list that
// takes more is Unknown. Overlaps take at most quadratic time.
//
// # What it does not do
//
// It reads no data and does not evaluate predicates. It knows of no condition that
// ties columns to one another, such as x > y: a partition that has one is not exact.
// It lists one example of what is wrong, not all. It does not say that a list with an
// overlap or a gap must not run: that is the user's choice.
package coverage
