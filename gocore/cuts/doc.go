// Package cuts says where to cut a table into parts by key: by its files, by ranks of rows, or by
// counting keys.
//
// Three ways, from the cheapest to the one that is always possible:
//
//	Physical  cuts where files begin: needs bounds of files, however loose
//	Spots     equal rows: which row of which sorted, disjoint file begins each part
//	Tally     equal rows of any keys, such as those that a filter leaves: counts them
//
// # Invariant
//
// Parts cover every key exactly once, whatever is known or believed of the files: they are ranges of
// keys and no lists of files. Cuts are keys, so rows with equal keys are never in two parts. Rows are
// exact or Unknown. A part that a [Tally] cuts has its share of the rows but for one group of equal
// keys: each cut is at the end of the group that is nearer.
//
// # Counting
//
// The first pass only looks: it keeps a sample of the keys, one of each so many, by which the cuts lie in
// narrow windows. The passes after it count keys in buckets between the ends of the windows, and keep
// those in them. Where a bucket that holds a cut is kept whole, the cut is found; the others are split,
// and counted again, so that memory does not grow with the rows:
//
//	t, err := cuts.New(schema, cuts.Aim{Parts: 64})
//	for every batch of keys: t.Add(ctx, batch)
//	pass, err := t.Next()     // unless pass.Done, again, with the keys in pass.Read
//	parts := cuts.Parts(pass.Cuts, pass.Total)
//
// Of rows in sorted runs, such as those of files that are sorted, a sample tells so much that one pass
// counts them; and where a chunk of rows ascends, only the ends of its buckets are looked for. Other rows
// take a pass more, and their keys are encoded, in several threads. Few rows are all kept by the first
// pass, and need no other.
//
// # What it does not do
//
// It reads no files. Whether files are sorted, as Spots needs, and whether a pass reads what the one
// before did, is up to the caller; a Tally notices other numbers of rows.
package cuts
