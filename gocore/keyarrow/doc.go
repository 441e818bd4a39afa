// Package keyarrow finds the columns of a key in Arrow arrays, where they lie in memory that C owns.
//
// # Invariant
//
// A column is taken only if its format is that of the type of the key, or of its physical form, and it
// has no nulls. Nothing is copied: what is returned is valid as long as the arrays are.
//
// # Example
//
//	batches, err := keyarrow.Load(schema, arrays, key)   // a batch for each array, by names of columns
//
// As in package pack, what a buffer holds is as long as its array says; that cannot be checked from the
// inside. The positions of an enum are taken as they are: that its dictionary is that of the key is up
// to the producer.
package keyarrow
