package arrowc

import (
	"fmt"
	"unsafe"
)

// Array mirrors struct ArrowArray.
type Array struct {
	Length      int64
	NullCount   int64
	Offset      int64
	NumBuffers  int64
	NumChildren int64
	Buffers     *unsafe.Pointer
	Children    **Array
	Dictionary  *Array
	Release     unsafe.Pointer
	PrivateData unsafe.Pointer
}

// MaxLength bounds the length and the offset of an array, so that sums and products of
// them and of the width of a value stay below 2^63.
const MaxLength = 1 << 36

// Check reports whether a has a possible length and offset, the given number of buffers
// and of children, or at least that many buffers if more is true. What the pointers lead
// to is not looked at.
func (a *Array) Check(buffers, children int, more bool) error {
	switch {
	case a == nil:
		return fmt.Errorf("null array: %w", ErrMalformed)
	case a.Length < 0 || a.Length > MaxLength:
		return fmt.Errorf("length %d: %w", a.Length, ErrMalformed)
	case a.Offset < 0 || a.Offset > MaxLength:
		return fmt.Errorf("offset %d: %w", a.Offset, ErrMalformed)
	case a.NullCount < -1 || a.NullCount > a.Length:
		return fmt.Errorf("%d nulls in %d values: %w", a.NullCount, a.Length, ErrMalformed)
	case a.NumBuffers < int64(buffers) || a.NumBuffers > MaxFields || !more && a.NumBuffers > int64(buffers):
		return fmt.Errorf("%d buffers, not %d: %w", a.NumBuffers, buffers, ErrMalformed)
	case a.NumBuffers > 0 && a.Buffers == nil:
		return fmt.Errorf("%d buffers at a null pointer: %w", a.NumBuffers, ErrMalformed)
	case a.NumChildren != int64(children):
		return fmt.Errorf("%d children, not %d: %w", a.NumChildren, children, ErrMalformed)
	case children > 0 && a.Children == nil:
		return fmt.Errorf("%d children at a null pointer: %w", children, ErrMalformed)
	}
	return nil
}

// Buffer returns the pointer of buffer i, which Check has shown to be there.
func (a *Array) Buffer(i int) unsafe.Pointer {
	return unsafe.Slice(a.Buffers, a.NumBuffers)[i]
}

// Child returns child i, which Check has shown to be there; it may be nil.
func (a *Array) Child(i int) *Array {
	return unsafe.Slice(a.Children, a.NumChildren)[i]
}
