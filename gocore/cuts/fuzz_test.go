package cuts_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/cuts"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// FuzzTally compares the cuts of keys, in batches of any lengths, with all keys sorted. Each byte is a key,
// its sign and value those of the columns of a key of two.
func FuzzTally(f *testing.F) {
	f.Add([]byte("abcdefghijklmnopqrstuvwxyz"), uint8(4), uint8(0), false)      // one sorted run
	f.Add([]byte("adgjbehkcfilabcdefghijkl"), uint8(5), uint8(6), true)         // sorted runs, little room
	f.Add([]byte("zyxwvutsrqponmlkjihgfedcba"), uint8(3), uint8(2), false)      // no two rows ascend
	f.Add([]byte("aaaaaaaaaaaabaaaaaaaaaaaaaaac"), uint8(9), uint8(4), false)   // ties that hold several cuts
	f.Add([]byte("\x00\xff\x80\x7f\x00\xff\x80\x7f"), uint8(2), uint8(3), true) // the ends
	f.Add([]byte{}, uint8(1), uint8(0), true)                                   // no rows
	one, two := schemaOf(f, "int64"), schemaOf(f, "string", "int64")
	f.Fuzz(func(t *testing.T, data []byte, parts, room uint8, composite bool) {
		s, n := one, 1+int(parts)
		if composite {
			s = two
		}
		tally, err := cuts.New(s, cuts.Aim{Parts: int64(n)})
		if err != nil {
			t.Fatal(err)
		}
		tally.Keep(int(room))
		var batches []keyrange.Batch
		var keys []keyrange.Key
		for rest := data; len(rest) > 0; {
			// Lengths from 1 to 64, by the data.
			size := min(len(rest), 1+int(rest[0])%64)
			piece := rest[:size]
			b := batchOf(t, s, size, func(column, row int) int64 {
				if len(s) == 2 && column == 0 {
					return int64(piece[row] >> 6)
				}
				return int64(piece[row])
			})
			batches, keys, rest = append(batches, b), append(keys, keysOf(b)...), rest[size:]
		}
		slices.Sort(keys)
		pass := run(t, tally, batches, nil)
		if got, want := show(cuts.Parts(pass.Cuts, pass.Total)), want(keys, n); got != want || pass.Total != int64(len(data)) {
			t.Errorf("%d parts of %v:\n%s\n%s", n, data, got, want)
		}
	})
}

// FuzzSpots: each spot is the row that has its rank among all rows, in the order of the files.
func FuzzSpots(f *testing.F) {
	f.Add([]byte{3, 0, 5, 1, 7}, uint8(4)) // in order
	f.Add([]byte{0, 0, 0}, uint8(3))       // no rows
	f.Add([]byte{1}, uint8(200))           // more parts than rows
	f.Add([]byte{200, 200}, uint8(0))      // one part
	f.Fuzz(func(t *testing.T, rows []byte, parts uint8) {
		rows = rows[:min(len(rows), 200)]
		// Given backwards, so that their order is not that of the keys.
		files := make([]cuts.File, len(rows))
		type place struct {
			file int
			row  int64
		}
		var all []place
		for i, n := range rows {
			at := len(rows) - 1 - i
			lo := keyrange.Key(fmt.Sprintf("%03d", i))
			files[at] = cuts.File{Range: keyrange.Range{Lo: lo, Hi: lo.After()}, Rows: int64(n)}
			for row := range int64(n) {
				all = append(all, place{at, row})
			}
		}
		n := 1 + int64(parts)
		spots, total, why, err := cuts.Spots(nil, files, cuts.Aim{Parts: n})
		if err != nil || why != "" || total != int64(len(all)) {
			t.Fatalf("%v: %d rows, %q, %v", rows, total, why, err)
		}
		if want := max(0, min(n, total)-1); int64(len(spots)) != want {
			t.Fatalf("%v in %d parts: %d spots, not %d", rows, n, len(spots), want)
		}
		before := int64(0)
		for i, s := range spots {
			if all[s.Rank] != (place{s.File, s.Row}) {
				t.Errorf("%v in %d parts: %v is not at its rank", rows, n, s)
			}
			if size := s.Rank - before; size < total/min(n, total) || size > total/min(n, total)+1 {
				t.Errorf("%v in %d parts: part %d has %d rows", rows, n, i, size)
			}
			before = s.Rank
		}
	})
}
