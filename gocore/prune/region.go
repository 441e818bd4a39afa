package prune

import (
	"bytes"
	"slices"
	"sort"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// keyRange is the keys from lo to hi, both included; nil is no limit.
type keyRange struct{ lo, hi []byte }

// region is where a column may lie on the rows that are looked for: sorted,
// disjoint ranges of keys, null, and NaN.
type region struct {
	ranges    []keyRange
	null, nan bool
}

// regionOf is where the column may lie when the predicate is true, and false when
// that is anywhere.
func regionOf(predicate expr.Node, column string, t columnType) (region, bool) {
	switch t.Family {
	case axes.Temporal:
		axis, ok := bounds.NewTemporal(t.Wire)
		if !ok {
			return region{}, false
		}
		return find[int64](predicate, column, axis, int64Key, exactKeys)
	case axes.Integer:
		return find(predicate, column, t.Integers(), int128Key, exactKeys)
	case axes.Decimal:
		return find(predicate, column, t.Decimals(), int128Key, exactKeys)
	case axes.Float:
		r, ok := find(predicate, column, t.Floats(), floatKey, exactKeys)
		r.nan = ok && holdsTop(r.ranges)
		return r, ok
	case axes.Text:
		return find(predicate, column, t.Texts(), textKey, textKeys)
	case axes.Boolean:
		return find(predicate, column, t.Booleans(), boolKey, exactKeys)
	case axes.Label:
		return labelled(predicate, column, t)
	case axes.Unordered:
	}
	return region{}, false
}

// labelled is where an enumeration may lie: statistics of files are of the texts of its
// labels, in the order of texts.
func labelled(predicate expr.Node, column string, t columnType) (region, bool) {
	where := bounds.Predicate(predicate, column, t.Positions()).True
	if where.IsEverything() {
		return region{}, false
	}
	var texts []string
	for i, label := range t.Labels {
		if where.Values.Contains(int64(i)) {
			texts = append(texts, label)
		}
	}
	slices.Sort(texts)
	r := region{null: where.Null}
	for _, text := range texts {
		k := textKey(text)
		if n := len(r.ranges); n == 0 || !bytes.Equal(r.ranges[n-1].hi, k) {
			r.ranges = append(r.ranges, keyRange{k, k})
		}
	}
	return r, true
}

// holdsTop reports whether the last range reaches NaN, the greatest float.
func holdsTop(ranges []keyRange) bool {
	if len(ranges) == 0 {
		return false
	}
	hi := ranges[len(ranges)-1].hi
	return hi == nil || bytes.Equal(hi, bytes.Repeat([]byte{0xff}, len(hi)))
}

func find[T any](
	predicate expr.Node, column string, axis bounds.Axis[T], key func(T) []byte, kind keyKind,
) (region, bool) {
	where := bounds.Predicate(predicate, column, axis).True
	if where.IsEverything() {
		return region{}, false
	}
	r := region{null: where.Null}
	for _, iv := range where.Values.Intervals() {
		k := keyRange{lowKey(iv.Lo, key, kind), highKey(iv.Hi, key, kind)}
		if k.lo != nil && k.hi != nil && bytes.Compare(k.lo, k.hi) > 0 {
			continue // nothing lies between two neighbours
		}
		// Neighbours may share a key, of which the searched ranges hold each once.
		if n := len(r.ranges); n > 0 && bytes.Compare(r.ranges[n-1].hi, k.lo) >= 0 {
			r.ranges[n-1].hi = k.hi
			continue
		}
		r.ranges = append(r.ranges, k)
	}
	return r, true
}

// keyKind says what follows when a value has the same key as an end that does not
// belong to its interval.
type keyKind uint8

const (
	exactKeys keyKind = iota // it is the value of the end, and lies outside
	textKeys                 // it may begin with the text of the end, and come after it
)

func lowKey[T any](e interval.Endpoint[T], key func(T) []byte, kind keyKind) []byte {
	if e.Kind == interval.Unbounded {
		return nil
	}
	k := key(e.Value)
	if e.Kind == interval.Exclusive && kind == exactKeys {
		return step(k, +1)
	}
	return k
}

// highKey leaves out the key of an excluded text if no smaller text has it too:
// if it fits whole, and no zero byte at its end looks like the padding.
func highKey[T any](e interval.Endpoint[T], key func(T) []byte, kind keyKind) []byte {
	if e.Kind == interval.Unbounded {
		return nil
	}
	k := key(e.Value)
	if e.Kind != interval.Exclusive {
		return k
	}
	if s, ok := any(e.Value).(string); kind == textKeys && (!ok || s == "" || len(s) > textWidth || s[len(s)-1] == 0) {
		return k
	}
	return step(k, -1)
}

// step returns the next key, or the one before; the last one in that direction is
// its own neighbour.
func step(key []byte, by int) []byte {
	next := bytes.Clone(key)
	for i := len(next) - 1; i >= 0; i-- {
		next[i] += byte(by)
		if by > 0 && next[i] != 0 || by < 0 && next[i] != 0xff {
			return next
		}
	}
	return key
}

// meets reports whether a range holds a key between least and greatest.
func (r region) meets(least, greatest []byte) bool {
	i := sort.Search(len(r.ranges), func(i int) bool {
		hi := r.ranges[i].hi
		return hi == nil || bytes.Compare(hi, least) >= 0
	})
	return i < len(r.ranges) && (r.ranges[i].lo == nil || bytes.Compare(r.ranges[i].lo, greatest) <= 0)
}
