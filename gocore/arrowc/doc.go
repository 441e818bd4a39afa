// Package arrowc reads the structures of the Arrow C Data interface where they lie,
// in memory that C owns.
//
// Data that only passes through needs no Arrow library: arrowc mirrors the C structs
// and compares schemas, whatever types they name. Types that a library would refuse
// or change (nulls, 128-bit integers, ordered dictionaries, unknown extensions) pass.
//
// The invariant: a schema that arrowc accepts has, at every level, a format, children
// that are there, and bounded depth and size. A schema that breaks this is
// [ErrMalformed], never a crash, as far as memory can be judged from the inside.
//
// Two schemas match when they agree, recursively, in format, name, flags (nullable,
// ordered dictionary, sorted map keys), children, dictionary, and the metadata that
// belongs to a type: extension types, and the categories of Polars' enums. The name of
// the outermost struct and all other metadata do not count. A mismatch says where and
// what:
//
//	stream 2: field "legs.item.price": type float64 ("g"), in stream 0 int64 ("l"): schemas differ
//
// What it does not do: call C (a caller passes the function that opens a schema), own
// or release structures, look at arrays.
package arrowc
