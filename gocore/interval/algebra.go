package interval

// Union returns the values in s or in o, in time linear in their intervals.
func (s Set[T]) Union(o Set[T]) Set[T] {
	// Sets are immutable, so the common cases share what is there.
	switch {
	case s.IsFull() || o.IsEmpty():
		return s
	case o.IsFull() || s.IsEmpty():
		return o
	}
	out := make([]Interval[T], 0, len(s.intervals)+len(o.intervals))
	a, b := s.intervals, o.intervals
	for len(a) > 0 && len(b) > 0 {
		if compareLo(s.domain, a[0].Lo, b[0].Lo) > 0 {
			a, b = b, a
		}
		out = appendJoined(s.domain, out, a[0])
		a = a[1:]
	}
	for _, iv := range a {
		out = appendJoined(s.domain, out, iv)
	}
	for _, iv := range b {
		out = appendJoined(s.domain, out, iv)
	}
	return Set[T]{domain: s.domain, intervals: out}
}

// appendJoined adds iv, which does not begin before the last interval of out, and joins the two
// when no value lies between them.
func appendJoined[T any](d Domain[T], out []Interval[T], iv Interval[T]) []Interval[T] {
	if len(out) == 0 {
		return append(out, iv)
	}
	last := &out[len(out)-1]
	if !joins(d, last.Hi, iv.Lo) {
		return append(out, iv)
	}
	if compareHi(d, iv.Hi, last.Hi) > 0 {
		last.Hi = iv.Hi
	}
	return out
}

// Intersect returns the values in both s and o, in time linear in their intervals.
//
// The pieces need no joining: two neighbours are parted by a gap of s or of o, and every gap of a
// canonical set holds a value.
func (s Set[T]) Intersect(o Set[T]) Set[T] {
	switch {
	case s.IsEmpty() || o.IsFull():
		return s
	case o.IsEmpty() || s.IsFull():
		return o
	}
	var out []Interval[T]
	a, b := s.intervals, o.intervals
	for len(a) > 0 && len(b) > 0 {
		piece := Interval[T]{Lo: a[0].Lo, Hi: b[0].Hi}
		if compareLo(s.domain, a[0].Lo, b[0].Lo) < 0 {
			piece.Lo = b[0].Lo
		}
		if compareHi(s.domain, a[0].Hi, b[0].Hi) <= 0 {
			piece.Hi = a[0].Hi
			a = a[1:]
		} else {
			b = b[1:]
		}
		if !piece.crossed(s.domain) {
			out = append(out, piece)
		}
	}
	return Set[T]{domain: s.domain, intervals: out}
}

// Complement returns the values of the domain that are not in s, in time linear in its intervals.
func (s Set[T]) Complement() Set[T] {
	x := extentOf(s.domain)
	out := make([]Interval[T], 0, len(s.intervals)+1)
	var gap Interval[T] // grows from the end of the interval before
	for _, iv := range s.intervals {
		if iv.Lo.Kind != Unbounded {
			gap.Hi = iv.Lo.flip()
			out = appendCanonical(s.domain, x, out, gap)
		}
		if iv.Hi.Kind == Unbounded {
			return Set[T]{domain: s.domain, intervals: out}
		}
		gap = Interval[T]{Lo: iv.Hi.flip()}
	}
	return Set[T]{domain: s.domain, intervals: appendCanonical(s.domain, x, out, gap)}
}

// appendCanonical adds iv in canonical form, or nothing when iv holds no value.
func appendCanonical[T any](d Domain[T], x extent[T], out []Interval[T], iv Interval[T]) []Interval[T] {
	if c, ok := iv.canonical(d, x); ok {
		return append(out, c)
	}
	return out
}
