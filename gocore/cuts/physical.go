package cuts

import (
	"slices"
	"sort"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// File is what is known of a file of a table.
type File struct {
	// Range holds every key of the file; its ends are open where nothing is known.
	Range keyrange.Range
	// Rows and Bytes may be Unknown.
	Rows, Bytes int64
}

// Physical returns parts that hold every key once, cut where files begin: at the lower bound of each
// file, or, with a target, only where the files that begin before have about so many rows. However far
// the bounds lie from the keys, no row is lost or read twice: parts are ranges, not lists of files.
func Physical(files []File, target int64) []Part {
	starts := beginnings(files)
	if target > 0 {
		starts = merged(starts, files, target)
	}
	parts := make([]Part, len(starts))
	for i, lo := range starts {
		parts[i].Range.Lo = lo
		if i > 0 {
			parts[i-1].Range.Hi = lo
		}
	}
	// Nothing is below the first file, so that its part is open.
	parts[0].Range.Lo = ""
	weigh(parts, starts, files)
	return parts
}

// beginnings returns the lower bounds of the files, each once, at least one.
func beginnings(files []File) []keyrange.Key {
	starts := make([]keyrange.Key, 0, len(files)+1)
	for _, f := range files {
		starts = append(starts, f.Range.Lo)
	}
	if len(starts) == 0 {
		starts = append(starts, "")
	}
	slices.Sort(starts)
	return slices.Compact(starts)
}

// merged leaves out beginnings until each part has about the target. A file counts where it begins;
// one of which the rows are not known, as the target.
func merged(starts []keyrange.Key, files []File, target int64) []keyrange.Key {
	rows := make([]int64, len(starts))
	for _, f := range files {
		n := f.Rows
		if n == Unknown {
			n = target
		}
		rows[place(starts, f.Range.Lo)] += n
	}
	out := starts[:1:1]
	sum := rows[0]
	for i, n := range rows[1:] {
		if sum > 0 && sum+n > target {
			out = append(out, starts[i+1])
			sum = 0
		}
		sum += n
	}
	return out
}

// place is the last start that is not after k.
func place(starts []keyrange.Key, k keyrange.Key) int {
	return max(0, sort.Search(len(starts), func(i int) bool { return starts[i] > k })-1)
}

// weigh says what the parts hold. The rows of a part are known if every file that may reach into it
// lies in it whole; the bytes of a file are divided evenly among the parts that it may reach into.
func weigh(parts []Part, starts []keyrange.Key, files []File) {
	n := len(parts)
	rows, unknownRows := make([]int64, n), newSpans(n)
	bytes, unknownBytes := newSpans(n), newSpans(n)
	for _, f := range files {
		if f.Rows == 0 {
			continue
		}
		first, last := place(starts, f.Range.Lo), n-1
		if hi := f.Range.Hi; hi != "" {
			// The last part that begins before the file ends.
			last = max(first, sort.Search(n, func(i int) bool { return starts[i] >= hi })-1)
		}
		if f.Rows == Unknown || first != last {
			unknownRows.add(first, last, 1)
		} else {
			rows[first] += f.Rows
		}
		if f.Bytes == Unknown {
			unknownBytes.add(first, last, 1)
		} else {
			bytes.add(first, last, float64(f.Bytes)/float64(last-first+1))
		}
	}
	reach, size, dark := unknownRows.sums(), bytes.sums(), unknownBytes.sums()
	for i := range parts {
		parts[i].Rows, parts[i].Bytes = rows[i], int64(size[i]+0.5)
		if reach[i] > 0 {
			parts[i].Rows = Unknown
		}
		if dark[i] > 0 {
			parts[i].Bytes = Unknown
		}
	}
}

// spans adds numbers to ranges of positions, each in one step.
type spans []float64

func newSpans(n int) spans { return make(spans, n+1) }

func (s spans) add(first, last int, v float64) {
	s[first] += v
	s[last+1] -= v
}

func (s spans) sums() []float64 {
	out, sum := make([]float64, len(s)-1), 0.0
	for i := range out {
		sum += s[i]
		out[i] = sum
	}
	return out
}
