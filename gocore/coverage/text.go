package coverage

import (
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// maxPieces is how many intervals of a set a message writes out.
const maxPieces = 3

// describe writes what follows the name of a column: " in [5, 7]", " = 5",
// " in {2} ∪ [5, 7] or null", " = null".
func describe[T any](s interval.Set[T], null bool) string {
	var pieces []string
	d := s.Domain()
	intervals := s.Intervals()
	for _, iv := range intervals[:min(len(intervals), maxPieces)] {
		piece := interval.Of(d, iv).String()
		if v, ok := onlyValue(d, iv); ok {
			if len(intervals) == 1 && !null {
				return " = " + d.Format(v)
			}
			piece = "{" + d.Format(v) + "}"
		}
		pieces = append(pieces, piece)
	}
	if len(intervals) > maxPieces {
		pieces = append(pieces, "…")
	}
	switch {
	case len(pieces) == 0:
		return " = null"
	case null:
		return " in " + strings.Join(pieces, " ∪ ") + " or null"
	}
	return " in " + strings.Join(pieces, " ∪ ")
}

// onlyValue returns the value of an interval that holds one. At an extreme of the
// domain such an interval is unbounded: {NaN} is [NaN, ∞).
func onlyValue[T any](d interval.Domain[T], iv interval.Interval[T]) (T, bool) {
	least, greatest, both := d.Extremes()
	if l, ok := d.(interval.LeastValued[T]); ok && iv.Lo.Kind == interval.Unbounded {
		iv.Lo = interval.Incl(l.Least())
	}
	if both && iv.Lo.Kind == interval.Unbounded {
		iv.Lo = interval.Incl(least)
	}
	if both && iv.Hi.Kind == interval.Unbounded {
		iv.Hi = interval.Incl(greatest)
	}
	one := iv.Lo.Kind == interval.Inclusive && iv.Hi.Kind == interval.Inclusive &&
		d.Compare(iv.Lo.Value, iv.Hi.Value) == 0
	return iv.Lo.Value, one
}
