package cuts

import (
	"context"
	"fmt"
	"sync"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// Tally finds the keys that cut rows into equal parts by reading the keys, in batches and in any
// order, once or a few times; it keeps a small part of them. Its methods may be called by several
// threads.
type Tally struct {
	// mutex is held for reading while rows are counted, which several threads may do.
	mutex  sync.RWMutex
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
	// looking reports whether this is the first pass, in which look is called, and later count.
	looking() bool
	look(b keyrange.Batch, from, to int)
	// count may be called by several threads.
	count(b keyrange.Batch, from, to int)
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
func (t *Tally) Add(ctx context.Context, b keyrange.Batch) error { return t.AddRows(ctx, b, 0, b.Rows) }

// AddRows counts the keys of rows of a batch, from one up to another, as Add does. Other threads may
// count others meanwhile. A pass that is [Tally.Looking] tells more if rows come in their order.
func (t *Tally) AddRows(ctx context.Context, b keyrange.Batch, from, to int) error {
	if t.Looking() {
		return t.look(ctx, b, from, to)
	}
	err := t.count(ctx, b, from, to)
	if ended := ctx.Err(); err == nil || ended == nil {
		return err
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.giveUp(err)
}

// Looking reports whether this is the first pass, which looks at few keys.
func (t *Tally) Looking() bool {
	t.mutex.RLock()
	defer t.mutex.RUnlock()
	return t.engine.looking()
}

func (t *Tally) look(ctx context.Context, b keyrange.Batch, from, to int) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if err := t.check(b); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return t.giveUp(err)
	}
	t.engine.look(b, from, to)
	return nil
}

func (t *Tally) count(ctx context.Context, b keyrange.Batch, from, to int) error {
	t.mutex.RLock()
	defer t.mutex.RUnlock()
	if err := t.check(b); err != nil {
		return err
	}
	for ; from < to; from += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.engine.count(b, from, min(from+chunk, to))
	}
	return nil
}

// check reports why a batch cannot be added.
func (t *Tally) check(b keyrange.Batch) error {
	switch {
	case t.err != nil:
		return t.err
	case t.done:
		return fmt.Errorf("cuts: keys after the last pass: %w", ErrAim)
	case !b.Schema.Equal(t.schema):
		return fmt.Errorf("cuts: the columns of the batch are not the key: %w", ErrAim)
	}
	return nil
}

// giveUp notes that some rows of a batch were not counted.
func (t *Tally) giveUp(err error) error {
	if t.err == nil {
		t.err = fmt.Errorf("cuts: a batch was given up, so begin anew: %w: %w", err, ErrAim)
	}
	return t.err
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
