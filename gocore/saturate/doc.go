// Package saturate is integer arithmetic that stops at the ends of int64 instead of
// wrapping around, and division that rounds down.
//
// The invariant: a result is the exact one, or the end of int64 that is nearer to it.
// Calendar and bounds count ticks since 1970, of both signs, up to the last that there
// is:
//
//	Mul(3, 86_400)             259200
//	Mul(math.MaxInt64, 86_400) math.MaxInt64
//	FloorDiv(-1, 86_400)       -1, the day before the first
//
// The package knows no units and no types.
package saturate
