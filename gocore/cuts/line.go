package cuts

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// line is all keys in their order, cut into buckets that count them.
type line[K cmp.Ordered] struct {
	// starts never descends, and its first is the least K there is: bucket i begins at starts[i].
	starts  []K
	buckets []bucket[K]
	random  *rand.Rand
	clone   func(K) K // keys that are kept
	// locate finds the buckets of keys, and index prepares it for the starts.
	locate func(keys []K, at []uint32)
	index  func(starts []K)
	at     []uint32
}

// bucket counts keys and keeps some of them: all, as long as there is room, then a random sample.
type bucket[K cmp.Ordered] struct {
	count int64
	next  int64 // the count at which a key is kept, 0 where none is
	least K
	kept  []K
	room  int
	// threshold is that of algorithm L, which finds the next key to keep without looking at others.
	threshold float64
}

// fewBuckets is how many ends of buckets make up for the search for each of a chunk of keys.
const fewBuckets = 16

// add counts keys, at most as many as l.at holds. Sorted ones mostly go into one bucket after another,
// which is quicker to see than to search for.
func (l *line[K]) add(keys []K) {
	if len(keys) == 0 {
		return
	}
	first, last := l.find(keys[0]), l.find(keys[len(keys)-1])
	if first <= last && last <= first+fewBuckets {
		for len(keys) > 0 {
			i := l.find(keys[0])
			n := l.run(i, keys)
			l.buckets[i].add(keys[:n], l.clone, l.random)
			keys = keys[n:]
		}
		return
	}
	at := l.at[:len(keys)]
	l.locate(keys, at)
	for i, k := range keys {
		b := &l.buckets[at[i]]
		b.count++
		if k < b.least || b.count == 1 {
			b.least = l.clone(k)
		}
		if b.count == b.next {
			b.keep(l.clone(k), l.random)
		}
	}
}

// run returns how many keys, from the first on, are in a bucket, in which the first one is, and keeps
// the least of them.
func (l *line[K]) run(i int, keys []K) int {
	b := &l.buckets[i]
	lo, last := l.starts[i], i+1 == len(l.starts)
	hi := lo
	if !last {
		hi = l.starts[i+1]
	}
	least := b.least
	if b.count == 0 {
		least = keys[0]
	}
	n := len(keys)
	for j, k := range keys {
		if k < least {
			if k < lo {
				n = j
				break
			}
			least = k
		}
		if k >= hi && !last {
			n = j
			break
		}
	}
	if least != b.least {
		b.least = l.clone(least)
	}
	return n
}

// find returns the bucket of a key.
func (l *line[K]) find(k K) int {
	base, n := 0, len(l.starts)
	for n > 1 {
		half := n / 2
		if l.starts[base+half] <= k {
			base += half
		}
		n -= half
	}
	return base
}

// add counts keys of the bucket, whose least is known.
func (b *bucket[K]) add(keys []K, clone func(K) K, random *rand.Rand) {
	before := b.count
	for b.next > 0 && b.next <= before+int64(len(keys)) {
		b.count = b.next
		b.keep(clone(keys[b.count-before-1]), random)
	}
	b.count = before + int64(len(keys))
}

// keep keeps a key: the first ones, and then each with the same chance in the place of another.
func (b *bucket[K]) keep(k K, random *rand.Rand) {
	if len(b.kept) < b.room {
		b.kept = append(b.kept, k)
		b.next++
		if len(b.kept) < b.room {
			return
		}
		b.threshold = 1
		b.next--
	} else {
		b.kept[random.IntN(len(b.kept))] = k
	}
	b.threshold *= math.Exp(math.Log(random.Float64()) / float64(b.room))
	skip := math.Floor(math.Log(random.Float64()) / math.Log1p(-b.threshold))
	b.next += 1 + int64(min(skip, 1<<60))
}

// whole reports whether every key of the bucket was kept.
func (b *bucket[K]) whole() bool { return b.count == int64(len(b.kept)) }

// sample returns the keys that were kept, sorted.
func (b *bucket[K]) sample() []K {
	slices.Sort(b.kept)
	return b.kept
}
