package keyrange_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// columnOf lays out values as Arrow does.
func columnOf(t testing.TB, typ keyrange.Type, values []string) keyrange.Column {
	t.Helper()
	c, err := layOut(typ, values, 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// layOut has integers of a width in bytes, or of that of the type.
func layOut(typ keyrange.Type, values []string, width int) (keyrange.Column, error) {
	if width == 0 {
		width = typ.Bits / 8
	}
	if typ.Name == "boolean" {
		data := make([]byte, len(values)/8+2)
		for i, v := range values {
			if v == "true" {
				data[(i+3)/8] |= 1 << ((i + 3) % 8)
			}
		}
		return keyrange.Bits(typ, data, 3)
	}
	if typ.Form == keyrange.Signed || typ.Form == keyrange.Unsigned {
		var data []byte
		for _, v := range values {
			n, _ := new(big.Int).SetString(v, 10)
			n.And(n, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*width)), big.NewInt(1))) // two's complement
			b := n.FillBytes(make([]byte, width))
			slices.Reverse(b)
			data = append(data, b...)
		}
		return keyrange.Fixed(typ, data, width)
	}
	data, offsets := []byte{}, binary.LittleEndian.AppendUint64(nil, 0)
	for _, v := range values {
		if typ.Form == keyrange.Binary {
			b, _ := base64.StdEncoding.DecodeString(v)
			v = string(b)
		}
		data = append(data, v...)
		offsets = binary.LittleEndian.AppendUint64(offsets, uint64(len(data)))
	}
	return keyrange.Texts(typ, offsets, 8, data)
}

// TestColumns: keys of columns are those of the texts of their values.
func TestColumns(t *testing.T) {
	for name, values := range ladders {
		s := schemaOf(t, name)
		b, err := keyrange.NewBatch(s, len(values), []keyrange.Column{columnOf(t, s[0].Type, values)})
		if err != nil {
			t.Fatal(err)
		}
		numbers := make([]uint64, len(values))
		if s.Short() {
			b.Numbers(numbers[1:], 1)
		}
		for i, v := range values {
			if got, want := b.Key(i), encode(t, s, v); got != want {
				t.Errorf("%s: %q is %x, not %x", name, v, got, want)
			}
			if n, ok := s.ShortOf(b.Key(i)); s.Short() && i > 0 && (numbers[i] != n || !ok) {
				t.Errorf("%s: the number of %q is %d, not %d", name, v, numbers[i], n)
			}
		}
	}
}

func TestViews(t *testing.T) {
	s := schemaOf(t, "string")
	long := "longer than twelve bytes"
	var data []byte
	for _, v := range []string{"", "twelve bytes", long} {
		view := binary.LittleEndian.AppendUint32(nil, uint32(len(v)))
		if len(v) <= 12 {
			view = append(view, v...)
		} else {
			view = binary.LittleEndian.AppendUint32(append(view, v[:4]...), 1)
			view = binary.LittleEndian.AppendUint32(view, 2)
		}
		data = append(data, append(view, make([]byte, 16-len(view))...)...)
	}
	c, err := keyrange.Views(s[0].Type, data, [][]byte{nil, []byte("__" + long + "__")})
	if err != nil {
		t.Fatal(err)
	}
	b, err := keyrange.NewBatch(s, 3, []keyrange.Column{c})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "twelve bytes", long} {
		if got := b.Key(i); got != encode(t, s, want) {
			t.Errorf("%q is %x", want, got)
		}
	}
}

func TestWrongColumns(t *testing.T) {
	typ := func(name string) keyrange.Type { return schemaOf(t, name)[0].Type }
	for what, err := range map[string]error{
		"narrow integers":  second(keyrange.Fixed(typ("int64"), nil, 4)),
		"wide integers":    second(keyrange.Fixed(typ("int32"), nil, 8)),
		"integers as text": second(keyrange.Fixed(typ("string"), nil, 8)),
		"bytes as boolean": second(keyrange.Fixed(typ("boolean"), nil, 1)),
		"bits as int8":     second(keyrange.Bits(typ("int8"), nil, 0)),
		"text as integers": second(keyrange.Texts(typ("int64"), nil, 4, nil)),
		"short offsets":    second(keyrange.Texts(typ("string"), nil, 2, nil)),
		"views of dates":   second(keyrange.Views(typ("date"), nil, nil)),
		"no columns":       second(keyrange.NewBatch(schemaOf(t, "date"), 0, nil)),
	} {
		if !errors.Is(err, keyrange.ErrType) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Positions of an enum have the bytes that their number needs.
	for width, want := range map[int]bool{1: true, 2: true, 4: true, 8: false} {
		if _, err := layOut(typ(`enum["z","a"]`), []string{"1"}, width); (err == nil) != want {
			t.Errorf("an enum of %d bytes: %v", width, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// streamOf has batches of a string column, a batch for each word, a row for each letter.
func streamOf(t testing.TB, s keyrange.Schema, words string) []keyrange.Batch {
	t.Helper()
	var out []keyrange.Batch
	for _, word := range strings.Split(words, " ") {
		values := strings.Split(word, "")
		b, err := keyrange.NewBatch(s, len(values), []keyrange.Column{columnOf(t, s[0].Type, values)})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func TestScan(t *testing.T) {
	s := schemaOf(t, "string")
	tests := []struct {
		streams string // with a comma between
		keys    keyrange.Uniqueness
		want    string
	}{
		{"abc,def", keyrange.Unique, "ascending"},
		{"ace,bdf", keyrange.Unique, "ascending"},
		{"", keyrange.Unique, "ascending"},
		{",,", keyrange.Unique, "ascending"},
		{"a b  c", keyrange.Unique, "ascending"},
		{"abc,cde", keyrange.Unique, "c twice: 0:2, 1:0"},
		{"abc,cde", keyrange.Repeated, "ascending"},
		{"a,a,a,a", keyrange.Unique, "a twice: 0:0, 1:0"},
		{"abb", keyrange.Unique, "b twice: 0:1, 0:2"},
		{"ab b", keyrange.Unique, "b twice: 0:1, 0:2"},
		{"ac,bc,ab", keyrange.Unique, "a twice: 0:0, 2:0"},
		{"xy,xz,ab", keyrange.Unique, "x twice: 0:0, 1:0"},
		{"acb", keyrange.Repeated, "b after 0:1 at 0:2"},
		{"bz,a c b", keyrange.Unique, "b after 1:1 at 1:2"},
	}
	for _, tt := range tests {
		var streams [][]keyrange.Batch
		for _, words := range strings.Split(tt.streams, ",") {
			streams = append(streams, streamOf(t, s, words))
		}
		f, err := keyrange.Scan(context.Background(), streams, tt.keys)
		got := "ascending"
		tuple, _ := s.Decode(f.Key)
		switch f.Order {
		case keyrange.Repeats:
			got = fmt.Sprintf("%s twice: %d:%d, %d:%d", tuple[0], f.At[0].Stream, f.At[0].Row, f.At[1].Stream, f.At[1].Row)
		case keyrange.Descends:
			got = fmt.Sprintf("%s after %d:%d at %d:%d", tuple[0], f.At[0].Stream, f.At[0].Row, f.At[1].Stream, f.At[1].Row)
		case keyrange.Ascending:
		}
		if got != tt.want || err != nil {
			t.Errorf("%q: %s, want %s, %v", tt.streams, got, tt.want, err)
		}
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := keyrange.Scan(ended, [][]keyrange.Batch{streamOf(t, s, "a")}, keyrange.Unique); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
}

// TestScanFindsTheLeast compares with all keys sorted.
func TestScanFindsTheLeast(t *testing.T) {
	s := schemaOf(t, "string")
	r := rand.New(rand.NewPCG(13, 14))
	for range 2000 {
		var streams [][]keyrange.Batch
		var all []string
		for range 1 + r.IntN(4) {
			letters := make([]string, r.IntN(4))
			for i := range letters {
				letters[i] = string(rune('a' + r.IntN(20)))
			}
			slices.Sort(letters)
			all = append(all, letters...)
			streams = append(streams, streamOf(t, s, strings.Join(letters, "")))
		}
		slices.Sort(all)
		want := ""
		for i := 1; i < len(all) && want == ""; i++ {
			if all[i] == all[i-1] {
				want = all[i]
			}
		}
		f, err := keyrange.Scan(context.Background(), streams, keyrange.Unique)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if f.Order == keyrange.Repeats {
			tuple, _ := s.Decode(f.Key)
			got = tuple[0]
			for _, at := range f.At {
				if k := keyAt(streams[at.Stream], at.Row); k != f.Key {
					t.Fatalf("%v has %x, not %x", at, k, f.Key)
				}
			}
		}
		if got != want || f.Order == keyrange.Descends {
			t.Fatalf("%v: %q, want %q", all, got, want)
		}
	}
}

func keyAt(batches []keyrange.Batch, row int64) keyrange.Key {
	for _, b := range batches {
		if row < int64(b.Rows) {
			return b.Key(int(row))
		}
		row -= int64(b.Rows)
	}
	return ""
}
