package pgread

import (
	"encoding/binary"
	"math/bits"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// numeric is a value as the server sends it: groups of four decimal digits, the first of them
// worth 10000 to the power of weight.
type numeric struct {
	groups []byte // of two bytes each
	weight int
	sign   uint16
	// scale is how many digits the server shows after the point.
	scale int
}

// The signs of a numeric.
const (
	positive    = 0x0000
	negative    = 0x4000
	notANumber  = 0xC000
	plusInfine  = 0xD000
	minusInfine = 0xF000
)

func parseNumeric(src []byte) (numeric, error) {
	const head = 8
	if len(src) < head || len(src) != head+2*int(binary.BigEndian.Uint16(src)) {
		return numeric{}, failf(ErrMalformed, "the server sent %d bytes for a numeric", len(src))
	}
	n := numeric{
		groups: src[head:],
		weight: int(int16(binary.BigEndian.Uint16(src[2:]))),
		sign:   binary.BigEndian.Uint16(src[4:]),
		scale:  int(binary.BigEndian.Uint16(src[6:])),
	}
	switch n.sign {
	case positive, negative, notANumber, plusInfine, minusInfine:
	default:
		return n, failf(ErrMalformed, "the server sent a numeric of sign %x", n.sign)
	}
	for rest := n.groups; len(rest) >= 2; rest = rest[2:] {
		if g := binary.BigEndian.Uint16(rest); g > 9999 {
			return n, failf(ErrMalformed, "the server sent a numeric with the digits %d", g)
		}
	}
	return n, nil
}

// group is zero beyond those that are there.
func (n numeric) group(i int) uint64 {
	if i < 0 || i >= len(n.groups)/2 {
		return 0
	}
	return uint64(binary.BigEndian.Uint16(n.groups[2*i:]))
}

func (n numeric) isFinite() bool { return n.sign == positive || n.sign == negative }

// String writes the value as the server does.
func (n numeric) String() string { return string(n.text()) }

func (n numeric) text() []byte {
	var out []byte
	switch n.sign {
	case notANumber:
		return []byte("NaN")
	case plusInfine:
		return []byte("Infinity")
	case minusInfine:
		return []byte("-Infinity")
	case negative:
		out = append(out, '-')
	}
	if n.weight < 0 {
		out = append(out, '0')
	} else {
		out = strconv.AppendUint(out, n.group(0), 10)
	}
	for i := 1; i <= n.weight; i++ {
		out = appendGroup(out, n.group(i))
	}
	if n.scale == 0 {
		return out
	}
	out = append(out, '.')
	end := len(out) + n.scale
	for i := n.weight + 1; len(out) < end; i++ {
		out = appendGroup(out, n.group(i))
	}
	return out[:end]
}

func appendGroup(out []byte, g uint64) []byte {
	return append(out, byte('0'+g/1000), byte('0'+g/100%10), byte('0'+g/10%10), byte('0'+g%10))
}

// powers holds powers of ten below the size of a group.
var powers = [...]uint64{1, 10, 100, 1000, 10000}

// scaled is the value times ten to the power of scale; false if that is not an integer, or has
// more than maxPrecision digits.
func (n numeric) scaled(scale int) (v magnitude, ok bool) {
	// The last group that counted is worth ten to the power of rest.
	rest := 0
	e := 4*n.weight + scale
	for groups := n.groups; len(groups) >= 2; groups, e = groups[2:], e-4 {
		d := uint64(binary.BigEndian.Uint16(groups))
		switch {
		case e >= 0:
			v, ok = v.timesPlus(10000, d)
			rest = e
		case e > -4:
			v, ok = v.timesPlus(powers[4+e], d/powers[-e])
			ok = ok && d%powers[-e] == 0
			rest = 0
		default:
			ok = d == 0
		}
		if !ok {
			return v, false
		}
	}
	if v == (magnitude{}) {
		return v, true
	}
	for ; rest > 0; rest -= 4 {
		if v, ok = v.timesPlus(powers[min(4, rest)], 0); !ok {
			return v, false
		}
	}
	return v, true
}

// magnitude is an integer of 128 bits.
type magnitude struct{ hi, lo uint64 }

// timesPlus is v*m + a, false if that has more than 128 bits.
func (v magnitude) timesPlus(m, a uint64) (magnitude, bool) {
	over, hi := bits.Mul64(v.hi, m)
	carry, lo := bits.Mul64(v.lo, m)
	lo, c := bits.Add64(lo, a, 0)
	hi, c = bits.Add64(hi, carry, c)
	return magnitude{hi, lo}, over == 0 && c == 0
}

func (v magnitude) less(o magnitude) bool { return v.hi < o.hi || v.hi == o.hi && v.lo < o.lo }

// decimals converts exactly, or fails.
func decimals(to target) appender {
	b := to.builder.(*array.Decimal128Builder)
	power := decimal128.GetScaleMultiplier(to.dtype.Precision)
	limit := magnitude{uint64(power.HighBits()), power.LowBits()}
	return func(src []byte) error {
		n, err := parseNumeric(src)
		if err != nil {
			return err
		}
		if !n.isFinite() {
			return to.infinity(n.String())
		}
		v, ok := n.scaled(to.dtype.Scale)
		if !ok || !v.less(limit) {
			return failf(ErrValue, "%s does not fit %s exactly", n, to.dtype.python())
		}
		d := decimal128.New(int64(v.hi), v.lo)
		if n.sign == negative {
			d = d.Negate()
		}
		b.Append(d)
		return nil
	}
}
