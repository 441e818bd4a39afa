package prune

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// written is a Parquet file of one optional column with the values 1, 2 and null,
// each in a row group of its own if apart.
func written(t testing.TB, node schema.Node, apart bool) []byte {
	t.Helper()
	root, err := schema.NewGroupNode("root", parquet.Repetitions.Required, schema.FieldList{node}, -1)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := file.NewParquetWriter(&b, root)
	rows := [][]int16{{1, 1, 0}}
	if apart {
		rows = [][]int16{{1}, {1}, {0}}
	}
	next := int64(1)
	for _, levels := range rows {
		group, err := w.AppendRowGroupChecked()
		if err != nil {
			t.Fatal(err)
		}
		column, err := group.NextColumn()
		if err != nil {
			t.Fatal(err)
		}
		for _, level := range levels {
			writeValue(t, column, next, level)
			next++
		}
		if err := errors.Join(column.Close(), group.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeValue(t testing.TB, column file.ColumnChunkWriter, v int64, level int16) {
	t.Helper()
	levels, n := []int16{level}, int(level)
	var err error
	switch w := column.(type) {
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch([]int32{int32(v)}[:n], levels, nil)
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch([]int64{v}[:n], levels, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch([]float64{float64(v)}[:n], levels, nil)
	case *file.Float32ColumnChunkWriter:
		_, err = w.WriteBatch([]float32{float32(v)}[:n], levels, nil)
	case *file.BooleanColumnChunkWriter:
		_, err = w.WriteBatch([]bool{v == 2}[:n], levels, nil)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch([]parquet.ByteArray{{byte(v)}}[:n], levels, nil)
	case *file.FixedLenByteArrayColumnChunkWriter:
		_, err = w.WriteBatch([]parquet.FixedLenByteArray{{0, byte(v)}}[:n], levels, nil)
	case *file.Int96ColumnChunkWriter:
		_, err = w.WriteBatch([]parquet.Int96{{byte(v)}}[:n], levels, nil)
	default:
		t.Fatalf("no writer for %T", column)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func footerOf(t testing.TB, b []byte) *metadata.FileMetaData {
	t.Helper()
	m, err := readFooter(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func logical(t testing.TB, l schema.LogicalType, physical parquet.Type, length int) schema.Node {
	t.Helper()
	n, err := schema.NewPrimitiveNodeLogical("c", parquet.Repetitions.Optional, l, physical, length, -1)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// shownStatistic writes a statistic the way the tests want it: its state, with the
// digits of the keys.
func shownStatistic(s statistic) string {
	out := map[state]string{unknown: "unknown", hollow: "hollow"}[s.state]
	if s.state == bounded {
		out = fmt.Sprintf("%x..%x", bytes.TrimRight(s.least, "\x00"), bytes.TrimRight(s.greatest, "\x00"))
	}
	if s.null {
		out += " null"
	}
	if s.nan {
		out += " nan"
	}
	return out
}

// oneToTwo are the keys of the integers 1 and 2.
const oneToTwo = "80000000000000000000000000000001..80000000000000000000000000000002"

// Which type in the file is trusted for which type in the scan.
func TestStatisticsOfTypes(t *testing.T) {
	types := parquet.Types
	none := schema.NoLogicalType{}
	micros := schema.NewTimestampLogicalType(true, schema.TimeUnitMicros)
	tests := []struct {
		name string
		node schema.Node
		typ  string
		want string
	}{
		{"int64", logical(t, none, types.Int64, -1), "int64", oneToTwo + " null"},
		{"wider in the scan", logical(t, none, types.Int32, -1), "int64", oneToTwo + " null"},
		{"unsigned", logical(t, schema.NewIntLogicalType(8, false), types.Int32, -1), "uint8", oneToTwo + " null"},
		{"date", logical(t, schema.DateLogicalType{}, types.Int32, -1), "date", "8000000000000001..8000000000000002 null"},
		{"a date for a datetime", logical(t, schema.DateLogicalType{}, types.Int32, -1), "datetime[us]", "unknown null"},
		{"an integer for a date", logical(t, none, types.Int32, -1), "date", "unknown null"},
		{"microseconds", logical(t, micros, types.Int64, -1), "datetime[us, UTC]", "8000000000000001..8000000000000002 null"},
		{"another unit", logical(t, micros, types.Int64, -1), "datetime[ns, UTC]", "unknown null"},
		{"a datetime for an integer", logical(t, micros, types.Int64, -1), "int64", "unknown null"},
		{"a time", logical(t, schema.NewTimeLogicalType(false, schema.TimeUnitMicros), types.Int64, -1), "int64", "unknown null"},
		{"float64", logical(t, none, types.Double, -1), "float64", "bff0..c0 null nan"},
		{"float32", logical(t, none, types.Float, -1), "float32", "bff0..c0 null nan"},
		{"float32 in the file", logical(t, none, types.Float, -1), "float64", "bff0..c0 null nan"},
		{"float64 in the file", logical(t, none, types.Double, -1), "float32", "unknown null nan"},
		{"boolean", logical(t, none, types.Boolean, -1), "boolean", "..01 null"},
		{"string", logical(t, schema.StringLogicalType{}, types.ByteArray, -1), "string", "01..02 null"},
		{"binary", logical(t, none, types.ByteArray, -1), "binary", "01..02 null"},
		{"json", logical(t, schema.JSONLogicalType{}, types.ByteArray, -1), "string", "unknown null"},
		{"decimal of bytes", logical(t, schema.NewDecimalLogicalType(4, 2), types.FixedLenByteArray, 2), "decimal[2]", oneToTwo + " null"},
		{"decimal of an integer", logical(t, schema.NewDecimalLogicalType(4, 2), types.Int32, -1), "decimal[2]", oneToTwo + " null"},
		{"decimal of a smaller scale", logical(t, schema.NewDecimalLogicalType(4, 2), types.Int32, -1), "decimal[1]", "unknown null"},
		{"decimal of a greater scale", logical(t, schema.NewDecimalLogicalType(4, 2), types.Int32, -1), "decimal[3]", "unknown null"},
		{"int96", logical(t, none, types.Int96, -1), "datetime[ns]", "unknown null nan"},
		{"an unordered type", logical(t, schema.StringLogicalType{}, types.ByteArray, -1), "list", "unknown null"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := footerOf(t, written(t, tt.node, false))
			got := shownStatistic(statisticOf(m, 0, 0, parseType(tt.typ)))
			if got != tt.want {
				t.Errorf("statistic %q, want %q", got, tt.want)
			}
		})
	}
}

// What is wrong with the statistics themselves.
func TestStatisticsThatAreNotTrusted(t *testing.T) {
	int64s := func(v int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(v)) }
	float64s := func(v float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)) }
	i64 := logical(t, schema.NoLogicalType{}, parquet.Types.Int64, -1)
	f64 := logical(t, schema.NoLogicalType{}, parquet.Types.Double, -1)
	count := func(n int64) *int64 { return &n }
	tests := []struct {
		name string
		node schema.Node
		typ  string
		harm func(*metadata.FileMetaData)
		want string
	}{
		{"none at all", i64, "int64", func(m *metadata.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Statistics = nil }, "unknown null nan"},
		{"no least value", i64, "int64", func(m *metadata.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Statistics.MinValue = nil }, "unknown null"},
		{"no greatest value", i64, "int64", func(m *metadata.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Statistics.MaxValue = nil }, "unknown null"},
		{"a value too short", i64, "int64", func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.MaxValue = []byte{1}
		}, "unknown null"},
		{"least above greatest", i64, "int64", func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.MinValue = int64s(9)
		}, "unknown null"},
		{"only values of an undefined order", i64, "int64", func(m *metadata.FileMetaData) {
			s := m.RowGroups[0].Columns[0].MetaData.Statistics
			s.Min, s.Max, s.MinValue, s.MaxValue = s.MinValue, s.MaxValue, nil, nil
		}, "unknown null"},
		{"more nulls than rows", i64, "int64", func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.NullCount = count(4)
		}, "unknown null nan"},
		{"nothing but nulls", i64, "int64", func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.NullCount = count(3)
		}, "hollow null"},
		{"one value among nulls", i64, "int64", func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.NullCount = count(2)
		}, oneToTwo + " null"},
		{"no null", i64, "int64", func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.NullCount = count(0)
		}, oneToTwo},
		{"nulls not counted", i64, "int64", func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.NullCount = nil
		}, oneToTwo + " null"},
		{"NaN as the greatest", f64, "float64", func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.MaxValue = float64s(math.NaN())
		}, "unknown null nan"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := footerOf(t, written(t, tt.node, false))
			tt.harm(m)
			if got := shownStatistic(statisticOf(m, 0, 0, parseType(tt.typ))); got != tt.want {
				t.Errorf("statistic %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRowGroups(t *testing.T) {
	i64 := logical(t, schema.NoLogicalType{}, parquet.Types.Int64, -1)
	m := footerOf(t, written(t, i64, true))
	columns := []Column{{Name: "c", Type: "int64"}, {Name: "gone", Type: "int64"}}
	types := []columnType{parseType("int64"), parseType("int64")}
	for missing, want := range map[Missing]string{"raise": "unknown null nan", MissingNull: "hollow null"} {
		groups := rowGroups(m, columns, types, missing)
		if len(groups) != 3 || groups[2][0].state != hollow || groups[0][0].null {
			t.Errorf("row groups %v", groups)
		}
		if got := shownStatistic(groups[0][1]); got != want {
			t.Errorf("missing column, %s: %q, want %q", missing, got, want)
		}
	}
}

func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	i64 := logical(t, schema.NoLogicalType{}, parquet.Types.Int64, -1)
	whole := written(t, i64, false)
	put := func(b []byte, at time.Time) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, b, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Unix(1_700_000_000, 5)
	put(whole, then)
	index, err := Build([]byte(fmt.Sprintf(`{"paths": [%q], "columns": [{"name": "c", "type": "int64"}]}`, path)))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func()
		want   error
	}{
		{"as it was", func() {}, nil},
		{"one nanosecond later", func() { put(whole, then.Add(1)) }, ErrChanged},
		{"earlier", func() { put(whole, then.Add(-time.Hour)) }, ErrChanged},
		{"longer", func() { put(append(whole, 0), then) }, ErrChanged},
		{"gone", func() { _ = os.Remove(path) }, ErrChanged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			put(whole, then)
			tt.change()
			all, one := Verify(index, nil), Verify(index, []byte{0, 0, 0, 0})
			if !errors.Is(all, tt.want) || !errors.Is(one, tt.want) {
				t.Errorf("verify gave %v and %v, want %v", all, one, tt.want)
			}
			if tt.want != nil && !bytes.Contains([]byte(one.Error()), []byte(path)) {
				t.Errorf("the error does not name the file: %v", one)
			}
		})
	}
	if err := Verify(index, []byte{1, 0, 0, 0}); !errors.Is(err, ErrRequest) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestBuildRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		request string
		want    error
	}{
		"no JSON":         {`{`, ErrRequest},
		"a missing file":  {`{"paths": ["/nowhere/a.parquet"], "columns": [{"name": "c", "type": "int64"}]}`, ErrUnreadable},
		"a folder":        {`{"paths": ["/"], "columns": []}`, ErrUnreadable},
		"too many values": {`{"paths": ["/a"], "columns": [{"name": "c", "type": "int64", "values": ["1", "2"]}]}`, ErrRequest},
	} {
		if _, err := Build([]byte(tt.request)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestUnsignedStatisticsAreNotNegative(t *testing.T) {
	for _, c := range []struct {
		bits  int8
		in    parquet.Type
		bytes []byte
		want  string
	}{
		{32, parquet.Types.Int32, binary.LittleEndian.AppendUint32(nil, 1<<31), "2147483648"},
		{64, parquet.Types.Int64, binary.LittleEndian.AppendUint64(nil, 1<<63), "9223372036854775808"},
	} {
		key, ok := integerDecoder(c.in, schema.NewIntLogicalType(c.bits, false))(c.bytes)
		want, _ := parseType("uint64").parseKey(c.want)
		if !ok || !bytes.Equal(key, want) {
			t.Errorf("%d bits: %x, want %x", c.bits, key, want)
		}
	}
}

func TestHiveValuesHoldForAllRowsOfAFile(t *testing.T) {
	value, typ := "5", parseType("int64")
	for _, c := range []struct {
		value *string
		state state
		null  bool
	}{{&value, bounded, false}, {nil, hollow, true}} {
		file := gathered{groups: unknownGroups(1)}
		file.fix(0, typ, c.value)
		got := file.groups[0][0]
		if got.state != c.state || got.null != c.null {
			t.Errorf("%v: state %d, null %v", c.value, got.state, got.null)
		}
		want, _ := typ.parseKey("5")
		if c.value != nil && (!bytes.Equal(got.least, want) || !bytes.Equal(got.greatest, want)) {
			t.Errorf("from %x to %x, want %x", got.least, got.greatest, want)
		}
	}
}

// FuzzFooter reads files that may be broken anywhere; a panic of the library is
// an error too.
func FuzzFooter(f *testing.F) {
	i64, err := schema.NewPrimitiveNodeLogical("c", parquet.Repetitions.Optional, schema.NoLogicalType{}, parquet.Types.Int64, -1, -1)
	if err != nil {
		f.Fatal(err)
	}
	whole := written(f, i64, true)
	f.Add(whole)                          // a whole file
	f.Add(whole[4:])                      // without its beginning
	f.Add([]byte("PAR1"))                 // shorter than a trailer
	f.Add([]byte("\xff\xff\xff\xffPAR1")) // a footer longer than the file
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = guard.Call("footer", func() error {
			m, err := readFooter(bytes.NewReader(b), int64(len(b)))
			if err == nil {
				rowGroups(m, []Column{{Name: "c", Type: "int64"}}, []columnType{parseType("int64")}, "raise")
			}
			return err
		})
		request := []byte(`{"columns": [{"name": "c", "type": "int64", "least": ["1"], "greatest": ["2"], "nulls": [1]}]}`)
		if out, err := CheckFooter(b, request); (out == nil) == (err == nil) {
			t.Errorf("both or neither: %s, %v", out, err)
		}
	})
}
