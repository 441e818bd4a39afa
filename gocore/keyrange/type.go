package keyrange

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Form is how the values of a type are encoded.
type Form uint8

// The forms. Signed and Unsigned are integers of a width; so are booleans and enums, of an Unsigned
// form, which differ in how they are written.
const (
	Signed Form = iota + 1
	Unsigned
	Text
	Binary
)

// Type is the type of a key column.
type Type struct {
	// Name is the wire name, such as "datetime[us, UTC]": types are equal if their names are.
	Name string
	Form Form
	// Bits is the width of a Signed or Unsigned value: 8, 16, 32, 64 or 128.
	Bits int
	// least and greatest are the ordinals of the ends, see [ordinal].
	least, greatest ordinal
	boolean         bool
}

// nanosPerDay is the end of the values of a time of day.
const nanosPerDay = 86_400_000_000_000

// ParseType reads the wire name of a type: integers "int8" to "uint128", "date", "datetime[us]",
// "datetime[ns, Europe/Berlin]", "time", "duration[ms]", "decimal[10, 2]", "string", "binary",
// "boolean", and `enum["a","b"]`, ordered by position. A space after a comma may be missing, and "str"
// is "string". Any other type is an [ErrType] that says why and what to do.
func ParseType(name string) (Type, error) {
	if labels, ok := strings.CutPrefix(name, "enum"); ok {
		return enumType(labels)
	}
	name = spaced(name)
	switch name {
	case "str":
		return Type{Name: "string", Form: Text}, nil
	case "string":
		return Type{Name: name, Form: Text}, nil
	case "binary":
		return Type{Name: name, Form: Binary}, nil
	case "boolean":
		return Type{Name: name, Form: Unsigned, Bits: 8, greatest: ordinal{lo: 1}, boolean: true}, nil
	case "time":
		return between(name, 64, 0, nanosPerDay-1), nil
	case "float32", "float64", "float16":
		return Type{}, fmt.Errorf("keyrange: %s: floats have values that do not compare as keys must, "+
			"NaN and two zeros: use an integer or a decimal: %w", name, ErrType)
	case "categorical":
		return Type{}, fmt.Errorf("keyrange: %s: its order is not part of the type: use String or Enum: %w", name, ErrType)
	}
	return otherType(name)
}

// spaced puts the space after each comma that the wire name has.
func spaced(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, ", ", ","), ",", ", ")
}

// otherType reads the types that package expr knows.
func otherType(name string) (Type, error) {
	t := expr.ParseType(name)
	if t.String() == name {
		switch t.Kind {
		case expr.Date:
			return signed(name, 32), nil
		case expr.Datetime, expr.Duration:
			return signed(name, 64), nil
		case expr.Integer:
			if t.Int.Unsigned {
				return unsigned(name, int(t.Int.Bits)), nil
			}
			return signed(name, int(t.Int.Bits)), nil
		case expr.Decimal:
			return decimalType(name, t.Digits.Precision), nil
		case expr.Boolean, expr.Float, expr.Other:
		}
	}
	return Type{}, fmt.Errorf("keyrange: type %q: a key column is an integer, a decimal, a date, a time, "+
		"a string, binary, a boolean or an enum: %w", strictjson.Shorten(name), ErrType)
}

func unsigned(name string, bits int) Type {
	return Type{Name: name, Form: Unsigned, Bits: bits, greatest: allOnes(bits)}
}

func signed(name string, bits int) Type {
	return Type{Name: name, Form: Signed, Bits: bits, greatest: allOnes(bits)}
}

// between is a signed type with fewer values than its width has.
func between(name string, bits int, least, greatest int64) Type {
	t := Type{Name: name, Form: Signed, Bits: bits}
	t.least, _ = t.ordinalOf(big.NewInt(least))
	t.greatest, _ = t.ordinalOf(big.NewInt(greatest))
	return t
}

func decimalType(name string, precision uint8) Type {
	t := Type{Name: name, Form: Signed, Bits: 128}
	greatest := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	greatest.Sub(greatest, big.NewInt(1))
	t.greatest, _ = t.ordinalOf(greatest)
	t.least, _ = t.ordinalOf(greatest.Neg(greatest))
	return t
}

// enumType reads the labels, only to know how many there are: a value is a position.
func enumType(labels string) (Type, error) {
	fail := func(err error) (Type, error) {
		return Type{}, fmt.Errorf("keyrange: type enum%s: %w: %w", strictjson.Shorten(labels), err, ErrType)
	}
	v, err := strictjson.Parse([]byte(labels), 2)
	if err != nil {
		return fail(err)
	}
	items, err := v.List()
	if err != nil {
		return fail(err)
	}
	seen := map[string]bool{}
	quoted := make([]string, len(items))
	for i := range items {
		label, err := items[i].Text()
		if err != nil {
			return fail(err)
		}
		if seen[label] {
			return fail(fmt.Errorf("label %q is there twice", strictjson.Shorten(label)))
		}
		seen[label] = true
		quoted[i] = strictjson.Quote(label)
	}
	if len(items) == 0 {
		return fail(fmt.Errorf("it has no labels, so no values"))
	}
	t := unsigned("enum["+strings.Join(quoted, ",")+"]", 32)
	t.greatest = ordinal{lo: uint64(len(items) - 1)}
	return t, nil
}

// Short reports whether every value of t has an ordinal of 64 bits.
func (t Type) Short() bool { return t.Bits > 0 && t.Bits <= 64 }

func (t Type) isEnum() bool { return strings.HasPrefix(t.Name, "enum") }

// String returns the wire name.
func (t Type) String() string { return t.Name }

// whatIs says for messages what values of t look like.
func (t Type) whatIs() string {
	switch {
	case t.boolean:
		return `"false" or "true"`
	case t.Form == Binary:
		return "base64"
	case t.Form == Text:
		return "UTF-8"
	}
	return "an integer from " + t.text(t.least) + " to " + t.text(t.greatest) + " in decimal digits"
}

// text writes an ordinal as the value that it stands for.
func (t Type) text(o ordinal) string {
	if t.boolean {
		return strconv.FormatBool(o.lo == 1)
	}
	if t.Bits <= 64 {
		if t.Form == Unsigned {
			return strconv.FormatUint(o.lo, 10)
		}
		shift := 64 - t.Bits
		flipped := (o.lo ^ 1<<(t.Bits-1)) << shift
		return strconv.FormatInt(int64(flipped)>>shift, 10)
	}
	v := new(big.Int).SetUint64(o.hi)
	v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(o.lo))
	return v.Sub(v, t.offset()).String()
}
