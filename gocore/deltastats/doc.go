// Package deltastats writes the statistics of a file as the log of a Delta table has them: how many
// rows there are and how many nulls, the least and the greatest value of each column.
//
// # Invariant
//
// What is written is exact: readers skip files by it, and what is too narrow loses rows. What cannot be
// written exactly, or not so that every reader understands it alike, is left out:
//
//	integers up to 64 bits    as they are; of more than 64 bits, or unsigned of 64: left out
//	date, datetime            "2020-01-31", "2020-01-31T12:00:00.000001Z", the years 1 to 9999;
//	                          nanoseconds, which the log does not have: left out
//	strings                   whole, if both are of at most 256 bytes
//	floats                    without NaN, which has no order; infinite ones are left out
//	booleans                  as they are
//	decimals                  left out: readers take them for floats, and lose rows
//	binary and all others     left out
//
// Both ends of a column are there, or none.
//
// # Example
//
//	deltastats.Write(3, []deltastats.Column{{Path: []string{"day"}, Type: "date",
//	    Least: ptr("0"), Greatest: ptr("31"), Nulls: ptr(0)}})
//	// {"maxValues":{"day":"1970-02-01"},"minValues":{"day":"1970-01-01"},"nullCount":{"day":0},"numRecords":3}
//
// It computes nothing: the values come from who wrote the file.
package deltastats
