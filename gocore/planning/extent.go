package planning

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/partition"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// settled is where a column lies by filters and by the statistics of files, and false if
// there are no statistics.
func settled[T any](r *plan.Request, column string, k kind[T]) (bounds.Region[T], bool) {
	known := false
	plan.Walk(r.Root, func(n plan.Node) {
		scan, ok := n.(*plan.Scan)
		known = known || ok && len(scan.Extents) > 0
	})
	if !known {
		return bounds.Region[T]{}, false
	}
	return bounds.PlanFrom(r.Root, column, k.axis, k.leaf).Region, true
}

// leaf implements [bounds.Leaf]. What cannot be read may be anything.
func (k kind[T]) leaf(scan *plan.Scan, column string) (bounds.Region[T], bool) {
	at := slices.IndexFunc(scan.Extents, func(e plan.Extent) bool {
		return e.Column == column && axes.Parse(e.Type).Same(k.typ)
	})
	if at < 0 {
		return bounds.Region[T]{}, false
	}
	e := scan.Extents[at]
	ivs := make([]interval.Interval[T], len(e.Ranges))
	for i, text := range e.Ranges {
		iv, ok := k.span(text[0], text[1])
		if !ok {
			return bounds.Region[T]{}, false
		}
		ivs[i] = iv
	}
	return bounds.Region[T]{Values: interval.Of(k.axis.Domain(), ivs...), Null: e.Null}, true
}

// inhabited leaves out the partitions that have no rows by the statistics of files, and
// says how many they are.
func inhabited[T any](
	r *plan.Request, k kind[T], parts []partition.Partition[T],
) (kept []partition.Partition[T], empty int) {
	region, ok := settled(r, r.Column, k)
	if !ok {
		return parts, 0
	}
	kept = slices.DeleteFunc(slices.Clone(parts), func(p partition.Partition[T]) bool {
		if p.Null {
			return !region.Null
		}
		return !region.Values.Meets(p.Interval)
	})
	return kept, len(parts) - len(kept)
}

// dropEmptyPeriods is inhabited for calendar periods, and for that of null dates.
func (a *Answer) dropEmptyPeriods(r *plan.Request) {
	region, ok := settled(r, r.Column, moments(axes.Parse(r.Type.String())))
	if !ok {
		return
	}
	before := len(a.Periods)
	a.Periods = slices.DeleteFunc(a.Periods, func(p Period) bool {
		return !region.Values.Meets(interval.Interval[int64]{Lo: interval.Incl(p.Start), Hi: interval.Excl(p.End)})
	})
	a.Empty = before - len(a.Periods)
	if a.Nulls && !region.Null {
		a.Nulls = false
		a.Empty++
	}
}
