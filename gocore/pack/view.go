package pack

import (
	"context"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

const (
	viewSize = 16
	// inlineSize is the length up to which a value lies in its view.
	inlineSize = 12
	// blockRows is how many views one job looks at.
	blockRows = 1 << 16
	// maxGathered is the size of one new data buffer; offsets into it have 31 bits, and
	// the last value may begin just below it.
	maxGathered = 1 << 30
)

// view is the layout of one. A value of up to inlineSize bytes lies behind the length.
type view struct {
	length, prefix, buffer, offset uint32
}

func (v view) isInline() bool { return v.length <= inlineSize }

// viewsIn returns bytes as views, a copy if they are not aligned.
func viewsIn(b []byte) []view {
	if len(b) == 0 {
		return nil
	}
	if uintptr(pointerOf(b))%unsafe.Alignof(view{}) == 0 {
		return unsafe.Slice((*view)(pointerOf(b)), len(b)/viewSize)
	}
	views := make([]view, len(b)/viewSize)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&views[0])), len(b)), b)
	return views
}

// viewPlan is an array of views while it is decided which of its data travels.
type viewPlan struct {
	node  *node
	views []view
	raw   []byte
	valid bitmap
	data  [][]byte
	// blocks are the rows in parts, with what each uses of the data buffers.
	blocks []viewBlock
	where  string
}

// viewBlock is the rows [from, to).
type viewBlock struct {
	from, to int64
	used     []int64
}

// view notes the views; what travels of their data is decided after the walk, for
// finding out what they use is worth doing in parallel.
func (p *planner) view(n *node, s slice, valid bitmap) error {
	views, err := bytesAt(s.array.Buffer(1), s.start*viewSize, n.length*viewSize)
	if err != nil {
		return err
	}
	v := &viewPlan{node: n, views: viewsIn(views), raw: views, valid: valid, where: p.where()}
	if n.length > 0 {
		if v.data, err = dataBuffers(s.array); err != nil {
			return err
		}
	}
	step := max(blockRows, n.length/int64(4*runtime.GOMAXPROCS(0)))
	for from := int64(0); from < n.length; from += step {
		v.blocks = append(v.blocks, viewBlock{from: from, to: min(from+step, n.length)})
	}
	p.views = append(p.views, v)
	return nil
}

// dataBuffers returns the data buffers, whose lengths the last buffer of the array holds.
func dataBuffers(a *arrowc.Array) ([][]byte, error) {
	count := a.NumBuffers - 3
	raw, err := bytesAt(a.Buffer(int(a.NumBuffers-1)), 0, count*8)
	if err != nil {
		return nil, fmt.Errorf("lengths of the data: %w", err)
	}
	data := make([][]byte, count)
	lengths := integers{raw, 8}
	for i := range data {
		n := lengths.at(int64(i))
		if n < 0 || n > arrowc.MaxLength {
			return nil, fmt.Errorf("data of %d bytes: %w", n, arrowc.ErrMalformed)
		}
		if data[i], err = bytesAt(a.Buffer(2+i), 0, n); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// scan counts how many bytes the views of a block use of each data buffer. What null
// values have for a view means nothing.
func (v *viewPlan) scan(ctx context.Context, b *viewBlock) error {
	b.used = make([]int64, len(v.data))
	return inPieces(ctx, b.to-b.from, pieceValues, func(from, to int64) error {
		return v.scanPiece(b.used, b.from+from, b.from+to)
	})
}

func (v *viewPlan) scanPiece(used []int64, from, to int64) error {
	nullable := v.valid.bytes != nil
	for i, x := range v.views[from:to] {
		if x.isInline() || nullable && !v.valid.at(from+int64(i)) {
			continue
		}
		if uint64(x.buffer) >= uint64(len(v.data)) || uint64(x.offset)+uint64(x.length) > uint64(len(v.data[x.buffer])) || int32(x.length) < 0 {
			return fmt.Errorf("%sview %d: %d bytes at %d of data buffer %d of %d: %w",
				v.where, from+int64(i), x.length, x.offset, x.buffer, len(v.data), arrowc.ErrMalformed)
		}
		used[x.buffer] += int64(x.length)
	}
	return nil
}

// finish decides what travels, and plans it: all data where little of it is unused, else
// the buffers that are well used, and the values of the others gathered into new ones.
func (v *viewPlan) finish(p *planner) error {
	used := make([]int64, len(v.data))
	for _, b := range v.blocks {
		for i, n := range b.used {
			used[i] += n
		}
	}
	if v.wellUsed(used) {
		v.node.buffers = append(v.node.buffers, &span{source: v.raw})
		for _, d := range v.data {
			v.node.buffers = append(v.node.buffers, &span{source: d})
		}
		return nil
	}
	views := &span{size: int64(len(v.raw))}
	v.node.buffers = append(v.node.buffers, views)
	moved := make([]int64, len(v.data))
	for i, d := range v.data {
		moved[i] = gathered
		if used[i] > 0 && int64(len(d)) <= used[i]+used[i]/5 {
			moved[i] = int64(len(v.node.buffers)) - 2
			v.node.buffers = append(v.node.buffers, &span{source: d})
		}
	}
	for _, b := range v.blocks {
		if err := v.gather(p, b, views, moved); err != nil {
			return err
		}
	}
	return nil
}

// gathered stands for the new number of a data buffer that does not travel as it is.
const gathered = -1

// wellUsed tells whether shipping all data is at most a sixth more than what is needed.
func (v *viewPlan) wellUsed(used []int64) bool {
	needed, waste := int64(len(v.raw)), int64(0)
	for i, d := range v.data {
		// Values may overlap: a buffer of which more is used than there is wastes nothing.
		needed += min(used[i], int64(len(d)))
		waste += max(int64(len(d))-used[i], 0)
	}
	return waste <= needed/6
}

// gather plans new views for a block, with a new buffer for the values that move.
func (v *viewPlan) gather(p *planner, b viewBlock, views *span, moved []int64) error {
	size := int64(0)
	for i, n := range b.used {
		if moved[i] == gathered {
			size += n
		}
	}
	if size > maxGathered && b.to-b.from > 1 {
		middle := (b.from + b.to) / 2
		for _, half := range []viewBlock{{from: b.from, to: middle}, {from: middle, to: b.to}} {
			if err := v.scan(p.ctx, &half); err != nil {
				return err
			}
			if err := v.gather(p, half, views, moved); err != nil {
				return err
			}
		}
		return nil
	}
	data, number := &span{size: size}, int64(gathered)
	if size > 0 {
		number = int64(len(v.node.buffers)) - 2
		v.node.buffers = append(v.node.buffers, data)
	}
	p.jobs = append(p.jobs, job{size + (b.to-b.from)*viewSize, func(ctx context.Context) error {
		g := gatherer{viewPlan: v, ctx: ctx, moved: moved, out: data.target, number: number, into: viewsIn(views.target)}
		return g.rows(b)
	}})
	return nil
}

// gatherer writes the views of a block and the values that move. Values that lie one
// behind the other in the source are copied together.
type gatherer struct {
	*viewPlan
	// ctx ends the one job that a gatherer is made for.
	ctx    context.Context
	moved  []int64
	out    []byte
	into   []view
	number int64
	at     int
	// unlooked is how many bytes were copied since the last look at ctx.
	unlooked int
	ended    bool
	// The run is bytes of a data buffer that go to the end of out.
	runBuffer, runFrom, runTo uint32
}

func (g *gatherer) rows(b viewBlock) error {
	err := inPieces(g.ctx, b.to-b.from, pieceValues, func(from, to int64) error {
		g.piece(b.from+from, b.from+to)
		return nil
	})
	if err != nil {
		return err
	}
	g.flush()
	if g.ctx.Err() != nil {
		return g.ctx.Err()
	}
	if g.at != len(g.out) {
		return fmt.Errorf("%sdata changed while it was read: %w", g.where, arrowc.ErrMalformed)
	}
	return nil
}

func (g *gatherer) piece(from, to int64) {
	nullable := g.valid.bytes != nil
	for i := from; i < to; i++ {
		if nullable && !g.valid.at(i) {
			g.into[i] = view{}
			continue
		}
		x := g.views[i]
		if !x.isInline() {
			if number := g.moved[x.buffer]; number == gathered {
				x.offset = g.take(x)
				x.buffer = uint32(g.number)
			} else {
				x.buffer = uint32(number)
			}
		}
		g.into[i] = x
	}
}

// take adds a value to out and returns where it will be.
func (g *gatherer) take(x view) uint32 {
	if x.offset != g.runTo || x.buffer != g.runBuffer {
		g.flush()
		g.runBuffer, g.runFrom, g.runTo = x.buffer, x.offset, x.offset
	}
	at := uint32(g.at) + g.runTo - g.runFrom
	g.runTo += x.length
	return at
}

// flush copies the run, unless the context has ended.
func (g *gatherer) flush() {
	for g.runTo > g.runFrom && !g.hasEnded() {
		to := min(g.runTo, g.runFrom+pieceBytes)
		n := copy(g.out[g.at:], g.data[g.runBuffer][g.runFrom:to])
		g.at += n
		g.unlooked += n
		g.runFrom = to
	}
}

// hasEnded looks at the context once for some bytes: values may be of any length.
func (g *gatherer) hasEnded() bool {
	if g.unlooked >= pieceBytes {
		g.unlooked = 0
		g.ended = g.ctx.Err() != nil
	}
	return g.ended
}
