package sqlpush

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Column is a column of the query, on both sides.
type Column struct {
	Name string `json:"name"`
	// Type is Polars' type of the values as they are read: a name that package
	// axes knows. Columns of any other type are compared with nothing.
	Type string `json:"type"`
	DB   Stored `json:"db"`
}

// Stored is the database's type of a column: what decides how it compares.
type Stored struct {
	// Type is the name of the base type as the database's catalogue has it: "int4",
	// "timestamptz", "bpchar", "enum" on PostgreSQL, "DECIMAL(10,2)" on DuckDB, the
	// declared type on SQLite, which is empty for an expression. On a generic database
	// it is the driver's name for a type of texts, and not needed for others.
	Type string `json:"type"`
	// Length is n of char(n), 0 if there is none.
	Length int `json:"length"`
	// Scale is that of a numeric column, nil if it has none.
	Scale *int `json:"scale"`
	// Collation is "c" where texts are ordered by their bytes, "deterministic" where
	// only equal texts are equal, and anything else where that is not known.
	Collation string `json:"collation"`
}

// family is how the values of a column are compared.
type family uint8

const (
	opaque   family = iota // not at all
	temporal               // Date and Datetime
	number                 // integers and decimals
	float
	text
	binary
	boolean
	label // of an enum
)

// fitness says what a comparison in SQL has to do with that of Polars.
type fitness uint8

const (
	unfit fitness = iota // it may lose rows
	loose                // it holds wherever Polars' does
	fit                  // it is the same
)

// column is a column with the SQL that its values are compared by.
type column struct {
	name    string
	typ     string // Polars' type
	ref     string // as it is named in SQL
	dialect Dialect
	family  family
	wire    expr.Type
	scale   int
	labels  []string
	storage storage
}

// storage is how a dialect compares the values of a column.
type storage struct {
	plain     string // what stands before = and IN
	plainCast string // types the parameters after these: "::int8"
	ordered   string // what stands before < and >
	cast      string // types the parameters after these, and after LIKE
	text      string // what stands before LIKE; "" where that does not fit
	bind      string // the type of the parameters, see Param

	isNull, notNull, equal, differ, order fitness
	why                                   string // why they are not better

	// valid and invalid are SQL for values that Polars reads, and for others that it
	// reads as null; "" where there are none of the latter.
	valid, invalid string

	units  multiples // of a number
	ticks  shaper[int64]
	texts  shaper[string]
	floats shaper[float64]
}

// newColumn reads the type of a column; what is not known is opaque.
func newColumn(c Column, o options) *column {
	out := &column{name: c.Name, typ: c.Type, dialect: o.dialect, wire: expr.ParseType(c.Type)}
	out.classify()
	out.ref = o.reference(c.Name)
	out.storage = storage{plain: out.ref, ordered: out.ref, units: out.units(), why: noForm}
	switch o.dialect {
	case PostgreSQL:
		out.inPostgreSQL(c.DB, o)
	case DuckDB:
		out.inDuckDB(c.DB, o)
	case SQLite:
		out.inSQLite(c.DB, o)
	case Generic, ODBC:
		out.inGeneric(c.DB, o)
	}
	return out
}

// families are those of package axes as SQL compares them.
var families = map[axes.Family]family{
	axes.Temporal: temporal, axes.Integer: number, axes.Decimal: number, axes.Float: float,
	axes.Text: text, axes.Boolean: boolean, axes.Label: label,
}

// classify finds the family of Polars' type.
func (c *column) classify() {
	t := axes.Parse(c.typ)
	c.family, c.scale, c.labels = families[t.Family], t.Scale, t.Labels
	switch {
	case c.typ == "binary":
		c.family = binary
	case c.typ == "categorical", c.family == label && len(c.labels) == 0:
		c.family = opaque
	}
}

// maxDigits is how many digits a decimal of Polars, and one of DuckDB, can have.
const maxDigits = 38

// integers are the values of an integer type.
func integers(i expr.Int) multiples {
	one := big.NewInt(1)
	if i.Unsigned {
		top := new(big.Int).Lsh(one, uint(i.Bits))
		return multiples{least: new(big.Int), greatest: top.Sub(top, one)}
	}
	top := new(big.Int).Lsh(one, uint(i.Bits)-1)
	return multiples{least: new(big.Int).Neg(top), greatest: new(big.Int).Sub(top, one)}
}

// units are the values of a number column as multiples of its least digit.
func (c *column) units() multiples {
	if c.wire.Kind == expr.Integer {
		return integers(c.wire.Int)
	}
	top := new(big.Int).Sub(axes.Power10(maxDigits), big.NewInt(1))
	return multiples{least: new(big.Int).Neg(top), greatest: top, scale: c.scale}
}

// as sets how all comparisons of the column fit, and how their parameters are typed.
func (s *storage) as(f fitness, bind, cast string) {
	s.bind, s.cast, s.plainCast = bind, cast, cast
	s.isNull, s.notNull, s.equal, s.differ, s.order = fit, fit, f, f, f
}

const noForm = "values of this type in the database and in Polars are not known to compare alike"

// named reports whether the database's type is one of these.
func (d Stored) named(names ...string) bool { return slices.Contains(names, d.Type) }

func (c *column) String() string { return fmt.Sprintf("%s (%s)", c.name, c.typ) }
