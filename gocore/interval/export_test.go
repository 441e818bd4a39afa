package interval

import "fmt"

// CheckCanonical returns an error that names the first way in which s breaks the invariant of the
// package. It looks at neighbours through the Domain alone, not through the code under test.
func CheckCanonical[T any](s Set[T]) error {
	for i, iv := range s.intervals {
		if i > 0 && iv.Lo.Kind == Unbounded || i < len(s.intervals)-1 && iv.Hi.Kind == Unbounded {
			return fmt.Errorf("%v: interval %d is unbounded towards its neighbour", s, i)
		}
		if err := checkEnd(s.domain, iv.Lo, s.domain.Next, leastOf(s.domain)); err != nil {
			return fmt.Errorf("%v: lower end of interval %d: %w", s, i, err)
		}
		if err := checkEnd(s.domain, iv.Hi, s.domain.Prev, greatestOf(s.domain)); err != nil {
			return fmt.Errorf("%v: upper end of interval %d: %w", s, i, err)
		}
		if iv.Lo.Kind != Unbounded && iv.Hi.Kind != Unbounded {
			c := s.domain.Compare(iv.Lo.Value, iv.Hi.Value)
			if c > 0 || c == 0 && (iv.Lo.Kind != Inclusive || iv.Hi.Kind != Inclusive) {
				return fmt.Errorf("%v: interval %d is empty", s, i)
			}
		}
		if i > 0 {
			if err := checkGap(s.domain, s.intervals[i-1].Hi, iv.Lo); err != nil {
				return fmt.Errorf("%v: before interval %d: %w", s, i, err)
			}
		}
	}
	return nil
}

func checkEnd[T any](d Domain[T], e Endpoint[T], neighbour func(T) (T, bool), extreme *T) error {
	switch e.Kind {
	case Inclusive:
		if extreme != nil && d.Compare(e.Value, *extreme) == 0 {
			return fmt.Errorf("%s is the extreme and should be unbounded", d.Format(e.Value))
		}
	case Exclusive:
		if n, ok := neighbour(e.Value); ok {
			return fmt.Errorf("exclusive %s should be inclusive %s", d.Format(e.Value), d.Format(n))
		}
	case Unbounded:
	}
	return nil
}

func checkGap[T any](d Domain[T], hi, lo Endpoint[T]) error {
	c := d.Compare(hi.Value, lo.Value)
	if c > 0 || c == 0 && (hi.Kind != Exclusive || lo.Kind != Exclusive) {
		return fmt.Errorf("no gap at %s", d.Format(lo.Value))
	}
	next, ok := d.Next(hi.Value)
	if ok && hi.Kind == Inclusive && lo.Kind == Inclusive && d.Compare(next, lo.Value) == 0 {
		return fmt.Errorf("%s and %s are neighbours", d.Format(hi.Value), d.Format(lo.Value))
	}
	return nil
}

func leastOf[T any](d Domain[T]) *T {
	if lo, _, ok := d.Extremes(); ok {
		return &lo
	}
	if l, ok := d.(LeastValued[T]); ok {
		lo := l.Least()
		return &lo
	}
	return nil
}

func greatestOf[T any](d Domain[T]) *T {
	if _, hi, ok := d.Extremes(); ok {
		return &hi
	}
	return nil
}
