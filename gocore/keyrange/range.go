package keyrange

import "fmt"

// Range is the keys k with Lo <= k < Hi. An empty Lo leaves it open below, an empty Hi above:
//
//	Range{}                        every key
//	Range{Lo: k}                   k and all after it
//	Range{Lo: k, Hi: k.After()}    the keys that begin with the tuple k, which is k itself if that is whole
type Range struct{ Lo, Hi Key }

// NewRange returns the keys from lo on and before hi, and fails if there can be none.
func NewRange(lo, hi Key) (Range, error) {
	r := Range{lo, hi}
	if r.Empty() {
		return Range{}, fmt.Errorf("keyrange: the lower end is not below the upper end: %w", ErrRange)
	}
	return r, nil
}

// Through returns the keys from the tuple lo through the tuple hi, and those that begin with hi. An
// empty tuple leaves the side open.
func Through(lo, hi Key) (Range, error) {
	if hi == "" {
		return NewRange(lo, hi)
	}
	return NewRange(lo, hi.After())
}

// Empty reports whether the ends leave no key between them.
func (r Range) Empty() bool { return r.Hi != "" && r.Lo >= r.Hi }

// Contains reports whether k is in r.
func (r Range) Contains(k Key) bool { return r.Lo <= k && (r.Hi == "" || k < r.Hi) }

// Intersect returns the keys that are in both. It may be empty.
func (r Range) Intersect(o Range) Range {
	return Range{max(r.Lo, o.Lo), lowerEnd(r.Hi, o.Hi)}
}

// Disjoint reports whether no key is in both.
func (r Range) Disjoint(o Range) bool {
	return r.Empty() || o.Empty() || r.Intersect(o).Empty()
}

// Adjacent reports whether one begins where the other ends, so that together they are one range and
// no key is in both.
func (r Range) Adjacent(o Range) bool {
	return !r.Empty() && !o.Empty() && (r.Hi != "" && r.Hi == o.Lo || o.Hi != "" && o.Hi == r.Lo)
}

// Covers reports whether every key of o is in r.
func (r Range) Covers(o Range) bool {
	return o.Empty() || r.Lo <= o.Lo && (r.Hi == "" || o.Hi != "" && o.Hi <= r.Hi)
}

// Split cuts r at keys, which may come in any order and lie anywhere: the parts are sorted and not
// empty, and hold every key of r once.
func (r Range) Split(at ...Key) []Range {
	if r.Empty() {
		return nil
	}
	parts := []Range{r}
	for _, k := range sorted(at) {
		last := &parts[len(parts)-1]
		if k > last.Lo && (last.Hi == "" || k < last.Hi) {
			parts = append(parts, Range{k, last.Hi})
			parts[len(parts)-2].Hi = k
		}
	}
	return parts
}

// lowerEnd is the lower of two upper ends, of which an empty one is above all.
func lowerEnd(a, b Key) Key {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// upperEnd is the upper of two upper ends.
func upperEnd(a, b Key) Key {
	if a == "" || b == "" {
		return ""
	}
	return max(a, b)
}
