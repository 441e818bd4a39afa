package coverage

import "fmt"

// Box is what one partition selects: the rows whose values lie in a space on every
// column.
type Box struct {
	// Spaces has one space for each column that [Examine] is told of, and none
	// beyond. What is left out at the end is no condition, as the zero Space is.
	Spaces []Space

	// Exact is whether the partition selects all rows of the box. If it is false,
	// it selects some that are not known.
	Exact bool
}

// on returns the space on a column.
func (b Box) on(column int) Space {
	if column < len(b.Spaces) {
		return b.Spaces[column]
	}
	return Space{}
}

// Finding is what is known of a list of partitions.
type Finding struct {
	Overlap Verdict // whether a row may be in two partitions
	Gap     Verdict // whether a row may be in none
}

// Verdict is the answer to one question.
type Verdict struct {
	Answer Answer

	// Why is an example of what was found, or what keeps the answer from being
	// known: a sentence without a capital and a full stop.
	Why string

	// Partitions are those that Why speaks of, as positions in the list.
	Partitions []int
}

// String is the answer, with the reason where there is one:
// "found: partitions 0 and 3 share id in [5, 7]".
func (v Verdict) String() string {
	if v.Why == "" {
		return v.Answer.String()
	}
	return v.Answer.String() + ": " + v.Why
}

// Answer says if something is there.
type Answer uint8

const (
	// Unknown is that neither could be proved.
	Unknown Answer = iota
	// None is the proof that it is nowhere.
	None
	// Found is the proof that the predicates make it possible, whether or not the
	// data has such a row.
	Found
)

func (a Answer) String() string {
	switch a {
	case Unknown:
		return "unknown"
	case None:
		return "none"
	case Found:
		return "found"
	}
	return fmt.Sprintf("Answer(%d)", uint8(a))
}
