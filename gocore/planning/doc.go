// Package planning answers how a query is split: what bounds a column, which filters
// and obstacles there are, and the partitions, or why there are none.
//
// It brings together bounds (where a column lies), splittable (whether parts make up
// the whole), calendar and partition (the cuts), and coverage (what a user's own list
// of partitions leaves out or has twice).
//
// # Invariant
//
// Every row of the result is in exactly one of the partitions that are derived from
// bounds. Of listed ones, those are left out that hold no row.
//
// # Example
//
//	filter(date >= 2024-01-01 and date < 2024-03-01), by month
//	  bounds   [2024-01-01, 2024-02-29]
//	  periods  2024-01, 2024-02
//	filter(id.is_in([3, 5])), by value
//	  bounds   [3, 3] ∪ [5, 5]
//	  partitions 3, 5
//
// It runs no queries and knows no files.
package planning
