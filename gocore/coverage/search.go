package coverage

import "slices"

// search looks along the rulers, one after the other, for two boxes that meet or a
// place that all boxes miss. It stops when its steps are spent.
type search struct {
	rulers []*ruler
	steps  int64 // left

	pair [2]int32 // of boxes, once they met
	hole [][]span // a place on each ruler, once one was missed; nil for anywhere
}

// spend takes steps, and reports whether there were as many.
func (s *search) spend(n int64) bool {
	s.steps -= n
	return s.steps >= 0
}

func (s *search) isSpent() bool { return s.steps < 0 }

// few boxes are compared pair by pair at once.
const few = 4

// meet reports whether two of the boxes, which share cells on all rulers before
// depth, share some on the others. Where the next ruler does not part half of the
// pairs, they are compared one by one, so it takes no more than quadratic time.
func (s *search) meet(boxes []int32, depth int) bool {
	switch {
	case len(boxes) < 2:
		return false
	case depth == len(s.rulers):
		slices.Sort(boxes)
		s.pair = [2]int32{boxes[0], boxes[1]}
		return true
	case len(boxes) <= few:
		return s.meetInPairs(boxes, depth)
	}
	w := s.rulers[depth].sweep(boxes)
	if !s.spend(int64(len(boxes) + len(w.events))) {
		return false
	}
	if depth < len(s.rulers)-1 && w.pairs() > pairs(len(boxes))/2 {
		return s.meetInPairs(boxes, depth)
	}
	for _, groups := range w.pieces() {
		n := w.count(groups)
		if n < 2 {
			continue
		}
		if !s.spend(n) || s.meet(w.boxes(groups), depth+1) {
			return !s.isSpent()
		}
	}
	return false
}

func (s *search) meetInPairs(boxes []int32, depth int) bool {
	for i, a := range boxes {
		for _, b := range boxes[:i] {
			if s.share(a, b, depth) && !s.isSpent() {
				s.pair = [2]int32{min(a, b), max(a, b)}
				return true
			}
			if s.isSpent() {
				return false
			}
		}
	}
	return false
}

// share reports whether two boxes have cells in common on all rulers from depth on.
func (s *search) share(a, b int32, depth int) bool {
	for _, r := range s.rulers[depth:] {
		s.spend(1)
		if r.place[a] == r.place[b] {
			continue
		}
		own, other := r.spaces[r.place[a]], r.spaces[r.place[b]]
		s.spend(int64(len(own) + len(other)))
		if len(common(own, other)) == 0 {
			return false
		}
	}
	return true
}

// miss reports whether a place, which the boxes share on all rulers before depth,
// is in none of them on the others.
func (s *search) miss(boxes []int32, depth int) bool {
	if len(boxes) == 0 {
		s.hole = make([][]span, len(s.rulers))
		return true
	}
	if depth == len(s.rulers) {
		return false
	}
	if s.spend(int64(len(boxes))) && s.anyCovers(boxes, depth) {
		return false
	}
	w := s.rulers[depth].sweep(boxes)
	if !s.spend(int64(len(boxes) + len(w.events))) {
		return false
	}
	var missed []span
	for at, groups := range w.pieces() {
		if len(groups) == 0 {
			missed = appendSpan(missed, at)
		}
	}
	if len(missed) > 0 {
		s.hole = make([][]span, len(s.rulers))
		s.hole[depth] = missed
		return true
	}
	if depth == len(s.rulers)-1 {
		return false
	}
	for at, groups := range w.pieces() {
		if !s.spend(w.count(groups)) {
			return false
		}
		if s.miss(w.boxes(groups), depth+1) {
			s.hole[depth] = []span{at}
			return true
		}
	}
	return false
}

// anyCovers reports whether a box has all cells of all rulers from depth on.
func (s *search) anyCovers(boxes []int32, depth int) bool {
	return slices.ContainsFunc(boxes, func(b int32) bool {
		return !slices.ContainsFunc(s.rulers[depth:], func(r *ruler) bool { return !r.isWhole(r.place[b]) })
	})
}
