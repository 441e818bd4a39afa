package pgread

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// maxDimensions is the server's own limit.
const maxDimensions = 6

// arrayConverter reads arrays of as many dimensions as the type has lists.
func arrayConverter(t *pgType, d Dtype) (m maker, format int16, ok bool) {
	dims, inner := 0, d
	for inner.Kind == List {
		dims, inner = dims+1, *inner.Inner
	}
	if dims == 0 || dims > maxDimensions {
		return texts, textFormat, d.Kind == String
	}
	element, format, ok := converter(t.elem, inner)
	if !ok || format != binaryFormat {
		return nil, textFormat, false
	}
	return func(to target) appender {
		a := &arrays{oid: t.elem.sent(), dims: dims, dtype: d}
		b := to.builder
		for range dims {
			l := b.(*array.LargeListBuilder)
			a.levels = append(a.levels, l)
			b = l.ValueBuilder()
		}
		a.element = target{builder: b, dtype: inner, infinite: to.infinite, labels: inner.Labels}
		a.put = element(a.element)
		return a.append
	}, binaryFormat, true
}

// arrays appends arrays of one type.
type arrays struct {
	oid     uint32
	dims    int
	dtype   Dtype
	levels  []*array.LargeListBuilder
	element target
	put     appender
	rest    []byte
	sizes   [maxDimensions]int
}

func (a *arrays) append(src []byte) error {
	dims, err := a.header(src)
	if err != nil {
		return err
	}
	if dims == 0 {
		a.levels[0].Append(true)
		return nil
	}
	if dims != a.dims {
		return failf(ErrValue, "an array of %d dimensions has no place in %s; pass schema_overrides with %d times "+
			"pl.List if all have that many, or cast it in the query: ...::text", dims, a.dtype.python(), dims)
	}
	if err := a.fill(0); err != nil {
		return err
	}
	if len(a.rest) > 0 {
		return failf(ErrMalformed, "the server sent %d bytes after an array", len(a.rest))
	}
	return nil
}

// header reads what comes before the elements.
func (a *arrays) header(src []byte) (dims int, err error) {
	short := failf(ErrMalformed, "the server sent %d bytes for an array", len(src))
	if len(src) < 12 {
		return 0, short
	}
	n, oid := binary.BigEndian.Uint32(src), binary.BigEndian.Uint32(src[8:])
	if n > maxDimensions || len(src) < 12+8*int(n) {
		return 0, short
	}
	if oid != a.oid {
		return 0, failf(ErrMalformed, "the server sent an array of type %d, not %d", oid, a.oid)
	}
	a.rest = src[12+8*n:]
	// Each element has its length before it, so that no array is larger than its bytes.
	room := int64(len(a.rest) / 4)
	for i := range n {
		size := int64(binary.BigEndian.Uint32(src[12+8*i:]))
		if size == 0 || size > room {
			return 0, failf(ErrMalformed, "the server sent %d bytes for an array of %d elements and more", len(src), size)
		}
		room /= size
		a.sizes[i] = int(size)
	}
	return int(n), nil
}

// fill appends what is in a dimension.
func (a *arrays) fill(level int) error {
	a.levels[level].Append(true)
	for range a.sizes[level] {
		var err error
		if level+1 < a.dims {
			err = a.fill(level + 1)
		} else {
			err = a.next()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// next appends the next element.
func (a *arrays) next() error {
	if len(a.rest) < 4 {
		return failf(ErrMalformed, "the server sent an array that ends early")
	}
	n := binary.BigEndian.Uint32(a.rest)
	a.rest = a.rest[4:]
	if n == math.MaxUint32 {
		a.element.builder.AppendNull()
		return nil
	}
	if uint64(n) > uint64(len(a.rest)) {
		return failf(ErrMalformed, "the server sent an array that ends early")
	}
	value := a.rest[:n:n]
	a.rest = a.rest[n:]
	return a.put(value)
}
