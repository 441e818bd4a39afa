package cuts

// Keep lets a tally keep fewer keys, so that few keys need many passes.
func (t *Tally) Keep(room int) {
	switch e := t.engine.(type) {
	case *numbers:
		e.shrink(room)
	case *keys:
		e.shrink(room)
	}
}

func (s *search[K]) shrink(room int) {
	s.room = room
	s.scouted.room = max(2, room&^1)
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
