package prune

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

func given(values ...string) []*string {
	out := make([]*string, len(values))
	for i, v := range values {
		if v != "-" {
			out[i] = &v
		}
	}
	return out
}

// One column of a file with the rows 1, 2 and null; harm changes what its footer says.
func TestFootersThatContradictTheRows(t *testing.T) {
	types := parquet.Types
	i64 := func() schema.Node {
		return logical(t, schema.NewIntLogicalType(64, true), types.Int64, -1)
	}
	text := func() schema.Node { return logical(t, schema.StringLogicalType{}, types.ByteArray, -1) }
	raw := func() schema.Node { return logical(t, schema.NoLogicalType{}, types.ByteArray, -1) }
	int64s := func(v int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(v)) }
	ints := Facts{"c", "int64", given("1"), given("2"), []int64{1}}
	for _, tt := range []struct {
		name  string
		node  func() schema.Node
		facts Facts
		harm  func(*metadata.FileMetaData)
		want  string // the start of what is wrong
	}{
		{"as it is", i64, ints, func(*metadata.FileMetaData) {}, ""},
		{"nothing said", i64, ints, func(m *metadata.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Statistics = nil }, ""},
		{"wider", i64, ints, func(m *metadata.FileMetaData) {
			s := m.RowGroups[0].Columns[0].MetaData.Statistics
			s.MinValue, s.Min, s.MaxValue, s.Max = int64s(-9), int64s(-9), int64s(9), int64s(9)
		}, ""},
		{"least above", i64, ints, func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.MinValue = int64s(2)
		}, `row group 0, column "c": its least value leaves out "1"`},
		{"old least above", i64, ints, func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.Min = int64s(2)
		}, `row group 0, column "c": its least value leaves out "1"`},
		{"greatest below", i64, ints, func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.MaxValue = int64s(1)
		}, `row group 0, column "c": its greatest value leaves out "2"`},
		{"no value of the type", i64, ints, func(m *metadata.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Statistics.MaxValue = []byte{9}
		}, `row group 0, column "c": its greatest value leaves out "2"`},
		{"fewer nulls", i64, ints, func(m *metadata.FileMetaData) {
			*m.RowGroups[0].Columns[0].MetaData.Statistics.NullCount = 0
		}, `row group 0, column "c": 0 nulls, and the rows have 1`},
		{"all null", i64, ints, func(m *metadata.FileMetaData) {
			*m.RowGroups[0].Columns[0].MetaData.Statistics.NullCount = 3
		}, `row group 0, column "c": 3 nulls, and the rows have 1`},
		{"rows of the group", i64, ints, func(m *metadata.FileMetaData) { m.RowGroups[0].NumRows = 2 }, "row group 0 has 2 rows, and its column 0 3 values"},
		{"rows below zero", i64, ints, func(m *metadata.FileMetaData) { m.RowGroups[0].NumRows = -3 }, "row group 0 has -3 rows"},
		{"rows of the file", i64, ints, func(m *metadata.FileMetaData) { m.NumRows = 4 }, "4 rows, and 3 in its row groups"},
		{"text whose start is the same", text, Facts{"c", "string", given(strings.Repeat("1", 40)), given(strings.Repeat("1", 41)), []int64{1}}, func(m *metadata.FileMetaData) {
			s := m.RowGroups[0].Columns[0].MetaData.Statistics
			s.MinValue, s.MaxValue = []byte("1"), []byte(strings.Repeat("1", 40))
		}, `row group 0, column "c": its greatest value leaves out`},
		{"binary", raw, Facts{"c", "binary", given(base64.StdEncoding.EncodeToString([]byte{0})), given(base64.StdEncoding.EncodeToString([]byte{255})), []int64{1}}, func(m *metadata.FileMetaData) {
			s := m.RowGroups[0].Columns[0].MetaData.Statistics
			s.MinValue, s.MaxValue = []byte{0}, []byte{254}
		}, `row group 0, column "c": its greatest value leaves out "/w=="`},
		{"rows without a value", i64, Facts{"c", "int64", given("-"), given("-"), []int64{1}}, func(*metadata.FileMetaData) {}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := footerOf(t, written(t, tt.node(), false))
			tt.harm(m)
			got, err := wrongIn(m, []Facts{tt.facts})
			if err != nil || !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestCheckFooter(t *testing.T) {
	b := written(t, logical(t, schema.NewIntLogicalType(64, true), parquet.Types.Int64, -1), true)
	request := func(least string) []byte {
		out, err := json.Marshal(map[string]any{"columns": []Facts{{"c", "int64", given("1", least, "-"), given("1", "2", "-"), []int64{0, 0, 1}}}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for least, want := range map[string]string{
		"2": `{"rows":[1,1,1],"wrong":""}`,
		"0": `{"rows":[1,1,1],"wrong":"row group 1, column \"c\": its least value leaves out \"0\", which a row has"}`,
	} {
		if got, err := CheckFooter(b, request(least)); err != nil || string(got) != want {
			t.Errorf("least %s: %s, %v; want %s", least, got, err, want)
		}
	}
	for name, tt := range map[string]struct {
		footer, request []byte
		want            error
	}{
		"no JSON":           {b, []byte("{"), ErrRequest},
		"too few groups":    {b, []byte(`{"columns": [{"name": "c", "type": "int64"}]}`), ErrRequest},
		"no footer":         {nil, []byte("{}"), ErrUnreadable},
		"half of a footer":  {b[len(b)-20:], []byte("{}"), ErrUnreadable},
		"a footer of noise": {append(make([]byte, 64), 64, 0, 0, 0, 'P', 'A', 'R', '1'), []byte("{}"), ErrUnreadable},
	} {
		if _, err := CheckFooter(tt.footer, tt.request); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}
