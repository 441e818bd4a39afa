// Package keyrange knows the keys of tables: tuples of typed values, the bytes that order them, and
// ranges of them.
//
// A [Schema] names the columns of a key and their types. Its values are written as texts of their
// physical form: integers, days, ticks and unscaled decimals in decimal digits, binary in base64,
// labels of an enum by their position, strings as they are. [Schema.Encode] makes a [Key] of such a
// tuple, or of the first values of one.
//
// # Invariant
//
// Keys compare as bytes exactly as their tuples do, column by column, a tuple before those that begin
// with it; and decoding gives back the tuple. Each field is
//
//	01 value           integers, dates, times, decimals, booleans, enums: big-endian, least value 00…00
//	01 bytes 00 00     strings and binary, with 00 FF for each 00 in them
//
// so that a tuple is a byte prefix of the tuples that begin with it, and no other is. 02 after it
// stands after all of these, see [Key.After].
//
// A [Range] is half-open, [Lo, Hi), and its zero value holds every key. A list of ranges that
// [Normalize] or any function of the algebra gives is sorted, and its ranges are not empty and do not
// touch.
//
// # Example
//
//	s, err := keyrange.NewSchema(keyrange.Field{"sym", str}, keyrange.Field{"ts", us})
//	lo, err := s.Encode([]string{"AAPL"})                        // all of AAPL begins here
//	hi, err := s.Encode([]string{"AAPL", "1577898000000000"})
//	r := keyrange.Range{Lo: lo, Hi: hi}
//	r.Contains(k)
//
// Columns of Arrow arrays become keys by a [Batch], whose memory is not copied before that. Batches
// that are sorted are merged by [Scan], which finds the first key that comes twice.
//
// # What it does not do
//
// It has no nulls and no floats: a key has neither. It reads no files and no JSON, except the labels
// in the name of an enum.
package keyrange
