package calendar

import (
	"fmt"
	"strings"
)

// Unit is a calendar unit: what one period is at most.
type Unit uint8

// The units, from the finest to the coarsest.
const (
	Daily Unit = iota
	Monthly
	Yearly
)

// unitRow is all that is known of a unit; a new unit is a constant and a row, in order of length.
//
// A unit is a run of slots, which are days, or equal parts of a day when slotsPerDay is above one
// (then it must divide the ticks of a day, and Count has to refuse Days). The units are numbered
// in order and without gaps: index is the number of the unit that holds a slot, and firstSlot is
// its inverse, the first slot of a unit.
type unitRow struct {
	name        string
	slotsPerDay int64
	index       func(slot int64) int64
	firstSlot   func(index int64) int64
	label       func(index int64) string
}

var units = [...]unitRow{
	Daily: {
		name:        "daily",
		slotsPerDay: 1,
		index:       func(day int64) int64 { return day },
		firstSlot:   func(index int64) int64 { return index },
		label:       formatDay,
	},
	Monthly: {
		name:        "monthly",
		slotsPerDay: 1,
		index: func(day int64) int64 {
			y, m, _ := civil(day)
			return 12*y + m - 1
		},
		firstSlot: func(index int64) int64 {
			y := floorDiv(index, 12)
			return daysFromCivil(y, index-12*y+1, 1)
		},
		label: func(index int64) string {
			y := floorDiv(index, 12)
			return formatMonth(y, index-12*y+1)
		},
	},
	Yearly: {
		name:        "yearly",
		slotsPerDay: 1,
		index: func(day int64) int64 {
			y, _, _ := civil(day)
			return y
		},
		firstSlot: func(index int64) int64 { return daysFromCivil(index, 1, 1) },
		label:     formatYear,
	},
}

func (u Unit) known() bool { return int(u) < len(units) }

// String returns the name that ParseUnit understands.
func (u Unit) String() string {
	if !u.known() {
		return fmt.Sprintf("Unit(%d)", uint8(u))
	}
	return units[u].name
}

// Coarser returns the next longer unit, and false when there is none.
func (u Unit) Coarser() (Unit, bool) {
	if c := u + 1; u.known() && c.known() {
		return c, true
	}
	return u, false
}

// ParseUnit returns the unit of a name such as "monthly". For another name it returns an error
// that is [ErrUnknownUnit], lists the names, and points out the nearest one if it is near enough.
func ParseUnit(s string) (Unit, error) {
	names := make([]string, len(units))
	for i, row := range units {
		if row.name == s {
			return Unit(i), nil
		}
		names[i] = row.name
	}
	hint := ""
	if name, ok := nearest(strings.ToLower(s), names); ok {
		hint = fmt.Sprintf("; did you mean %q?", name)
	}
	list := strings.Join(names, ", ")
	return 0, fmt.Errorf("calendar: %w %q: the units are %s%s", ErrUnknownUnit, s, list, hint)
}

// nearest returns the name that the fewest edits make of s, and false when that takes more than
// two: "weekly" is three edits from "yearly", and no slip of the keyboard.
func nearest(s string, names []string) (string, bool) {
	best, fewest := "", 3
	for _, name := range names {
		if n := edits(s, name); n < fewest {
			best, fewest = name, n
		}
	}
	return best, best != ""
}

// edits returns the Levenshtein distance of a and b in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1) // the distances of a[:i] to each b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
