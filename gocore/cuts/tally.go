package cuts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

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
	add(b keyrange.Batch, from, to int)
	finish() (bool, error)
	pass(done bool) Pass
}

// What a tally keeps: as many numbers or keys.
const (
	roomForNumbers = 1 << 21
	roomForKeys    = 1 << 19
)

// New begins to find cuts. Candidates are keys that may lie near to them, such as the bounds of row
// groups: good ones save a pass over the keys, and none are needed.
func New(schema keyrange.Schema, aim Aim, candidates []keyrange.Key) (*Tally, error) {
	if aim.Parts < 0 || aim.Rows < 0 || (aim.Parts == 0) == (aim.Rows == 0) {
		return nil, fmt.Errorf("cuts: %d parts, %d rows: say one of them, above 0: %w", aim.Parts, aim.Rows, ErrAim)
	}
	candidates = slices.Sorted(slices.Values(candidates))
	if !schema.Short() {
		return &Tally{schema: schema, engine: newKeys(schema, aim, candidates)}, nil
	}
	numbers := make([]uint64, 0, len(candidates))
	for _, k := range candidates {
		if n, ok := schema.ShortOf(k); ok {
			numbers = append(numbers, n)
		}
	}
	return &Tally{schema: schema, engine: newNumbers(schema, aim, numbers)}, nil
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
	for from := 0; from < b.Rows; from += chunk {
		if err := ctx.Err(); err != nil {
			t.err = fmt.Errorf("cuts: a batch was given up, so begin anew: %w: %w", err, ErrAim)
			return t.err
		}
		t.engine.add(b, from, min(from+chunk, b.Rows))
	}
	return nil
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

// numbers searches by the numbers of short keys.
type numbers struct {
	*search[uint64]
	schema keyrange.Schema
	buffer []uint64
}

func newNumbers(schema keyrange.Schema, aim Aim, candidates []uint64) *numbers {
	next := func(n uint64) (uint64, bool) { return n + 1, n+1 != 0 }
	var starts []uint64
	l := line[uint64]{
		clone:  func(n uint64) uint64 { return n },
		index:  func(all []uint64) { starts = all },
		locate: func(keys []uint64, at []uint32) { lastUpTo(starts, keys, at) },
	}
	return &numbers{newSearch(aim, candidates, roomForNumbers, l, next), schema, make([]uint64, chunk)}
}

func (n *numbers) add(b keyrange.Batch, from, to int) {
	keys := n.buffer[:to-from]
	b.Numbers(keys, from)
	n.line.add(keys)
}

func (n *numbers) pass(done bool) Pass {
	return passOf(n.search, done, func(v uint64) keyrange.Key {
		// What follows a key may be none; then the key before begins what has to be read.
		if k := n.schema.FromShort(v); v == 0 || valid(n.schema, k) {
			return k
		}
		return n.schema.FromShort(v - 1)
	})
}

func valid(s keyrange.Schema, k keyrange.Key) bool {
	_, err := s.Decode(k)
	return err == nil
}

// keys searches by encoded keys.
type keys struct {
	*search[string]
	buffer []byte
	ends   []int
	keys   []string
}

func newKeys(schema keyrange.Schema, aim Aim, candidates []keyrange.Key) *keys {
	next := func(k string) (string, bool) { return string(keyrange.Key(k).After()), true }
	texts := make([]string, len(candidates))
	for i, k := range candidates {
		texts[i] = string(k)
	}
	var heads heads
	l := line[string]{clone: strings.Clone, index: heads.index, locate: heads.locate}
	return &keys{
		search: newSearch(aim, texts, roomForKeys, l, next),
		ends:   make([]int, chunk), keys: make([]string, chunk),
	}
}

func (k *keys) add(b keyrange.Batch, from, to int) {
	ends := k.ends[:to-from]
	k.buffer = b.Keys(k.buffer[:0], ends, from)
	all, first := string(k.buffer), 0
	for i, end := range ends {
		k.keys[i] = all[first:end]
		first = end
	}
	k.line.add(k.keys[:to-from])
}

func (k *keys) pass(done bool) Pass {
	return passOf(k.search, done, func(s string) keyrange.Key { return keyrange.Key(s) })
}

func passOf[K uint64 | string](s *search[K], done bool, key func(K) keyrange.Key) Pass {
	p := Pass{Done: done, Total: s.total}
	if done {
		for _, f := range s.found {
			p.Cuts = append(p.Cuts, Cut{key(f.key), f.rank})
		}
		return p
	}
	var least K
	for _, r := range s.regions {
		var one keyrange.Range
		if r.lo != least {
			one.Lo = key(r.lo)
		}
		if !r.open {
			one.Hi = key(r.hi)
		}
		p.Read = append(p.Read, one)
	}
	p.Read = keyrange.Normalize(p.Read)
	return p
}
