package prune

import (
	"strconv"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
)

// columnType is the type of a column of a scan, as Polars names it on the wire.
type columnType struct{ axes.Type }

func parseType(name string) columnType { return columnType{axes.Parse(name)} }

// width is the number of bytes of a key.
func (t columnType) width() int {
	switch t.Family {
	case axes.Temporal, axes.Float:
		return wordWidth
	case axes.Integer, axes.Decimal:
		return longWidth
	case axes.Text, axes.Label:
		return textWidth
	case axes.Boolean, axes.Unordered:
	}
	return byteWidth
}

// parseKey reads the text of one value, as a hive partition has it, and false
// when it is not one of the type.
func (t columnType) parseKey(value string) ([]byte, bool) {
	switch t.Family {
	case axes.Temporal:
		v, err := strconv.ParseInt(value, 10, 64)
		return int64Key(v), err == nil
	case axes.Integer, axes.Decimal:
		v, ok := axes.ParseInt128(value)
		return int128Key(v), ok
	case axes.Float:
		v, err := strconv.ParseFloat(value, 64)
		return floatKey(v), err == nil && v == v
	case axes.Text:
		return textKey(value), t.Name == "string"
	case axes.Boolean:
		return boolKey(value == "true"), value == "true" || value == "false"
	case axes.Label, axes.Unordered:
	}
	return nil, false
}
