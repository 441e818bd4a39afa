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
// A pass counts keys in buckets between candidates, and keeps some keys of each bucket. Where a bucket
// that holds a cut is kept whole, the cut is found; the others are split, by a random sample of their
// keys, and counted again, so that memory does not grow with the rows:
//
//	t, err := cuts.New(schema, cuts.Aim{Parts: 64}, candidates)
//	for every batch of keys: t.Add(ctx, batch)
//	pass, err := t.Next()     // unless pass.Done, again, with the keys in pass.Read
//	parts := cuts.Parts(pass.Cuts, pass.Total)
//
// With the bounds of row groups as candidates, tables take one pass, and another over few rows.
//
// # What it does not do
//
// It reads no files. Whether files are sorted, as Spots needs, and whether a pass reads what the one
// before did, is up to the caller; a Tally notices other numbers of rows.
package cuts
