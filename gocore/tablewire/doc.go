// Package tablewire reads and writes what says of tables between processes: shards, operations of
// transactions, states, all of them JSON, and the requests and answers that Python and Go pass about
// them.
//
// # Forms
//
// The values of keys are texts of their physical form, as package keyrange has them; null is an open
// end. A tuple may be a prefix of the key, except the bounds of a file.
//
//	shard       {"v":1,"key":[["sym","string"],["ts","datetime[us, UTC]"]],
//	             "lo":["S0038","1577898000000000"],"hi":null,"rows":750,"nbytes":null}
//	operations  {"v":1,"table":id,"version":n,"txn":uuid,"key":[…],
//	             "adds":[{"path","size","mtime","stats","lo","hi","rows"}],
//	             "removes":[{"path","size"}],"replaced":[{"lo","hi"} or {"lo","through"}]}
//	one of them the same with "add", "remove" or "replace" for the lists
//	state       {"table":id,"version":n}, or the text id@n
//
// # Invariant
//
// What is read and written again is the same, and what is written is the same bytes for the same
// value. An unknown version, type or field is refused, since it may mean what nobody here knows. So
// is a path that can lead anywhere but to a file in the folder of the table, and a file that is added
// under another name than the transaction gives its files: part-<txn>-<more>.parquet.
//
// # What it does not do
//
// It opens nothing: whether files are there, are links, or hold what is said of them is for the
// caller to find out.
package tablewire
