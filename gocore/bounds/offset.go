package bounds

import (
	"math"
	"strconv"
)

const nanosPerDay = 86_400_000_000_000

// offset is a duration string of Polars: whole months, and everything else in
// nanoseconds, both with the sign of the string.
type offset struct {
	months, nanos int64
}

var monthsOf = map[string]int64{"mo": 1, "q": 3, "y": 12}

var nanosOf = map[string]int64{
	"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": nanosPerDay, "w": 7 * nanosPerDay,
}

// parseOffset reads strings such as "-1mo", "2w", "1d12h". It returns false for
// anything that it is not sure of.
func parseOffset(s string) (offset, bool) {
	var o offset
	sign := int64(1)
	if s != "" && s[0] == '-' {
		sign, s = -1, s[1:]
	}
	if s == "" {
		return o, false
	}
	for s != "" {
		digits := span(s, func(c byte) bool { return '0' <= c && c <= '9' })
		n, err := strconv.ParseInt(s[:digits], 10, 32)
		if err != nil {
			return o, false
		}
		s = s[digits:]
		letters := span(s, func(c byte) bool { return c < '0' || c > '9' })
		symbol := s[:letters]
		s = s[letters:]
		switch {
		case monthsOf[symbol] != 0:
			o.months += sign * n * monthsOf[symbol]
		case nanosOf[symbol] != 0 && n <= math.MaxInt64/nanosOf[symbol]:
			o.nanos = addSaturated(o.nanos, sign*n*nanosOf[symbol])
		default:
			return o, false
		}
	}
	return o, true
}

func span(s string, in func(byte) bool) int {
	for i := range len(s) {
		if !in(s[i]) {
			return i
		}
	}
	return len(s)
}

// ticksOf converts nanoseconds to ticks of which ticksPerDay make a day, and
// returns false when they are not whole.
func ticksOf(nanos, ticksPerDay int64) (int64, bool) {
	perTick := nanosPerDay / ticksPerDay
	return nanos / perTick, nanos%perTick == 0
}
