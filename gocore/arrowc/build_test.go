package arrowc

import (
	"encoding/binary"
	"unsafe"
)

// node describes a schema; build lays it out as C would. nil strings and counts that lie
// are said by the fields that override.
type node struct {
	format, name string
	flags        int64
	metadata     []entry
	children     []*node
	dictionary   *node
	broken       defect
}

// defect is a way in which a built schema breaks the rules.
type defect uint8

const (
	sound defect = iota
	noFormat
	emptyFormat
	negativeChildren
	tooManyChildren
	nullChildren
	nullChild
	released
	badMetadata
	defects
)

func (n *node) build() *Schema {
	s := &Schema{
		Format: cString(n.format), Name: cString(n.name), Metadata: encode(n.metadata),
		Flags: n.flags, NumChildren: int64(len(n.children)), Release: unsafe.Pointer(new(byte)),
	}
	if len(n.children) > 0 {
		children := make([]*Schema, len(n.children))
		for i, c := range n.children {
			children[i] = c.build()
		}
		s.Children = &children[0]
	}
	if n.dictionary != nil {
		s.Dictionary = n.dictionary.build()
	}
	n.broken.apply(s)
	return s
}

func (d defect) apply(s *Schema) {
	switch d {
	case noFormat:
		s.Format = nil
	case emptyFormat:
		s.Format = cString("")
	case negativeChildren:
		s.NumChildren = -1
	case tooManyChildren:
		s.NumChildren = MaxFields + 1
	case nullChildren:
		s.NumChildren, s.Children = 2, nil
	case nullChild:
		s.NumChildren, s.Children = 1, &make([]*Schema, 1)[0]
	case released:
		s.Release = nil
	case badMetadata:
		s.Metadata = &binary.NativeEndian.AppendUint32(nil, 0xffffffff)[0]
	}
}

func cString(s string) *byte {
	return &append([]byte(s), 0)[0]
}

func encode(entries []entry) *byte {
	if entries == nil {
		return nil
	}
	b := binary.NativeEndian.AppendUint32(nil, uint32(len(entries)))
	for _, e := range entries {
		for _, text := range []string{e.key, e.value} {
			b = binary.NativeEndian.AppendUint32(b, uint32(len(text)))
			b = append(b, text...)
		}
	}
	return &b[0]
}

// row makes the outermost struct of a frame.
func row(columns ...*node) *node {
	return &node{format: "+s", children: columns}
}

func column(name, format string) *node {
	return &node{format: format, name: name, flags: FlagNullable}
}

func (n *node) with(change func(*node)) *node {
	change(n)
	return n
}
