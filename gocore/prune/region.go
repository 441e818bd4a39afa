package prune

import (
	"bytes"
	"sort"

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
	switch t.family {
	case temporal:
		axis, ok := bounds.NewTemporal(t.wire)
		return find[int64](predicate, column, axis, int64Key, ok)
	case integer:
		return find(predicate, column, t.integers(), int128Key, true)
	case decimal:
		return find(predicate, column, t.decimals(), int128Key, true)
	case float:
		axis := t.floats()
		r, ok := find(predicate, column, axis, floatKey, true)
		r.nan = r.nan || ok && holdsTop(r.ranges)
		return r, ok
	case text:
		return find(predicate, column, t.texts(), textKey, true)
	case boolean:
		return find(predicate, column, t.booleans(), boolKey, true)
	case unordered:
	}
	return region{}, false
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
	predicate expr.Node, column string, axis bounds.Axis[T], key func(T) []byte, known bool,
) (region, bool) {
	if !known {
		return region{}, false
	}
	where := bounds.Predicate(predicate, column, axis).True
	if where.IsEverything() {
		return region{}, false
	}
	r := region{null: where.Null}
	for _, iv := range where.Values.Intervals() {
		k := keyRange{endKey(iv.Lo, key), endKey(iv.Hi, key)}
		// Neighbours may share a key, of which the searched ranges hold each once.
		if n := len(r.ranges); n > 0 && bytes.Compare(r.ranges[n-1].hi, k.lo) >= 0 {
			r.ranges[n-1].hi = k.hi
			continue
		}
		r.ranges = append(r.ranges, k)
	}
	return r, true
}

// endKey is the key of one end, which counts as inclusive: a key more is at most
// a file too many.
func endKey[T any](e interval.Endpoint[T], key func(T) []byte) []byte {
	if e.Kind == interval.Unbounded {
		return nil
	}
	return key(e.Value)
}

// meets reports whether a range holds a key between least and greatest.
func (r region) meets(least, greatest []byte) bool {
	i := sort.Search(len(r.ranges), func(i int) bool {
		hi := r.ranges[i].hi
		return hi == nil || bytes.Compare(hi, least) >= 0
	})
	return i < len(r.ranges) && (r.ranges[i].lo == nil || bytes.Compare(r.ranges[i].lo, greatest) <= 0)
}
