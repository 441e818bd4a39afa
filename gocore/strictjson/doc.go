// Package strictjson reads JSON that may come from anywhere, and refuses what other readers repair
// or guess: a field given twice, text after the value, surrogates without a partner, bytes that are
// not UTF-8, nesting without end, numbers that are not the integers asked for.
//
// # Invariant
//
// What is accepted has one meaning: any other reader of JSON that accepts it as well reads the same
// value. What is refused says at which byte, or which field, and what is wrong with it.
//
// # Example
//
//	v, err := strictjson.Parse([]byte(`{"v": 1, "rows": null}`), 8)
//	o, err := v.Object("v", "rows")   // no other fields
//	n, err := o.Get("v").Int()        // 1; "1", 1.0 and 1e0 are errors
//
// It does not write JSON, except texts in ASCII, and does not read fractions: nothing here has any.
package strictjson
