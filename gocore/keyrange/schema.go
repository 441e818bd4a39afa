package keyrange

import (
	"fmt"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Field is a column of a key.
type Field struct {
	Name string
	Type Type
}

// Schema is the columns of a key, in the order in which they compare.
type Schema []Field

// MaxFields is how many columns a key has at most.
const MaxFields = 64

// NewSchema checks that there are columns, not too many, and none twice.
func NewSchema(fields ...Field) (Schema, error) {
	if len(fields) == 0 || len(fields) > MaxFields {
		return nil, fmt.Errorf("keyrange: a key of %d columns: it has 1 to %d: %w", len(fields), MaxFields, ErrType)
	}
	for i, f := range fields {
		if slices.ContainsFunc(fields[:i], func(g Field) bool { return f.Name == g.Name }) {
			return nil, fmt.Errorf("keyrange: column %q is in the key twice: %w", strictjson.Shorten(f.Name), ErrType)
		}
	}
	return fields, nil
}

// Equal reports whether two schemas have the same columns of the same types.
func (s Schema) Equal(o Schema) bool {
	return slices.EqualFunc(s, o, func(a, b Field) bool { return a.Name == b.Name && a.Type.Name == b.Type.Name })
}

// Short reports whether the key is one value of at most 64 bits: then [Schema.Short] numbers order
// keys as well.
func (s Schema) Short() bool { return len(s) == 1 && s[0].Type.Short() }

// ShortOf returns the number of a key of a Short schema. The empty key, which is before all, has the
// least, 0, and of what lies After a key the answer is false, as it has none.
func (s Schema) ShortOf(k Key) (uint64, bool) {
	if k == "" {
		return 0, true
	}
	o, rest, ok := cut(string(k[1:]), s[0].Type.Bits)
	return o.lo, ok && rest == "" && k[0] == fieldMark
}

// FromShort returns the key of a number, which has to be one of a key.
func (s Schema) FromShort(n uint64) Key {
	return Key(ordinal{lo: n}.append([]byte{fieldMark}, s[0].Type.Bits))
}
