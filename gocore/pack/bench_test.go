package pack

import (
	"encoding/binary"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// longViews makes n views of values of 30 bytes, every step-th of what the data holds.
func longViews(n, step int) (*arrowc.Type, *arrowc.Array) {
	const size = 30
	data := make([]byte, n*step*size)
	views := make([]byte, n*viewSize)
	for i := range n {
		v := views[i*viewSize:]
		binary.NativeEndian.PutUint32(v, size)
		binary.NativeEndian.PutUint32(v[12:], uint32(i*step*size))
	}
	a := &arrowc.Array{Length: int64(n)}
	m := &maker{}
	m.link(a, [][]byte{nil, views, data, binary.NativeEndian.AppendUint64(nil, uint64(len(data)))}, nil)
	return &arrowc.Type{Format: "vu"}, a
}

// BenchmarkPack compares what happens to 1 M strings: shipped as they are, and gathered
// from half or a tenth of the data. The memory of the result is there already.
func BenchmarkPack(b *testing.B) {
	for _, bb := range []struct {
		name string
		step int
	}{{"all used", 1}, {"half used", 2}, {"tenth used", 10}} {
		b.Run(bb.name, func(b *testing.B) {
			t, a := longViews(1_000_000, bb.step)
			s := schemaOf(t)
			arena := make([]byte, 100<<20)
			b.SetBytes(1_000_000 * 46)
			for b.Loop() {
				if _, err := packWith(s, []*arrowc.Array{a}, 0, func(n int64) ([]byte, error) { return arena[:n], nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
