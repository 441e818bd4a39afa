package pack

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// node is one array of a chunk as it will travel: it starts at its first value, so it
// has no offset.
type node struct {
	length, nulls int64
	buffers       []*span
	children      []*node
	dictionary    *node
}

// planner walks arrays and notes what has to travel and what has to be written.
type planner struct {
	// ctx ends the walk, which a planner is made for.
	ctx context.Context
	// left is how many values may still be looked at.
	left int64
	// path leads to the array that is walked, for messages.
	path []string
	// layouts of the types, which many chunks share.
	layouts map[*arrowc.Type]layout
	views   []*viewPlan
	// jobs write the targets of spans; they run once those have memory.
	jobs []job
}

type job struct {
	bytes int64
	run   func(ctx context.Context) error
}

// arrayValues is how many values take as long to look at as an array itself.
const arrayValues = 32

func (p *planner) below(label string, walk func() (*node, error)) (*node, error) {
	p.path = append(p.path, label)
	n, err := walk()
	if err == nil {
		p.path = p.path[:len(p.path)-1]
	}
	return n, err
}

// where says which array is walked, as the beginning of a message.
func (p *planner) where() string {
	if len(p.path) == 0 {
		return ""
	}
	return "field " + strconv.Quote(strings.Join(p.path, ".")) + ": "
}

func (p *planner) layoutOf(t *arrowc.Type) (layout, error) {
	if l, ok := p.layouts[t]; ok {
		return l, nil
	}
	l, err := layoutOf(t)
	p.layouts[t] = l
	return l, err
}

// slice is the part of an array that is wanted: length values from the array's own
// offset and from on.
type slice struct {
	array *arrowc.Array
	// start is where the values begin in the buffers.
	start, length int64
	// whole is set where the slice is all of the array.
	whole bool
}

// array plans length values of a, from value from on.
func (p *planner) array(t *arrowc.Type, a *arrowc.Array, from, length int64) (*node, error) {
	l, err := p.layoutOf(t)
	if err != nil {
		return nil, err
	}
	if err := a.Check(l.buffers(), len(t.Children), l.moreBuffers()); err != nil {
		return nil, err
	}
	if from+length > a.Length {
		return nil, fmt.Errorf("%d values, %d needed: %w", a.Length, from+length, arrowc.ErrMalformed)
	}
	if p.left -= length + arrayValues; p.left < 0 {
		return nil, ErrTooMany
	}
	s := slice{a, a.Offset + from, length, from == 0 && length == a.Length}
	n := &node{length: length}
	if err := p.contents(n, t, l, s); err != nil {
		return nil, err
	}
	if t.Dictionary == nil {
		return n, nil
	}
	if a.Dictionary == nil {
		return nil, fmt.Errorf("no dictionary: %w", arrowc.ErrMalformed)
	}
	n.dictionary, err = p.below("(dictionary)", func() (*node, error) {
		return p.array(t.Dictionary, a.Dictionary, 0, max(a.Dictionary.Length, 0))
	})
	return n, err
}

func (p *planner) contents(n *node, t *arrowc.Type, l layout, s slice) error {
	if l.kind == kindNull {
		n.nulls = n.length
		return nil
	}
	valid, err := p.validity(n, s)
	if err != nil {
		return err
	}
	switch l.kind {
	case kindBits:
		return p.bits(n, s)
	case kindFixed:
		values, err := bytesAt(s.array.Buffer(1), s.start*l.width, n.length*l.width)
		n.buffers = append(n.buffers, &span{source: values})
		return err
	case kindView:
		return p.view(n, s, valid)
	case kindText:
		return p.text(n, l, s)
	case kindList:
		return p.list(n, t, l, s)
	case kindListView:
		return p.listView(n, t, l, s, valid)
	case kindFixedList:
		return p.child(n, t, s, 0, s.start*l.width, n.length*l.width)
	case kindStruct:
		for i := range t.Children {
			if err := p.child(n, t, s, i, s.start, n.length); err != nil {
				return err
			}
		}
	}
	return nil
}

// validity plans the first buffer, which is absent if no value is null.
func (p *planner) validity(n *node, s slice) (valid bitmap, err error) {
	n.buffers = append(n.buffers, nil)
	if s.array.NullCount == 0 || s.array.Buffer(0) == nil || n.length == 0 {
		return valid, nil
	}
	valid, err = bitsAt(s.array.Buffer(0), s.start, n.length)
	if err != nil {
		return valid, err
	}
	n.nulls = s.array.NullCount
	if !s.whole || n.nulls < 0 {
		n.nulls = valid.unset()
	}
	if n.nulls == 0 {
		return bitmap{}, nil
	}
	n.buffers[0] = p.shifted(valid)
	return valid, nil
}

func (p *planner) bits(n *node, s slice) error {
	values, err := bitsAt(s.array.Buffer(1), s.start, n.length)
	n.buffers = append(n.buffers, p.shifted(values))
	return err
}

// shifted plans bits so that they begin with a byte. Most do; the others are few bytes.
func (p *planner) shifted(m bitmap) *span {
	if m.start == 0 {
		return &span{source: m.bytes}
	}
	s := &span{size: bytesFor(m.n)}
	p.jobs = append(p.jobs, job{s.size, func(ctx context.Context) error {
		return inPieces(ctx, s.size, pieceBytes, func(from, to int64) error {
			m.shiftInto(s.target, from, to)
			return nil
		})
	}})
	return s
}

// offsets plans the offsets of a slice so that they begin with 0, and returns the range
// of what they lead to.
func (p *planner) offsets(n *node, l layout, s slice) (first, last int64, err error) {
	if n.length == 0 {
		// Nothing says that an empty array has even the one offset that it should have.
		n.buffers = append(n.buffers, &span{})
		return 0, 0, nil
	}
	raw, err := bytesAt(s.array.Buffer(1), s.start*l.width, (n.length+1)*l.width)
	if err != nil {
		return 0, 0, err
	}
	values := integers{raw, l.width}
	if first, last, err = values.rising(p.ctx); err != nil {
		return 0, 0, err
	}
	if first == 0 {
		n.buffers = append(n.buffers, &span{source: raw})
		return first, last, nil
	}
	out := &span{size: int64(len(raw))}
	n.buffers = append(n.buffers, out)
	p.jobs = append(p.jobs, job{out.size, func(ctx context.Context) error {
		target := integers{out.target, l.width}
		return inPieces(ctx, n.length+1, pieceValues, func(from, to int64) error {
			for i := from; i < to; i++ {
				target.set(i, values.at(i)-first)
			}
			return nil
		})
	}})
	return first, last, nil
}

func (p *planner) text(n *node, l layout, s slice) error {
	first, last, err := p.offsets(n, l, s)
	if err != nil {
		return err
	}
	data, err := bytesAt(s.array.Buffer(2), first, last-first)
	n.buffers = append(n.buffers, &span{source: data})
	return err
}

func (p *planner) list(n *node, t *arrowc.Type, l layout, s slice) error {
	first, last, err := p.offsets(n, l, s)
	if err != nil {
		return err
	}
	if last > arrowc.MaxLength {
		return fmt.Errorf("offset %d: %w", last, arrowc.ErrMalformed)
	}
	return p.child(n, t, s, 0, first, last-first)
}

// listView plans a list whose items may lie in any order: all items between the first
// and the last that a list uses travel.
func (p *planner) listView(n *node, t *arrowc.Type, l layout, s slice, valid bitmap) error {
	size := n.length * l.width
	starts, err := bytesAt(s.array.Buffer(1), s.start*l.width, size)
	if err != nil {
		return err
	}
	sizes, err := bytesAt(s.array.Buffer(2), s.start*l.width, size)
	if err != nil {
		return err
	}
	r := itemRanges{integers{starts, l.width}, integers{sizes, l.width}, valid, n.length}
	first, last, err := r.extent(p.ctx)
	if err != nil {
		return err
	}
	newStarts, newSizes := &span{size: size}, &span{size: size}
	n.buffers = append(n.buffers, newStarts, newSizes)
	p.jobs = append(p.jobs, job{2 * size, func(ctx context.Context) error {
		return r.rebaseInto(ctx, integers{newStarts.target, l.width}, integers{newSizes.target, l.width}, first)
	}})
	return p.child(n, t, s, 0, first, last-first)
}

// child plans length values of child i, from value from on.
func (p *planner) child(n *node, t *arrowc.Type, s slice, i int, from, length int64) error {
	c, err := p.below(t.Children[i].Label(i), func() (*node, error) {
		return p.array(t.Children[i], s.array.Child(i), from, length)
	})
	n.children = append(n.children, c)
	return err
}

// itemRanges is where the items of the lists of a list view lie.
type itemRanges struct {
	starts, sizes integers
	valid         bitmap
	n             int64
}

// used tells whether list i has items; what null lists say of theirs means nothing.
func (r itemRanges) used(i int64) bool {
	return (r.valid.bytes == nil || r.valid.at(i)) && r.sizes.at(i) != 0
}

func (r itemRanges) extent(ctx context.Context) (first, last int64, err error) {
	empty := true
	err = inPieces(ctx, r.n, pieceValues, func(from, to int64) error {
		for i := from; i < to; i++ {
			if !r.used(i) {
				continue
			}
			start, size := r.starts.at(i), r.sizes.at(i)
			if start < 0 || size < 0 || start > arrowc.MaxLength || size > arrowc.MaxLength {
				return fmt.Errorf("list of %d items at %d: %w", size, start, arrowc.ErrMalformed)
			}
			if empty || start < first {
				first = start
			}
			last = max(last, start+size)
			empty = false
		}
		return nil
	})
	return first, last, err
}

func (r itemRanges) rebaseInto(ctx context.Context, starts, sizes integers, first int64) error {
	return inPieces(ctx, r.n, pieceValues, func(from, to int64) error {
		for i := from; i < to; i++ {
			if r.used(i) {
				starts.set(i, r.starts.at(i)-first)
				sizes.set(i, r.sizes.at(i))
			} else {
				starts.set(i, 0)
				sizes.set(i, 0)
			}
		}
		return nil
	})
}

// pointerOf is where a span's bytes lie, to tell the same bytes from others.
func pointerOf(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }
