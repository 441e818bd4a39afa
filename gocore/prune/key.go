package prune

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// A key is the fixed-width form in which the index compares values, byte by byte:
// for all values, a <= b implies key(a) <= key(b). Strings of which only the start
// fits share a key, so key ranges overlap wherever the value ranges do.

// Widths of the keys of a column.
const (
	byteWidth = 1  // booleans
	wordWidth = 8  // dates, datetimes, floats
	longWidth = 16 // integers and decimals
	textWidth = 32 // the first bytes of strings
)

const signBit = 1 << 63

func boolKey(v bool) []byte {
	if v {
		return []byte{1}
	}
	return []byte{0}
}

func int64Key(v int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(v)^signBit)
}

func int128Key(v interval.Int128) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, longWidth), uint64(v.Hi)^signBit)
	return binary.BigEndian.AppendUint64(b, v.Lo)
}

// floatKey orders negative numbers by their flipped bits. Both zeros are one value;
// NaN is above everything.
func floatKey(v float64) []byte {
	switch {
	case math.IsNaN(v):
		return binary.BigEndian.AppendUint64(nil, math.MaxUint64)
	case v == 0:
		v = 0
	}
	bits := math.Float64bits(v)
	if bits&signBit != 0 {
		return binary.BigEndian.AppendUint64(nil, ^bits)
	}
	return binary.BigEndian.AppendUint64(nil, bits|signBit)
}

// isCut reports whether the key of a greatest text may be that of a greater one too: if
// it does not hold all of the text, or if the zeros at its end may be padding.
func (t columnType) isCut(text string) bool {
	return t.Family == axes.Text && (len(text) >= textWidth || strings.HasSuffix(text, "\x00"))
}

// textKey pads with zeros: "a" and "a\x00" share a key, which keeps too much only.
func textKey(v string) []byte {
	key := make([]byte, textWidth)
	copy(key, v)
	return key
}
