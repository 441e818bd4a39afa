package keyrange

// Footprint is what a transaction does to a table, as ranges of keys.
type Footprint struct {
	// Added holds the keys of rows that were added, between the bounds of their files.
	Added []Range
	// Replaced holds where rows were taken away, or would have been had there been any: ranges that
	// were replaced, keys that were deleted or updated.
	Replaced []Range
}

// Uniqueness says whether a table allows a key once or more often.
type Uniqueness uint8

// A table has Unique keys or allows Repeated ones.
const (
	Repeated Uniqueness = iota
	Unique
)

// Clash is where two transactions meet that both began at one version, and of which one is committed.
type Clash struct {
	// Conflicts holds the keys for which the second would undo, or act without having seen, what the
	// first did: it cannot be committed.
	Conflicts []Range
	// Doubtful holds the keys that both may have added to a table of unique keys: the second can be
	// committed if no key is in both.
	Doubtful []Range
}

// Meet compares our transaction with one that was committed since ours began.
//
//	ours \ theirs   added                     replaced
//	added           doubtful if unique        fine: ours comes after theirs
//	replaced        conflict                  conflict
//
// What we replace we have seen as it was at the beginning; rows that came or went there since would be
// lost, or come back.
func Meet(ours, theirs Footprint, keys Uniqueness) Clash {
	c := Clash{Conflicts: Intersect(ours.Replaced, Union(theirs.Added, theirs.Replaced))}
	if keys == Unique {
		c.Doubtful = Intersect(ours.Added, theirs.Added)
	}
	return c
}
