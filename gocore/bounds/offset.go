package bounds

import (
	"math"
	"strconv"
)

const nanosPerDay = 86_400_000_000_000

// offset is a duration string of Polars, with the sign of the string: months and
// days, which the wall clock moves by, and what is shorter.
type offset struct {
	months, days, nanos int64
}

var monthsOf = map[string]int64{"mo": 1, "q": 3, "y": 12}

var daysOf = map[string]int64{"d": 1, "w": 7}

var nanosOf = map[string]int64{
	"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
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
		case daysOf[symbol] != 0:
			o.days += sign * n * daysOf[symbol]
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
