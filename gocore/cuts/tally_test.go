package cuts_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/cuts"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

func schemaOf(t testing.TB, types ...string) keyrange.Schema {
	t.Helper()
	var fields []keyrange.Field
	for i, name := range types {
		parsed, err := keyrange.ParseType(name)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, keyrange.Field{Name: string(rune('a' + i)), Type: parsed})
	}
	s, err := keyrange.NewSchema(fields...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// batchOf has int64 columns, and texts for columns of that type.
func batchOf(t testing.TB, s keyrange.Schema, rows int, value func(column, row int) int64) keyrange.Batch {
	t.Helper()
	var columns []keyrange.Column
	for i, f := range s {
		var c keyrange.Column
		var err error
		if f.Type.Form == keyrange.Text {
			var data []byte
			offsets := binary.LittleEndian.AppendUint32(nil, 0)
			for row := range rows {
				data = fmt.Appendf(data, "s%06d", value(i, row))
				offsets = binary.LittleEndian.AppendUint32(offsets, uint32(len(data)))
			}
			c, err = keyrange.Texts(f.Type, offsets, 4, data)
		} else {
			data := make([]byte, 0, 8*rows)
			for row := range rows {
				data = binary.LittleEndian.AppendUint64(data, uint64(value(i, row)))
			}
			c, err = keyrange.Fixed(f.Type, data, 8)
		}
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, c)
	}
	b, err := keyrange.NewBatch(s, rows, columns)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func keysOf(b keyrange.Batch) []keyrange.Key {
	out := make([]keyrange.Key, b.Rows)
	for i := range out {
		out[i] = b.Key(i)
	}
	return out
}

// run adds the batches until the tally is done; what need not be read again is left out at random.
func run(t testing.TB, tally *cuts.Tally, batches []keyrange.Batch, filter func(keyrange.Batch, []keyrange.Range) keyrange.Batch) cuts.Pass {
	t.Helper()
	pass := cuts.Pass{Read: []keyrange.Range{{}}}
	for n := 0; !pass.Done; n++ {
		if n > 30 {
			t.Fatal("no end of passes")
		}
		for _, b := range batches {
			if n > 0 && filter != nil {
				b = filter(b, pass.Read)
			}
			if err := tally.Add(context.Background(), b); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if pass, err = tally.Next(); err != nil {
			t.Fatal(err)
		}
		if !pass.Done && len(pass.Read) == 0 {
			t.Fatal("nothing to read, and not done")
		}
	}
	return pass
}

// want are the parts of sorted keys, by looking at all of them.
func want(keys []keyrange.Key, n int) string {
	var list []cuts.Cut
	n = min(n, len(keys))
	for i := 1; i < n; i++ {
		rank := len(keys) * i / n
		first, _ := slices.BinarySearch(keys, keys[rank])
		end := first
		for end < len(keys) && keys[end] == keys[rank] {
			end++
		}
		at := first
		if end < len(keys) && end-rank < rank-first {
			at = end
		}
		list = append(list, cuts.Cut{keys[at], int64(at)})
	}
	return show(cuts.Parts(list, int64(len(keys))))
}

func show(parts []cuts.Part) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%x:%d ", p.Range.Lo, p.Rows)
	}
	return b.String()
}

// TestTally compares with sorted keys: with ties, without, in any order and in sorted runs,
// and with so little room that several passes are needed.
func TestTally(t *testing.T) {
	most := 0
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 300 {
		s := schemaOf(t, [][]string{{"int64"}, {"datetime[us, UTC]"}, {"string"}, {"string", "int64"}, {"uint64", "int64"}}[round%5]...)
		rows := []int{0, 1, 2, 5, 300, 3000, 30000}[r.IntN(7)]
		spread := []int64{1, 2, 10, 1000, 1 << 62}[r.IntN(5)]
		heavy := r.IntN(3) == 0
		values := make([]int64, rows)
		for i := range values {
			values[i] = r.Int64N(spread) - spread/2
			if heavy && r.IntN(2) == 0 {
				values[i] = spread / 4
			}
		}
		if r.IntN(2) == 0 {
			slices.Sort(values)
		}
		cut := r.IntN(rows + 1)
		value := func(base int) func(int, int) int64 {
			return func(column, row int) int64 {
				v := values[base+row]
				if len(s) == 2 && column == 0 {
					return v >> 8 & 0xffff
				}
				return v & (1<<62 - 1)
			}
		}
		batches := []keyrange.Batch{batchOf(t, s, cut, value(0)), batchOf(t, s, rows-cut, value(cut))}
		keys := slices.Concat(keysOf(batches[0]), keysOf(batches[1]))
		slices.Sort(keys)
		n := 1 + r.IntN(70)
		tally, err := cuts.New(s, cuts.Aim{Parts: int64(n)})
		if err != nil {
			t.Fatal(err)
		}
		if r.IntN(3) > 0 {
			tally.Keep(r.IntN(3000))
		}
		pass := run(t, tally, batches, func(b keyrange.Batch, read []keyrange.Range) keyrange.Batch {
			if r.IntN(2) == 0 {
				return b // all rows once more are fine
			}
			return filtered(t, b, read)
		})
		most = max(most, tally.Passes())
		if got, want := show(cuts.Parts(pass.Cuts, pass.Total)), want(keys, n); got != want || pass.Total != int64(rows) {
			t.Fatalf("%v, %d rows of %d values in %d parts:\n%s\n%s", s, rows, spread, n, got, want)
		}
	}
	if most < 3 {
		t.Errorf("at most %d passes: the search was never narrowed twice", most)
	}
}

// filtered leaves out the rows that need not be read.
func filtered(t testing.TB, b keyrange.Batch, read []keyrange.Range) keyrange.Batch {
	var rows []int
	for i, k := range keysOf(b) {
		if slices.ContainsFunc(read, func(r keyrange.Range) bool { return r.Contains(k) }) {
			rows = append(rows, i)
		}
	}
	return batchOf(t, b.Schema, len(rows), func(column, row int) int64 {
		tuple, err := b.Schema.Decode(b.Key(rows[row]))
		if err != nil {
			t.Fatal(err)
		}
		var v int64
		if _, err := fmt.Sscan(strings.TrimLeft(tuple[column], "s0"), &v); err != nil {
			v = 0 // only zeros
		}
		return v
	})
}

// TestReads: what a pass wants to be read has ends that are tuples, at the ends of types as well.
func TestReads(t *testing.T) {
	for _, name := range []string{"int64", "uint64", "time"} {
		s := schemaOf(t, name)
		top := map[string]int64{"int64": 1<<63 - 1, "uint64": -1, "time": 86_399_999_999_999}[name]
		b := batchOf(t, s, 20_000, func(_, row int) int64 { return top - int64(row%1999)*int64(row%2) })
		tally, err := cuts.New(s, cuts.Aim{Parts: 5})
		if err != nil {
			t.Fatal(err)
		}
		tally.Keep(1)
		pass := run(t, tally, []keyrange.Batch{b}, func(b keyrange.Batch, read []keyrange.Range) keyrange.Batch {
			for _, r := range read {
				for _, k := range []keyrange.Key{r.Lo, r.Hi} {
					if _, err := s.Decode(k); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
			return b
		})
		keys := keysOf(b)
		slices.Sort(keys)
		if got, want := show(cuts.Parts(pass.Cuts, pass.Total)), want(keys, 5); got != want {
			t.Errorf("%s:\n%s\n%s", name, got, want)
		}
	}
}

func TestTallyErrors(t *testing.T) {
	s, other := schemaOf(t, "int64"), schemaOf(t, "uint64")
	for _, aim := range []cuts.Aim{{}, {Parts: -1}, {Parts: 1, Rows: 1}, {Rows: -5}} {
		if _, err := cuts.New(s, aim); !errors.Is(err, cuts.ErrAim) {
			t.Errorf("%v: %v", aim, err)
		}
	}
	begin := func(aim cuts.Aim) *cuts.Tally {
		tally, err := cuts.New(s, aim)
		if err != nil {
			t.Fatal(err)
		}
		tally.Keep(1)
		return tally
	}
	one := func(_, row int) int64 { return int64(row) }
	if err := begin(cuts.Aim{Parts: 2}).Add(context.Background(), batchOf(t, other, 1, one)); !errors.Is(err, cuts.ErrAim) {
		t.Errorf("another type: %v", err)
	}
	tally := begin(cuts.Aim{Rows: 1})
	if err := tally.Add(context.Background(), batchOf(t, s, cuts.MostParts+1, one)); err != nil {
		t.Fatal(err)
	}
	if _, err := tally.Next(); !errors.Is(err, cuts.ErrAim) {
		t.Errorf("too many parts: %v", err)
	}
	tally = begin(cuts.Aim{Parts: 2})
	if err := tally.Add(context.Background(), batchOf(t, s, 5000, one)); err != nil {
		t.Fatal(err)
	}
	if pass, err := tally.Next(); err != nil || pass.Done {
		t.Fatalf("%v, done is %t", err, pass.Done)
	}
	if _, err := tally.Next(); !errors.Is(err, cuts.ErrChanged) {
		t.Errorf("a pass without rows after one with: %v", err)
	}
	tally = begin(cuts.Aim{Parts: 2})
	ended, end := context.WithCancel(context.Background())
	end()
	if err := tally.Add(ended, batchOf(t, s, 1, one)); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	if _, err := tally.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("after an ended context: %v", err)
	}
}

// The figures of these are keys in the second pass, the first that counts.
func BenchmarkTally(b *testing.B) {
	const rows = 1 << 20
	for _, types := range [][]string{{"int64"}, {"string"}, {"string", "int64"}} {
		for _, order := range []string{"sorted", "random"} {
			b.Run(strings.Join(types, "+")+"/"+order, func(b *testing.B) {
				s := schemaOf(b, types...)
				r := rand.New(rand.NewPCG(7, 8))
				values := make([]int64, rows)
				for i := range values {
					values[i] = r.Int64N(rows)
				}
				if order == "sorted" {
					slices.Sort(values)
				}
				batch := batchOf(b, s, rows, func(column, row int) int64 {
					if column < len(s)-1 {
						return values[row] >> 10
					}
					return values[row]
				})
				tally, err := cuts.New(s, cuts.Aim{Parts: 64})
				if err != nil {
					b.Fatal(err)
				}
				if err := tally.Add(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
				if _, err := tally.Next(); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := tally.Add(context.Background(), batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/key")
			})
		}
	}
}

// TestPasses: rows in sorted runs, alike or not, take one pass to look and one to count; few rows, one in
// all; rows without order, one more.
func TestPasses(t *testing.T) {
	const rows, room = 400_000, 40_000
	s := schemaOf(t, "string", "int64")
	r := rand.New(rand.NewPCG(31, 32))
	order := r.Perm(rows)
	for name, tt := range map[string]struct {
		rows, most int
		value      func(row int) int64
	}{
		"sorted":            {rows, 2, func(row int) int64 { return int64(row) }},
		"runs side by side": {rows, 2, func(row int) int64 { return int64(row%(rows/50)*50 + row/(rows/50)) }},
		"no order":          {rows, 3, func(row int) int64 { return int64(order[row]) }},
		"few rows":          {room - 1, 1, func(row int) int64 { return int64(order[row]) }},
	} {
		tally, err := cuts.New(s, cuts.Aim{Parts: 16})
		if err != nil {
			t.Fatal(err)
		}
		tally.Keep(room)
		b := batchOf(t, s, tt.rows, func(column, row int) int64 { return tt.value(row) >> (10 - 10*column) })
		pass := run(t, tally, []keyrange.Batch{b}, nil)
		if got := tally.Passes(); got > tt.most {
			t.Errorf("%s: %d passes", name, got)
		}
		for _, part := range cuts.Parts(pass.Cuts, pass.Total) {
			if want := int64(tt.rows / 16); part.Rows < want || part.Rows > want+1 {
				t.Errorf("%s: a part of %d rows", name, part.Rows)
			}
		}
	}
}
