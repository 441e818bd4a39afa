package coverage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxSteps bounds the work of one search, of which a list takes up to four, to about
// half a second.
const maxSteps = 20_000_000

// Examine says whether partitions overlap, and whether they leave a gap, among the
// rows whose values lie in within. The columns are named for the messages; within
// has a space for each of them, or none for the last ones, and says where a row of
// the query may lie. It should hold nothing that the type of the column cannot
// express, such as 300 for one of 8 bits, lest such a value be found in a gap.
//
// Examine takes time n log n for n partitions of one column, and is as fast for
// products of those of several. Where partitions are entangled it gives up in the
// end, and answers Unknown.
func Examine(columns []string, within []Space, boxes []Box) Finding {
	return examine(columns, within, boxes, maxSteps)
}

func examine(columns []string, within []Space, boxes []Box, steps int64) Finding {
	e := examination{columns: columns, boxes: boxes, steps: steps}
	for c, name := range columns {
		r := newRuler(c, Box{Spaces: within}.on(c), boxes)
		switch {
		case r == nil:
			mixed := Verdict{Why: fmt.Sprintf("the conditions on %s are of different types", name)}
			return Finding{Overlap: mixed, Gap: mixed}
		case r.cells == 0: // the query has no rows
			return Finding{Overlap: Verdict{Answer: None}, Gap: Verdict{Answer: None}}
		case len(r.spaces) > 0:
			e.rulers = append(e.rulers, r)
		}
	}
	// What leaves the fewest boxes on each piece comes first.
	slices.SortStableFunc(e.rulers, func(a, b *ruler) int { return cmp.Compare(a.weight, b.weight) })
	e.sortOut()
	return Finding{Overlap: e.overlap(), Gap: e.gap()}
}

type examination struct {
	columns []string
	boxes   []Box
	rulers  []*ruler
	steps   int64

	all, exact []int32 // the boxes that are not empty, and those of them that are exact
}

// sortOut leaves out the boxes that hold nothing.
func (e *examination) sortOut() {
	e.all = make([]int32, 0, len(e.boxes))
	e.exact = make([]int32, 0, len(e.boxes))
	for i, b := range e.boxes {
		empty := slices.ContainsFunc(e.rulers, func(r *ruler) bool { return len(r.spaces[r.place[i]]) == 0 })
		if empty {
			continue
		}
		e.all = append(e.all, int32(i))
		if b.Exact {
			e.exact = append(e.exact, int32(i))
		}
	}
}

func (e *examination) search() *search { return &search{rulers: e.rulers, steps: e.steps} }

// overlap asks of all boxes first, of which two that do not meet have no row in
// common, and then of the exact ones, of which two that do meet have one.
func (e *examination) overlap() Verdict {
	s := e.search()
	if !s.meet(e.all, 0) {
		return e.noneUnlessSpent(s)
	}
	doubted := s.pair
	if e.doubtful(doubted[:]) >= 0 {
		if s = e.search(); !s.meet(e.exact, 0) {
			return e.doubtOverlap(doubted)
		}
	}
	return Verdict{
		Answer:     Found,
		Why:        fmt.Sprintf("partitions %d and %d share %s", s.pair[0], s.pair[1], e.shared(s.pair)),
		Partitions: []int{int(s.pair[0]), int(s.pair[1])},
	}
}

func (e *examination) doubtOverlap(pair [2]int32) Verdict {
	return Verdict{
		Why: fmt.Sprintf("partitions %d and %d may share %s: %s",
			pair[0], pair[1], e.shared(pair), notUnderstood(e.doubtful(pair[:]))),
		Partitions: []int{int(pair[0]), int(pair[1])},
	}
}

// gap asks of all boxes first, which have all rows that the partitions have, and
// then of the exact ones, which have no others.
func (e *examination) gap() Verdict {
	s := e.search()
	if s.miss(e.all, 0) {
		return Verdict{Answer: Found, Why: "no partition has " + e.place(s.hole, "any row")}
	}
	if s.isSpent() || len(e.exact) == len(e.all) {
		return e.noneUnlessSpent(s)
	}
	if s = e.search(); !s.miss(e.exact, 0) {
		return e.noneUnlessSpent(s)
	}
	doubted := slices.IndexFunc(e.all, func(b int32) bool { return e.touches(b, s.hole) })
	b := int(e.all[doubted])
	return Verdict{
		Why:        fmt.Sprintf("partition %d may lack %s: %s", b, e.place(s.hole, "some rows"), notUnderstood(b)),
		Partitions: []int{b},
	}
}

func (e *examination) noneUnlessSpent(s *search) Verdict {
	if s.isSpent() {
		return Verdict{Why: fmt.Sprintf("the %d partitions are too entangled to compare them all", len(e.boxes))}
	}
	return Verdict{Answer: None}
}

func notUnderstood(partition int) string {
	return fmt.Sprintf("the predicate of partition %d is not understood as conditions on single columns", partition)
}

// doubtful returns the first box that is not exact, or -1.
func (e *examination) doubtful(boxes []int32) int {
	for _, b := range boxes {
		if !e.boxes[b].Exact {
			return int(b)
		}
	}
	return -1
}

// shared describes where two boxes meet.
func (e *examination) shared(pair [2]int32) string {
	where := make([][]span, len(e.rulers))
	for i, r := range e.rulers {
		where[i] = common(r.spaces[r.place[pair[0]]], r.spaces[r.place[pair[1]]])
	}
	return e.place(where, "every row")
}

// touches reports whether a box meets a hole of the boxes that came before.
func (e *examination) touches(box int32, hole [][]span) bool {
	for i, r := range e.rulers {
		if hole[i] != nil && len(common(r.spaces[r.place[box]], hole[i])) == 0 {
			return false
		}
	}
	return true
}

// place describes cells on some rulers, in the order of the columns; on a ruler
// without any it is anywhere. It is called anywhere if it is so on all.
func (e *examination) place(where [][]span, anywhere string) string {
	texts := make([]string, len(e.columns))
	for i, r := range e.rulers {
		if where[i] != nil && size(where[i]) < int64(r.cells) {
			texts[r.column] = e.columns[r.column] + r.text(where[i])
		}
	}
	texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
	if len(texts) == 0 {
		return anywhere
	}
	return strings.Join(texts, " and ")
}
