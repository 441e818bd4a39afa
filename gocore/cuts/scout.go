package cuts

import (
	"cmp"
	"math/rand/v2"
)

// scout keeps a sample of all keys: one, chosen at random, of each so many that follow one another. Of
// keys that come in sorted runs, such a sample tells ranks far better than one that is random
// throughout: a run adds at most one key to the error.
type scout[K cmp.Ordered] struct {
	kept   []K
	room   int // even, and above 0
	count  int64
	stride int64 // of how many keys one is kept: a power of two
	next   int64 // the count of keys before the next one that is kept
	random *rand.Rand
	clone  func(K) K
}

func newScout[K cmp.Ordered](room int, random *rand.Rand, clone func(K) K) scout[K] {
	return scout[K]{room: room, stride: 1, random: random, clone: clone}
}

// add counts n keys, in the order in which they come.
func (s *scout[K]) add(n int, key func(i int) K) {
	for s.next < s.count+int64(n) {
		s.kept = append(s.kept, s.clone(key(int(s.next-s.count))))
		if len(s.kept) == s.room {
			s.thin()
		}
		s.next = int64(len(s.kept))*s.stride + s.random.Int64N(s.stride)
	}
	s.count += int64(n)
}

// thin keeps one of each two keys.
func (s *scout[K]) thin() {
	half := len(s.kept) / 2
	for i := range half {
		s.kept[i] = s.kept[2*i+s.random.IntN(2)]
	}
	clear(s.kept[half:])
	s.kept = s.kept[:half]
	s.stride *= 2
}

// runs is how many ascending runs the sample has.
func (s *scout[K]) runs() int {
	n := 1
	for i := 1; i < len(s.kept); i++ {
		if s.kept[i] < s.kept[i-1] {
			n++
		}
	}
	return n
}

// whole reports whether every key was kept.
func (s *scout[K]) whole() bool { return s.stride == 1 }
