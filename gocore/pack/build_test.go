package pack

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// maker makes a type and arrays of it out of fuzzed bytes; spent bytes are zeros. The
// arrays lie in Go memory, each buffer in the middle of bytes that mean nothing.
type maker struct {
	data   []byte
	broken bool
}

func (m *maker) next(n int) int {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return int(b) % n
}

var leaves = []string{
	"l", "b", "vu", "vz", "u", "Z", "i", "n", "c", "s", "g", "_pli128", "d:38,2", "w:3", "tsu:UTC", "U", "z",
	"+r", "+us:0,1", "?", "w:-1", "d:1", "+w:99999999999",
}

var parents = []string{"+s", "+L", "+l", "+w:2", "+w:0", "+vl", "+vL", "+m"}

func (m *maker) dataType(depth int) *arrowc.Type {
	t := &arrowc.Type{Name: string(rune('a' + m.next(26)))}
	if depth > 0 && m.next(2) == 1 {
		t.Format = parents[m.next(len(parents))]
		children := 1
		if t.Format == "+s" {
			children = m.next(4)
		}
		for range children {
			t.Children = append(t.Children, m.dataType(depth-1))
		}
		return t
	}
	t.Format = leaves[m.next(len(leaves))]
	if strings.Contains("lic", t.Format) && m.next(3) == 1 {
		t.Dictionary = m.dataType(depth - 1)
	}
	return t
}

// defects are what is wrong with a broken array.
var defects = []func(*arrowc.Array){
	func(a *arrowc.Array) { a.Length = -1 },
	func(a *arrowc.Array) { a.Length = arrowc.MaxLength + 1 },
	func(a *arrowc.Array) { a.Offset = -1 },
	func(a *arrowc.Array) { a.Offset = 1 << 62 },
	func(a *arrowc.Array) { a.NullCount = -2 },
	func(a *arrowc.Array) { a.NullCount = a.Length + 1 },
	func(a *arrowc.Array) { a.NumBuffers = -1 },
	func(a *arrowc.Array) { a.NumBuffers = arrowc.MaxFields + 1 },
	func(a *arrowc.Array) { a.NumBuffers, a.Buffers = 3, nil },
	func(a *arrowc.Array) { a.NumChildren++ },
	func(a *arrowc.Array) { a.NumChildren, a.Children = 1, nil },
	func(a *arrowc.Array) { a.NumChildren, a.Children = 1, &make([]*arrowc.Array, 1)[0] },
}

// buffer gives memory with n bytes of content, where garbage stands before and behind.
func (m *maker) buffer(n int) []byte {
	b := make([]byte, n+24)
	for i := range b {
		b[i] = 0xa5
	}
	return b[8 : 8+n : 8+n]
}

// array makes an array with at least n values from an offset on.
func (m *maker) array(t *arrowc.Type, n int) *arrowc.Array {
	a := &arrowc.Array{Offset: int64(m.next(11)), Length: int64(n + m.next(2)*m.next(3)), NullCount: -1}
	total := int(a.Offset + a.Length)
	l, err := layoutOf(t)
	if err != nil {
		m.broken = true
		return a
	}
	buffers := make([][]byte, l.buffers())
	if len(buffers) > 0 && m.next(2) == 1 {
		buffers[0] = m.buffer(int(bytesFor(int64(total))))
		for i := range buffers[0] {
			buffers[0][i] = byte(m.next(256))
		}
	}
	if len(buffers) > 1 {
		buffers[1] = m.buffer(max(int(l.width), 1) * (total + 1))
		if t.Dictionary != nil {
			clear(buffers[1])
		}
	}
	var children []*arrowc.Array
	child := func(i, n int) { children = append(children, m.array(t.Children[i], n)) }
	switch l.kind {
	case kindBits, kindFixed:
		for i := range buffers[1] {
			if t.Dictionary == nil {
				buffers[1][i] = byte(m.next(256))
			}
		}
	case kindView:
		buffers = m.views(buffers, total)
	case kindText:
		buffers[2] = []byte(strings.Repeat("text", 2+m.offsets(buffers[1], l.width, total)/4))
	case kindList:
		child(0, m.offsets(buffers[1], l.width, total))
	case kindListView:
		buffers[2] = m.buffer(int(l.width) * (total + 1))
		starts, sizes := integers{buffers[1], l.width}, integers{buffers[2], l.width}
		for i := range int64(total) {
			starts.set(i, int64(m.next(5)))
			sizes.set(i, int64(m.next(4)))
		}
		child(0, 8)
	case kindFixedList:
		child(0, total*int(l.width))
	case kindStruct:
		for i := range t.Children {
			child(i, total)
		}
	}
	if t.Dictionary != nil {
		a.Dictionary = m.array(t.Dictionary, 1)
	}
	m.link(a, buffers, children)
	return a
}

// offsets fills b with offsets that rise from a small one, and returns the last.
func (m *maker) offsets(b []byte, width int64, n int) int {
	values, at := integers{b, width}, int64(m.next(4))
	for i := range int64(n + 1) {
		values.set(i, at)
		at += int64(m.next(4))
	}
	return int(values.at(int64(n)))
}

func (m *maker) views(buffers [][]byte, n int) [][]byte {
	clear(buffers[1])
	lengths := buffers[2]
	buffers = buffers[:2]
	for i := range m.next(4) {
		data := []byte(strings.Repeat(string(rune('A'+i)), 10+200*m.next(30)))
		buffers = append(buffers, data)
		lengths = binary.NativeEndian.AppendUint64(lengths, uint64(len(data)))
	}
	for i := range n {
		v := buffers[1][i*viewSize:]
		size := m.next(40)
		binary.NativeEndian.PutUint32(v, uint32(size))
		if size <= inlineSize {
			copy(v[4:], strings.Repeat("i", size))
			continue
		}
		if len(buffers) == 2 {
			binary.NativeEndian.PutUint32(v, 0)
			continue
		}
		data := 2 + m.next(len(buffers)-2)
		if len(buffers[data]) < size {
			m.broken = true
		}
		binary.NativeEndian.PutUint32(v[8:], uint32(data-2))
		binary.NativeEndian.PutUint32(v[12:], uint32(m.next(max(len(buffers[data])-size+1, 1))))
	}
	return append(buffers, lengths)
}

func (m *maker) link(a *arrowc.Array, buffers [][]byte, children []*arrowc.Array) {
	pointers := make([]unsafe.Pointer, len(buffers))
	for i, b := range buffers {
		pointers[i] = unsafe.Pointer(unsafe.SliceData(b))
	}
	a.Buffers, a.NumBuffers = unsafe.SliceData(pointers), int64(len(pointers))
	a.Children, a.NumChildren = unsafe.SliceData(children), int64(len(children))
	if m.next(16) == 15 {
		m.broken = true
		defects[m.next(len(defects))](a)
	}
}

// cells gives the values of an array as text, reading them one by one as the Arrow
// specification lays them out: the oracle, which shares no code with packing.
func cells(t *arrowc.Type, a *arrowc.Array) []string {
	out := make([]string, a.Length)
	for i := range out {
		out[i] = cell(t, a, int(a.Offset)+i)
	}
	return out
}

func at(a *arrowc.Array, buffer, i, width int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(a.Buffer(buffer), i*width)), width)
}

func number(b []byte) int {
	n := 0
	for i, x := range b {
		n |= int(x) << (8 * i)
	}
	return n
}

func cell(t *arrowc.Type, a *arrowc.Array, i int) string {
	if t.Format == "n" || a.Buffer(0) != nil && at(a, 0, i/8, 1)[0]>>(i%8)&1 == 0 {
		return "null"
	}
	if t.Dictionary != nil {
		return "code of " + strings.Join(cells(t.Dictionary, a.Dictionary)[:1], "")
	}
	items := func(start, n int) string {
		var parts []string
		for j := range n {
			parts = append(parts, cell(t.Children[0], a.Child(0), int(a.Child(0).Offset)+start+j))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	wide := map[string]int{"U": 8, "Z": 8, "+L": 8, "+vL": 8}[t.Format]
	if wide == 0 {
		wide = 4
	}
	switch {
	case t.Format == "b":
		return fmt.Sprint(at(a, 1, i/8, 1)[0] >> (i % 8) & 1)
	case strings.HasPrefix(t.Format, "v"):
		v := at(a, 1, i, 16)
		n := number(v[:4])
		if n <= 12 {
			return string(v[4 : 4+n])
		}
		return string(unsafe.Slice((*byte)(unsafe.Add(a.Buffer(2+number(v[8:12])), number(v[12:]))), n))
	case strings.Contains("uUzZ", t.Format):
		from, to := number(at(a, 1, i, wide)), number(at(a, 1, i+1, wide))
		if from == to {
			return ""
		}
		return string(unsafe.Slice((*byte)(unsafe.Add(a.Buffer(2), from)), to-from))
	case t.Format == "+s":
		var parts []string
		for j, c := range t.Children {
			parts = append(parts, cell(c, a.Child(j), int(a.Child(j).Offset)+i))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case t.Format == "+w:2":
		return items(2*i, 2)
	case t.Format == "+w:0":
		return "[]"
	case t.Format == "+vl" || t.Format == "+vL":
		return items(number(at(a, 1, i, wide)), number(at(a, 2, i, wide)))
	case strings.HasPrefix(t.Format, "+"):
		from := number(at(a, 1, i, wide))
		return items(from, number(at(a, 1, i+1, wide))-from)
	}
	return fmt.Sprintf("%x", at(a, 1, i, int(fixedWidth(t.Format))))
}

func fixedWidth(format string) int64 {
	l, _ := formatLayout(format)
	return l.width
}

// packWith packs all at once.
func packWith(schema *arrowc.Schema, arrays []*arrowc.Array, limit int64, allocate Allocate) (*Packed, error) {
	prepared, err := Prepare(context.Background(), schema, arrays, limit, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	return prepared.Finish(context.Background(), allocate)
}
