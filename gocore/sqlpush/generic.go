package sqlpush

import (
	"slices"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

const anyDatabase = "how this database compares is not known"

// The days from 0001-01-01 to 9999-12-31, which drivers can bind.
const firstPlainDay, lastPlainDay = -719_162, 2_932_896

// characterTypes are names of types that take any text: a uuid or an enum is read as a
// text too, and comparing it with another one may fail.
var characterTypes = []string{
	"CHAR", "VARCHAR", "TEXT", "STRING", "CHARACTER", "CHARACTER VARYING", "NCHAR", "NVARCHAR", "WCHAR", "WVARCHAR",
	"LONGVARCHAR", "VARCHAR2", "NVARCHAR2", "CLOB", "BPCHAR", "FIXEDSTRING",
}

// characterType is the name of a type without its length.
func characterType(name string) string {
	base, _, _ := strings.Cut(strings.ToUpper(name), "(")
	return strings.TrimSpace(base)
}

// inGeneric pushes what no database gets wrong: comparisons of integers, of dates to
// within a day, of instants to within a second, equality of texts, and null. Databases
// that ignore case or blanks find more texts equal, never fewer.
func (c *column) inGeneric(db Stored) {
	s := &c.storage
	s.isNull, s.notNull, s.why = fit, fit, anyDatabase
	switch {
	case c.family == number && c.wire.Kind == expr.Integer && widens(c.wire.Int, expr.Int{Bits: 64}):
		s.as(loose, "integer", "")
	case c.family == text && slices.Contains(characterTypes, characterType(db.Type)):
		s.as(loose, "text", "")
		s.order, s.differ = unfit, unfit
	case c.wire.Kind == expr.Date:
		s.as(loose, "date", "")
		s.ticks = shaper[int64]{write: dayText(""), spansOnly: true, move: apart(1, firstPlainDay, lastPlainDay)}
	case c.wire.Kind == expr.Datetime && c.wire.Zone == "" && c.wire.Unit != expr.Nanoseconds:
		second := ticksPerSecond(c.wire.Unit)
		day := second * secondsPerDay
		s.as(loose, "timestamp", "")
		s.ticks = shaper[int64]{
			write: instantText(c.wire.Unit, "", ""), spansOnly: true,
			move: apart(second, firstPlainDay*day, lastPlainDay*day),
		}
	}
}

// apart moves ends outwards by a distance: what a driver or a database makes of a
// parameter may be off by less.
func apart(distance, first, last int64) func(interval.Endpoint[int64], side) (interval.Endpoint[int64], string) {
	clamp := clampTo(first, last)
	return func(e interval.Endpoint[int64], at side) (interval.Endpoint[int64], string) {
		if moved, why := clamp(e, at); why != "" {
			return moved, why
		}
		if at == lower {
			return clamp(interval.Incl(e.Value-distance), at)
		}
		return clamp(interval.Incl(e.Value+distance), at)
	}
}
