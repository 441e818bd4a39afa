package prune

import (
	"bytes"
	"slices"
	"sort"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// filter is a column of the index with where it may lie.
type filter struct {
	column *indexed
	region region
}

// firstBudget is how many entries each filtered column may list before another
// one gets its turn; it doubles from round to round.
const firstBudget = 64

// search returns the files that may hold rows on which the predicate is true, in
// ascending order, and true when nothing in the index restricts them: all then.
func (x *index) search(predicate expr.Node) (files []int, all bool, err error) {
	var filters []filter
	for i := range x.columns {
		c := &x.columns[i]
		r, restricted := regionOf(predicate, c.name, c.typ)
		if !restricted {
			continue
		}
		if len(r.ranges) == 0 && !r.null && !r.nan {
			return nil, false, nil
		}
		filters = append(filters, filter{c, r})
	}
	if len(filters) == 0 {
		return nil, true, nil
	}
	lead, entries := leader(filters)
	for _, e := range entries {
		if e >= x.entries {
			return nil, false, malformed("an entry lies outside")
		}
		if !x.holds(filters, lead, e) {
			continue
		}
		file := u32At(x.fileOf, e)
		if file >= x.files {
			return nil, false, malformed("an entry has no file")
		}
		files = append(files, file)
	}
	slices.Sort(files)
	return slices.Compact(files), false, nil
}

// leader returns the filter with the fewest entries, or nearly, and those
// entries; it looks at no more than twice as many of any other.
func leader(filters []filter) (lead int, entries []int) {
	for budget := firstBudget; ; budget *= 2 {
		for i, f := range filters {
			l := listing{column: f.column, left: budget}
			if l.list(f.region) {
				return i, l.found
			}
		}
	}
}

// holds reports whether an entry may satisfy all filters but the one that led to it.
func (x *index) holds(filters []filter, lead, entry int) bool {
	for i, f := range filters {
		if i != lead && !f.admits(entry) {
			return false
		}
	}
	return true
}

func (f filter) admits(entry int) bool {
	flags := f.column.flags[entry]
	if flags&flagUnknown != 0 || f.region.null && flags&flagNull != 0 || f.region.nan && flags&flagNaN != 0 {
		return true
	}
	place := u32At(f.column.places, entry)
	return place < f.column.least.len() && f.region.meets(f.column.least.at(place), f.column.greatest.at(place))
}

// listing collects the entries of a column that a region admits, until there are
// more than it may.
type listing struct {
	column *indexed
	left   int
	found  []int
}

// list reports whether all entries were found.
func (l *listing) list(r region) bool {
	c := l.column
	ok := l.addAll(c.unknown) && (!r.null || l.addAll(c.null)) && (!r.nan || l.addAll(c.nan))
	from := 0
	for _, k := range r.ranges {
		if !ok {
			return false
		}
		// Entries that begin in an earlier range, or before its end, were met there.
		to := c.least.len()
		if k.hi != nil {
			to = sort.Search(to, func(i int) bool { return bytes.Compare(c.least.at(i), k.hi) > 0 })
		}
		ok = l.listRange(from, to, k.lo)
		from = to
	}
	return ok
}

func (l *listing) addAll(entries []byte) bool {
	n := len(entries) / 4
	if n > l.left {
		return false
	}
	for i := range n {
		l.found = append(l.found, u32At(entries, i))
	}
	l.left -= n
	return true
}

// listRange adds the entries at the places from..to whose greatest key is lo at
// least.
func (l *listing) listRange(from, to int, lo []byte) bool {
	// The levels of the tree, from the keys themselves upwards.
	levels := []keys{l.column.greatest}
	rest := l.column.tree.b
	for n := l.column.greatest.len(); n > fanout; {
		n = (n + fanout - 1) / fanout
		levels = append(levels, keys{rest[:n*l.column.width], l.column.width})
		rest = rest[n*l.column.width:]
	}
	top := len(levels) - 1
	return l.descend(levels, top, 0, levels[top].len(), from, to, lo)
}

// descend looks at the nodes first..last of one level, of which those count that
// stand for places between from and to.
func (l *listing) descend(levels []keys, level, first, last, from, to int, lo []byte) bool {
	span := 1
	for range level {
		span *= fanout
	}
	first, last = max(first, from/span), min(last, (to+span-1)/span)
	for i := first; i < last; i++ {
		if lo != nil && bytes.Compare(levels[level].at(i), lo) < 0 {
			continue
		}
		if level > 0 {
			end := min((i+1)*fanout, levels[level-1].len())
			if !l.descend(levels, level-1, i*fanout, end, from, to, lo) {
				return false
			}
			continue
		}
		if l.left == 0 {
			return false
		}
		l.found = append(l.found, u32At(l.column.order, i))
		l.left--
	}
	return true
}
