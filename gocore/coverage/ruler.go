package coverage

import "encoding/binary"

// ruler is one column with its marks: cells, such that each space of each box is a
// union of them. Atoms that lie in the same spaces are one cell, so partitions of
// a thousand scattered values each cost no more than partitions of ranges.
type ruler struct {
	column int
	cells  int32
	spaces [][]span // the distinct spaces, as ascending cells
	place  []int32  // the number of each box's space
	weight int64    // the cells of all boxes together
	text   func([]span) string
}

// newRuler returns the ruler of one column. It has no spaces if there is nothing to
// be said of the column, and is nil where conditions are of two types.
func newRuler(column int, within Space, boxes []Box) *ruler {
	r := &ruler{column: column, place: make([]int32, len(boxes)), cells: 1}
	regions, first := r.shared(boxes)
	if within.region != nil {
		first = within.region
	}
	if first == nil {
		return r
	}
	cut, ok := first.cut(regions, within.region)
	if !ok {
		return nil
	}
	r.cells, r.text = cut.count, cut.text
	r.intern(cut.regions)
	if len(r.spaces) == 1 && r.isWhole(0) {
		r.spaces = nil // no box is told from another
		return r
	}
	r.merge()
	for _, s := range r.place {
		r.weight += size(r.spaces[s])
	}
	return r
}

// shared returns the regions of the boxes, each that is one object once, and one that has
// a type; place is set to their numbers.
func (r *ruler) shared(boxes []Box) (regions []region, first region) {
	numbers := map[region]int32{}
	for i, b := range boxes {
		own := b.on(r.column).region
		n, known := numbers[own]
		if !known {
			n = int32(len(regions))
			numbers[own] = n
			regions = append(regions, own)
		}
		if own != nil {
			first = own
		}
		r.place[i] = n
	}
	return regions, first
}

// intern keeps each of the spaces, which place refers to, once.
func (r *ruler) intern(spaces [][]span) {
	numbers := map[string]int32{}
	renamed := make([]int32, len(spaces))
	var key []byte
	for i, s := range spaces {
		key = key[:0]
		for _, p := range s {
			key = binary.AppendUvarint(key, uint64(p.from))
			key = binary.AppendUvarint(key, uint64(p.to))
		}
		n, known := numbers[string(key)]
		if !known {
			n = int32(len(r.spaces))
			numbers[string(key)] = n
			r.spaces = append(r.spaces, s)
		}
		renamed[i] = n
	}
	for i, p := range r.place {
		r.place[i] = renamed[p]
	}
}

// mergeFactor bounds the work of merging by the size of what is given: it does not
// pay where atoms lie in many spaces each.
const mergeFactor = 8

// merge makes one cell of the atoms that lie in the same spaces. It is exact, since
// what tells atoms apart is the list of the spaces itself, not a hash of it.
func (r *ruler) merge() {
	given, covered := int64(r.cells), int64(0)
	for _, s := range r.spaces {
		given += int64(len(s))
		covered += size(s)
	}
	if covered > mergeFactor*given {
		return
	}
	signatures := make([][]byte, r.cells)
	for n, s := range r.spaces {
		for a := range each(s) {
			signatures[a] = binary.AppendUvarint(signatures[a], uint64(n))
		}
	}
	cells := map[string]int32{}
	cellOf := make([]int32, r.cells)
	atomsOf := make([][]span, 0, min(int(r.cells), len(r.spaces)+1)) // of each cell
	for a, signature := range signatures {
		n, known := cells[string(signature)]
		if !known {
			n = int32(len(atomsOf))
			cells[string(signature)] = n
			atomsOf = append(atomsOf, nil)
		}
		cellOf[a] = n
		atomsOf[n] = appendSpan(atomsOf[n], span{int32(a), int32(a) + 1})
	}
	r.rename(cellOf, atomsOf)
}

// rename turns atoms into cells, which are numbered by their first atoms.
func (r *ruler) rename(cellOf []int32, atomsOf [][]span) {
	for i, s := range r.spaces {
		var out []span
		for a := range each(s) {
			if n := cellOf[a]; atomsOf[n][0].from == a {
				out = appendSpan(out, span{n, n + 1})
			}
		}
		r.spaces[i] = out
	}
	r.cells = int32(len(atomsOf))
	text := r.text
	r.text = func(cells []span) string {
		var list []span
		for n := range each(cells) {
			list = append(list, atomsOf[n]...)
		}
		return text(list)
	}
}

func (r *ruler) isWhole(space int32) bool {
	s := r.spaces[space]
	return len(s) == 1 && s[0] == span{0, r.cells}
}

func size(list []span) int64 {
	n := int64(0)
	for _, s := range list {
		n += int64(s.to - s.from)
	}
	return n
}

// each yields what the spans hold, one by one.
func each(list []span) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		for _, s := range list {
			for i := s.from; i < s.to; i++ {
				if !yield(i) {
					return
				}
			}
		}
	}
}

// common returns what lies in both lists.
func common(a, b []span) []span {
	var out []span
	for len(a) > 0 && len(b) > 0 {
		out = appendSpan(out, span{max(a[0].from, b[0].from), min(a[0].to, b[0].to)})
		if a[0].to < b[0].to {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}
