package pack

import (
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

// Pack describes the arrays of a stream, which have the type of the schema. The arrays
// have to live as long as the blobs. A limit above 0 bounds the bytes of arrays with more
// than one row.
//
// The error wraps arrowc.ErrMalformed, ErrUnsupported, or what allocate returned.
func Pack(schema *arrowc.Schema, arrays []*arrowc.Array, limit int64, allocate Allocate) (*Packed, error) {
	t, err := arrowc.Load(schema)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	p := &planner{layouts: map[*arrowc.Type]layout{}}
	chunks, err := p.chunks(t, arrays)
	if err != nil {
		return nil, fmt.Errorf("pack: %s%w", p.where(), err)
	}
	placed := place(chunks)
	if rows := rowsOf(chunks); limit > 0 && placed.size > limit && rows > 1 {
		return &Packed{Pieces: min((placed.size+limit-1)/limit, rows)}, nil
	}
	if placed.arena > 0 {
		arena, err := allocate(placed.arena)
		if err != nil {
			return nil, fmt.Errorf("pack: %d bytes: %w", placed.arena, err)
		}
		placed.fill(arena)
		if err := run("pack", p.jobs); err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
	}
	return &Packed{1, describe(t, chunks), placed.blobs}, nil
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
			scans = append(scans, job{(b.to - b.from) * viewSize, func() error { return v.scan(b) }})
		}
	}
	if err := run("pack: scan", scans); err != nil {
		return err
	}
	for _, v := range p.views {
		v.finish(p)
	}
	return nil
}

func rowsOf(chunks []*node) (rows int64) {
	for _, c := range chunks {
		rows += c.length
	}
	return rows
}

// serialBytes is the work below which starting goroutines costs more than it gains.
const serialBytes = 1 << 20

// run runs the jobs, on all processors if they are enough work.
func run(name string, jobs []job) error {
	var bytes int64
	for _, j := range jobs {
		bytes += j.bytes
	}
	workers := min(runtime.GOMAXPROCS(0), len(jobs))
	if bytes < serialBytes || workers < 2 {
		for _, j := range jobs {
			if err := j.run(); err != nil {
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
				if err := jobs[i].run(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
