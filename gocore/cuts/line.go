package cuts

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// line is all keys in their order, cut into buckets that count them.
type line[K cmp.Ordered] struct {
	// starts never descends, and its first is the least K there is: bucket i begins at starts[i].
	starts  []K
	buckets []bucket[K]
	random  *rand.Rand
	clone   func(K) K // keys that are kept
	// index prepares for the starts what finds the buckets of keys.
	index func(starts []K)
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

// addAscending counts n keys, none of which is below the one before it. It looks at few of them.
func (l *line[K]) addAscending(n int, key func(i int) K) {
	for from := 0; from < n; {
		first := key(from)
		i := l.find(first)
		end := n
		if i+1 < len(l.starts) && key(n-1) >= l.starts[i+1] {
			end = from + sort.Search(n-from, func(j int) bool { return key(from+j) >= l.starts[i+1] })
		}
		l.buckets[i].addAscending(first, end-from, func(j int) K { return key(from + j) }, l.clone, l.random)
		from = end
	}
}

// add counts keys in any order, of which the buckets are known.
func (l *line[K]) add(keys []K, at []uint32) {
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

// find returns the bucket of a key.
func (l *line[K]) find(k K) int {
	after := sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > k })
	return max(0, after-1)
}

// addAscending counts n keys of the bucket, the first of which is the least of them.
func (b *bucket[K]) addAscending(first K, n int, key func(i int) K, clone func(K) K, random *rand.Rand) {
	before := b.count
	if first < b.least || before == 0 {
		b.least = clone(first)
	}
	for b.next > 0 && b.next <= before+int64(n) {
		b.count = b.next
		b.keep(clone(key(int(b.count-before-1))), random)
	}
	b.count = before + int64(n)
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
