package axes

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Family is how the values of a column are kept and compared.
type Family uint8

// The families. Nothing is known of the order of an Unordered one.
const (
	Unordered Family = iota
	Temporal
	Integer
	Decimal
	Float
	Text
	Boolean
	Label
)

// Type is the type of a column, as Polars names it on the wire.
type Type struct {
	Name   string
	Family Family
	Wire   expr.Type // Other but for temporal, integer and boolean types
	Scale  int       // of a decimal
	Single bool      // a float of 32 bits
	Labels []string  // of an enumeration, in order
}

// Parse reads the names that package expr knows, and "string", "binary", "float32",
// "float64", "categorical" (whose order is that of its texts) and `enum["a","b"]`, with
// the labels in their order. Any other type is Unordered.
func Parse(name string) Type {
	t := Type{Name: name, Wire: expr.ParseType(name)}
	switch {
	case t.Wire.IsTemporal():
		t.Family = Temporal
	case t.Wire.Kind == expr.Integer:
		t.Family = Integer
	case t.Wire.Kind == expr.Boolean:
		t.Family = Boolean
	case name == "string" || name == "binary" || name == "categorical":
		t.Family = Text
	case strings.HasPrefix(name, "enum["):
		if json.Unmarshal([]byte(strings.TrimPrefix(name, "enum")), &t.Labels) == nil {
			t.Family = Label
		}
	case name == "float32" || name == "float64":
		t.Family, t.Single = Float, name == "float32"
	case t.Wire.Kind == expr.Decimal:
		t.Family, t.Scale = Decimal, int(t.Wire.Digits.Scale)
	}
	return t
}

// Enum returns the type of an enumeration, whose labels are in its order.
func Enum(labels []string) Type {
	name, _ := json.Marshal(append([]string{}, labels...)) // texts always can
	return Parse("enum" + string(name))
}

// widens reports whether a cast to another type keeps every value of t.
func (t Type) widens(to expr.Type) bool {
	if t.Wire.Kind == expr.Decimal {
		from, into := t.Wire.Digits, to.Digits
		return to.Kind == expr.Decimal && into.Scale >= from.Scale &&
			into.Precision-into.Scale >= from.Precision-from.Scale
	}
	from := t.Wire.Int
	switch {
	case to.Kind != expr.Integer:
		return false
	case from.Unsigned == to.Int.Unsigned:
		return to.Int.Bits >= from.Bits
	}
	return from.Unsigned && to.Int.Bits > from.Bits
}

// numbers is the domain of an [Integer] or [Decimal] type.
func (t Type) numbers() interval.Domain[interval.Int128] {
	if t.Wire.Int == (expr.Int{Bits: 128, Unsigned: true}) {
		return interval.Integers()
	}
	return interval.Decimal(t.Scale)
}

// Limits hold every value of an [Integer] or [Decimal] type. There is no upper end where
// an Int128 does not hold it.
func (t Type) Limits() interval.Interval[interval.Int128] {
	one := big.NewInt(1)
	least, beyond := new(big.Int), new(big.Int)
	switch bits := uint(t.Wire.Int.Bits); {
	case t.Family == Decimal:
		beyond = Power10(int(t.Wire.Digits.Precision))
		least.Sub(one, beyond)
	case t.Wire.Int.Unsigned:
		beyond.Lsh(one, bits)
	default:
		beyond.Lsh(one, bits-1)
		least.Neg(beyond)
	}
	limits := interval.Interval[interval.Int128]{Lo: interval.Incl(Int128(least))}
	if greatest, ok := fit(beyond.Sub(beyond, one)); ok {
		limits.Hi = interval.Incl(greatest)
	}
	return limits
}

// Same reports whether values of two types mean the same if they are written alike.
func (t Type) Same(o Type) bool {
	return t.Family == o.Family && t.Scale == o.Scale && t.Single == o.Single &&
		(t.Family != Text || t.Name == o.Name) && slices.Equal(t.Labels, o.Labels) && (t.Family != Temporal || t.Wire == o.Wire)
}
