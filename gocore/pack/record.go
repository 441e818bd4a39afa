package pack

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// LayOutRecord lays out a record batch that builders made, in one room for its schema and one for its
// structures and a copy of its buffers. Nothing points to memory of Go afterwards. Slices, and types
// that Polars does not read as they are, are not laid out; the error wraps ErrUnsupported, or is that
// of rooms.
func LayOutRecord(record arrow.RecordBatch, rooms Rooms) error {
	schema := &arrowc.Type{Format: "+s"}
	top := &node{length: record.NumRows(), buffers: []*span{nil}}
	for i, f := range record.Schema().Fields() {
		t, err := typeOf(f)
		if err != nil {
			return fmt.Errorf("column %q: %w", f.Name, err)
		}
		n, err := nodeOf(record.Column(i).Data())
		if err != nil {
			return fmt.Errorf("column %q: %w", f.Name, err)
		}
		schema.Children = append(schema.Children, t)
		top.children = append(top.children, n)
	}
	if err := layOutType(schema, rooms); err != nil {
		return err
	}
	return layOutCopy(schema, top, rooms)
}

// layOutCopy lays out an array whose buffers come into the same room.
func layOutCopy(t *arrowc.Type, n *node, rooms Rooms) error {
	var need counter
	need.array(t, n)
	head := need.nodes*sizeOfArray + need.rest
	copies := spansOf(n, nil)
	size := head + alignment
	for _, s := range copies {
		size += int(aligned(s.len()))
	}
	room, err := rooms.Batch(0, size, need.nodes)
	if err != nil {
		return err
	}
	at := head + alignment - int((uintptr(unsafe.Pointer(&room.Memory[0]))+uintptr(head))%alignment)
	for _, s := range copies {
		target := room.Memory[at : at+len(s.source) : at+len(s.source)]
		copy(target, s.source)
		s.source = target
		at += int(aligned(s.len()))
	}
	c := &cursor{Room: room, rest: need.nodes * sizeOfArray, empty: rooms.Empty}
	c.array(t, n)
	return nil
}

// spansOf gathers the buffers that have bytes.
func spansOf(n *node, out []*span) []*span {
	for _, s := range n.buffers {
		if s != nil && s.len() > 0 {
			out = append(out, s)
		}
	}
	for _, c := range n.children {
		out = spansOf(c, out)
	}
	if n.dictionary != nil {
		out = spansOf(n.dictionary, out)
	}
	return out
}

// nodeOf describes an array as it is.
func nodeOf(data arrow.ArrayData) (*node, error) {
	if data.Offset() != 0 {
		return nil, fmt.Errorf("a slice from %d on: %w", data.Offset(), ErrUnsupported)
	}
	n := &node{length: int64(data.Len()), nulls: int64(data.NullN())}
	for i, b := range data.Buffers() {
		switch {
		case i == 0 && (n.nulls == 0 || b == nil):
			n.buffers = append(n.buffers, nil)
		case b == nil:
			n.buffers = append(n.buffers, &span{})
		default:
			n.buffers = append(n.buffers, &span{source: b.Bytes()})
		}
	}
	for _, c := range data.Children() {
		child, err := nodeOf(c)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	var err error
	if data.DataType().ID() == arrow.DICTIONARY {
		n.dictionary, err = nodeOf(data.Dictionary())
	}
	return n, err
}

// plainFormats are the formats of types without parameters.
var plainFormats = map[arrow.Type]string{
	arrow.BOOL: "b", arrow.INT8: "c", arrow.INT16: "s", arrow.INT32: "i", arrow.INT64: "l",
	arrow.UINT8: "C", arrow.UINT16: "S", arrow.UINT32: "I", arrow.UINT64: "L",
	arrow.FLOAT32: "f", arrow.FLOAT64: "g", arrow.STRING_VIEW: "vu", arrow.BINARY_VIEW: "vz",
	arrow.DATE32: "tdD", arrow.LARGE_LIST: "+L",
}

// unitLetters are the last letters of the formats of times.
var unitLetters = map[arrow.TimeUnit]string{arrow.Second: "s", arrow.Millisecond: "m", arrow.Microsecond: "u", arrow.Nanosecond: "n"}

// typeOf is the type of a field with all that lies below it.
func typeOf(f arrow.Field) (*arrowc.Type, error) {
	t := &arrowc.Type{Name: f.Name, Metadata: metadataOf(f.Metadata)}
	if f.Nullable {
		t.Flags = arrowc.FlagNullable
	}
	format, ok := plainFormats[f.Type.ID()]
	switch typ := f.Type.(type) {
	case *arrow.Time64Type:
		format, ok = "tt"+unitLetters[typ.Unit], true
	case *arrow.TimestampType:
		format, ok = "ts"+unitLetters[typ.Unit]+":"+typ.TimeZone, true
	case *arrow.DurationType:
		format, ok = "tD"+unitLetters[typ.Unit], true
	case *arrow.Decimal128Type:
		format, ok = fmt.Sprintf("d:%d,%d", typ.Precision, typ.Scale), true
	case *arrow.DictionaryType:
		format, ok = plainFormats[typ.IndexType.ID()]
		if typ.Ordered {
			t.Flags |= arrowc.FlagDictionaryOrdered
		}
		values, err := typeOf(arrow.Field{Type: typ.ValueType, Nullable: true})
		if err != nil {
			return nil, err
		}
		t.Dictionary = values
	case *arrow.LargeListType:
		child, err := typeOf(typ.ElemField())
		if err != nil {
			return nil, err
		}
		t.Children = []*arrowc.Type{child}
	}
	if !ok {
		return nil, fmt.Errorf("type %s: %w", f.Type, ErrUnsupported)
	}
	t.Format = format
	return t, nil
}

// metadataOf lays out metadata as the C Data interface has it.
func metadataOf(m arrow.Metadata) []byte {
	if m.Len() == 0 {
		return nil
	}
	number := func(out []byte, n int) []byte { return binary.NativeEndian.AppendUint32(out, uint32(n)) }
	out := number(nil, m.Len())
	for i, k := range m.Keys() {
		out = append(number(out, len(k)), k...)
		out = append(number(out, len(m.Values()[i])), m.Values()[i]...)
	}
	return out
}
