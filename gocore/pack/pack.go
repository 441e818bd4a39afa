package pack

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// Packed is what travels of some arrays of one type.
type Packed struct {
	// Pieces is 1, or the number of parts of about equal rows to cut the arrays into
	// because they are larger than allowed; then there is nothing else.
	Pieces int64
	// Description is what Read needs besides the blobs.
	Description []byte
	// Blobs are memory of the arrays, except blob 0, which may be empty.
	Blobs [][]byte
}

// Allocate returns n bytes that stay where they are, aligned to 64; n is at least 1.
type Allocate func(n int64) ([]byte, error)

// Prepared is arrays of which is known how they travel, while nothing is written yet.
type Prepared struct {
	dataType *arrowc.Type
	chunks   []*node
	placed   *placement
	jobs     []job
	pieces   int64
}

// Prepare looks at the arrays of a stream, which have the type of the schema, until ctx ends. The
// arrays have to live as long as the blobs. A limit above 0 bounds the bytes of arrays with more than
// one row. The time it takes depends on the number of values, those inside of others and those of
// dictionaries included; an array counts as some values as well.
//
// The error wraps ErrTooMany if there are more than most, arrowc.ErrMalformed,
// ErrUnsupported, or that of ctx.
func Prepare(ctx context.Context, schema *arrowc.Schema, arrays []*arrowc.Array, limit, most int64) (*Prepared, error) {
	t, err := arrowc.Load(schema)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	p := &planner{ctx: ctx, layouts: map[*arrowc.Type]layout{}, left: most}
	chunks, err := p.chunks(t, arrays)
	if err != nil {
		return nil, fmt.Errorf("pack: %s%w", p.where(), err)
	}
	prepared := &Prepared{t, chunks, place(chunks), p.jobs, 1}
	if rows, size := rowsOf(chunks), prepared.placed.size; limit > 0 && size > limit && rows > 1 {
		prepared.pieces = min((size+limit-1)/limit, rows)
	}
	return prepared, nil
}

// Bytes is how many bytes Finish writes.
func (p *Prepared) Bytes() int64 {
	if p.pieces > 1 {
		return 0
	}
	return p.placed.arena
}

// Finish packs the arrays, until ctx ends. It is called once.
//
// The error wraps arrowc.ErrMalformed, that of ctx, or what allocate returned.
func (p *Prepared) Finish(ctx context.Context, allocate Allocate) (*Packed, error) {
	if p.pieces > 1 {
		return &Packed{Pieces: p.pieces}, nil
	}
	if p.placed.arena > 0 {
		arena, err := allocate(p.placed.arena)
		if err != nil {
			return nil, fmt.Errorf("pack: %d bytes: %w", p.placed.arena, err)
		}
		if err = p.placed.fill(ctx, arena); err == nil {
			err = run(ctx, "pack", p.jobs)
		}
		if err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
	}
	return &Packed{1, describe(p.dataType, p.chunks), p.placed.blobs}, nil
}

// chunks plans all arrays. Those without rows are left out where another has some.
func (p *planner) chunks(t *arrowc.Type, arrays []*arrowc.Array) ([]*node, error) {
	var chunks []*node
	for i, a := range arrays {
		if a == nil {
			return nil, fmt.Errorf("array %d: null array: %w", i, arrowc.ErrMalformed)
		}
		if a.Length == 0 && (len(chunks) > 0 || i+1 < len(arrays)) {
			continue
		}
		n, err := p.array(t, a, 0, max(a.Length, 0))
		if err != nil {
			return nil, err
		}
		chunks = append(chunks, n)
	}
	return chunks, p.finishViews()
}

func (p *planner) finishViews() error {
	var scans []job
	for _, v := range p.views {
		for i := range v.blocks {
			b := &v.blocks[i]
			scans = append(scans, job{(b.to - b.from) * viewSize, func(ctx context.Context) error { return v.scan(ctx, b) }})
		}
	}
	if err := run(p.ctx, "pack: scan", scans); err != nil {
		return err
	}
	for _, v := range p.views {
		if err := v.finish(p); err != nil {
			return err
		}
	}
	return nil
}

func rowsOf(chunks []*node) (rows int64) {
	for _, c := range chunks {
		rows += c.length
	}
	return rows
}

// do runs a job, unless ctx has ended.
func (j job) do(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return j.run(ctx)
}

// pieceBytes and pieceValues are what is copied, and looked at, between two looks at a context: a
// fraction of a millisecond, for which one look is nothing.
const (
	pieceBytes  = 1 << 20
	pieceValues = 1 << 16
)

// inPieces calls f for [0, n) in ranges of at most size, until ctx ends.
func inPieces(ctx context.Context, n, size int64, f func(from, to int64) error) error {
	for from := int64(0); from < n; from += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(from, min(from+size, n)); err != nil {
			return err
		}
	}
	return nil
}

// serialBytes is the work below which starting goroutines costs more than it gains.
const serialBytes = 1 << 20

// run runs the jobs, on all processors if they are enough work, until ctx ends.
func run(ctx context.Context, name string, jobs []job) error {
	var bytes int64
	for _, j := range jobs {
		bytes += j.bytes
	}
	workers := min(runtime.GOMAXPROCS(0), len(jobs))
	if bytes < serialBytes || workers < 2 {
		for _, j := range jobs {
			if err := j.do(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	var g guard.Group
	var next atomic.Int64
	for range workers {
		g.Go(name, func() error {
			for i := next.Add(1) - 1; i < int64(len(jobs)); i = next.Add(1) - 1 {
				if err := jobs[i].do(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
