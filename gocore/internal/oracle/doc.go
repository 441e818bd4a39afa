// Package oracle is the second opinion of the tests: a reader of expressions and
// plans written as text, a naive evaluator of both over small tables, and a
// generator of random ones. Nothing but tests imports it.
//
// The invariant: it evaluates as Polars does and shares no code with what it
// judges. It works row by row on concrete values with three-valued logic, casts
// with big integers, and joins with two loops.
//
// Text is in s-expressions. Columns are bare words, whose types a [Scope] tells:
//
//	(and (ge date 2024-01-01) (lt (cast datetime[us] date) 2024-04-01T09:30us))
//	(join left (frame date k) (filter (frame day k) (ge day 2024-01-01)) (on k) coalesce)
//
// Literals are
//
//	2024-01-01             a Date              date#-5        a Date by its physical value
//	2024-01-01T09:30us     a Datetime("us")    ns#17..20      a Datetime("ns") of 17, 18, 19 or 20
//	true false             booleans            null null:date
//	5 "text"               any other type      ?date          a Date that could not be read
//	2024-01-01T09:30us@UTC a Datetime("us", "UTC"), of that time in UTC
//	5i32 200u8             integers           36h@us dur#ns#5 a Duration of 36 hours, of 5 ns
//	[2024-01-01 null]      a list of dates    []:date         a list without a date
//
// A call may have an option: (is_in:nulls_equal date [null]:date), (dt.time_stamp:ms ts).
//
// Expressions are read into wire nodes in which equal subtrees are one node, and
// then decoded, so that every test passes through the decoder.
//
// What it does not do: it knows no bounds and no time zones; windows and functions
// that it does not know are arbitrary but reproducible values. Where Polars ends
// the query, or wraps around at the end of a type, an [Env] has failed, which says
// that nothing is asked of bounds.
package oracle
