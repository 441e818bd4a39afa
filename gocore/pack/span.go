package pack

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// span is one buffer of one array as it will travel: bytes where the producer has them,
// or bytes that a job writes once there is memory for them. A nil span is an absent buffer.
type span struct {
	// source is what travels, unless size is set.
	source []byte
	// size is the number of bytes to be written into target, which place allocates.
	size   int64
	target []byte

	// blob and offset are where place put it.
	blob   int
	offset int64
}

func (s *span) len() int64 { return max(s.size, int64(len(s.source))) }

// bytesAt returns n bytes from offset on of the memory at p. Only a bad pointer that is
// nil can be told from a good one.
func bytesAt(p unsafe.Pointer, offset, n int64) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	if p == nil {
		return nil, fmt.Errorf("%d bytes at a null pointer: %w", n, arrowc.ErrMalformed)
	}
	return unsafe.Slice((*byte)(unsafe.Add(p, offset)), n), nil
}

// bitmap is n bits, the first of them at bit start of the bytes.
type bitmap struct {
	bytes []byte
	start int64
	n     int64
}

// bitsAt returns n bits from offset on of the memory at p.
func bitsAt(p unsafe.Pointer, offset, n int64) (bitmap, error) {
	b, err := bytesAt(p, offset/8, bytesFor(offset%8+n))
	return bitmap{b, offset % 8, n}, err
}

func bytesFor(bits int64) int64 { return (bits + 7) / 8 }

func (m bitmap) at(i int64) bool {
	i += m.start
	return m.bytes[i/8]>>(i%8)&1 != 0
}

// unset counts the bits that are 0.
func (m bitmap) unset() int64 {
	var set int64
	i := int64(0)
	for ; i < m.n && (m.start+i)%8 != 0; i++ {
		if m.at(i) {
			set++
		}
	}
	whole := (m.n - i) / 8
	if whole > 0 {
		set += onesIn(m.bytes[(m.start+i)/8:][:whole])
	}
	for i += whole * 8; i < m.n; i++ {
		if m.at(i) {
			set++
		}
	}
	return m.n - set
}

func onesIn(b []byte) (set int64) {
	for ; len(b) >= 8; b = b[8:] {
		set += int64(bits.OnesCount64(binary.LittleEndian.Uint64(b)))
	}
	for _, x := range b {
		set += int64(bits.OnesCount8(x))
	}
	return set
}

// shiftInto writes bytes [from, to) of target, which has the first of the bits at bit 0.
func (m bitmap) shiftInto(target []byte, from, to int64) {
	for i := int(from); i < int(to); i++ {
		x := m.bytes[i] >> m.start
		if i+1 < len(m.bytes) {
			x |= m.bytes[i+1] << (8 - m.start)
		}
		target[i] = x
	}
}

// integers reads values of 4 or 8 bytes, which need not be aligned.
type integers struct {
	bytes []byte
	width int64
}

func (v integers) at(i int64) int64 {
	if v.width == 4 {
		return int64(int32(binary.NativeEndian.Uint32(v.bytes[i*4:])))
	}
	return int64(binary.NativeEndian.Uint64(v.bytes[i*8:]))
}

func (v integers) set(i, x int64) {
	if v.width == 4 {
		binary.NativeEndian.PutUint32(v.bytes[i*4:], uint32(x))
		return
	}
	binary.NativeEndian.PutUint64(v.bytes[i*8:], uint64(x))
}

// rising returns the first and the last of the offsets, which must not fall.
func (v integers) rising(ctx context.Context) (first, last int64, err error) {
	first = v.at(0)
	last = first
	err = inPieces(ctx, int64(len(v.bytes))/v.width, pieceValues, func(from, to int64) error {
		highest := last
		for i := from; i < to; i++ {
			x := v.at(i)
			if x < highest {
				return fmt.Errorf("offset %d after %d: %w", x, highest, arrowc.ErrMalformed)
			}
			highest = x
		}
		last = highest
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	if first < 0 {
		return 0, 0, fmt.Errorf("offset %d: %w", first, arrowc.ErrMalformed)
	}
	return first, last, nil
}
