package prune

import (
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// family is how the values of a column are kept and compared.
type family uint8

const (
	unordered family = iota // nothing is known of the order: such a column never prunes
	temporal
	integer
	decimal
	float
	text
	boolean
)

// columnType is the type of a column of a scan, as Polars names it on the wire.
type columnType struct {
	name   string
	family family
	wire   expr.Type // Other but for temporal, integer and boolean types
	scale  int       // of a decimal
	single bool      // a float of 32 bits
}

// parseType reads the names that package expr knows, and "string", "binary",
// "float32", "float64" and "decimal[scale]". Any other type is unordered.
func parseType(name string) columnType {
	t := columnType{name: name, wire: expr.ParseType(name)}
	switch {
	case t.wire.IsTemporal():
		t.family = temporal
	case t.wire.Kind == expr.Integer:
		t.family = integer
	case t.wire.Kind == expr.Boolean:
		t.family = boolean
	case name == "string" || name == "binary":
		t.family = text
	case name == "float32" || name == "float64":
		t.family, t.single = float, name == "float32"
	case strings.HasPrefix(name, "decimal["):
		scale, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(name, "decimal["), "]"))
		if err == nil && scale >= 0 {
			t.family, t.scale = decimal, scale
		}
	}
	return t
}

// width is the number of bytes of a key.
func (t columnType) width() int {
	switch t.family {
	case temporal, float:
		return wordWidth
	case integer, decimal:
		return longWidth
	case text:
		return textWidth
	case boolean, unordered:
	}
	return byteWidth
}

// parseKey reads the text of one value, as a hive partition has it, and false
// when it is not one of the type.
func (t columnType) parseKey(value string) ([]byte, bool) {
	switch t.family {
	case temporal:
		v, err := strconv.ParseInt(value, 10, 64)
		return int64Key(v), err == nil
	case integer, decimal:
		v, ok := parseInt128(value)
		return int128Key(v), ok
	case float:
		v, err := strconv.ParseFloat(value, 64)
		return floatKey(v), err == nil && v == v
	case text:
		return textKey(value), t.name == "string"
	case boolean:
		return boolKey(value == "true"), value == "true" || value == "false"
	case unordered:
	}
	return nil, false
}

func parseInt128(digits string) (interval.Int128, bool) {
	v, ok := new(big.Int).SetString(digits, 10)
	if !ok || v.BitLen() > 127 {
		return interval.Int128{}, false
	}
	return int128Of(v), true
}

// int128Of returns v, which must fit.
func int128Of(v *big.Int) interval.Int128 {
	low := new(big.Int).And(v, new(big.Int).SetUint64(1<<64-1))
	return interval.Int128{Hi: new(big.Int).Rsh(v, 64).Int64(), Lo: low.Uint64()}
}

// The axes of the families that package bounds has no own axis for.

func (t columnType) integers() bounds.Axis[interval.Int128] {
	value := func(l *expr.Literal) (interval.Int128, bool) {
		switch {
		case l.Exact && l.Type.Kind == expr.Integer && l.Lo == l.Hi:
			return interval.Int128FromInt64(l.Lo), true
		case l.Scalar != nil && l.Scalar.Type == "integer":
			return parseInt128(l.Scalar.Value)
		}
		return interval.Int128{}, false
	}
	return bounds.NewOrdered(t.wire, interval.Decimal(0), value, t.widens)
}

// widens reports whether a cast to another type keeps every value of t.
func (t columnType) widens(to expr.Type) bool {
	from := t.wire.Int
	switch {
	case to.Kind != expr.Integer:
		return false
	case from.Unsigned == to.Int.Unsigned:
		return to.Int.Bits >= from.Bits
	}
	return from.Unsigned && to.Int.Bits > from.Bits
}

func never(expr.Type) bool { return false }

func (t columnType) decimals() bounds.Axis[interval.Int128] {
	want := "decimal[" + strconv.Itoa(t.scale) + "]"
	value := func(l *expr.Literal) (interval.Int128, bool) {
		if l.Scalar == nil || l.Scalar.Type != want {
			return interval.Int128{}, false
		}
		return parseInt128(l.Scalar.Value)
	}
	return bounds.NewOrdered(t.wire, interval.Decimal(t.scale), value, never)
}

func (t columnType) floats() bounds.Axis[float64] {
	value := func(l *expr.Literal) (float64, bool) {
		if l.Scalar == nil || l.Scalar.Type != "float" {
			return 0, false
		}
		v, err := strconv.ParseFloat(l.Scalar.Value, 64)
		return v, err == nil
	}
	return bounds.NewOrdered(t.wire, interval.Float64(), value, never)
}

func (t columnType) texts() bounds.Axis[string] {
	value := func(l *expr.Literal) (string, bool) {
		switch {
		case l.Scalar == nil || l.Scalar.Type != t.name:
			return "", false
		case t.name == "string":
			return l.Scalar.Value, true
		}
		v, err := hex.DecodeString(l.Scalar.Value)
		return string(v), err == nil
	}
	return bounds.NewOrdered(t.wire, interval.String(), value, never)
}

func (t columnType) booleans() bounds.Axis[bool] {
	value := func(l *expr.Literal) (bool, bool) {
		return l.Lo != 0, l.Exact && l.Type.Kind == expr.Boolean
	}
	return bounds.NewOrdered(t.wire, interval.Bool(), value, never)
}
