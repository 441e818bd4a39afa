package keyarrow_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyarrow"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

func cString(s string) *byte { return &append([]byte(s), 0)[0] }

func schemaOf(name, format string, children ...*arrowc.Schema) *arrowc.Schema {
	s := &arrowc.Schema{Format: cString(format), Name: cString(name), Release: unsafe.Pointer(new(byte)), NumChildren: int64(len(children))}
	s.Children = unsafe.SliceData(children)
	return s
}

func arrayOf(length, offset, nulls int, children []*arrowc.Array, buffers ...[]byte) *arrowc.Array {
	pointers := make([]unsafe.Pointer, len(buffers))
	for i, b := range buffers {
		if b != nil {
			pointers[i] = unsafe.Pointer(unsafe.SliceData(b))
		}
	}
	return &arrowc.Array{
		Length: int64(length), Offset: int64(offset), NullCount: int64(nulls),
		NumBuffers: int64(len(buffers)), Buffers: unsafe.SliceData(pointers),
		NumChildren: int64(len(children)), Children: unsafe.SliceData(children),
	}
}

func keyOf(t *testing.T, fields ...string) keyrange.Schema {
	t.Helper()
	var out []keyrange.Field
	for _, f := range fields {
		name, typ, _ := strings.Cut(f, " ")
		parsed, err := keyrange.ParseType(typ)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, keyrange.Field{Name: name, Type: parsed})
	}
	s, err := keyrange.NewSchema(out...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func int64s(values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func int32s(values ...int32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b
}

func view(text string) []byte {
	return append(append(int32s(int32(len(text))), text...), make([]byte, 12-len(text))...)
}

// rows decodes all keys: "a 1|b 2".
func rows(t *testing.T, key keyrange.Schema, batches []keyrange.Batch) string {
	t.Helper()
	var out []string
	for _, b := range batches {
		for i := range b.Rows {
			tuple, err := key.Decode(b.Key(i))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, strings.Join(tuple, " "))
		}
	}
	return strings.Join(out, "|")
}

// TestStruct: columns are found by name, in any order, with offsets of the struct and of each.
func TestStruct(t *testing.T) {
	key := keyOf(t, "s string", "n int64", "b boolean", "u string", "e enum[\"x\",\"y\"]")
	enum := schemaOf("e", "C")
	enum.Dictionary = schemaOf("", "vu")
	schema := schemaOf("", "+s", schemaOf("other", "g"), schemaOf("n", "l"), schemaOf("s", "vu"), schemaOf("b", "b"), schemaOf("u", "u"), enum)
	array := arrayOf(2, 1, 0, []*arrowc.Array{
		nil,
		arrayOf(3, 1, 0, nil, nil, int64s(90, 91, -5, 7)),
		arrayOf(3, 0, 0, nil, nil, append(view("zz"), append(view("a"), view("b")...)...), int64s()),
		arrayOf(3, 2, 0, nil, []byte{0xff}, []byte{0b10111}),
		arrayOf(3, 0, 0, nil, nil, int32s(0, 1, 3, 3), []byte("xyz")),
		arrayOf(3, 0, 0, nil, nil, []byte{9, 1, 0}),
	}, nil)
	batches, err := keyarrow.Load(schema, []*arrowc.Array{array}, key)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rows(t, key, batches), "a -5 false yz 1|b 7 true  0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOneColumn(t *testing.T) {
	key := keyOf(t, "n datetime[us, UTC]")
	schema := schemaOf("whatever", "tsu:UTC")
	empty := arrayOf(0, 0, 0, nil, nil, nil)
	batches, err := keyarrow.Load(schema, []*arrowc.Array{empty, arrayOf(2, 0, 0, nil, nil, int64s(-1, 5)), arrayOf(1, 0, -1, nil, []byte{1}, int64s(6))}, key)
	if err != nil || rows(t, key, batches) != "-1|5|6" || len(batches) != 2 {
		t.Errorf("%s in %d batches, %v", rows(t, key, batches), len(batches), err)
	}
}

func TestRefused(t *testing.T) {
	key := keyOf(t, "n int64")
	text := keyOf(t, "n string")
	good := int64s(1, 2)
	dictionary := schemaOf("n", "l")
	dictionary.Dictionary = schemaOf("", "vu")
	tests := []struct {
		name   string
		key    keyrange.Schema
		schema *arrowc.Schema
		array  *arrowc.Array
		want   error
	}{
		{"another format", key, schemaOf("n", "i"), arrayOf(1, 0, 0, nil, nil, good), keyrange.ErrType},
		{"another unit", keyOf(t, "n datetime[us]"), schemaOf("n", "tsm:"), arrayOf(1, 0, 0, nil, nil, good), keyrange.ErrType},
		{"another scale", keyOf(t, "n decimal[10, 2]"), schemaOf("n", "d:10,3"), arrayOf(1, 0, 0, nil, nil, good), keyrange.ErrType},
		{"another width", keyOf(t, "n decimal[10, 2]"), schemaOf("n", "d:10,2,64"), arrayOf(1, 0, 0, nil, nil, good), keyrange.ErrType},
		{"a dictionary", key, dictionary, arrayOf(1, 0, 0, nil, nil, good), keyrange.ErrType},
		{"no such column", key, schemaOf("", "+s", schemaOf("m", "l")), arrayOf(0, 0, 0, nil, nil), keyrange.ErrType},
		{"a null", key, schemaOf("n", "l"), arrayOf(2, 0, 1, nil, []byte{0b01}, good), keyrange.ErrNull},
		{"a null that is not counted", key, schemaOf("n", "l"), arrayOf(2, 0, -1, nil, []byte{0b01}, good), keyrange.ErrNull},
		{"no values", key, schemaOf("n", "l"), arrayOf(2, 0, 0, nil, nil, nil), arrowc.ErrMalformed},
		{"one buffer", key, schemaOf("n", "l"), arrayOf(2, 0, 0, nil, good), arrowc.ErrMalformed},
		{"a negative length", key, schemaOf("n", "l"), arrayOf(-1, 0, 0, nil, nil, good), arrowc.ErrMalformed},
		{"no array", key, schemaOf("n", "l"), nil, arrowc.ErrMalformed},
		{"a short child", key, schemaOf("", "+s", schemaOf("n", "l")), arrayOf(2, 0, 0, []*arrowc.Array{arrayOf(1, 0, 0, nil, nil, good)}, nil), arrowc.ErrMalformed},
		{"no child", key, schemaOf("", "+s", schemaOf("n", "l")), arrayOf(2, 0, 0, []*arrowc.Array{nil}, nil), arrowc.ErrMalformed},
		{"a negative offset", text, schemaOf("n", "u"), arrayOf(1, 0, 0, nil, nil, int32s(0, -1), []byte("x")), arrowc.ErrMalformed},
		{"no data", text, schemaOf("n", "u"), arrayOf(1, 0, 0, nil, nil, int32s(0, 1), nil), arrowc.ErrMalformed},
		{"a negative size", text, schemaOf("n", "vu"), arrayOf(1, 0, 0, nil, nil, view("a"), []byte("x"), int64s(-1)), arrowc.ErrMalformed},
		{"no sizes", text, schemaOf("n", "vu"), arrayOf(1, 0, 0, nil, nil, view("a"), []byte("x"), nil), arrowc.ErrMalformed},
	}
	for _, tt := range tests {
		if _, err := keyarrow.Load(tt.schema, []*arrowc.Array{tt.array}, tt.key); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	// A null outside of the rows is none.
	batches, err := keyarrow.Load(schemaOf("n", "l"), []*arrowc.Array{arrayOf(1, 1, -1, nil, []byte{0b10}, good)}, key)
	if err != nil || rows(t, key, batches) != "2" {
		t.Errorf("%v, %v", batches, err)
	}
	many := int64s(make([]int64, 40)...)
	valid := []byte{0xff, 0xff, 0xff, 0xfb, 0xff} // bit 26
	for first, nulls := range map[int]bool{0: true, 3: true, 26: true, 27: false} {
		_, err := keyarrow.Load(schemaOf("n", "l"), []*arrowc.Array{arrayOf(13, first, -1, nil, valid, many)}, key)
		if want := nulls && first+13 > 26; errors.Is(err, keyrange.ErrNull) != want {
			t.Errorf("from %d: %v", first, err)
		}
	}
}

// TestFormats: every type of a key has a format, and widths fit.
func TestFormats(t *testing.T) {
	for typ, format := range map[string]string{
		"int8": "c", "uint16": "S", "int32": "i", "uint64": "L", "int128": "_pli128", "uint128": "_plu128", "date": "tdD",
		"datetime[ns, UTC]": "tsn:UTC", "datetime[ms]": "tsm:", "duration[us]": "tDu", "time": "ttn", "decimal[38, 9]": "d:38,9",
	} {
		data := make([]byte, 16)
		batches, err := keyarrow.Load(schemaOf("k", format), []*arrowc.Array{arrayOf(1, 0, 0, nil, nil, data)}, keyOf(t, "k "+typ))
		if err != nil || len(batches) != 1 {
			t.Errorf("%s: %v", typ, err)
			continue
		}
		if got := rows(t, batches[0].Schema, batches); got != "0" {
			t.Errorf("%s: zeros are %s", typ, fmt.Sprint(got))
		}
	}
}
