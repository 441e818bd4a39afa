package expr

import (
	"fmt"
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
)

// Unit is the tick of a Datetime.
type Unit uint8

// The units of a Datetime; NoUnit belongs to every other kind.
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
}

// ParseType reads the wire name of a type: "date", "datetime[us]",
// "datetime[ns, Europe/Berlin]", "boolean"; any other name is Other.
func ParseType(s string) Type {
	switch s {
	case "date":
		return Type{Kind: Date}
	case "boolean":
		return Type{Kind: Boolean}
	}
	inner, ok := strings.CutPrefix(s, "datetime[")
	if !ok || !strings.HasSuffix(inner, "]") {
		return Type{}
	}
	name, zone, _ := strings.Cut(strings.TrimSuffix(inner, "]"), ", ")
	for u, n := range unitNames {
		if n == name {
			return Type{Kind: Datetime, Unit: u, Zone: zone}
		}
	}
	return Type{}
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
	case Other:
	}
	return "other"
}

// TicksPerDay is the number of physical integers in one day, and false when
// the type does not count time.
func (t Type) TicksPerDay() (int64, bool) {
	switch {
	case t.Kind == Date:
		return 1, true
	case t.Kind != Datetime:
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
