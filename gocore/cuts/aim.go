package cuts

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// Unknown stands for a number of rows or bytes that nobody knows.
const Unknown = -1

// Part is a range of keys of a table, and what is in it.
type Part struct {
	Range keyrange.Range
	// Rows is exact, or Unknown; Bytes is an estimate, or Unknown.
	Rows, Bytes int64
}

// Aim says how many parts there are to be: Parts of them, or as many as hold at most Rows each.
type Aim struct{ Parts, Rows int64 }

// MostParts is how many parts a table is cut into at most.
const MostParts = 1 << 20

// ranks returns how many rows are to lie before each cut of a number of rows: ascending, none of them
// all rows or no row.
func (a Aim) ranks(total int64) ([]int64, error) {
	n := a.Parts
	if n == 0 {
		n = total/a.Rows + min(1, total%a.Rows)
	}
	if n > MostParts {
		return nil, fmt.Errorf("cuts: %d parts, at most %d: %w", n, MostParts, ErrAim)
	}
	n = min(n, total)
	var out []int64
	for i := int64(1); i < n; i++ {
		// total*i/n, without overflow.
		out = append(out, total/n*i+total%n*i/n)
	}
	return out, nil
}

// Cut is a key that begins a part.
type Cut struct {
	Key keyrange.Key
	// Rank is how many rows have lower keys, or Unknown.
	Rank int64
}

// Parts returns the parts between cuts, in any order, of a table with a number of rows, or Unknown.
// Cuts that leave nothing on one side are left out.
func Parts(cuts []Cut, total int64) []Part {
	cuts = slices.Clone(cuts)
	// Of two at one key, the one whose rank is known comes first.
	slices.SortStableFunc(cuts, func(a, b Cut) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(b.Rank, a.Rank)) })
	parts := []Part{{Bytes: Unknown}}
	before := int64(0)
	for _, c := range cuts {
		last := &parts[len(parts)-1]
		if c.Key == last.Range.Lo || c.Rank == 0 || total != Unknown && c.Rank == total {
			continue
		}
		last.Range.Hi = c.Key
		last.Rows = difference(before, c.Rank)
		before = c.Rank
		parts = append(parts, Part{Range: keyrange.Range{Lo: c.Key}, Bytes: Unknown})
	}
	parts[len(parts)-1].Rows = difference(before, total)
	return parts
}

func difference(before, after int64) int64 {
	if before == Unknown || after == Unknown {
		return Unknown
	}
	return after - before
}
