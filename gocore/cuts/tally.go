package cuts

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// Tally finds the keys that cut rows into equal parts by reading the keys, in batches and in any
// order, once or a few times; it keeps a small part of them. Its methods may be called by several
// threads.
type Tally struct {
	mutex  sync.Mutex
	schema keyrange.Schema
	engine engine
	err    error
	done   bool
}

// Pass is what follows from having read all keys.
type Pass struct {
	// Done says that the parts are known; else the keys in the ranges of Read have to be added once
	// more. Others may be, and are ignored.
	Done  bool
	Read  []keyrange.Range
	Cuts  []Cut
	Total int64
}

// engine is a search for keys of one kind.
type engine interface {
	// scout takes a batch of the first pass, and answers false in later ones.
	scout(b keyrange.Batch) bool
	// counter returns what counts rows of a batch, of which several may at the same time.
	counter(b keyrange.Batch) func(from, to int)
	finish() (bool, error)
	pass(done bool) Pass
}

// What a tally keeps: as many numbers or keys.
const (
	roomForNumbers = 1 << 20
	roomForKeys    = 1 << 19
)

// New begins to find cuts.
func New(schema keyrange.Schema, aim Aim) (*Tally, error) {
	if aim.Parts < 0 || aim.Rows < 0 || (aim.Parts == 0) == (aim.Rows == 0) {
		return nil, fmt.Errorf("cuts: %d parts, %d rows: say one of them, above 0: %w", aim.Parts, aim.Rows, ErrAim)
	}
	if schema.Short() {
		return &Tally{schema: schema, engine: newNumbers(schema, aim)}, nil
	}
	return &Tally{schema: schema, engine: newKeys(aim)}, nil
}

// chunk is how many keys are counted between two looks at the context.
const chunk = 4096

// Add counts the keys of a batch. If it is ended by its context, the tally cannot be used any more.
func (t *Tally) Add(ctx context.Context, b keyrange.Batch) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case t.err != nil:
		return t.err
	case t.done:
		return fmt.Errorf("cuts: keys after the last pass: %w", ErrAim)
	case !b.Schema.Equal(t.schema):
		return fmt.Errorf("cuts: the columns of the batch are not the key: %w", ErrAim)
	}
	if err := t.add(ctx, b); err != nil {
		t.err = fmt.Errorf("cuts: a batch was given up, so begin anew: %w: %w", err, ErrAim)
	}
	return t.err
}

func (t *Tally) add(ctx context.Context, b keyrange.Batch) error {
	if err := ctx.Err(); err != nil || t.engine.scout(b) {
		return err
	}
	var group guard.Group
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), (b.Rows+chunk-1)/chunk) {
		group.Go("count keys", func() error {
			count := t.engine.counter(b)
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= b.Rows {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				count(from, min(from+chunk, b.Rows))
			}
		})
	}
	return group.Wait()
}

// Next ends a pass: every key has been added.
func (t *Tally) Next() (Pass, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.err != nil {
		return Pass{}, t.err
	}
	if !t.done {
		if t.done, t.err = t.engine.finish(); t.err != nil {
			return Pass{}, t.err
		}
	}
	return t.engine.pass(t.done), nil
}
