package prune

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// Facts are what the rows of a column are, row group by row group: values as
// hive partitions have them, binary ones in base64; nil where there is no value.
type Facts struct {
	Name     string    `json:"name"`
	Type     string    `json:"type"`
	Least    []*string `json:"least"`
	Greatest []*string `json:"greatest"`
	Nulls    []int64   `json:"nulls"`
}

// FooterAnswer has the number of rows of each row group, and what is wrong with the
// footer, if anything is.
type FooterAnswer struct {
	Rows  []int64 `json:"rows"`
	Wrong string  `json:"wrong"`
}

// CheckFooter compares the end of a Parquet file, which holds all of its footer, with
// what its rows are:
//
//	{"columns": [{"name": "n", "type": "int64",
//	    "least": ["1"], "greatest": ["5"], "nulls": [0]}]}
//
// Counts of rows have to agree with one another, those of nulls with the rows, and
// bounds have to contain the values; a footer may say less than that. Statistics are
// compared that [Build] would not trust, as other readers might. Footers that make the
// library panic are [ErrUnreadable].
func CheckFooter(footer, request []byte) ([]byte, error) {
	var r struct {
		Columns []Facts `json:"columns"`
	}
	if err := json.Unmarshal(request, &r); err != nil {
		return nil, fmt.Errorf("prune: %w: %w", ErrRequest, err)
	}
	var answer FooterAnswer
	// The library that reads footers panics on some that are broken.
	err := guard.Call("footer of a file", func() error {
		m, err := readFooter(bytes.NewReader(footer), int64(len(footer)))
		if err != nil {
			return err
		}
		answer.Rows = make([]int64, len(m.RowGroups))
		for g, group := range m.RowGroups {
			answer.Rows[g] = group.NumRows
		}
		answer.Wrong, err = wrongIn(m, r.Columns)
		return err
	})
	switch {
	case errors.Is(err, ErrRequest):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("prune: the footer cannot be read: %w: %v", ErrUnreadable, err)
	}
	return json.Marshal(answer)
}

// wrongIn says what of a footer is not so, "" if all of it is.
func wrongIn(m *metadata.FileMetaData, columns []Facts) (string, error) {
	if wrong := wrongRows(m); wrong != "" {
		return wrong, nil
	}
	leaves := leavesOf(m)
	for _, c := range columns {
		leaf, ok := leaves[c.Name]
		if !ok || leaf < 0 {
			continue
		}
		for _, n := range []int{len(c.Least), len(c.Greatest), len(c.Nulls)} {
			if n != len(m.RowGroups) {
				return "", fmt.Errorf("prune: %d values of %s for %d row groups: %w", n, c.Name, len(m.RowGroups), ErrRequest)
			}
		}
		for g := range m.RowGroups {
			if wrong := c.wrong(m, g, leaf); wrong != "" {
				return fmt.Sprintf("row group %d, column %q: %s", g, c.Name, wrong), nil
			}
		}
	}
	return "", nil
}

func wrongRows(m *metadata.FileMetaData) string {
	sum := int64(0)
	for g, group := range m.RowGroups {
		if group.NumRows < 0 {
			return fmt.Sprintf("row group %d has %d rows", g, group.NumRows)
		}
		sum += group.NumRows
		for i, chunk := range group.Columns {
			flat := m.Schema.Column(i).MaxRepetitionLevel() == 0
			if flat && chunk.MetaData != nil && chunk.MetaData.NumValues != group.NumRows {
				return fmt.Sprintf("row group %d has %d rows, and its column %d %d values", g, group.NumRows, i, chunk.MetaData.NumValues)
			}
		}
	}
	if sum != m.NumRows {
		return fmt.Sprintf("%d rows, and %d in its row groups", m.NumRows, sum)
	}
	return ""
}

// wrong compares the statistics of one column chunk with its rows.
func (c Facts) wrong(m *metadata.FileMetaData, group, leaf int) string {
	chunk := m.RowGroups[group].Columns[leaf].MetaData
	if chunk == nil || chunk.Statistics == nil {
		return ""
	}
	said := chunk.Statistics
	if said.NullCount != nil && *said.NullCount != c.Nulls[group] {
		return fmt.Sprintf("%d nulls, and the rows have %d", *said.NullCount, c.Nulls[group])
	}
	decode, parse := c.readers(m.Schema.Column(leaf))
	if decode == nil || c.Least[group] == nil || c.Greatest[group] == nil {
		return ""
	}
	least, ok := parse(*c.Least[group])
	greatest, also := parse(*c.Greatest[group])
	if !ok || !also {
		return ""
	}
	for _, bound := range [][]byte{said.MinValue, said.Min} {
		if bound == nil {
			continue
		}
		if key, ok := decode(bound); !ok || bytes.Compare(key, least) > 0 {
			return fmt.Sprintf("its least value leaves out %q, which a row has", *c.Least[group])
		}
	}
	for _, bound := range [][]byte{said.MaxValue, said.Max} {
		if bound == nil {
			continue
		}
		if key, ok := decode(bound); !ok || bytes.Compare(key, greatest) < 0 {
			return fmt.Sprintf("its greatest value leaves out %q, which a row has", *c.Greatest[group])
		}
	}
	return ""
}

// readers return how bounds of a footer and values of rows become bytes that compare;
// nil where the two are not known to hold the same values.
func (c Facts) readers(column *schema.Column) (decoder, func(string) ([]byte, bool)) {
	t := parseType(c.Type)
	bytewise := column.PhysicalType() == parquet.Types.ByteArray
	switch {
	case c.Type == "binary" && bytewise:
		return whole, func(v string) ([]byte, bool) {
			b, err := base64.StdEncoding.DecodeString(v)
			return b, err == nil
		}
	case t.Family == axes.Text && bytewise:
		return whole, func(v string) ([]byte, bool) { return []byte(v), true }
	}
	return decoderOf(column, t), t.parseKey
}

func whole(b []byte) ([]byte, bool) { return b, true }
