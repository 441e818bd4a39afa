package cuts

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLine: however keys are added, in runs or one by one, buckets have their number and the least of them,
// and keep all of them while there is room.
func TestLine(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	for range 300 {
		starts := []uint64{0, 10, 11, 30, 40}
		l := line[uint64]{starts: starts, random: r, clone: func(n uint64) uint64 { return n }}
		l.buckets = make([]bucket[uint64], len(starts))
		for i := range l.buckets {
			l.buckets[i] = bucket[uint64]{room: 1000, next: 1}
		}
		want := make([][]uint64, len(starts))
		for range r.IntN(6) {
			keys := make([]uint64, r.IntN(20))
			at := make([]uint32, len(keys))
			for i := range keys {
				keys[i] = r.Uint64N(50)
			}
			ascending := r.IntN(2) == 0
			if ascending {
				slices.Sort(keys)
			}
			lastUpTo(starts, keys, at)
			for i, k := range keys {
				want[at[i]] = append(want[at[i]], k)
			}
			if ascending {
				l.addAscending(len(keys), func(i int) uint64 { return keys[i] })
			} else {
				l.add(keys, at)
			}
		}
		for i, b := range l.buckets {
			slices.Sort(want[i])
			if !b.whole() || b.count != int64(len(want[i])) || !slices.Equal(b.sample(), want[i]) {
				t.Fatalf("bucket %d has %d keys, %v, not %v", i, b.count, b.kept, want[i])
			}
			if b.count > 0 && b.least != want[i][0] {
				t.Fatalf("the least of bucket %d is %d, not %d", i, b.least, want[i][0])
			}
		}
	}
}
