package interval

import (
	"cmp"
	"math"
	"math/big"
	"strings"
)

// Int128 is a 128-bit integer in two's complement: its value is Hi * 2^64 + Lo. It carries the
// physical value of a decimal, and integers that need more than 64 bits.
type Int128 struct {
	Hi int64
	Lo uint64
}

// MinInt128 returns the least Int128, -2^127.
func MinInt128() Int128 { return Int128{Hi: math.MinInt64} }

// MaxInt128 returns the greatest Int128, 2^127 - 1.
func MaxInt128() Int128 { return Int128{Hi: math.MaxInt64, Lo: math.MaxUint64} }

// Int128FromInt64 returns v as an Int128.
func Int128FromInt64(v int64) Int128 {
	return Int128{Hi: v >> 63, Lo: uint64(v)} // the shift copies the sign into all of Hi
}

// Compare returns -1, 0 or 1 as x is less than, equal to or greater than y.
func (x Int128) Compare(y Int128) int {
	return cmp.Or(cmp.Compare(x.Hi, y.Hi), cmp.Compare(x.Lo, y.Lo))
}

// Next returns x + 1, and false when x is the greatest value.
func (x Int128) Next() (Int128, bool) {
	if x == MaxInt128() {
		return Int128{}, false
	}
	if x.Lo == math.MaxUint64 {
		return Int128{Hi: x.Hi + 1}, true
	}
	return Int128{Hi: x.Hi, Lo: x.Lo + 1}, true
}

// Prev returns x - 1, and false when x is the least value.
func (x Int128) Prev() (Int128, bool) {
	if x == MinInt128() {
		return Int128{}, false
	}
	if x.Lo == 0 {
		return Int128{Hi: x.Hi - 1, Lo: math.MaxUint64}, true
	}
	return Int128{Hi: x.Hi, Lo: x.Lo - 1}, true
}

// Big returns x as an integer of any size.
func (x Int128) Big() *big.Int {
	v := new(big.Int).Lsh(big.NewInt(x.Hi), 64)
	return v.Add(v, new(big.Int).SetUint64(x.Lo))
}

// String returns x in decimal.
func (x Int128) String() string { return x.Text(0) }

// Text returns x / 10^scale in decimal, exactly and with all scale digits: Int128{Lo: 150}.Text(2)
// is "1.50". A scale below one puts no point.
func (x Int128) Text(scale int) string {
	v := x.Big()
	sign := ""
	if v.Sign() < 0 {
		sign = "-"
	}
	digits := v.Abs(v).String()
	if scale < 1 {
		return sign + digits
	}
	if short := scale + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	point := len(digits) - scale
	return sign + digits[:point] + "." + digits[point:]
}
