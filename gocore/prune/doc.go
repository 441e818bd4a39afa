// Package prune tells which files of a Parquet scan can hold rows that a predicate
// is true on, without opening them.
//
// On the driver [Build] reads the footers once and makes an index: bytes that are
// put in shared memory. In a worker [Select] searches it where it lies.
//
// # Invariant
//
// A file that holds a row on which the predicate is true is among those selected.
// Statistics are trusted only where the type in the file and the type in the scan
// are known to mean the same values; whatever is missing, truncated in a way that
// cannot be told, of a writer with known defects, or not understood may be
// anything, and so may a file whose footer cannot be read. A float column may hold
// NaN, which its statistics leave out and which Polars takes for the greatest value.
//
// # Example
//
// Of three files a (dates of January, one row group), b (of February, with nulls)
// and c (written without statistics):
//
//	index, _ := prune.Build([]byte(`{"paths": ["a", "b", "c"],
//	    "columns": [{"name": "date", "type": "date"}]}`))
//	date >= 2024-02-10        selects b and c
//	date is null              selects b and c
//	date < 2024-01-10         selects a and c
//	price > 5                 selects all: that column is not in the index
//
// Of the files of a table (Delta Lake, Iceberg) the statistics come from its log, and no
// file is opened: a file is one entry then, and its bounds may be wider than its values.
//
// [CheckFooter] is for files of somebody who is not trusted: it compares a footer with what
// the rows are, which the caller has to read.
//
// # Time
//
// A row group is an entry. For each column the entries lie sorted by their least
// value under a tree of greatest values, so that the entries that meet a range are
// found in time that grows with their number. Of several filtered columns the one
// with the fewest entries leads; the others are looked up for those entries only.
//
// # What it does not do
//
// It does not expand paths, read rows, or choose row groups: Polars skips those by
// itself. It reads local files only, and knows nothing of the formats of logs.
package prune
