package pack

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// A description is the version, the type, the number of chunks, and the chunks. Numbers
// are varints, texts and metadata are their length and bytes:
//
//	type   format name metadata flags children type... hasDictionary [type]
//	chunk  length nulls buffers buffer... chunk of each child [chunk of the dictionary]
//	buffer 0 if absent, else 1 + size, and if there are bytes, blob and offset
//
// The buffers of views are those of the C Data interface without the last, which holds
// the sizes of the data.
const version = 1

func describe(t *arrowc.Type, chunks []*node) []byte {
	b := []byte{version}
	b = appendType(b, t)
	b = binary.AppendUvarint(b, uint64(len(chunks)))
	for _, c := range chunks {
		b = appendNode(b, c)
	}
	return b
}

func appendType(b []byte, t *arrowc.Type) []byte {
	b = appendBytes(b, t.Format)
	b = appendBytes(b, t.Name)
	b = appendBytes(b, t.Metadata)
	b = binary.AppendVarint(b, t.Flags)
	b = binary.AppendUvarint(b, uint64(len(t.Children)))
	for _, c := range t.Children {
		b = appendType(b, c)
	}
	if t.Dictionary == nil {
		return append(b, 0)
	}
	return appendType(append(b, 1), t.Dictionary)
}

func appendBytes[T string | []byte](b []byte, x T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(x))), x...)
}

func appendNode(b []byte, n *node) []byte {
	b = binary.AppendUvarint(b, uint64(n.length))
	b = binary.AppendUvarint(b, uint64(n.nulls))
	b = binary.AppendUvarint(b, uint64(len(n.buffers)))
	for _, s := range n.buffers {
		if s == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(s.len())+1)
		if s.len() > 0 {
			b = binary.AppendUvarint(b, uint64(s.blob))
			b = binary.AppendUvarint(b, uint64(s.offset))
		}
	}
	for _, c := range n.children {
		b = appendNode(b, c)
	}
	if n.dictionary != nil {
		b = appendNode(b, n.dictionary)
	}
	return b
}

// reader reads a description up to its first error, and then only zeros.
type reader struct {
	rest  []byte
	blobs [][]byte
	err   error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format+": %w", append(args, ErrCorrupt)...)
		r.rest = nil
	}
}

// number reads a number of at most limit.
func (r *reader) number(limit int64) int64 {
	v, n := binary.Uvarint(r.rest)
	if r.err != nil {
		return 0
	}
	if n <= 0 {
		r.fail("no number")
		return 0
	}
	if v > uint64(limit) {
		r.fail("number %d, at most %d", v, limit)
		return 0
	}
	r.rest = r.rest[n:]
	return int64(v)
}

func (r *reader) signed() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail("no number")
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.number(int64(len(r.rest)))
	if n > int64(len(r.rest)) {
		r.fail("%d bytes, %d are left", n, len(r.rest))
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// dataType reads a type. Each takes a few bytes, so the description bounds their number.
func (r *reader) dataType(depth int) *arrowc.Type {
	if depth > arrowc.MaxDepth {
		r.fail("more than %d levels", arrowc.MaxDepth)
	}
	t := &arrowc.Type{Format: string(r.bytes()), Name: string(r.bytes()), Metadata: r.bytes(), Flags: r.signed()}
	if err := arrowc.CheckMetadata(t.Metadata); err != nil {
		r.fail("%v", err)
	}
	if strings.ContainsRune(t.Format+t.Name, 0) {
		r.fail("a zero byte in a name")
	}
	for n := r.number(int64(len(r.rest))); n > 0 && r.err == nil; n-- {
		t.Children = append(t.Children, r.dataType(depth+1))
	}
	if r.number(1) == 1 && r.err == nil {
		t.Dictionary = r.dataType(depth + 1)
	}
	return t
}

func (r *reader) span() *span {
	size := r.number(arrowc.MaxLength * 16)
	switch size {
	case 0:
		return nil
	case 1:
		return &span{}
	}
	size--
	blob := r.number(int64(len(r.blobs)))
	if blob >= int64(len(r.blobs)) {
		r.fail("blob %d of %d", blob, len(r.blobs))
		return nil
	}
	b := r.blobs[blob]
	offset := r.number(int64(len(b)))
	if offset+size > int64(len(b)) {
		r.fail("%d bytes at %d of blob %d, which has %d", size, offset, blob, len(b))
		return nil
	}
	return &span{source: b[offset:][:size:size]}
}
