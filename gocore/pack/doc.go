// Package pack takes Arrow arrays apart into buffers that travel, and puts such buffers
// together again as arrays, without copying what is large.
//
// A frame that leaves a process is a description, which is some bytes for each column and
// chunk, and blobs. Most blobs are the producer's own memory. Blob 0 is new memory with
// what is small, and with what has to be written anew so that nothing unneeded travels:
//
//   - fixed-width values, bits, texts and items of lists travel from the first that is
//     wanted to the last;
//   - the data of views travels whole where at most a sixth of what is shipped is unused;
//     else each data buffer that is well used does, and the values of the others are
//     gathered into new ones, on all processors.
//
// The other side gives the description and the blobs, wherever those lie now, and gets a
// schema and arrays whose pointers lead into the blobs. Several parts make one stream.
//
//	prepared, err := pack.Prepare(ctx, schema, arrays, limit, math.MaxInt64)
//	packed, err := prepared.Finish(ctx, allocate)
//	err = pack.Assemble(ctx, []pack.Part{{packed.Description, packed.Blobs}}, rooms)
//
// What prepares looks at the values only, and says how many bytes are left to write; every loop
// that can be long ends with its context, in less than a millisecond.
//
// The invariant: for every type that Polars gives, the values and the type of what is
// assembled are those of what was packed, and all of it lies inside of the blobs. Arrays
// and descriptions that break the rules are [arrowc.ErrMalformed] and [ErrCorrupt], as
// far as they can be judged from the inside: the length of a buffer that came through the
// C Data interface is what its array says. Offsets are checked when packing, for that is
// where they may be wrong; views as well, unless they are null.
//
// Chunks stay as they are, but for those without rows, and validity that says nothing is
// left out. Chunks and columns that share a buffer ship it once.
//
// A record batch that Go itself made, by arrow-go's builders, is laid out with a copy of its buffers
// by [LayOutRecord].
//
// What it does not do: own memory, which the callers' functions give, call C, or read
// streams. Unions and run-end encoded values, which Polars never gives, are refused.
package pack
