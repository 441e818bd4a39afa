package coverage

import (
	"cmp"
	"iter"
	"slices"
)

// sweep goes along one ruler with some of the boxes. Boxes of one space there enter
// and leave together, as a group.
type sweep struct {
	groups [][]int32 // boxes, ascending
	events []event   // ascending
	cells  int32
}

// event is that a group enters or leaves before a cell.
type event struct {
	at, group int32
	what      passage
}

type passage uint8

const (
	enters passage = iota
	leaves
)

func (r *ruler) sweep(boxes []int32) sweep {
	sorted := slices.Clone(boxes)
	slices.SortFunc(sorted, func(a, b int32) int {
		return cmp.Or(cmp.Compare(r.place[a], r.place[b]), cmp.Compare(a, b))
	})
	w := sweep{cells: r.cells, groups: make([][]int32, 0, min(len(boxes), len(r.spaces)))}
	w.events = make([]event, 0, 2*cap(w.groups))
	for len(sorted) > 0 {
		space, n := r.place[sorted[0]], 1
		for n < len(sorted) && r.place[sorted[n]] == space {
			n++
		}
		group := int32(len(w.groups))
		w.groups = append(w.groups, sorted[:n:n])
		sorted = sorted[n:]
		for _, s := range r.spaces[space] {
			w.events = append(w.events, event{s.from, group, enters}, event{s.to, group, leaves})
		}
	}
	slices.SortFunc(w.events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return w
}

// pieces yields the runs of cells between events in ascending order, each with the
// groups that are there. The groups are the sweep's own, and change afterwards.
func (w sweep) pieces() iter.Seq2[span, []int32] {
	return func(yield func(span, []int32) bool) {
		present := make([]int32, 0, 4)
		where := make([]int32, len(w.groups)) // in present
		at := int32(0)
		for _, e := range w.events {
			if e.at > at {
				if !yield(span{at, e.at}, present) {
					return
				}
				at = e.at
			}
			if e.what == enters {
				where[e.group] = int32(len(present))
				present = append(present, e.group)
				continue
			}
			last := len(present) - 1
			moved := present[last]
			present[where[e.group]], where[moved] = moved, where[e.group]
			present = present[:last]
		}
		if at < w.cells {
			yield(span{at, w.cells}, present)
		}
	}
}

// count is how many boxes the groups have.
func (w sweep) count(groups []int32) int64 {
	n := int64(0)
	for _, g := range groups {
		n += int64(len(w.groups[g]))
	}
	return n
}

// boxes returns those of the groups.
func (w sweep) boxes(groups []int32) []int32 {
	out := make([]int32, 0, w.count(groups))
	for _, g := range groups {
		out = append(out, w.groups[g]...)
	}
	return out
}

// pairs is how many pairs of boxes the pieces have together, a pair counted once for
// each piece that it meets in.
func (w sweep) pairs() int64 {
	total, present, at := int64(0), 0, int32(0)
	for _, e := range w.events {
		if e.at > at {
			total += pairs(present)
			at = e.at
		}
		if e.what == enters {
			present += len(w.groups[e.group])
		} else {
			present -= len(w.groups[e.group])
		}
	}
	return total
}

func pairs(boxes int) int64 { return int64(boxes) * int64(boxes-1) / 2 }
