package keyrange

import (
	"cmp"
	"slices"
)

func sorted(keys []Key) []Key {
	out := slices.Clone(keys)
	slices.Sort(out)
	return out
}

// Normalize returns the keys of all ranges as ranges that are sorted, not empty and do not touch.
func Normalize(ranges []Range) []Range {
	var out []Range
	for _, r := range byLo(ranges) {
		if n := len(out); n > 0 && (out[n-1].Hi == "" || r.Lo <= out[n-1].Hi) {
			out[n-1].Hi = upperEnd(out[n-1].Hi, r.Hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

// byLo returns the ranges that are not empty, by their lower ends.
func byLo(ranges []Range) []Range {
	out := slices.DeleteFunc(slices.Clone(ranges), Range.Empty)
	slices.SortFunc(out, func(a, b Range) int { return cmp.Compare(a.Lo, b.Lo) })
	return out
}

// Union returns the keys that are in any range of a or b.
func Union(a, b []Range) []Range { return Normalize(slices.Concat(a, b)) }

// Intersect returns the keys that are in a range of a and in one of b.
func Intersect(a, b []Range) []Range {
	a, b = Normalize(a), Normalize(b)
	var out []Range
	for len(a) > 0 && len(b) > 0 {
		if r := a[0].Intersect(b[0]); !r.Empty() {
			out = append(out, r)
		}
		// What ends first meets nothing more.
		if end := lowerEnd(a[0].Hi, b[0].Hi); end == a[0].Hi {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}

// Complement returns the keys that are in no range.
func Complement(ranges []Range) []Range {
	var out []Range
	at := Key("")
	for _, r := range Normalize(ranges) {
		if at < r.Lo {
			out = append(out, Range{at, r.Lo})
		}
		if at = r.Hi; at == "" {
			return out
		}
	}
	return append(out, Range{Lo: at})
}

// Subtract returns the keys that are in a range of a and in none of b.
func Subtract(a, b []Range) []Range { return Intersect(a, Complement(b)) }

// Cover says what is wrong with a list of ranges that is to hold every key of whole exactly once.
type Cover struct {
	Gaps     []Range // keys of whole that are in no range
	Overlaps []Range // keys that are in more than one
	Outside  []Range // keys of ranges that are not in whole
}

// Exact reports whether nothing is wrong.
func (c Cover) Exact() bool { return len(c.Gaps)+len(c.Overlaps)+len(c.Outside) == 0 }

// Examine compares ranges, in any order, with the range that they are to cover.
func Examine(whole Range, ranges []Range) Cover {
	var overlaps []Range
	var reach Range // from the first lower end up to the highest upper end so far
	for i, r := range byLo(ranges) {
		if i == 0 {
			reach = r
			continue
		}
		if both := reach.Intersect(r); !both.Empty() {
			overlaps = append(overlaps, both)
		}
		// A gap between the two holds nothing that comes later, since lower ends ascend.
		reach.Hi = upperEnd(reach.Hi, r.Hi)
	}
	all := []Range{whole}
	return Cover{
		Gaps:     Subtract(all, ranges),
		Overlaps: Normalize(overlaps),
		Outside:  Subtract(ranges, all),
	}
}
