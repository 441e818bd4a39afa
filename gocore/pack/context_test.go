package pack

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// endsAfter is a context that has ended when it was looked at some times.
type endsAfter struct {
	context.Context
	looks int
}

func (c *endsAfter) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

// longArrays are arrays with a loop of their own each.
var longArrays = []struct {
	name string
	make func() (*arrowc.Type, *arrowc.Array)
}{
	{"views that are gathered", func() (*arrowc.Type, *arrowc.Array) { return longViews(300_000, 3) }},
	{"views that stay", func() (*arrowc.Type, *arrowc.Array) { return longViews(300_000, 1) }},
	{"offsets that do not begin with 0", func() (*arrowc.Type, *arrowc.Array) { return longTexts(300_000, 1) }},
	{"offsets", func() (*arrowc.Type, *arrowc.Array) { return longTexts(300_000, 0) }},
	{"list views", func() (*arrowc.Type, *arrowc.Array) { return longListViews(300_000) }},
	{"bits", func() (*arrowc.Type, *arrowc.Array) { return longBits(20_000_000) }},
}

func longTexts(n int, first int64) (*arrowc.Type, *arrowc.Array) {
	offsets := make([]byte, 8*(n+1))
	for i := range n + 1 {
		integers{offsets, 8}.set(int64(i), first)
	}
	a := &arrowc.Array{Length: int64(n)}
	(&maker{}).link(a, [][]byte{nil, offsets, {0}}, nil)
	return &arrowc.Type{Format: "U"}, a
}

func longListViews(n int) (*arrowc.Type, *arrowc.Array) {
	items := &arrowc.Array{Length: 1}
	(&maker{}).link(items, [][]byte{nil, make([]byte, 8)}, nil)
	a := &arrowc.Array{Length: int64(n)}
	(&maker{}).link(a, [][]byte{nil, make([]byte, 4*n), make([]byte, 4*n)}, []*arrowc.Array{items})
	return &arrowc.Type{Format: "+vl", Children: []*arrowc.Type{{Format: "l"}}}, a
}

func longBits(n int) (*arrowc.Type, *arrowc.Array) {
	a := &arrowc.Array{Length: int64(n), Offset: 3}
	(&maker{}).link(a, [][]byte{nil, make([]byte, n/8+1)}, nil)
	return &arrowc.Type{Format: "b"}, a
}

// packLooking packs with a context that ends after some looks.
func packLooking(t *arrowc.Type, a *arrowc.Array, looks int) (left int, err error) {
	ctx := &endsAfter{context.Background(), looks}
	prepared, err := Prepare(ctx, schemaOf(t), []*arrowc.Array{a}, 0, math.MaxInt64)
	if err == nil {
		_, err = prepared.Finish(ctx, allocate)
	}
	return ctx.looks, err
}

// TestPackEndsWithItsContext ends the context at each of the looks that packing takes.
func TestPackEndsWithItsContext(t *testing.T) {
	// With one processor jobs run one after the other, so the looks can be counted.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, tt := range longArrays {
		t.Run(tt.name, func(t *testing.T) {
			typ, a := tt.make()
			const many = 1 << 20
			left, err := packLooking(typ, a, many)
			if err != nil {
				t.Fatal(err)
			}
			// At least one for each piece.
			looks := many - left
			if looks < 3 {
				t.Errorf("%d looks at the context", looks)
			}
			for i := range looks {
				if _, err := packLooking(typ, a, i); !errors.Is(err, context.Canceled) {
					t.Errorf("ended at look %d of %d: %v", i, looks, err)
				}
			}
		})
	}
}

func TestPrepareRefusesTooManyValues(t *testing.T) {
	typ, a := longTexts(1000, 0)
	for most, want := range map[int64]string{1000: "pack: too many values", 1000 + arrayValues: "<nil>"} {
		_, err := Prepare(context.Background(), schemaOf(typ), []*arrowc.Array{a}, 0, most)
		if fmt.Sprint(err) != want {
			t.Errorf("most %d: %v, want %s", most, err, want)
		}
	}
}

func TestAssembleEndsWithItsContext(t *testing.T) {
	typ, a := longTexts(10, 0)
	packed, err := packArrays(typ, a, a)
	if err != nil {
		t.Fatal(err)
	}
	part := Part{packed.Description, packed.Blobs}
	looks := func(n int) error {
		_, err := assembleUntil(&endsAfter{context.Background(), n}, []Part{part, part})
		return err
	}
	// Two parts of two chunks, which are read and then laid out.
	for n := range 8 {
		if err := looks(n); !errors.Is(err, context.Canceled) {
			t.Errorf("ended at look %d: %v", n, err)
		}
	}
	if err := looks(8); err != nil {
		t.Error(err)
	}
}
