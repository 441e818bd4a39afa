package keyrange

import (
	"cmp"
	"encoding/binary"
	"math/big"
	"strconv"
)

// ordinal is how far a value of an integer type lies above the least of its width: it orders values
// of any sign and width up to 128 bits as unsigned numbers.
type ordinal struct{ hi, lo uint64 }

func (o ordinal) compare(p ordinal) int {
	return cmp.Or(cmp.Compare(o.hi, p.hi), cmp.Compare(o.lo, p.lo))
}

func allOnes(bits int) ordinal {
	switch {
	case bits == 128:
		return ordinal{^uint64(0), ^uint64(0)}
	case bits == 64:
		return ordinal{lo: ^uint64(0)}
	}
	return ordinal{lo: 1<<bits - 1}
}

// offset is what lies between a value and its ordinal.
func (t Type) offset() *big.Int {
	if t.Form == Unsigned {
		return new(big.Int)
	}
	return new(big.Int).Lsh(big.NewInt(1), uint(t.Bits-1))
}

// ordinalOf answers false for what the width does not hold.
func (t Type) ordinalOf(v *big.Int) (ordinal, bool) {
	o := new(big.Int).Add(v, t.offset())
	if o.Sign() < 0 || o.BitLen() > t.Bits {
		return ordinal{}, false
	}
	low := new(big.Int).And(o, new(big.Int).SetUint64(^uint64(0)))
	return ordinal{new(big.Int).Rsh(o, 64).Uint64(), low.Uint64()}, true
}

// parse reads a value. Each has one text: no plus sign, no leading zeros, no minus zero.
func (t Type) parse(text string) (ordinal, bool) {
	if t.boolean {
		return ordinal{lo: uint64(len("false") - len(text))}, text == "true" || text == "false"
	}
	o, ok := t.parseDigits(text)
	return o, ok && o.compare(t.least) >= 0 && o.compare(t.greatest) <= 0 && t.text(o) == text
}

// mostDigits is what the integers of 128 bits have at most, with a sign.
const mostDigits = 40

func (t Type) parseDigits(text string) (ordinal, bool) {
	if t.Bits <= 64 && t.Form == Signed {
		v, err := strconv.ParseInt(text, 10, t.Bits)
		o := uint64(v) ^ 1<<(t.Bits-1)
		return ordinal{lo: o & allOnes(t.Bits).lo}, err == nil
	}
	if t.Bits <= 64 {
		v, err := strconv.ParseUint(text, 10, t.Bits)
		return ordinal{lo: v}, err == nil
	}
	if len(text) > mostDigits {
		return ordinal{}, false
	}
	v, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return ordinal{}, false
	}
	return t.ordinalOf(v)
}

// append appends the ordinal in the width of the type.
func (o ordinal) append(dst []byte, bits int) []byte {
	switch bits {
	case 8:
		return append(dst, byte(o.lo))
	case 16:
		return binary.BigEndian.AppendUint16(dst, uint16(o.lo))
	case 32:
		return binary.BigEndian.AppendUint32(dst, uint32(o.lo))
	case 128:
		dst = binary.BigEndian.AppendUint64(dst, o.hi)
	}
	return binary.BigEndian.AppendUint64(dst, o.lo)
}

// cut reads an ordinal of a width from the beginning of s.
func cut(s string, bits int) (o ordinal, rest string, ok bool) {
	n := bits / 8
	if len(s) < n {
		return o, s, false
	}
	for i := range n {
		o.hi = o.hi<<8 | o.lo>>56
		o.lo = o.lo<<8 | uint64(s[i])
	}
	return o, s[n:], true
}
