package pack

import (
	"bytes"
	"context"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// Part is what Pack gave, wherever it has travelled since.
type Part struct {
	Description []byte
	Blobs       [][]byte
}

// contents is a description as read.
type contents struct {
	dataType  *arrowc.Type
	typeBytes []byte
	chunks    []*node
}

// read checks a part by itself: sizes of buffers, lengths of children, first and last
// offsets. What lies inside buffers is what Pack found there.
func (part Part) read(ctx context.Context) (*contents, error) {
	r := &reader{rest: part.Description, blobs: part.Blobs}
	if v := r.number(1 << 32); v != version && r.err == nil {
		r.fail("version %d, not %d", v, version)
	}
	before := r.rest
	c := &contents{dataType: r.dataType(0)}
	c.typeBytes = before[:len(before)-len(r.rest)]
	if r.err != nil {
		return nil, r.err
	}
	d := decoder{reader: r, layouts: map[*arrowc.Type]layout{}}
	for n := r.number(int64(len(r.rest))); n > 0 && r.err == nil; n-- {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.chunks = append(c.chunks, d.node(c.dataType))
	}
	if len(r.rest) > 0 {
		r.fail("%d bytes too many", len(r.rest))
	}
	return c, r.err
}

// decoder reads the chunks of one description.
type decoder struct {
	*reader
	layouts map[*arrowc.Type]layout
}

func (d *decoder) node(t *arrowc.Type) *node {
	l, ok := d.layouts[t]
	if !ok {
		var err error
		if l, err = layoutOf(t); err != nil {
			d.fail("%v", err)
		}
		d.layouts[t] = l
	}
	n := &node{length: d.number(arrowc.MaxLength)}
	n.nulls = d.number(n.length)
	for range d.number(int64(len(d.rest))) {
		n.buffers = append(n.buffers, d.span())
	}
	for _, c := range t.Children {
		if d.err != nil {
			return n
		}
		n.children = append(n.children, d.node(c))
	}
	if t.Dictionary != nil && d.err == nil {
		n.dictionary = d.node(t.Dictionary)
	}
	if d.err == nil {
		d.check(n, l)
	}
	return n
}

// check checks that the buffers and children of n are as large as its length needs.
func (d *decoder) check(n *node, l layout) {
	want := l.buffers()
	if l.kind == kindView {
		want = 2
	}
	if len(n.buffers) < want || len(n.buffers) > want && l.kind != kindView {
		d.fail("%d buffers, not %d", len(n.buffers), want)
		return
	}
	for i, s := range n.buffers {
		if s == nil && i > 0 {
			d.fail("buffer %d is absent", i)
			return
		}
	}
	if l.kind != kindNull {
		d.validity(n)
	}
	switch l.kind {
	case kindBits:
		d.atLeast(n, 1, bytesFor(n.length))
	case kindFixed, kindView:
		d.atLeast(n, 1, n.length*l.width)
	case kindText, kindList:
		d.offsets(n, l)
	case kindListView:
		d.atLeast(n, 1, n.length*l.width)
		d.atLeast(n, 2, n.length*l.width)
	case kindFixedList:
		d.childAtLeast(n, n.length*l.width)
	case kindStruct:
		d.childAtLeast(n, n.length)
	}
}

func (d *decoder) validity(n *node) {
	switch {
	case n.buffers[0] != nil:
		d.atLeast(n, 0, bytesFor(n.length))
	case n.nulls > 0:
		d.fail("%d nulls without a buffer that says which", n.nulls)
	}
}

func (d *decoder) atLeast(n *node, i int, size int64) {
	if have := n.buffers[i].len(); have < size {
		d.fail("buffer %d has %d bytes, %d values need %d", i, have, n.length, size)
	}
}

func (d *decoder) childAtLeast(n *node, length int64) {
	for i, c := range n.children {
		if c.length < length {
			d.fail("child %d has %d values, %d are needed", i, c.length, length)
		}
	}
}

func (d *decoder) offsets(n *node, l layout) {
	if n.length == 0 {
		return
	}
	d.atLeast(n, 1, (n.length+1)*l.width)
	if d.err != nil {
		return
	}
	values := integers{n.buffers[1].source, l.width}
	first, last := values.at(0), values.at(n.length)
	if first < 0 || last < first {
		d.fail("offsets from %d to %d", first, last)
		return
	}
	if l.kind == kindText {
		d.atLeast(n, 2, last)
		return
	}
	d.childAtLeast(n, last)
}

// readAll reads parts that are to be one frame. The error names the part.
func readAll(ctx context.Context, parts []Part) ([]*contents, error) {
	all := make([]*contents, len(parts))
	for i, part := range parts {
		c, err := part.read(ctx)
		if err == nil && i > 0 && !bytes.Equal(c.typeBytes, all[0].typeBytes) {
			err = arrowc.EqualTypes(c.dataType, all[0].dataType)
		}
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", i, err)
		}
		all[i] = c
	}
	return all, nil
}
