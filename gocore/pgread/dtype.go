package pgread

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// Kind is the family of a Dtype.
type Kind uint8

// The kinds of columns that are read.
const (
	Boolean Kind = iota + 1
	Int16
	Int32
	Int64
	UInt32
	Float32
	Float64
	String
	Binary
	Date
	Time
	Datetime
	Duration
	Decimal
	Enum
	List
)

// plain holds the wire names of the kinds without parameters. Those that package expr knows as well
// have its names.
var plain = map[string]Kind{
	"boolean": Boolean, "int16": Int16, "int32": Int32, "int64": Int64, "uint32": UInt32,
	"float32": Float32, "float64": Float64, "string": String, "binary": Binary, "date": Date,
	"time": Time, "enum": Enum,
}

var plainNames = func() map[Kind]string {
	names := map[Kind]string{Datetime: "datetime", Duration: "duration", Decimal: "decimal", List: "list"}
	for name, k := range plain {
		names[k] = name
	}
	return names
}()

// python is the kind as a user writes it.
func (k Kind) python() string {
	if k == UInt32 {
		return "pl.UInt32"
	}
	return "pl." + strings.ToUpper(plainNames[k][:1]) + plainNames[k][1:]
}

// Dtype is the Polars type of a column.
type Dtype struct {
	Kind Kind
	// Unit is of a Datetime or Duration.
	Unit arrow.TimeUnit
	// Zone is of a Datetime of instants.
	Zone string
	// Precision and Scale are of a Decimal.
	Precision, Scale int
	// Labels are those of an Enum, in its order.
	Labels []string
	// Inner is of a List.
	Inner *Dtype
}

// maxPrecision is the number of digits of the widest Decimal.
const maxPrecision = 38

// String is the wire name: "int64", "decimal[18, 4]", "datetime[us, UTC]", "list[string]".
func (d Dtype) String() string {
	switch d.Kind {
	case Datetime:
		if d.Zone != "" {
			return fmt.Sprintf("datetime[%s, %s]", d.Unit, d.Zone)
		}
		return fmt.Sprintf("datetime[%s]", d.Unit)
	case Duration:
		return fmt.Sprintf("duration[%s]", d.Unit)
	case Decimal:
		return fmt.Sprintf("decimal[%d, %d]", d.Precision, d.Scale)
	case List:
		return fmt.Sprintf("list[%s]", d.Inner)
	default:
		return plainNames[d.Kind]
	}
}

// python is the type as a user writes it, for messages.
func (d Dtype) python() string {
	switch d.Kind {
	case Datetime:
		if d.Zone != "" {
			return fmt.Sprintf("pl.Datetime('%s', '%s')", d.Unit, d.Zone)
		}
		return fmt.Sprintf("pl.Datetime('%s')", d.Unit)
	case Duration:
		return fmt.Sprintf("pl.Duration('%s')", d.Unit)
	case Decimal:
		return fmt.Sprintf("pl.Decimal(%d, %d)", d.Precision, d.Scale)
	case List:
		return fmt.Sprintf("pl.List(%s)", d.Inner.python())
	default:
		return d.Kind.python()
	}
}

// equal tells whether two types are the same, labels included.
func (d Dtype) equal(o Dtype) bool {
	if d.Kind == Enum && o.Kind == Enum {
		return strings.Join(d.Labels, "\x00") == strings.Join(o.Labels, "\x00")
	}
	if d.Kind == List && o.Kind == List {
		return d.Inner.equal(*o.Inner)
	}
	return d.String() == o.String()
}

var units = map[string]arrow.TimeUnit{"ms": arrow.Millisecond, "us": arrow.Microsecond, "ns": arrow.Nanosecond}

// ParseDtype reads a wire name. The error wraps ErrRequest.
func ParseDtype(name string) (Dtype, error) {
	return parseDtype(name, 0)
}

func parseDtype(name string, depth int) (Dtype, error) {
	bad := failf(ErrRequest, "no column of a database can be read as '%s'", name)
	if k, ok := plain[name]; ok {
		return Dtype{Kind: k}, nil
	}
	head, inner, ok := strings.Cut(name, "[")
	if !ok || !strings.HasSuffix(inner, "]") || depth > maxDimensions {
		return Dtype{}, bad
	}
	inner = strings.TrimSuffix(inner, "]")
	first, second, _ := strings.Cut(inner, ", ")
	switch head {
	case "list":
		d, err := parseDtype(inner, depth+1)
		return Dtype{Kind: List, Inner: &d}, err
	case "datetime", "duration":
		u, ok := units[first]
		if ok && head == "datetime" {
			return Dtype{Kind: Datetime, Unit: u, Zone: second}, nil
		}
		if ok && second == "" {
			return Dtype{Kind: Duration, Unit: u}, nil
		}
	case "decimal":
		p, err1 := strconv.Atoi(first)
		s, err2 := strconv.Atoi(second)
		if err1 == nil && err2 == nil && 1 <= p && p <= maxPrecision && 0 <= s && s <= p {
			return Dtype{Kind: Decimal, Precision: p, Scale: s}, nil
		}
	}
	return Dtype{}, bad
}

// fixedArrow holds the Arrow types of the kinds without parameters.
var fixedArrow = map[Kind]arrow.DataType{
	Boolean: arrow.FixedWidthTypes.Boolean,
	Int16:   arrow.PrimitiveTypes.Int16, Int32: arrow.PrimitiveTypes.Int32, Int64: arrow.PrimitiveTypes.Int64,
	UInt32: arrow.PrimitiveTypes.Uint32, Float32: arrow.PrimitiveTypes.Float32, Float64: arrow.PrimitiveTypes.Float64,
	String: arrow.BinaryTypes.StringView, Binary: arrow.BinaryTypes.BinaryView,
	Date: arrow.FixedWidthTypes.Date32, Time: arrow.FixedWidthTypes.Time64ns,
}

// build is the Arrow type in which values are built: as arrow, with an Enum as the places of its labels.
func (d Dtype) build() arrow.DataType {
	switch d.Kind {
	case Datetime:
		return &arrow.TimestampType{Unit: d.Unit, TimeZone: d.Zone}
	case Duration:
		return &arrow.DurationType{Unit: d.Unit}
	case Decimal:
		return &arrow.Decimal128Type{Precision: int32(d.Precision), Scale: int32(d.Scale)}
	case Enum:
		return d.places()
	case List:
		return arrow.LargeListOf(d.Inner.build())
	default:
		return fixedArrow[d.Kind]
	}
}

// places is the type that holds the place of a label, of the width that Polars gives it.
func (d Dtype) places() arrow.DataType {
	switch n := len(d.Labels); {
	case n < 1<<8:
		return arrow.PrimitiveTypes.Uint8
	case n < 1<<16:
		return arrow.PrimitiveTypes.Uint16
	default:
		return arrow.PrimitiveTypes.Uint32
	}
}

// field is the Arrow field of a column, which Polars reads as the Dtype.
func (d Dtype) field(name string) arrow.Field {
	f := arrow.Field{Name: name, Type: d.build(), Nullable: true}
	switch d.Kind {
	case Enum:
		f.Type = &arrow.DictionaryType{IndexType: d.places(), ValueType: arrow.BinaryTypes.StringView, Ordered: true}
		// Polars takes a dictionary for an Enum only if the field says so, with each label after its length.
		var all strings.Builder
		for _, label := range d.Labels {
			fmt.Fprintf(&all, "%d;%s", len(label), label)
		}
		f.Metadata = arrow.NewMetadata([]string{"_PL_ENUM_VALUES2"}, []string{all.String()})
	case List:
		f.Type = arrow.LargeListOfField(d.Inner.field("item"))
	default:
	}
	return f
}
