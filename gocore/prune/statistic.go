package prune

import (
	"encoding/binary"
	"math"
	"math/big"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// statistic is what is known of one column in one row group.
type statistic struct {
	state           state
	least, greatest []byte // keys, of a bounded column
	null, nan       bool   // whether there may be any
	cut             bool   // whether a text may go on after the greatest key
}

type state uint8

const (
	unknown state = iota // the values may be anything
	hollow               // there is no value but null and NaN
	bounded              // every value is from least to greatest, or null, or NaN
)

// anything is the statistic of a column of which nothing is known.
var anything = statistic{state: unknown, null: true, nan: true}

// statisticOf reads the statistics of a column chunk as values of type t. What
// does not agree in every respect with what is written here is not trusted.
func statisticOf(m *metadata.FileMetaData, group, column int, t columnType) statistic {
	descr := m.Schema.Column(column)
	chunk := m.RowGroups[group].Columns[column].MetaData
	if chunk == nil || chunk.Statistics == nil || descr.MaxRepetitionLevel() > 0 {
		return anything
	}
	raw := chunk.Statistics
	least, greatest := raw.MinValue, raw.MaxValue
	encoded := metadata.EncodedStatistics{
		HasMin: least != nil, Min: least, HasMax: greatest != nil, Max: greatest,
	}
	if !m.WriterVersion().HasCorrectStatistics(descr.PhysicalType(), descr.LogicalType(), encoded, descr.SortOrder()) {
		return anything
	}
	s := statistic{null: true, nan: t.Family == axes.Float}
	rows := m.RowGroups[group].NumRows
	switch {
	case descr.MaxDefinitionLevel() == 0:
		s.null = false
	case raw.NullCount != nil && (*raw.NullCount < 0 || *raw.NullCount > rows):
		return anything
	case raw.NullCount != nil:
		s.null = *raw.NullCount > 0
		if *raw.NullCount == rows {
			s.state, s.nan = hollow, false
			return s
		}
	}
	if least == nil || greatest == nil || descr.ColumnOrder() != parquet.ColumnOrders.TypeDefinedOrder {
		return s
	}
	decode := decoderOf(descr, t)
	if decode == nil {
		return s
	}
	var ok, also bool
	s.least, ok = decode(least)
	s.greatest, also = decode(greatest)
	if ok && also && string(s.least) <= string(s.greatest) {
		s.state, s.cut = bounded, t.isCut(string(greatest))
	}
	return s
}

// decoder turns a statistic's bytes into a key, and answers false when they are
// not a value.
type decoder func([]byte) ([]byte, bool)

// decoderOf returns how values of a Parquet column are read as values of t, nil
// when the two are not known to hold the same values.
func decoderOf(c *schema.Column, t columnType) decoder {
	physical, logical := c.PhysicalType(), c.LogicalType()
	switch t.Family {
	case axes.Temporal:
		return temporalDecoder(physical, logical, t)
	case axes.Integer:
		return integerDecoder(physical, logical)
	case axes.Decimal:
		if d, ok := logical.(schema.DecimalLogicalType); ok && int(d.Scale()) == t.Scale {
			return decimalDecoder(physical)
		}
		if d, ok := logical.(*schema.DecimalLogicalType); ok && int(d.Scale()) == t.Scale {
			return decimalDecoder(physical)
		}
	case axes.Float:
		return floatDecoder(physical, logical, t)
	case axes.Text, axes.Label:
		if physical == parquet.Types.ByteArray && isText(logical) {
			return func(b []byte) ([]byte, bool) { return textKey(string(b)), true }
		}
	case axes.Boolean:
		if physical == parquet.Types.Boolean {
			return func(b []byte) ([]byte, bool) {
				return boolKey(len(b) == 1 && b[0] == 1), len(b) == 1 && b[0] <= 1
			}
		}
	case axes.Unordered:
	}
	return nil
}

func isNone(t schema.LogicalType) bool {
	if t == nil || !t.IsValid() {
		return true
	}
	switch t.(type) {
	case schema.NoLogicalType, *schema.NoLogicalType:
		return true
	}
	return false
}

func isText(t schema.LogicalType) bool {
	switch t.(type) {
	case schema.StringLogicalType, *schema.StringLogicalType:
		return true
	}
	return isNone(t)
}

func temporalDecoder(physical parquet.Type, logical schema.LogicalType, t columnType) decoder {
	switch l := logical.(type) {
	case schema.DateLogicalType, *schema.DateLogicalType:
		if t.Name != "date" || physical != parquet.Types.Int32 {
			return nil
		}
		return func(b []byte) ([]byte, bool) {
			v, ok := int32Of(b)
			return int64Key(int64(v)), ok
		}
	case schema.TimestampLogicalType:
		return timestampDecoder(physical, &l, t)
	case *schema.TimestampLogicalType:
		return timestampDecoder(physical, l, t)
	}
	return nil
}

var timeUnits = map[schema.TimeUnitType]string{
	schema.TimeUnitMillis: "datetime[ms", schema.TimeUnitMicros: "datetime[us", schema.TimeUnitNanos: "datetime[ns",
}

// timestampDecoder trusts a column of the same unit: the integers are the same
// then, whichever zone the values are shown in.
func timestampDecoder(physical parquet.Type, l *schema.TimestampLogicalType, t columnType) decoder {
	prefix, ok := timeUnits[l.TimeUnit()]
	if !ok || physical != parquet.Types.Int64 || len(t.Name) <= len(prefix) || t.Name[:len(prefix)] != prefix {
		return nil
	}
	return func(b []byte) ([]byte, bool) {
		v, ok := int64Of(b)
		return int64Key(v), ok
	}
}

func integerDecoder(physical parquet.Type, logical schema.LogicalType) decoder {
	unsigned, isInt := false, isNone(logical)
	switch l := logical.(type) {
	case schema.IntLogicalType:
		unsigned, isInt = !l.IsSigned(), true
	case *schema.IntLogicalType:
		unsigned, isInt = !l.IsSigned(), true
	}
	if !isInt {
		return nil
	}
	switch physical {
	case parquet.Types.Int32:
		return func(b []byte) ([]byte, bool) {
			v, ok := int32Of(b)
			if unsigned {
				return integerKey(new(big.Int).SetUint64(uint64(uint32(v)))), ok
			}
			return integerKey(big.NewInt(int64(v))), ok
		}
	case parquet.Types.Int64:
		return func(b []byte) ([]byte, bool) {
			v, ok := int64Of(b)
			if unsigned {
				return integerKey(new(big.Int).SetUint64(uint64(v))), ok
			}
			return integerKey(big.NewInt(v)), ok
		}
	}
	return nil
}

func integerKey(v *big.Int) []byte { return int128Key(axes.Int128(v)) }

func decimalDecoder(physical parquet.Type) decoder {
	switch physical {
	case parquet.Types.Int32, parquet.Types.Int64:
		return integerDecoder(physical, nil)
	case parquet.Types.FixedLenByteArray, parquet.Types.ByteArray:
		return func(b []byte) ([]byte, bool) {
			if len(b) == 0 {
				return nil, false
			}
			v := new(big.Int).SetBytes(b)
			if b[0]&0x80 != 0 {
				v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
			if v.BitLen() > 127 {
				return nil, false
			}
			return integerKey(v), true
		}
	}
	return nil
}

// floatDecoder does not trust NaN, which makes a bound that means nothing.
func floatDecoder(physical parquet.Type, logical schema.LogicalType, t columnType) decoder {
	switch {
	case !isNone(logical):
		return nil
	case physical == parquet.Types.Float:
		return func(b []byte) ([]byte, bool) {
			v, ok := int32Of(b)
			f := float64(math.Float32frombits(uint32(v)))
			return floatKey(f), ok && f == f
		}
	case physical == parquet.Types.Double && !t.Single:
		return func(b []byte) ([]byte, bool) {
			v, ok := int64Of(b)
			f := math.Float64frombits(uint64(v))
			return floatKey(f), ok && f == f
		}
	}
	return nil
}

func int32Of(b []byte) (int32, bool) {
	if len(b) != 4 {
		return 0, false
	}
	return int32(binary.LittleEndian.Uint32(b)), true
}

func int64Of(b []byte) (int64, bool) {
	if len(b) != 8 {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint64(b)), true
}
