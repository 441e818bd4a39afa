package cuts

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// Spot is a row of a file: the key there begins a part.
type Spot struct {
	File int
	Row  int64
	// Rank is how many rows lie before the row, in all files.
	Rank int64
}

// Spots returns the rows at which to cut a table into equal parts, without reading keys: that needs
// files that are sorted, do not overlap, and have a known number of rows. A key may end a file and begin
// the next. If keys repeat, rows with the key of a spot may lie before it, in files before as well. The
// text says why there are no spots, if it is not empty.
func Spots(schema keyrange.Schema, files []File, aim Aim) (spots []Spot, total int64, why string, err error) {
	order := make([]int, 0, len(files))
	for i, f := range files {
		if f.Rows == Unknown {
			return nil, 0, fmt.Sprintf("file %d has an unknown number of rows", i), nil
		}
		if f.Rows > 0 {
			order = append(order, i)
			total += f.Rows
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := files[i].Range, files[j].Range
		return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi))
	})
	for i := 1; i < len(order); i++ {
		a, b := files[order[i-1]].Range, files[order[i]].Range
		if a.Hi == "" || a.Hi > b.Lo && !touch(a, b, schema) {
			return nil, 0, fmt.Sprintf("files %d and %d may overlap", order[i-1], order[i]), nil
		}
	}
	ends := make([]int64, len(order))
	sum := int64(0)
	for i, file := range order {
		sum += files[file].Rows
		ends[i] = sum
	}
	ranks, err := aim.ranks(total)
	for _, r := range ranks {
		i := sort.Search(len(ends), func(i int) bool { return ends[i] > r })
		file := order[i]
		spots = append(spots, Spot{file, r - (ends[i] - files[file].Rows), r})
	}
	return spots, total, "", err
}

// touch reports whether the last key that may be in one range is the first of the other. The values of
// some columns only are no key: many may begin with them.
func touch(a, b keyrange.Range, schema keyrange.Schema) bool {
	if a.Hi != b.Lo.After() {
		return false
	}
	first, err := schema.Decode(b.Lo)
	return err == nil && len(first) == len(schema)
}
