package pack_test

import (
	"errors"
	"fmt"
	"testing"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/pack"
)

// rooms keeps what was laid out.
type laidOut struct {
	schema, batch []byte
	nodes         []int
}

func (l *laidOut) rooms() pack.Rooms {
	release, private := unsafe.Pointer(new(byte)), unsafe.Pointer(new(byte))
	room := func(at *[]byte, size, nodes int) (pack.Room, error) {
		words := make([]uint64, size/8+1)
		*at = unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size)
		l.nodes = append(l.nodes, nodes)
		return pack.Room{Memory: *at, Release: release, Private: private}, nil
	}
	return pack.Rooms{
		Schema: func(size, nodes int) (pack.Room, error) { return room(&l.schema, size, nodes) },
		Batch:  func(_, size, nodes int) (pack.Room, error) { return room(&l.batch, size, nodes) },
		Empty:  unsafe.Pointer(&make([]uint64, 8)[0]),
	}
}

func (l *laidOut) array() *arrowc.Array { return (*arrowc.Array)(unsafe.Pointer(&l.batch[0])) }
func (l *laidOut) typ() (*arrowc.Type, error) {
	return arrowc.Load((*arrowc.Schema)(unsafe.Pointer(&l.schema[0])))
}

// sample is a batch with texts, inline and not, a null, a list, and a dictionary.
func sample() arrow.RecordBatch {
	mem := memory.DefaultAllocator
	texts := array.NewStringViewBuilder(mem)
	texts.AppendStringValues([]string{"short", "longer than twelve bytes", ""}, []bool{true, true, false})
	lists := array.NewBuilder(mem, arrow.LargeListOf(arrow.PrimitiveTypes.Int32)).(*array.LargeListBuilder)
	for n := range 3 {
		lists.Append(true)
		for i := range n {
			lists.ValueBuilder().(*array.Int32Builder).Append(int32(i))
		}
	}
	places := array.NewUint8Builder(mem)
	places.AppendValues([]uint8{1, 0, 1}, nil)
	labels := array.NewStringViewBuilder(mem)
	labels.AppendStringValues([]string{"x", "y"}, nil)
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.StringView, Ordered: true}
	built := places.NewArray().Data()
	dictionary := array.NewDataWithDictionary(typ, 3, built.Buffers(), 0, 0, labels.NewArray().Data().(*array.Data))
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "t", Type: arrow.BinaryTypes.StringView, Nullable: true},
		{Name: "l", Type: lists.Type(), Nullable: true},
		{Name: "e", Type: typ, Nullable: true, Metadata: arrow.NewMetadata([]string{"k"}, []string{"v"})},
	}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{texts.NewArray(), lists.NewArray(), array.MakeFromData(dictionary)}, 3)
}

func TestLayOutRecord(t *testing.T) {
	var l laidOut
	if err := pack.LayOutRecord(sample(), l.rooms()); err != nil {
		t.Fatal(err)
	}
	typ, err := l.typ()
	if err != nil {
		t.Fatal(err)
	}
	formats := typ.Format
	for _, c := range typ.Children {
		formats += " " + c.Name + ":" + c.Format
	}
	if want := "+s t:vu l:+L e:C"; formats != want {
		t.Errorf("formats %s, want %s", formats, want)
	}
	e := typ.Children[2]
	if e.Flags != arrowc.FlagDictionaryOrdered|arrowc.FlagNullable || e.Dictionary.Format != "vu" || arrowc.CheckMetadata(e.Metadata) != nil || len(e.Metadata) == 0 {
		t.Errorf("field of the dictionary: %+v", e)
	}
	// The outermost, three columns, a child and a dictionary.
	if fmt.Sprint(l.nodes) != "[6 6]" {
		t.Errorf("%v structures", l.nodes)
	}
	top := l.array()
	texts, lists, places := top.Child(0), top.Child(1), top.Child(2)
	if top.Length != 3 || texts.NullCount != 1 || texts.NumBuffers != 4 || lists.Child(0).Length != 3 || places.Dictionary.Length != 2 {
		t.Errorf("structures %+v %+v %+v", *top, *texts, *lists)
	}
	// The text that is not in its view, and the length of the buffer that it is in.
	if got := string(unsafe.Slice((*byte)(texts.Buffer(2)), 24)); got != "longer than twelve bytes" {
		t.Errorf("text %q", got)
	}
	if got := *(*int64)(texts.Buffer(3)); got != 24 {
		t.Errorf("%d bytes of text", got)
	}
	if got := unsafe.Slice((*int32)(lists.Child(0).Buffer(1)), 3); fmt.Sprint(got) != "[0 0 1]" {
		t.Errorf("elements %v", got)
	}
}

// Nothing that was laid out may point to memory of Go, which could move on.
func TestLayOutRecordCopiesAligned(t *testing.T) {
	var l laidOut
	if err := pack.LayOutRecord(sample(), l.rooms()); err != nil {
		t.Fatal(err)
	}
	start := uintptr(unsafe.Pointer(&l.batch[0]))
	var check func(a *arrowc.Array)
	check = func(a *arrowc.Array) {
		for i := range int(a.NumBuffers) {
			p := uintptr(a.Buffer(i))
			isLengths := a.NumBuffers > 3 && i == int(a.NumBuffers)-1
			if p != 0 && !isLengths && p >= start && p < start+uintptr(len(l.batch)) && p%64 != 0 {
				t.Errorf("buffer %d at %x", i, p)
			}
		}
		for i := range int(a.NumChildren) {
			check(a.Child(i))
		}
		if a.Dictionary != nil {
			check(a.Dictionary)
		}
	}
	check(l.array())
	values := uintptr(l.array().Child(2).Buffer(1))
	if values < start || values >= start+uintptr(len(l.batch)) {
		t.Error("values are not in the room")
	}
}

func TestLayOutRecordRefuses(t *testing.T) {
	var l laidOut
	if err := pack.LayOutRecord(sample().NewSlice(1, 2), l.rooms()); !errors.Is(err, pack.ErrUnsupported) {
		t.Errorf("a slice gave %v", err)
	}
	b := array.NewMonthIntervalBuilder(memory.DefaultAllocator)
	schema := arrow.NewSchema([]arrow.Field{{Name: "m", Type: b.Type()}}, nil)
	record := array.NewRecordBatch(schema, []arrow.Array{b.NewArray()}, 0)
	if err := pack.LayOutRecord(record, l.rooms()); fmt.Sprint(err) != `column "m": type month_interval: type cannot be packed` {
		t.Errorf("a type that Polars lacks gave %v", err)
	}
}
