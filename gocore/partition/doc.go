// Package partition cuts the region of a column into partitions: one for each value,
// ranges of a width, or ranges between given cuts.
//
// # Invariant
//
// Every value of the region, null too where it belongs, is in exactly one partition.
//
// # Example
//
//	region [0, 25] or null of an integer column
//	  Ranges by 10   [0, 9], [10, 19], [20, 25], null
//	  Cuts at 5, 20  [0, 4], [5, 19], [20, 25], null
//	region [3, 4] ∪ [9, 9]
//	  Values         3, 4, 9
//
// Calendar units are the matter of package calendar. The package reads no plans and
// knows nothing of how a partition becomes a filter.
package partition
