package keyarrow

import (
	"fmt"
	"math/bits"
	"strings"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// Load returns a batch for each array that has rows. The arrays are structs, in which the columns of the
// key are found by name, or the single column of a key. Errors wrap [keyrange.ErrType],
// [keyrange.ErrNull] or [arrowc.ErrMalformed].
func Load(schema *arrowc.Schema, arrays []*arrowc.Array, key keyrange.Schema) ([]keyrange.Batch, error) {
	t, err := arrowc.Load(schema)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	fields, err := find(t, key)
	if err != nil {
		return nil, err
	}
	var out []keyrange.Batch
	for _, a := range arrays {
		b, err := load(a, t, fields, key)
		if err != nil {
			return nil, err
		}
		if b.Rows > 0 {
			out = append(out, b)
		}
	}
	return out, nil
}

// find returns which child of t each column of the key is, or -1 for t itself.
func find(t *arrowc.Type, key keyrange.Schema) ([]int, error) {
	if t.Format != structFormat && len(key) == 1 {
		return []int{-1}, checkFormat(t, key[0])
	}
	fields := make([]int, len(key))
	for i, f := range key {
		fields[i] = -1
		for j, c := range t.Children {
			if c.Name == f.Name {
				fields[i] = j
			}
		}
		if t.Format != structFormat || fields[i] < 0 {
			return nil, fmt.Errorf("keys: key column %.80q is not among the columns: %w", f.Name, keyrange.ErrType)
		}
		if err := checkFormat(t.Children[fields[i]], f); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

func load(a *arrowc.Array, t *arrowc.Type, fields []int, key keyrange.Schema) (keyrange.Batch, error) {
	columns := make([]keyrange.Column, len(key))
	if a == nil {
		return keyrange.Batch{}, fmt.Errorf("keys: null array: %w", arrowc.ErrMalformed)
	}
	rows := int(a.Length)
	for i, f := range key {
		inner, first, format := a, int64(0), t
		if fields[i] >= 0 {
			if err := a.Check(1, len(t.Children), false); err != nil {
				return keyrange.Batch{}, fmt.Errorf("keys: %w", err)
			}
			inner, first, format = a.Child(fields[i]), a.Offset, t.Children[fields[i]]
		}
		c, err := column(inner, format.Format, f.Type, first, rows)
		if err != nil {
			return keyrange.Batch{}, fmt.Errorf("keys: key column %.80q: %w", f.Name, err)
		}
		columns[i] = c
	}
	return keyrange.NewBatch(key, rows, columns)
}

// column takes rows of an array, from a first one on.
func column(a *arrowc.Array, format string, t keyrange.Type, first int64, rows int) (keyrange.Column, error) {
	n, more := buffersOf(format)
	if err := a.Check(n, 0, more); err != nil {
		return nil, err
	}
	if a.Length < first+int64(rows) {
		return nil, fmt.Errorf("%d rows of %d: %w", rows, a.Length, arrowc.ErrMalformed)
	}
	if rows == 0 {
		return nil, nil
	}
	l := layout{a, int(first + a.Offset), rows}
	if nulls := l.nulls(); nulls > 0 {
		return nil, fmt.Errorf("%d nulls: %w", nulls, keyrange.ErrNull)
	}
	for i := 1; i < n; i++ {
		// Buffer 2 of texts may be absent if they are all empty.
		if i == 1 && a.Buffer(i) == nil {
			return nil, fmt.Errorf("no values: %w", arrowc.ErrMalformed)
		}
	}
	switch format[0] {
	case 'b':
		return keyrange.Bits(t, l.bytes(1, (l.first+rows+7)/8), l.first)
	case 'v':
		return l.views(t)
	case 'u', 'z':
		return l.texts(t, 4)
	case 'U', 'Z':
		return l.texts(t, 8)
	}
	width := widthOf(format)
	return keyrange.Fixed(t, l.bytes(1, (l.first+rows)*width)[l.first*width:], width)
}

// layout is some rows of an array.
type layout struct {
	*arrowc.Array
	first, rows int
}

// bytes are the first n bytes of a buffer.
func (l layout) bytes(buffer, n int) []byte {
	return unsafe.Slice((*byte)(l.Buffer(buffer)), n)
}

// nulls counts the nulls among the rows.
func (l layout) nulls() int {
	if l.NullCount == 0 || l.Buffer(0) == nil {
		return 0
	}
	valid, n := l.bytes(0, (l.first+l.rows+7)/8), 0
	for i := l.first; i < l.first+l.rows; {
		if i%8 == 0 && i+8 <= l.first+l.rows {
			n += bits.OnesCount8(valid[i/8])
			i += 8
			continue
		}
		n += int(valid[i/8] >> (i % 8) & 1)
		i++
	}
	return l.rows - n
}

func (l layout) texts(t keyrange.Type, width int) (keyrange.Column, error) {
	offsets := l.bytes(1, (l.first+l.rows+1)*width)[l.first*width:]
	last := unsafe.Pointer(&offsets[l.rows*width])
	end := int(*(*int32)(last))
	if width == 8 {
		end = int(*(*int64)(last))
	}
	if end < 0 || end > 0 && l.Buffer(2) == nil {
		return nil, fmt.Errorf("texts of %d bytes: %w", end, arrowc.ErrMalformed)
	}
	return keyrange.Texts(t, offsets, width, l.bytes(2, end))
}

const viewSize = 16

// views takes texts as views. Their data is in the buffers between the views and the last one, which
// says how long these are.
func (l layout) views(t keyrange.Type) (keyrange.Column, error) {
	n := int(l.NumBuffers) - 3
	data := make([][]byte, max(0, n))
	for i := range data {
		if l.Buffer(2+n) == nil {
			return nil, fmt.Errorf("no lengths of buffers: %w", arrowc.ErrMalformed)
		}
		size := unsafe.Slice((*int64)(l.Buffer(2+n)), n)[i]
		if size < 0 || size > 0 && l.Buffer(2+i) == nil {
			return nil, fmt.Errorf("a buffer of %d bytes: %w", size, arrowc.ErrMalformed)
		}
		data[i] = l.bytes(2+i, int(size))
	}
	return keyrange.Views(t, l.bytes(1, (l.first+l.rows)*viewSize)[l.first*viewSize:], data)
}

// checkFormat reports whether a column is of the type of the key.
func checkFormat(t *arrowc.Type, f keyrange.Field) error {
	if t.Dictionary != nil && !strings.HasPrefix(f.Type.Name, "enum") {
		return fmt.Errorf("keys: key column %.80q has a dictionary, and is %s in the key: %w", f.Name, f.Type, keyrange.ErrType)
	}
	for _, format := range formats(f.Type) {
		if t.Format == format || strings.HasSuffix(format, ":") && strings.HasPrefix(t.Format, format) {
			return nil
		}
	}
	return fmt.Errorf("keys: key column %.80q is %s, and %s in the key: %w", f.Name, t.Describe(), f.Type, keyrange.ErrType)
}
