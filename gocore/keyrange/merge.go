package keyrange

import (
	"bytes"
	"container/heap"
	"context"
)

// Order says what is found in streams of keys.
type Order uint8

// Streams are Ascending, each by itself, with no key twice where keys are unique; or the first thing that
// was found in them is a key below the one before it, or one that is there twice.
const (
	Ascending Order = iota
	Descends
	Repeats
)

// Place is a row of a stream.
type Place struct {
	Stream int
	Row    int64
}

// Finding is what [Scan] found: unless it is Ascending, two rows. Of those that Repeat, the key is the
// least that does, and At the two rows with it that come first; of those that Descend, the second row is
// below the first.
type Finding struct {
	Order Order
	Key   Key
	At    [2]Place
}

// Scan merges streams of batches, each of which is sorted, and looks for keys that are there twice, if
// they have to be unique, and for rows that are not in order. It needs memory for two keys a stream.
func Scan(ctx context.Context, streams [][]Batch, keys Uniqueness) (Finding, error) {
	var open cursors
	for i, batches := range streams {
		c := &cursor{stream: i, batches: batches, row: -1}
		if more, _ := c.next(); more {
			open = append(open, c)
		}
	}
	heap.Init(&open)
	var last []byte
	at := Place{Stream: -1}
	for n := 0; len(open) > 0; n++ {
		if n%lookEvery == 0 && ctx.Err() != nil {
			return Finding{}, ctx.Err()
		}
		c := open[0]
		if keys == Unique && at.Stream >= 0 && bytes.Equal(last, c.key) {
			return Finding{Repeats, Key(last), [2]Place{at, c.place()}}, nil
		}
		last, at = append(last[:0], c.key...), c.place()
		more, sorted := c.next()
		switch {
		case !sorted:
			return Finding{Descends, Key(c.key), [2]Place{at, c.place()}}, nil
		case more:
			heap.Fix(&open, 0)
		default:
			heap.Pop(&open)
		}
	}
	return Finding{}, nil
}

// lookEvery is how many keys are merged between two looks at the context.
const lookEvery = 4096

// cursor stands at a row of a stream.
type cursor struct {
	stream  int
	batches []Batch
	row     int   // of the first batch
	past    int64 // rows of batches before it
	key     []byte
	before  []byte
	ends    [1]int
}

// next goes to the next row, if there is one, and reports whether its key is not below the one before.
func (c *cursor) next() (more, sorted bool) {
	c.row++
	for len(c.batches) > 0 && c.row >= c.batches[0].Rows {
		c.past += int64(c.batches[0].Rows)
		c.batches, c.row = c.batches[1:], 0
	}
	if len(c.batches) == 0 {
		return false, true
	}
	c.before, c.key = c.key, c.before
	c.key = c.batches[0].Keys(c.key[:0], c.ends[:], c.row)
	return true, bytes.Compare(c.before, c.key) <= 0
}

func (c *cursor) place() Place { return Place{c.stream, c.past + int64(c.row)} }

// cursors are a heap by their keys, of equal ones by their streams.
type cursors []*cursor

func (c cursors) Len() int { return len(c) }

func (c cursors) Less(i, j int) bool {
	order := bytes.Compare(c[i].key, c[j].key)
	return order < 0 || order == 0 && c[i].stream < c[j].stream
}

func (c cursors) Swap(i, j int) { c[i], c[j] = c[j], c[i] }

// Push is what a heap has; nothing is ever pushed.
func (c *cursors) Push(x any) { *c = append(*c, x.(*cursor)) }

// Pop is what a heap has.
func (c *cursors) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}
