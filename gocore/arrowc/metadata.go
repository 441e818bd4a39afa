package arrowc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// entry is one pair of a field's metadata; its strings alias C memory.
type entry struct{ key, value string }

// typeKeys begin the metadata keys that say what a field's values mean: extension types
// by the Arrow specification, and Polars' names of enums and categoricals. Polars reads
// a batch under another enum's categories as nulls, so these must match. Other metadata
// is commentary.
var typeKeys = []string{"ARROW:extension:", "_PL_ENUM_VALUES", "_PL_CATEGORICAL"}

// typeMetadata returns the entries of metadata that belong to the type, sorted by key.
// An empty value counts as none.
//
// Metadata is a count and then pairs of key and value, each a length and bytes, all
// int32 in the machine's order. It has no length of its own, so only the numbers in it
// can be judged.
func typeMetadata(metadata *byte) ([]entry, error) {
	if metadata == nil {
		return nil, nil
	}
	var entries []entry
	r := metadataReader{at: unsafe.Pointer(metadata)}
	for n := r.number(MaxFields); n > 0 && r.err == nil; n-- {
		e := entry{key: r.text(), value: r.text()}
		if e.value != "" && slices.ContainsFunc(typeKeys, func(k string) bool { return strings.HasPrefix(e.key, k) }) {
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return entries, r.err
}

// describeEntries is for messages: long values, such as the categories of an enum, are cut.
func describeEntries(entries []entry) string {
	const limit = 200
	if len(entries) == 0 {
		return "none"
	}
	parts := make([]string, len(entries))
	for i, e := range entries {
		value := e.value
		if len(value) > limit {
			value = value[:limit] + "..."
		}
		parts[i] = e.key + " = " + strconv.Quote(value)
	}
	return strings.Join(parts, ", ")
}

// metadataReader reads forward until its first error, and then only zeros.
type metadataReader struct {
	at  unsafe.Pointer
	err error
}

func (r *metadataReader) number(limit int32) int32 {
	if r.err != nil {
		return 0
	}
	// The numbers follow strings of any length, so they are not aligned.
	var v int32
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&v)), 4), unsafe.Slice((*byte)(r.at), 4))
	if v < 0 || v > limit {
		r.err = fmt.Errorf("length %d: %w", v, ErrMalformed)
		return 0
	}
	r.at = unsafe.Add(r.at, 4)
	return v
}

func (r *metadataReader) text() string {
	n := r.number(MaxText)
	if n == 0 {
		return ""
	}
	s := unsafe.String((*byte)(r.at), n)
	r.at = unsafe.Add(r.at, n)
	return s
}
