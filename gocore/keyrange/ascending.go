package keyrange

import "bytes"

// Ascending reports whether, of rows from a first one on, none has a key below that of the row before it:
// of as many rows as ties has, which is overwritten.
func (b Batch) Ascending(ties []bool, from int) bool {
	for i := range ties {
		ties[i] = true
	}
	for _, c := range b.columns {
		if !c.ascending(ties, from) {
			return false
		}
	}
	return true
}

func (c fixed) ascending(ties []bool, from int) bool {
	if c.bits == 128 {
		return ascending(ties, func(i int) int { return c.value(from + i - 1).compare(c.value(from + i)) })
	}
	var before uint64
	for i := range ties {
		v := c.at(from+i).lo ^ c.flip.lo
		if i > 0 && ties[i] {
			if v < before {
				return false
			}
			ties[i] = v == before
		}
		before = v
	}
	return true
}

func (c bitmap) ascending(ties []bool, from int) bool {
	return ascending(ties, func(i int) int { return int(c.at(from+i-1)) - int(c.at(from+i)) })
}

func (c texts) ascending(ties []bool, from int) bool {
	return ascending(ties, func(i int) int { return bytes.Compare(c.at(from+i-1), c.at(from+i)) })
}

func (c views) ascending(ties []bool, from int) bool {
	return ascending(ties, func(i int) int {
		// Rows that are next to one another often have the same text.
		if row := from + i; [viewSize]byte(c.views[viewSize*(row-1):]) != [viewSize]byte(c.views[viewSize*row:]) {
			return bytes.Compare(c.at(row-1), c.at(row))
		}
		return 0
	})
}

// ascending compares rows with those before them, where ties says that all columns so far are equal, and
// notes where this one is as well.
func ascending(ties []bool, compareBefore func(i int) int) bool {
	for i := 1; i < len(ties); i++ {
		if !ties[i] {
			continue
		}
		order := compareBefore(i)
		if order > 0 {
			return false
		}
		ties[i] = order == 0
	}
	return true
}
