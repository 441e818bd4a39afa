package pack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// assembled is what Assemble laid out, in Go memory.
type assembled struct {
	schema  *arrowc.Schema
	batches []*arrowc.Array
	nodes   int
	parts   []int
	keep    []any
}

func (a *assembled) room(size, nodes int) (Room, error) {
	words := make([]uint64, size/8+1)
	a.keep = append(a.keep, words)
	a.nodes += nodes
	mark := unsafe.Pointer(new(byte))
	return Room{unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size), mark, mark}, nil
}

var zeros [16]uint64

func assemble(parts []Part) (*assembled, error) { return assembleUntil(context.Background(), parts) }

func assembleUntil(ctx context.Context, parts []Part) (*assembled, error) {
	a := &assembled{keep: []any{parts}}
	err := Assemble(ctx, parts, Rooms{
		Schema: func(size, nodes int) (Room, error) {
			r, err := a.room(size, nodes)
			a.schema = (*arrowc.Schema)(unsafe.Pointer(&r.Memory[0]))
			return r, err
		},
		Batch: func(part, size, nodes int) (Room, error) {
			r, err := a.room(size, nodes)
			a.batches = append(a.batches, (*arrowc.Array)(unsafe.Pointer(&r.Memory[0])))
			a.parts = append(a.parts, part)
			return r, err
		},
		Empty: unsafe.Pointer(&zeros),
	})
	return a, err
}

func allocate(n int64) ([]byte, error) {
	b := make([]byte, n)
	for i := range b {
		b[i] = 0xee
	}
	return b, nil
}

// schemaOf lays out a type as Assemble does.
func schemaOf(t *arrowc.Type) *arrowc.Schema {
	a, err := assemble([]Part{{Description: describe(t, nil), Blobs: [][]byte{nil}}})
	if err != nil {
		panic(err)
	}
	root = a
	return a.schema
}

// root keeps the memory of the last schema, to which only words without a type point.
var root *assembled

func packArrays(t *arrowc.Type, arrays ...*arrowc.Array) (*Packed, error) {
	return packWith(schemaOf(t), arrays, 0, allocate)
}

func cellsOf(t *arrowc.Type, arrays []*arrowc.Array) (all []string) {
	for _, a := range arrays {
		all = append(all, cells(t, a)...)
	}
	return all
}

// roundTrip packs arrays twice over, assembles both, and compares the values.
func roundTrip(t *testing.T, typ *arrowc.Type, arrays []*arrowc.Array) {
	t.Helper()
	packed, err := packArrays(typ, arrays...)
	if err != nil {
		t.Fatalf("Pack gave %v", err)
	}
	part := Part{packed.Description, packed.Blobs}
	out, err := assemble([]Part{part, part})
	if err != nil {
		t.Fatalf("Assemble gave %v", err)
	}
	loaded, err := arrowc.Load(out.schema)
	if err != nil || arrowc.EqualTypes(loaded, typ) != nil {
		t.Fatalf("the type became %v, %v", loaded, err)
	}
	want := cellsOf(typ, arrays)
	if got := cellsOf(typ, out.batches); !slices.Equal(got, append(want, want...)) {
		t.Errorf("values\n%q, want twice\n%q", got, want)
	}
	for _, a := range out.batches {
		checkNulls(t, typ, a)
	}
	runtime.KeepAlive(arrays)
}

// checkNulls counts the nulls anew: consumers trust the numbers.
func checkNulls(t *testing.T, typ *arrowc.Type, a *arrowc.Array) {
	t.Helper()
	nulls := int64(0)
	for _, c := range cells(typ, a) {
		if c == "null" {
			nulls++
		}
	}
	if a.NullCount != nulls || a.Offset != 0 || a.Release == nil || a.PrivateData == nil {
		t.Errorf("%s: %d nulls of %d, offset %d", typ.Format, a.NullCount, nulls, a.Offset)
	}
	for i, c := range typ.Children {
		checkNulls(t, c, a.Child(i))
	}
}

func TestRoundTripsOfRandomArrays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	done := map[string]int{}
	for range 20_000 {
		data := make([]byte, rng.IntN(400))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		m := &maker{data: data}
		typ := m.dataType(3)
		arrays := []*arrowc.Array{m.array(typ, m.next(30))}
		if m.next(2) == 1 {
			arrays = append(arrays, m.array(typ, m.next(3)))
		}
		if !m.broken {
			done[typ.Format]++
			roundTrip(t, typ, arrays)
		}
	}
	for _, format := range append(leaves[:17:17], parents...) {
		if done[format] < 20 {
			t.Errorf("%s: %d round trips", format, done[format])
		}
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte{})                                                // an empty array of integers
	f.Add([]byte{0, 0, 2, 9, 3, 1, 255, 2, 2, 30, 0, 1})           // views with an offset and nulls
	f.Add([]byte{0, 1, 1, 3, 0, 0, 4, 5, 7, 1, 1, 90, 3, 2, 1, 3}) // lists
	f.Add([]byte{0, 0, 17})                                        // run-end encoded: refused
	f.Add([]byte{0, 0, 0, 1, 1, 0, 0, 0, 3, 15, 4})                // a defect
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &maker{data: data}
		typ := m.dataType(3)
		arrays := []*arrowc.Array{m.array(typ, m.next(30)), m.array(typ, m.next(3))}
		if !m.broken {
			roundTrip(t, typ, arrays)
			return
		}
		var packed *Packed
		err := guard.Call("pack", func() (err error) {
			packed, err = packArrays(typ, arrays...)
			return err
		})
		if err == nil {
			_, err = assemble([]Part{{packed.Description, packed.Blobs}})
		} else if errors.Is(err, arrowc.ErrMalformed) || errors.Is(err, ErrUnsupported) {
			err = nil
		}
		if err != nil {
			t.Errorf("a broken array gave %v", err)
		}
		runtime.KeepAlive(arrays)
	})
}

func FuzzAssemble(f *testing.F) {
	m := &maker{data: []byte(strings.Repeat("seed of some arrays", 40))}
	for _, format := range leaves[:17] {
		typ := &arrowc.Type{Format: "+s", Children: []*arrowc.Type{{Format: format}, {Format: "+L", Children: []*arrowc.Type{{Format: format}}}}}
		if m.broken = false; true {
			if packed, err := packArrays(typ, m.array(typ, 5)); err == nil {
				f.Add(packed.Description, 3, byte(1)) // one of every layout, with a number changed
			}
		}
	}
	f.Fuzz(func(t *testing.T, description []byte, at int, x byte) {
		description = slices.Clone(description)
		if at >= 0 && at < len(description) {
			description[at] ^= x
		}
		blob := make([]byte, 512)
		_, err := assemble([]Part{{description, [][]byte{blob}}})
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("Assemble gave %v", err)
		}
	})
}

func TestEmptyArraysAreLeftOut(t *testing.T) {
	typ := &arrowc.Type{Format: "l"}
	m := &maker{}
	empty, full := m.array(typ, 0), m.array(typ, 3)
	tests := []struct {
		name   string
		arrays []*arrowc.Array
		want   int
	}{
		{"none", nil, 0},
		{"only empty", []*arrowc.Array{empty, empty}, 1},
		{"empty among others", []*arrowc.Array{empty, full, empty, full, empty}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packed, err := packArrays(typ, tt.arrays...)
			if err != nil {
				t.Fatal(err)
			}
			part := Part{packed.Description, packed.Blobs}
			out, err := assemble([]Part{part})
			if err != nil || len(out.batches) != tt.want {
				t.Errorf("%d batches, want %d; %v", len(out.batches), tt.want, err)
			}
		})
	}
}

func TestAssembleNamesPartAndField(t *testing.T) {
	pack := func(format string) Part {
		typ := &arrowc.Type{Format: "+s", Children: []*arrowc.Type{{Format: format, Name: "a"}}}
		packed, err := packArrays(typ)
		if err != nil {
			t.Fatal(err)
		}
		return Part{packed.Description, packed.Blobs}
	}
	cut := pack("l")
	cut.Description = cut.Description[:3]
	tests := []struct {
		name  string
		parts []Part
		want  string
	}{
		{"no parts", nil, "unpack: no parts: corrupt description of packed buffers"},
		{"other type", []Part{pack("l"), pack("l"), pack("g")}, `unpack: part 2: field "a": type float64 ("g"), in part 0 int64 ("l"): schemas differ`},
		{"cut", []Part{pack("l"), cut}, "unpack: part 1: 2 bytes, 1 are left: corrupt description of packed buffers"},
		{"version", []Part{{Description: []byte{9}}}, "unpack: part 0: version 9, not 1: corrupt description of packed buffers"},
		{"nothing", []Part{{}}, "unpack: part 0: no number: corrupt description of packed buffers"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := assemble(tt.parts); fmt.Sprint(err) != tt.want {
				t.Errorf("Assemble gave\n%v, want\n%s", err, tt.want)
			}
		})
	}
}
