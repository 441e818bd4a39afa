package partition

import (
	"errors"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Partition is the values of an interval, or null.
type Partition[T any] struct {
	Label    string
	Interval interval.Interval[T]
	Null     bool
}

// NullLabel is the label of the partition of the rows without a value.
const NullLabel = "null"

// ErrUnbounded is the error for a region that lacks an end, or whose values cannot be
// listed.
var ErrUnbounded = errors.New("not bounded")

// TooManyError says that a region has more partitions than allowed.
type TooManyError struct{ Limit int }

// Error implements error.
func (e *TooManyError) Error() string { return fmt.Sprintf("more than %d partitions", e.Limit) }

// list collects partitions up to a limit.
type list[T any] struct {
	domain interval.Domain[T]
	limit  int
	parts  []Partition[T]
}

// add appends the values of an interval that are in its domain, if there are any. One
// value is both ends of its interval, also if it is the first or last of the domain.
func (l *list[T]) add(iv interval.Interval[T]) error {
	for _, iv := range interval.Of(l.domain, iv).Intervals() {
		if v, ok := point(l.domain, iv); ok {
			iv = interval.Interval[T]{Lo: interval.Incl(v), Hi: interval.Incl(v)}
		}
		if len(l.parts) >= l.limit {
			return &TooManyError{l.limit}
		}
		l.parts = append(l.parts, Partition[T]{Label: l.label(iv), Interval: iv})
	}
	return nil
}

func (l *list[T]) label(iv interval.Interval[T]) string {
	if v, ok := point(l.domain, iv); ok {
		return l.domain.Format(v)
	}
	return interval.Of(l.domain, iv).String()
}

// finish adds the partition of null.
func (l *list[T]) finish(null bool) ([]Partition[T], error) {
	if null {
		if len(l.parts) >= l.limit {
			return nil, &TooManyError{l.limit}
		}
		l.parts = append(l.parts, Partition[T]{Label: NullLabel, Null: true})
	}
	return l.parts, nil
}

// ends are the least and the greatest value of an interval, where it has them.
func ends[T any](d interval.Domain[T], iv interval.Interval[T]) (lo, hi interval.Endpoint[T]) {
	lo, hi = iv.Lo, iv.Hi
	if l, ok := d.(interval.LeastValued[T]); ok && lo.Kind == interval.Unbounded {
		lo = interval.Incl(l.Least())
	}
	if least, greatest, ok := d.Extremes(); ok {
		if lo.Kind == interval.Unbounded {
			lo = interval.Incl(least)
		}
		if hi.Kind == interval.Unbounded {
			hi = interval.Incl(greatest)
		}
	}
	return lo, hi
}

// point is the only value of an interval.
func point[T any](d interval.Domain[T], iv interval.Interval[T]) (T, bool) {
	lo, hi := ends(d, iv)
	one := lo.Kind == interval.Inclusive && hi.Kind == interval.Inclusive && d.Compare(lo.Value, hi.Value) == 0
	return lo.Value, one
}

// Values returns one partition for each value of a region. It fails with
// [ErrUnbounded] where they cannot be listed, as those between two floats, or those
// of integers without a bound.
func Values[T any](r bounds.Region[T], limit int) ([]Partition[T], error) {
	d := r.Values.Domain()
	l := list[T]{domain: d, limit: limit}
	for _, iv := range r.Values.Intervals() {
		if _, ok := point(d, iv); !ok && !listable(d, iv) {
			return nil, fmt.Errorf("partition: values of %s: %w", r, ErrUnbounded)
		}
		if err := l.addValues(iv); err != nil {
			return nil, err
		}
	}
	return l.finish(r.Null)
}

// addValues appends each value of an interval, which follow one another.
func (l *list[T]) addValues(iv interval.Interval[T]) error {
	lo, hi := ends(l.domain, iv)
	for v, more := lo.Value, true; more; {
		if err := l.add(interval.Interval[T]{Lo: interval.Incl(v), Hi: interval.Incl(v)}); err != nil {
			return err
		}
		if more = l.domain.Compare(v, hi.Value) < 0; more {
			v, more = l.domain.Next(v)
		}
	}
	return nil
}

// maxListed is how many values a domain has at most that is listed without a bound.
const maxListed = 1 << 16

// listable reports whether the values of an interval follow one another: it has both
// ends, or is all of a small domain such as the booleans.
func listable[T any](d interval.Domain[T], iv interval.Interval[T]) bool {
	lo, hi := ends(d, iv)
	if lo.Kind != interval.Inclusive || hi.Kind != interval.Inclusive {
		return false
	}
	next, ok := d.Next(lo.Value)
	if !ok || d.Compare(next, hi.Value) > 0 {
		return false
	}
	if iv.Lo.Kind != interval.Unbounded && iv.Hi.Kind != interval.Unbounded {
		return true
	}
	v := lo.Value
	for range maxListed {
		if v, ok = d.Next(v); !ok {
			return true
		}
	}
	return false
}

// Cuts returns the partitions of a region between cuts, each of which begins one:
// below the first, from each to the next, and from the last on. Cuts need not be
// sorted; a region may lack ends.
func Cuts[T any](r bounds.Region[T], cuts []T, limit int) ([]Partition[T], error) {
	d := r.Values.Domain()
	l := list[T]{domain: d, limit: limit}
	lo := interval.Endpoint[T]{}
	for _, cut := range sorted(d, cuts) {
		if err := l.addWithin(r, interval.Interval[T]{Lo: lo, Hi: interval.Excl(cut)}); err != nil {
			return nil, err
		}
		lo = interval.Incl(cut)
	}
	if err := l.addWithin(r, interval.Interval[T]{Lo: lo}); err != nil {
		return nil, err
	}
	return l.finish(r.Null)
}

// addWithin appends the hull of what a region has of an interval: the gaps in it have
// no rows.
func (l *list[T]) addWithin(r bounds.Region[T], iv interval.Interval[T]) error {
	hull, ok := r.Values.Intersect(interval.Of(l.domain, iv)).Hull()
	if !ok {
		return nil
	}
	return l.add(hull)
}
