package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Kind is the family of a data type, as far as bounds care.
type Kind uint8

// The kinds. Other is every type no bound is derived from.
const (
	Other Kind = iota
	Boolean
	Date
	Datetime
	Duration
	Integer
	Decimal
	Float
)

// Unit is the tick of a Datetime or Duration.
type Unit uint8

// The units of a Datetime or Duration; NoUnit belongs to every other kind.
const (
	NoUnit Unit = iota
	Milliseconds
	Microseconds
	Nanoseconds
)

var unitNames = map[Unit]string{Milliseconds: "ms", Microseconds: "us", Nanoseconds: "ns"}

// Type is a data type. Two types are equal exactly when values of one can be
// compared with values of the other as physical integers.
type Type struct {
	Kind Kind
	Unit Unit
	Zone string // "" for a Datetime without a time zone
	Int  Int    // of an Integer; of a Float its bits

	// Digits are those of a Decimal.
	Digits Digits
}

// Digits are how many digits a decimal has at most, and how many of them after the
// point.
type Digits struct{ Precision, Scale uint8 }

// maxPrecision is what a decimal of Polars has at most.
const maxPrecision = 38

// Int is the width of an integer type and whether it has a sign.
type Int struct {
	Bits     uint8
	Unsigned bool
}

// ParseType reads the wire name of a type: "date", "datetime[us]",
// "datetime[ns, Europe/Berlin]", "duration[ms]", "boolean", "int32", "uint8",
// "decimal[10, 2]", "float64"; any other name is Other.
func ParseType(s string) Type {
	switch s {
	case "date":
		return Type{Kind: Date}
	case "boolean":
		return Type{Kind: Boolean}
	case "float32", "float64":
		bits := map[string]uint8{"float32": 32, "float64": 64}[s]
		return Type{Kind: Float, Int: Int{Bits: bits}}
	}
	name, inner, ok := strings.Cut(s, "[")
	if !ok {
		return Type{Kind: integerKind(s), Int: integers[s]}
	}
	if name == "decimal" {
		return decimalType(strings.TrimSuffix(inner, "]"))
	}
	kind := map[string]Kind{"datetime": Datetime, "duration": Duration}[name]
	unit, zone, _ := strings.Cut(strings.TrimSuffix(inner, "]"), ", ")
	for u, n := range unitNames {
		if n == unit && kind != Other && strings.HasSuffix(inner, "]") {
			return Type{Kind: kind, Unit: u, Zone: zone}
		}
	}
	return Type{}
}

// decimalType reads "precision, scale", or the scale alone.
func decimalType(inner string) Type {
	first, second, both := strings.Cut(inner, ", ")
	d := Digits{Precision: maxPrecision}
	scale := first
	if both {
		p, err := strconv.ParseUint(first, 10, 8)
		if err != nil || p > maxPrecision {
			return Type{}
		}
		d.Precision, scale = uint8(p), second
	}
	s, err := strconv.ParseUint(scale, 10, 8)
	if err != nil || s > uint64(d.Precision) {
		return Type{}
	}
	d.Scale = uint8(s)
	return Type{Kind: Decimal, Digits: d}
}

// integers are the integer types whose values an int64 holds, or, for the widest,
// whose values beyond int64 no temporal value reaches.
var integers = map[string]Int{
	"int8": {Bits: 8}, "int16": {Bits: 16}, "int32": {Bits: 32}, "int64": {Bits: 64},
	"int128": {Bits: 128}, "uint8": {8, true}, "uint16": {16, true}, "uint32": {32, true},
	"uint64": {64, true}, "uint128": {128, true},
}

func integerKind(name string) Kind {
	if _, ok := integers[name]; ok {
		return Integer
	}
	return Other
}

// String is the wire name of the type.
func (t Type) String() string {
	switch t.Kind {
	case Date:
		return "date"
	case Boolean:
		return "boolean"
	case Datetime:
		if t.Zone != "" {
			return fmt.Sprintf("datetime[%s, %s]", unitNames[t.Unit], t.Zone)
		}
		return fmt.Sprintf("datetime[%s]", unitNames[t.Unit])
	case Duration:
		return fmt.Sprintf("duration[%s]", unitNames[t.Unit])
	case Integer:
		for name, i := range integers {
			if i == t.Int {
				return name
			}
		}
	case Float:
		return fmt.Sprintf("float%d", t.Int.Bits)
	case Decimal:
		return fmt.Sprintf("decimal[%d, %d]", t.Digits.Precision, t.Digits.Scale)
	case Other:
	}
	return "other"
}

// Extremes are the least and greatest physical values of the type that an int64
// holds, and false for a type without physical integers. Polars keeps a Date in
// 32 bits, a Datetime and a Duration in 64.
func (t Type) Extremes() (least, greatest int64, ok bool) {
	switch t.Kind {
	case Date:
		return math.MinInt32, math.MaxInt32, true
	case Datetime, Duration:
		return math.MinInt64, math.MaxInt64, true
	case Boolean:
		return 0, 1, true
	case Integer:
		return t.Int.extremes()
	case Decimal, Float, Other:
	}
	return 0, 0, false
}

func (i Int) extremes() (least, greatest int64, ok bool) {
	switch {
	case i.Bits >= 64 && i.Unsigned:
		return 0, math.MaxInt64, true
	case i.Bits >= 64:
		return math.MinInt64, math.MaxInt64, true
	case i.Unsigned:
		return 0, 1<<i.Bits - 1, true
	}
	return -1 << (i.Bits - 1), 1<<(i.Bits-1) - 1, true
}

// IsTemporal reports whether values of the type are points in time.
func (t Type) IsTemporal() bool { return t.Kind == Date || t.Kind == Datetime }

// TicksPerDay is the number of physical integers in one day, and false when
// the type does not count time.
func (t Type) TicksPerDay() (int64, bool) {
	switch {
	case t.Kind == Date:
		return 1, true
	case t.Kind != Datetime && t.Kind != Duration:
		return 0, false
	}
	switch t.Unit {
	case Milliseconds:
		return 86_400_000, true
	case Microseconds:
		return 86_400_000_000, true
	case Nanoseconds:
		return 86_400_000_000_000, true
	case NoUnit:
	}
	return 0, false
}
