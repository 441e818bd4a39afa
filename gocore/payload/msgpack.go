package payload

import (
	"encoding/binary"
	"math"
)

// span is the half-open byte range [start, end) of one msgpack value.
type span struct{ start, end int }

func (s span) of(b []byte) []byte { return b[s.start:s.end] }

// cursor reads msgpack values from b, starting at byte at. Every method leaves at
// behind what it read, or returns an error wrapping ErrUnknownLayout.
type cursor struct {
	b  []byte
	at int
}

// width holds, per first byte, the whole length of values whose length it decides,
// and 0 for containers and for values that carry their length in further bytes.
var width = widths()

func widths() [256]uint8 {
	var w [256]uint8
	for c := range w {
		switch {
		case c < 0x80, c >= 0xe0, c == 0xc0, c == 0xc2, c == 0xc3:
			w[c] = 1
		case c >= 0xa0 && c < 0xc0: // fixstr
			w[c] = uint8(1 + c&0x1f)
		}
	}
	for c, n := range map[int]uint8{
		0xca: 5, 0xcb: 9, // floats
		0xcc: 2, 0xcd: 3, 0xce: 5, 0xcf: 9, // unsigned
		0xd0: 2, 0xd1: 3, 0xd2: 5, 0xd3: 9, // signed
		0xd4: 3, 0xd5: 4, 0xd6: 6, 0xd7: 10, 0xd8: 18, // fixext
	} {
		w[c] = n
	}
	return w
}

// lengthBytes holds how many bytes of length follow the first byte of a value.
var lengthBytes = [256]uint8{
	0xc4: 1, 0xc5: 2, 0xc6: 4, // bin
	0xc7: 1, 0xc8: 2, 0xc9: 4, // ext
	0xd9: 1, 0xda: 2, 0xdb: 4, // str
	0xdc: 2, 0xdd: 4, // array
	0xde: 2, 0xdf: 4, // map
}

// skip moves behind one value, however deep it nests.
func (c *cursor) skip() error { return c.walk(nil) }

// walk moves behind one value like skip, and calls visit, if there is one, with the
// position of every map of one entry inside. visit returns the end of that map to
// step over it, or its argument to walk on into it.
//
// It keeps a count of values still due instead of a stack: linear, and as deep as
// the bytes say.
func (c *cursor) walk(visit func(at int) (int, error)) error {
	for due := 1; due > 0; due-- {
		if due = c.short(due); due == 0 {
			break
		}
		if visit != nil && c.at < len(c.b) && c.b[c.at] == 0x81 {
			end, err := visit(c.at)
			if err != nil {
				return err
			}
			if end > c.at {
				c.at = end
				continue
			}
		}
		children, err := c.step()
		if err != nil {
			return err
		}
		// Every value takes a byte at least, so a larger count cannot be met.
		if due += children; due-1 > len(c.b)-c.at {
			return unknown(c.at, "more values than there are bytes left")
		}
	}
	if c.at > len(c.b) {
		return unknown(len(c.b), "the rest of a value")
	}
	return nil
}

// short skips up to due values whose first byte tells their length, and returns how
// many are left. It may end behind the end of the bytes. In-memory frames are long
// arrays of small integers: this loop is where the time goes.
func (c *cursor) short(due int) int {
	b, at := c.b, c.at
	for due > 0 && at < len(b) {
		if due >= 8 && at+8 <= len(b) && binary.LittleEndian.Uint64(b[at:])&0x8080808080808080 == 0 {
			at, due = at+8, due-8
			continue
		}
		w := int(width[b[at]])
		if w == 0 {
			break
		}
		at, due = at+w, due-1
	}
	c.at = at
	return due
}

// step moves behind one value, but only behind the header of a container, and
// returns how many values that container holds.
func (c *cursor) step() (children int, err error) {
	if c.at >= len(c.b) {
		return 0, unknown(c.at, "a value")
	}
	first := c.b[c.at]
	if w := int(width[first]); w > 0 {
		return 0, c.advance(uint64(w))
	}
	switch {
	case first < 0x90: // fixmap
		return 2 * int(first&0x0f), c.advance(1)
	case first < 0xa0: // fixarray
		return int(first & 0x0f), c.advance(1)
	}
	return c.long(first)
}

// long is step for values that carry a length in further bytes.
func (c *cursor) long(first byte) (children int, err error) {
	size := int(lengthBytes[first])
	if size == 0 || len(c.b)-c.at <= size {
		return 0, unknown(c.at, "a msgpack value")
	}
	var n uint64
	for _, d := range c.b[c.at+1 : c.at+1+size] {
		n = n<<8 | uint64(d)
	}
	head := uint64(1 + size)
	switch first {
	case 0xdc, 0xdd:
		return int(n), c.advance(head)
	case 0xde, 0xdf:
		return int(2 * n), c.advance(head)
	case 0xc7, 0xc8, 0xc9:
		return 0, c.advance(head + 1 + n) // one byte of extension type
	}
	return 0, c.advance(head + n)
}

func (c *cursor) advance(n uint64) error {
	if n > uint64(len(c.b)-c.at) {
		return unknown(c.at, "the rest of a value")
	}
	c.at += int(n)
	return nil
}

// header reads the header of an array or a map and returns its number of elements.
func (c *cursor) header(kind headerKind) (int, error) {
	start := c.at
	if start >= len(c.b) || !kind.starts(c.b[start]) {
		return 0, unknown(start, string(kind))
	}
	n, err := c.step()
	if err != nil {
		return 0, err
	}
	if n > len(c.b)-c.at {
		return 0, unknown(start, "more values than there are bytes left")
	}
	if kind == mapHeader {
		n /= 2
	}
	return n, nil
}

// headerKind says which container is expected; its text goes into the error.
type headerKind string

const (
	mapHeader   headerKind = "a map"
	arrayHeader headerKind = "an array"
)

func (k headerKind) starts(first byte) bool {
	if k == mapHeader {
		return first&0xf0 == 0x80 || first == 0xde || first == 0xdf
	}
	return first&0xf0 == 0x90 || first == 0xdc || first == 0xdd
}

// text reads a string.
func (c *cursor) text() (string, error) {
	start := c.at
	if start >= len(c.b) {
		return "", unknown(start, "a string")
	}
	head := 1
	switch first := c.b[start]; {
	case first >= 0xa0 && first < 0xc0:
	case first == 0xd9:
		head = 2
	case first == 0xda:
		head = 3
	case first == 0xdb:
		head = 5
	default:
		return "", unknown(start, "a string")
	}
	if err := c.skip(); err != nil {
		return "", err
	}
	return string(c.b[start+head : c.at]), nil
}

// value skips one value and returns where it stands.
func (c *cursor) value() (span, error) {
	start := c.at
	err := c.skip()
	return span{start, c.at}, err
}

// fields reads a map with string keys and returns where each value stands.
func (c *cursor) fields() (map[string]span, error) {
	n, err := c.header(mapHeader)
	if err != nil {
		return nil, err
	}
	out := make(map[string]span, min(n, 64))
	for range n {
		key, err := c.text()
		if err != nil {
			return nil, err
		}
		if out[key], err = c.value(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// The append functions write the shortest msgpack form of a value.

func appendText(b []byte, s string) []byte {
	switch n := len(s); {
	case n < 32:
		b = append(b, 0xa0|byte(n))
	case n <= math.MaxUint8:
		b = append(b, 0xd9, byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, 0xda), uint16(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, 0xdb), uint32(n))
	}
	return append(b, s...)
}

func appendArrayHeader(b []byte, n int) []byte {
	switch {
	case n < 16:
		return append(b, 0x90|byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, 0xdc), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, 0xdd), uint32(n))
}

func appendUint(b []byte, n uint32) []byte {
	switch {
	case n < 0x80:
		return append(b, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, 0xcd), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, 0xce), n)
}
