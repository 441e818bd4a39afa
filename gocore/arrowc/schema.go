package arrowc

import (
	"fmt"
	"unsafe"
)

// Schema mirrors struct ArrowSchema. It is never made here, only read in place.
type Schema struct {
	Format      *byte
	Name        *byte
	Metadata    *byte
	Flags       int64
	NumChildren int64
	Children    **Schema
	Dictionary  *Schema
	Release     unsafe.Pointer
	PrivateData unsafe.Pointer
}

// Flags of a schema, as the C Data interface numbers them.
const (
	FlagDictionaryOrdered int64 = 1 << iota
	FlagNullable
	FlagMapKeysSorted
)

// Limits keep a malformed or cyclic structure from being walked without end.
const (
	// MaxDepth is the number of levels of children and dictionaries under a schema.
	MaxDepth = 64
	// MaxFields is the number of schemas in one tree.
	MaxFields = 1 << 20
	// MaxText is the length of a format, a name or one metadata entry in bytes.
	MaxText = 1 << 24
)

// text returns the C string at p, which stays owned by C; a nil p is the empty string.
func text(p *byte) (string, error) {
	if p == nil {
		return "", nil
	}
	for n := range MaxText {
		if *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) == 0 {
			return unsafe.String(p, n), nil
		}
	}
	return "", fmt.Errorf("text of more than %d bytes: %w", MaxText, ErrMalformed)
}

// children returns the children of s in place.
func (s *Schema) children() ([]*Schema, error) {
	switch {
	case s.NumChildren < 0 || s.NumChildren > MaxFields:
		return nil, fmt.Errorf("%d children: %w", s.NumChildren, ErrMalformed)
	case s.NumChildren == 0:
		return nil, nil
	case s.Children == nil:
		return nil, fmt.Errorf("%d children at a null pointer: %w", s.NumChildren, ErrMalformed)
	}
	return unsafe.Slice(s.Children, s.NumChildren), nil
}

// field is what counts of one schema, read out of it: its strings alias C memory.
type field struct {
	format, name string
	metadata     []entry
	flags        int64
	children     []*Schema
	dictionary   *Schema
}

// read checks s by itself, not what lies below it.
func (s *Schema) read() (f field, err error) {
	if s == nil {
		return f, fmt.Errorf("null schema: %w", ErrMalformed)
	}
	if s.Release == nil {
		return f, fmt.Errorf("released schema: %w", ErrMalformed)
	}
	if f.format, err = text(s.Format); err != nil {
		return f, fmt.Errorf("format: %w", err)
	}
	if f.format == "" {
		return f, fmt.Errorf("no format: %w", ErrMalformed)
	}
	if f.name, err = text(s.Name); err != nil {
		return f, fmt.Errorf("name: %w", err)
	}
	if f.metadata, err = typeMetadata(s.Metadata); err != nil {
		return f, fmt.Errorf("metadata: %w", err)
	}
	if f.children, err = s.children(); err != nil {
		return f, err
	}
	f.flags, f.dictionary = s.Flags, s.Dictionary
	return f, nil
}
