package keyrange

import "fmt"

// Batch is rows of key columns.
type Batch struct {
	Schema  Schema
	Rows    int
	columns []Column
}

// NewBatch returns the rows of columns, which have as many each.
func NewBatch(s Schema, rows int, columns []Column) (Batch, error) {
	if len(columns) != len(s) {
		return Batch{}, fmt.Errorf("keyrange: %d columns for a key of %d: %w", len(columns), len(s), ErrType)
	}
	return Batch{s, rows, columns}, nil
}

// numbered is a column of values with ordinals of 64 bits.
type numbered interface{ numbers(dst []uint64, from int) }

// Numbers writes what [Schema.ShortOf] gives for the keys of rows from a first one on, as many as dst
// has. The schema has to be Short.
func (b Batch) Numbers(dst []uint64, from int) { b.columns[0].(numbered).numbers(dst, from) }

// Keys appends the keys of rows from a first one on, as many as ends has, and writes where each ends.
func (b Batch) Keys(dst []byte, ends []int, from int) []byte {
	for i := range ends {
		for _, c := range b.columns {
			dst = c.appendField(dst, from+i)
		}
		ends[i] = len(dst)
	}
	return dst
}

// Key returns the key of a row.
func (b Batch) Key(row int) Key { return Key(b.Keys(nil, make([]int, 1), row)) }
