package keyrange_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// viewsOf lays out texts as views, of which some that are equal lie in two places.
func viewsOf(t testing.TB, typ keyrange.Type, values []string, r *rand.Rand) keyrange.Column {
	t.Helper()
	buffers := [][]byte{[]byte("."), nil}
	var data []byte
	for _, v := range values {
		view := binary.LittleEndian.AppendUint32(nil, uint32(len(v)))
		if len(v) <= 12 {
			view = append(view, v...)
		} else {
			n := r.IntN(2)
			view = append(view, v[:4]...)
			view = binary.LittleEndian.AppendUint32(view, uint32(n))
			view = binary.LittleEndian.AppendUint32(view, uint32(len(buffers[n])))
			buffers[n] = append(buffers[n], v...)
		}
		data = append(data, append(view, make([]byte, 16-len(view))...)...)
	}
	c, err := keyrange.Views(typ, data, buffers)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAscending compares with the keys themselves, for every type, alone and before another column, for
// rows that are sorted, nearly so, or not.
func TestAscending(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	found := map[bool]int{}
	for name, ladder := range ladders {
		for round := range 200 {
			s := schemaOf(t, name, "int64")[:1+round%2]
			rows := r.IntN(40)
			values, numbers := make([]string, rows), make([]string, rows)
			for i := range values {
				values[i] = ladder[r.IntN(len(ladder))]
				numbers[i] = fmt.Sprint(r.Int64N(3) - 1)
			}
			first := columnOf(t, s[0].Type, values)
			if (s[0].Type.Form == keyrange.Text) && r.IntN(2) == 0 {
				first = viewsOf(t, s[0].Type, values, r)
			}
			columns := []keyrange.Column{first, columnOf(t, schemaOf(t, "int64")[0].Type, numbers)}[:len(s)]
			b, err := keyrange.NewBatch(s, rows, columns)
			if err != nil {
				t.Fatal(err)
			}
			keys := make([]keyrange.Key, rows)
			for i := range keys {
				keys[i] = b.Key(i)
			}
			// Every run that ascends, and every one that is a row longer.
			for from := range rows {
				end := from + 1
				for end < rows && keys[end] >= keys[end-1] {
					end++
				}
				for _, to := range []int{from, end, min(end+1, rows)} {
					want := slices.IsSorted(keys[from:to])
					if got := b.Ascending(make([]bool, to-from), from); got != want {
						t.Fatalf("%v, rows %d to %d of %q, %q: %t", s, from, to, values, numbers, got)
					}
					found[want]++
				}
			}
		}
	}
	if found[true] == 0 || found[false] == 0 {
		t.Errorf("%v: one of the answers never came", found)
	}
}
