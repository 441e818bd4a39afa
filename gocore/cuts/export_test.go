package cuts

// Keep lets a tally keep fewer keys, so that few keys need many passes.
func (t *Tally) Keep(room int) {
	switch e := t.engine.(type) {
	case *numbers:
		e.search.room = room
		shrink(e.search, room)
	case *keys:
		e.search.room = room
		shrink(e.search, room)
	}
}

func shrink[K uint64 | string](s *search[K], room int) {
	for i := range s.line.buckets {
		s.line.buckets[i].room = max(leastRoom, room/len(s.line.buckets))
	}
}

// Passes is how many passes there were.
func (t *Tally) Passes() int {
	switch e := t.engine.(type) {
	case *numbers:
		return e.passes
	case *keys:
		return e.passes
	}
	return 0
}
