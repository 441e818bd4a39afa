package prune

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// maxRanges bounds how many ranges a column has; neighbours are united beyond that.
const maxRanges = 1 << 14

// Extents returns where each column of an index lies on the rows of all files. Columns
// are left out that may hold anything in one of them.
func Extents(encoded []byte) ([]plan.Extent, error) {
	x, err := open(encoded)
	if err != nil {
		return nil, err
	}
	out := []plan.Extent{}
	for _, c := range x.columns {
		if len(c.unknown) > 0 || c.typ.Family == axes.Unordered {
			continue
		}
		e := plan.Extent{Column: c.name, Type: c.typ.Name, Ranges: [][2]string{}, Null: len(c.null) > 0}
		for _, k := range united(c) {
			if c.typ.Family == axes.Label {
				e.Ranges = append(e.Ranges, c.typ.positions(k)...)
				continue
			}
			e.Ranges = append(e.Ranges, c.typ.texts(k))
		}
		if len(c.nan) > 0 {
			e.Ranges = append(e.Ranges, [2]string{"NaN", "NaN"})
		}
		out = append(out, e)
	}
	return out, nil
}

// span is a range of keys; where cut is true, texts may go on after the greatest.
type span struct {
	lo, hi []byte
	cut    bool
}

// united are the ranges of the entries of a column, which are sorted by their least
// keys, without overlaps.
func united(c indexed) []span {
	var out []span
	for i := range c.least.len() {
		flags := c.flags[u32At(c.order, i)]
		next := span{c.least.at(i), c.greatest.at(i), flags&flagCut != 0}
		n := len(out)
		if n == 0 || bytes.Compare(next.lo, out[n-1].hi) > 0 {
			out = append(out, next)
			continue
		}
		switch last := &out[n-1]; bytes.Compare(next.hi, last.hi) {
		case 0:
			last.cut = last.cut || next.cut
		case +1:
			last.hi, last.cut = next.hi, next.cut
		}
	}
	for len(out) > maxRanges {
		half := out[:0]
		for i := 0; i < len(out); i += 2 {
			last := out[min(i+1, len(out)-1)]
			half = append(half, span{out[i].lo, last.hi, last.cut})
		}
		out = half
	}
	return out
}

// texts writes a range as [plan.Extent] has it.
func (t columnType) texts(s span) [2]string {
	if t.Family != axes.Text {
		return [2]string{t.text(s.lo), t.text(s.hi)}
	}
	least := hex.EncodeToString(bytes.TrimRight(s.lo, "\x00"))
	if !s.cut {
		return [2]string{least, "=" + hex.EncodeToString(bytes.TrimRight(s.hi, "\x00"))}
	}
	// The range ends before the next key, if there is one.
	if beyond := step(s.hi, +1); !bytes.Equal(beyond, s.hi) {
		return [2]string{least, "<" + hex.EncodeToString(beyond)}
	}
	return [2]string{least, ""}
}

// positions are those of the labels whose texts lie in a range.
func (t columnType) positions(k span) (out [][2]string) {
	for i, label := range t.Labels {
		if key := textKey(label); bytes.Compare(key, k.lo) >= 0 && bytes.Compare(key, k.hi) <= 0 {
			at := strconv.Itoa(i)
			out = append(out, [2]string{at, at})
		}
	}
	return out
}

// text writes the value of a key that holds all of it.
func (t columnType) text(key []byte) string {
	switch t.Family {
	case axes.Temporal:
		return strconv.FormatInt(int64(binary.BigEndian.Uint64(key)^signBit), 10)
	case axes.Integer, axes.Decimal:
		v := interval.Int128{
			Hi: int64(binary.BigEndian.Uint64(key) ^ signBit), Lo: binary.BigEndian.Uint64(key[wordWidth:]),
		}
		return v.String()
	case axes.Float:
		bits := binary.BigEndian.Uint64(key)
		if bits&signBit != 0 {
			bits &^= signBit
		} else {
			bits = ^bits
		}
		return strconv.FormatFloat(math.Float64frombits(bits), 'g', -1, 64)
	case axes.Boolean:
		return strconv.FormatBool(key[0] != 0)
	case axes.Text, axes.Label, axes.Unordered:
	}
	return ""
}
