package keyrange

import (
	"encoding/binary"
	"fmt"
)

// Column is the values of one key column in a batch, where they lie in the buffers of Arrow. It has no
// nulls.
type Column interface {
	// appendField appends the field of the value in a row.
	appendField(dst []byte, row int) []byte
	// ascending compares rows where ties says so, see [Batch.Ascending].
	ascending(ties []bool, from int) bool
}

// fixed holds little-endian integers of a width in bytes.
type fixed struct {
	data  []byte
	width int
	bits  int // of the type, which those of the values may be fewer than
	flip  ordinal
}

// Fixed is a column of integers, dates, times, durations, decimals, or positions of an enum. Its values
// have the width of its type; positions may have fewer bytes.
func Fixed(t Type, data []byte, width int) (Column, error) {
	c := fixed{data: data, width: width, bits: t.Bits}
	if t.Form == Signed {
		c.flip = ordinal{lo: 1 << ((t.Bits - 1) % 64)}
		if t.Bits == 128 {
			c.flip = ordinal{hi: 1 << 63}
		}
	}
	narrow := t.Form == Unsigned && t.isEnum() && (width == 1 || width == 2)
	if t.Bits == 0 || t.boolean || width*8 != t.Bits && !narrow {
		return nil, layoutError(t, fmt.Sprintf("values of %d bytes", width))
	}
	return c, nil
}

func layoutError(t Type, what string) error {
	return fmt.Errorf("keyrange: %s in a key column of type %s: %w", what, t.Name, ErrType)
}

func (c fixed) at(row int) ordinal {
	switch b := c.data[row*c.width:]; c.width {
	case 1:
		return ordinal{lo: uint64(b[0])}
	case 2:
		return ordinal{lo: uint64(binary.LittleEndian.Uint16(b))}
	case 4:
		return ordinal{lo: uint64(binary.LittleEndian.Uint32(b))}
	case 16:
		return ordinal{binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b)}
	default:
		return ordinal{lo: binary.LittleEndian.Uint64(b)}
	}
}

// value is the ordinal of the value in a row.
func (c fixed) value(row int) ordinal {
	o := c.at(row)
	return ordinal{o.hi ^ c.flip.hi, o.lo ^ c.flip.lo}
}

func (c fixed) appendField(dst []byte, row int) []byte {
	return c.value(row).append(append(dst, fieldMark), c.bits)
}

// numbers writes the ordinals of rows from a first one on.
func (c fixed) numbers(dst []uint64, from int) {
	if c.width == 8 {
		data := c.data[8*from : 8*(from+len(dst))]
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint64(data[8*i:]) ^ c.flip.lo
		}
		return
	}
	for i := range dst {
		dst[i] = c.at(from+i).lo ^ c.flip.lo
	}
}

// bitmap holds booleans, the first of them some bits after the beginning.
type bitmap struct {
	data  []byte
	first int
}

// Bits is a column of booleans, of which the first is at a bit of the data.
func Bits(t Type, data []byte, first int) (Column, error) {
	if !t.boolean {
		return nil, layoutError(t, "bits")
	}
	return bitmap{data, first}, nil
}

func (c bitmap) at(row int) byte {
	i := c.first + row
	return c.data[i/8] >> (i % 8) & 1
}

func (c bitmap) appendField(dst []byte, row int) []byte { return append(dst, fieldMark, c.at(row)) }

func (c bitmap) numbers(dst []uint64, from int) {
	for i := range dst {
		dst[i] = uint64(c.at(from + i))
	}
}

// texts holds the bytes of each row between two offsets.
type texts struct {
	offsets []byte
	width   int
	data    []byte
}

// Texts is a column of strings or binary, with offsets of 4 or 8 bytes.
func Texts(t Type, offsets []byte, width int, data []byte) (Column, error) {
	if t.Form != Text && t.Form != Binary || width != 4 && width != 8 {
		return nil, layoutError(t, "texts")
	}
	return texts{offsets, width, data}, nil
}

func (c texts) offset(i int) uint64 {
	if c.width == 4 {
		return uint64(binary.LittleEndian.Uint32(c.offsets[4*i:]))
	}
	return binary.LittleEndian.Uint64(c.offsets[8*i:])
}

func (c texts) at(row int) []byte { return c.data[c.offset(row):c.offset(row+1)] }

func (c texts) appendField(dst []byte, row int) []byte { return appendText(dst, c.at(row)) }

// views holds 16 bytes for each row: a text of up to 12 bytes, or where a longer one lies.
type views struct {
	views   []byte
	buffers [][]byte
}

// The layout of a view, as Arrow has it.
const (
	viewSize   = 16
	inlineSize = 12
)

// Views is a column of strings or binary as views into buffers.
func Views(t Type, data []byte, buffers [][]byte) (Column, error) {
	if t.Form != Text && t.Form != Binary {
		return nil, layoutError(t, "texts")
	}
	return views{data, buffers}, nil
}

func (c views) at(row int) []byte {
	v := c.views[viewSize*row : viewSize*(row+1)]
	n := binary.LittleEndian.Uint32(v)
	if n <= inlineSize {
		return v[4 : 4+n]
	}
	buffer := c.buffers[binary.LittleEndian.Uint32(v[8:])]
	first := uint64(binary.LittleEndian.Uint32(v[12:]))
	return buffer[first : first+uint64(n)]
}

func (c views) appendField(dst []byte, row int) []byte { return appendText(dst, c.at(row)) }
