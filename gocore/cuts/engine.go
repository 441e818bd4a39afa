package cuts

import (
	"strings"
	"sync"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// numbers searches by the numbers of short keys.
type numbers struct {
	*search[uint64]
	schema keyrange.Schema
	mutex  sync.Mutex
	spare  sync.Pool
}

// numberBuffers are what a thread needs that counts.
type numberBuffers struct {
	keys [chunk]uint64
	at   [chunk]uint32
	ties [chunk]bool
}

func newNumbers(schema keyrange.Schema, aim Aim) *numbers {
	next := func(n uint64) (uint64, bool) { return n + 1, n+1 != 0 }
	l := line[uint64]{clone: func(n uint64) uint64 { return n }, index: func([]uint64) {}}
	return &numbers{
		search: newSearch(aim, roomForNumbers, l, next),
		schema: schema,
		spare:  sync.Pool{New: func() any { return new(numberBuffers) }},
	}
}

func (n *numbers) look(b keyrange.Batch, from, to int) {
	n.scouted.add(to-from, func(i int) uint64 {
		var one [1]uint64
		b.Numbers(one[:], from+i)
		return one[0]
	})
}

func (n *numbers) count(b keyrange.Batch, from, to int) {
	buffers := n.spare.Get().(*numberBuffers)
	defer n.spare.Put(buffers)
	keys, at := buffers.keys[:to-from], buffers.at[:to-from]
	b.Numbers(keys, from)
	ascending := b.Ascending(buffers.ties[:to-from], from)
	if !ascending {
		lastUpTo(n.line.starts, keys, at)
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if ascending {
		n.line.addAscending(len(keys), func(i int) uint64 { return keys[i] })
	} else {
		n.line.add(keys, at)
	}
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
	heads *heads
	mutex sync.Mutex
	spare sync.Pool
}

// keyBuffers are what a thread needs that counts.
type keyBuffers struct {
	bytes []byte
	ends  [chunk]int
	keys  [chunk]string
	heads [chunk]uint64
	at    [chunk]uint32
	ties  [chunk]bool
}

func newKeys(aim Aim) *keys {
	next := func(k string) (string, bool) { return string(keyrange.Key(k).After()), true }
	heads := new(heads)
	l := line[string]{clone: strings.Clone, index: heads.index}
	return &keys{
		search: newSearch(aim, roomForKeys, l, next),
		heads:  heads,
		spare:  sync.Pool{New: func() any { return new(keyBuffers) }},
	}
}

func (k *keys) look(b keyrange.Batch, from, to int) {
	k.scouted.add(to-from, func(i int) string { return string(b.Key(from + i)) })
}

func (k *keys) count(b keyrange.Batch, from, to int) {
	buffers := k.spare.Get().(*keyBuffers)
	defer k.spare.Put(buffers)
	if b.Ascending(buffers.ties[:to-from], from) {
		k.mutex.Lock()
		defer k.mutex.Unlock()
		k.line.addAscending(to-from, func(i int) string { return string(b.Key(from + i)) })
		return
	}
	all, at := buffers.encode(b, from, to), buffers.at[:to-from]
	k.heads.locate(all, buffers.heads[:to-from], at)
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.line.add(all, at)
}

func (b *keyBuffers) encode(batch keyrange.Batch, from, to int) []string {
	ends := b.ends[:to-from]
	b.bytes = batch.Keys(b.bytes[:0], ends, from)
	all, first := string(b.bytes), 0
	for i, end := range ends {
		b.keys[i] = all[first:end]
		first = end
	}
	return b.keys[:to-from]
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
