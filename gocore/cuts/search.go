package cuts

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// region is a part of the line that a pass counts: buckets first to end, among them the cuts at ranks.
type region[K cmp.Ordered] struct {
	lo    K
	hi    K // where the next bucket begins
	open  bool
	base  int64 // how many keys are below lo
	rows  int64 // how many keys are in the region, or Unknown
	ranks []int64
	// beyond is the least key after the region, if there is one.
	beyond    K
	hasBeyond bool
	first     int
	end       int
	windows   []window[K]
	need      float64 // how many keys are likely to be in a window
}

// window is where a cut is likely to be: from lo on, and before hi unless it is open.
type window[K cmp.Ordered] struct {
	lo, hi K
	open   bool
}

// search finds the keys at ranks, by passes over the same keys in any order.
type search[K cmp.Ordered] struct {
	scouted scout[K] // the first pass
	line    line[K]  // the passes after it
	regions []region[K]
	room    int               // for keys that are kept, in all
	next    func(K) (K, bool) // the least that is greater, whether or not it can be a key
	found   []found[K]
	total   int64
	aim     Aim
	passes  int
}

// found is a key that begins a part, with its rank.
type found[K cmp.Ordered] struct {
	key  K
	rank int64
}

// leastRoom is what a bucket keeps at least, so that every pass narrows the search.
const leastRoom = 256

func newSearch[K cmp.Ordered](aim Aim, room int, l line[K], next func(K) (K, bool)) *search[K] {
	// Any numbers do: they decide how fast cuts are found, not which.
	l.random = rand.New(rand.NewPCG(1, 1))
	return &search[K]{
		line: l, scouted: newScout(room, l.random, l.clone), room: room, next: next, total: Unknown, aim: aim,
	}
}

// lay makes the buckets of a pass. Those with room 0 are not looked at.
func (s *search[K]) lay(starts []K, room func(bucket int) int) {
	s.line.starts = starts
	s.line.index(starts)
	s.line.buckets = make([]bucket[K], len(starts))
	for i := range s.line.buckets {
		b := &s.line.buckets[i]
		if b.room = room(i); b.room > 0 && !s.isPoint(i) {
			b.next = 1
		}
	}
}

// isPoint reports whether only one key can be in a bucket, which then is its start.
func (s *search[K]) isPoint(i int) bool {
	after, ok := s.next(s.line.starts[i])
	if i+1 == len(s.line.starts) {
		return !ok
	}
	return ok && s.line.starts[i+1] == after
}

func (s *search[K]) looking() bool { return s.passes == 0 }

// finish ends a pass: it finds what cuts it can, and prepares the next pass for the others, if any are
// left.
func (s *search[K]) finish() (done bool, err error) {
	var open []region[K]
	var splits [][]K
	if s.passes++; s.passes == 1 {
		open, splits, err = s.begin()
		if err != nil {
			return false, err
		}
	}
	for _, r := range s.regions {
		more, at, err := s.settle(r)
		if err != nil {
			return false, err
		}
		open, splits = append(open, more...), append(splits, at...)
	}
	if s.regions = open; len(open) == 0 {
		return true, nil
	}
	s.prepare(splits)
	return false, nil
}

// begin ends the first pass, after which all keys are one region.
func (s *search[K]) begin() (open []region[K], splits [][]K, err error) {
	s.total = s.scouted.count
	all := region[K]{open: true, rows: s.total}
	if all.ranks, err = s.aim.ranks(s.total); err != nil || len(all.ranks) == 0 {
		return nil, nil, err
	}
	sample, runs := s.scouted.kept, s.scouted.runs()
	slices.Sort(sample)
	if s.scouted.whole() {
		s.pick(all, sample)
	} else {
		splits = append(splits, s.split(&all, sample, runs))
		open = append(open, all)
	}
	s.scouted = scout[K]{}
	return open, splits, nil
}

// settle finds the cuts of one region, and returns the buckets that have to be split for the others,
// with where to split them.
func (s *search[K]) settle(r region[K]) (open []region[K], splits [][]K, err error) {
	ranks, base := r.ranks, r.base
	for i := r.first; i < r.end; i++ {
		b := &s.line.buckets[i]
		n := 0
		for n < len(ranks) && ranks[n] < base+b.count {
			n++
		}
		if n > 0 {
			sub := s.sub(r, i, base, ranks[:n])
			switch {
			case s.isPoint(i):
				s.choose(sub, s.line.starts[i], 0, b.count, sub.beyond, sub.hasBeyond)
			case b.whole():
				s.pick(sub, b.sample())
			default:
				splits = append(splits, s.split(&sub, b.sample(), len(b.kept)))
				open = append(open, sub)
			}
		}
		ranks, base = ranks[n:], base+b.count
	}
	if counted := base - r.base; r.rows != Unknown && counted != r.rows || len(ranks) > 0 {
		return nil, nil, fmt.Errorf("cuts: a pass read %d rows where an earlier one read %d: %w", counted, r.rows, ErrChanged)
	}
	return open, splits, nil
}

// sub is bucket i of a region as a region of its own.
func (s *search[K]) sub(r region[K], i int, base int64, ranks []int64) region[K] {
	out := region[K]{
		lo: s.line.starts[i], open: r.open, hi: r.hi, base: base, rows: s.line.buckets[i].count,
		ranks: ranks, beyond: r.beyond, hasBeyond: r.hasBeyond,
	}
	if i+1 < r.end {
		out.hi, out.open = s.line.starts[i+1], false
	}
	for j := i + 1; j < r.end; j++ {
		if s.line.buckets[j].count > 0 {
			out.beyond, out.hasBeyond = s.leastOf(j), true
			break
		}
	}
	return out
}

func (s *search[K]) leastOf(i int) K {
	if s.isPoint(i) {
		return s.line.starts[i]
	}
	return s.line.buckets[i].least
}

// pick finds the cuts of a region of which all keys are known.
func (s *search[K]) pick(r region[K], keys []K) {
	for _, rank := range r.ranks {
		k := keys[rank-r.base]
		first, _ := slices.BinarySearch(keys, k)
		end := first
		if after, ok := s.next(k); ok {
			end, _ = slices.BinarySearch(keys, after)
		} else {
			end = len(keys)
		}
		beyond, has := r.beyond, r.hasBeyond
		if end < len(keys) {
			beyond, has = keys[end], true
		}
		one := r
		one.ranks = []int64{rank}
		s.choose(one, k, int64(first), int64(end), beyond, has)
	}
}

// choose cuts before or after the rows with the key k, which are those from first to end of a region:
// where it is nearer to each of the ranks.
func (s *search[K]) choose(r region[K], k K, first, end int64, beyond K, hasBeyond bool) {
	for _, rank := range r.ranks {
		before, after := r.base+first, r.base+end
		if hasBeyond && after-rank < rank-before {
			s.found = append(s.found, found[K]{beyond, after})
		} else {
			s.found = append(s.found, found[K]{k, before})
		}
	}
}

// split says where to split a region, of which a sample is known: around the places where its ranks
// are likely to be, by four standard deviations of a share of a sample that has so many sorted runs, in
// each of which it is even.
func (s *search[K]) split(r *region[K], sample []K, runs int) []K {
	var at []K
	n := len(sample)
	reach := 2*int(math.Sqrt(float64(min(n, runs)))) + 2
	r.need = float64(r.rows) * float64(2*reach) / float64(n)
	for _, rank := range r.ranks {
		middle := int(float64(rank-r.base) / float64(r.rows) * float64(n))
		w := window[K]{r.lo, r.hi, r.open}
		if i := middle - reach; i >= 0 {
			w.lo = sample[i]
			at = s.single(at, w.lo)
		}
		if i := middle + reach; i < n {
			w.hi, w.open = sample[i], false
			at = s.single(at, w.hi)
		}
		r.windows = append(r.windows, w)
		at = s.single(at, sample[min(middle, n-1)])
	}
	slices.Sort(at)
	at = slices.Compact(at)
	return slices.DeleteFunc(at, func(k K) bool { return k <= r.lo || !r.open && k >= r.hi })
}

// single appends the ends of a bucket for one key: a point, which needs no further pass, however often
// the key is there.
func (s *search[K]) single(at []K, k K) []K {
	at = append(at, k)
	if after, ok := s.next(k); ok {
		at = append(at, after)
	}
	return at
}

// prepare makes the buckets of the next pass: those of each region, and one for each gap between, which
// is empty where regions touch.
func (s *search[K]) prepare(splits [][]K) {
	var least K
	var starts []K
	need := 0.0
	for i := range s.regions {
		r := &s.regions[i]
		if len(starts) == 0 && r.lo != least {
			starts = append(starts, least)
		}
		r.first = len(starts)
		starts = append(append(starts, r.lo), splits[i]...)
		r.end = len(starts)
		need += r.need * float64(len(r.windows))
		if !r.open {
			starts = append(starts, r.hi)
		}
	}
	rooms := make([]int, len(starts))
	for _, r := range s.regions {
		r.share(starts, rooms, int(float64(s.room)*r.need/need/bucketsOfWindow))
	}
	s.lay(starts, func(i int) int { return rooms[i] })
}

// bucketsOfWindow is how many buckets of a window keep keys: its middle is a point.
const bucketsOfWindow = 2

// share gives room to the buckets of a region, most of it to those in windows.
func (r region[K]) share(starts []K, rooms []int, most int) {
	windows := r.windows
	for i := r.first; i < r.end; i++ {
		for len(windows) > 0 && !windows[0].open && windows[0].hi <= starts[i] {
			windows = windows[1:]
		}
		rooms[i] = leastRoom
		if len(windows) > 0 && windows[0].lo <= starts[i] {
			rooms[i] = max(leastRoom, most)
		}
	}
}
