package arrowc

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unsafe"
)

// Type is a schema in Go memory: a field with all that lies below it.
type Type struct {
	Format, Name string
	// Metadata is as the C Data interface lays it out; it may be empty.
	Metadata   []byte
	Flags      int64
	Children   []*Type
	Dictionary *Type
}

// Load copies a schema. The error wraps ErrMalformed and names the field.
func Load(s *Schema) (*Type, error) {
	l := loader{budget: MaxFields}
	t, err := l.load(s)
	if err != nil && len(l.path) > 0 {
		return nil, fmt.Errorf("field %s: %w", strconv.Quote(strings.Join(l.path, ".")), err)
	}
	return t, err
}

// loader is one walk of a schema. When it stops at an error, path leads there.
type loader struct {
	path   []string
	budget int
}

func (l *loader) load(s *Schema) (*Type, error) {
	if len(l.path) > MaxDepth {
		return nil, fmt.Errorf("more than %d levels: %w", MaxDepth, ErrMalformed)
	}
	if l.budget--; l.budget < 0 {
		return nil, fmt.Errorf("more than %d fields: %w", MaxFields, ErrMalformed)
	}
	f, err := s.read()
	if err != nil {
		return nil, err
	}
	t := &Type{Format: strings.Clone(f.format), Name: strings.Clone(f.name), Flags: f.flags}
	if t.Metadata, err = copyMetadata(s.Metadata); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	for i, c := range f.children {
		child, err := l.below(step{c, i}, c)
		if err != nil {
			return nil, err
		}
		t.Children = append(t.Children, child)
	}
	if f.dictionary != nil {
		t.Dictionary, err = l.below(step{f.dictionary, -1}, f.dictionary)
	}
	return t, err
}

func (l *loader) below(at step, s *Schema) (*Type, error) {
	l.path = append(l.path, at.label())
	t, err := l.load(s)
	if err == nil {
		l.path = l.path[:len(l.path)-1]
	}
	return t, err
}

// schema is t as a schema, in Go memory.
func (t *Type) schema() *Schema {
	s := &Schema{
		Format: &append([]byte(t.Format), 0)[0], Name: &append([]byte(t.Name), 0)[0],
		Flags: t.Flags, NumChildren: int64(len(t.Children)), Release: unsafe.Pointer(new(byte)),
	}
	if len(t.Metadata) > 0 {
		s.Metadata = &t.Metadata[0]
	}
	children := make([]*Schema, len(t.Children))
	for i, c := range t.Children {
		children[i] = c.schema()
	}
	s.Children = unsafe.SliceData(children)
	if t.Dictionary != nil {
		s.Dictionary = t.Dictionary.schema()
	}
	return s
}

// CheckMetadata reports whether b is metadata, and no more and no less.
func CheckMetadata(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	rest := b
	number := func(limit int) int {
		if len(rest) < 4 {
			return -1
		}
		n := int(int32(binary.NativeEndian.Uint32(rest)))
		rest = rest[4:]
		if n > limit {
			return -1
		}
		return n
	}
	n := number(MaxFields)
	for i := 0; i < 2*n; i++ {
		length := number(min(MaxText, len(rest)-4))
		if length < 0 {
			n = -1
			break
		}
		rest = rest[length:]
	}
	if n < 0 || len(rest) > 0 {
		return fmt.Errorf("metadata of %d bytes: %w", len(b), ErrMalformed)
	}
	return nil
}

// copyMetadata returns the bytes of the metadata at p, which end where its own numbers say.
func copyMetadata(p *byte) ([]byte, error) {
	if p == nil {
		return nil, nil
	}
	r := metadataReader{at: unsafe.Pointer(p)}
	for n := r.number(MaxFields); n > 0 && r.err == nil; n-- {
		r.text()
		r.text()
	}
	if r.err != nil {
		return nil, r.err
	}
	return append([]byte(nil), unsafe.Slice(p, uintptr(r.at)-uintptr(unsafe.Pointer(p)))...), nil
}

// Label names the field for messages: its name, or its place if it has none.
func (t *Type) Label(index int) string {
	if t.Name != "" {
		return t.Name
	}
	return "[" + strconv.Itoa(index) + "]"
}

// Describe gives the type as a reader knows it, and as the specification writes it.
func (t *Type) Describe() string { return describe(t.Format) }
