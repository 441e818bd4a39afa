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

// characterTypes are names of types that take any text, and keep it as it is. A uuid or
// an enum is read as a text too, and comparing it with another one may fail; and texts of
// a fixed length may lose blanks on their way to be compared with others.
var characterTypes = []string{
	"VARCHAR", "TEXT", "STRING", "CHARACTER VARYING", "CHAR VARYING", "NVARCHAR", "WVARCHAR",
	"LONGVARCHAR", "VARCHAR2", "NVARCHAR2", "CLOB",
}

// characterType is the name of a type without its length.
func characterType(name string) string {
	base, _, _ := strings.Cut(strings.ToUpper(name), "(")
	return strings.TrimSpace(base)
}

// inGeneric pushes what no database gets wrong: comparisons of integers, of dates and
// instants to within a day, equality of texts, and null. Databases that ignore case or
// blanks find more texts equal, never fewer. A column that is read as an instant without
// a zone may have one in the database, and be shown in a local time that does not always
// rise with it, but never by as much as a day.
//
// Where values that Polars has not are read as null, there is no SQL for these nulls.
func (c *column) inGeneric(db Stored, o options) {
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
		s.ticks = shaper[int64]{write: dayText(""), spansOnly: true, move: apart(1, 1, firstPlainDay, lastPlainDay)}
	case c.wire.Kind == expr.Datetime && c.wire.Zone == "" && c.wire.Unit != expr.Nanoseconds:
		second := ticksPerSecond(c.wire.Unit)
		day := second * secondsPerDay
		s.as(loose, "timestamp", "")
		s.ticks = shaper[int64]{
			write: instantText(c.wire.Unit, "", ""), spansOnly: true,
			move: apart(day, second, firstPlainDay*day, lastPlainDay*day),
		}
	}
	if o.nullsInfinite && (c.family == temporal || c.family == number && c.wire.Kind != expr.Integer) {
		s.isNull, s.notNull = unfit, loose
	}
}

// apart moves ends outwards by a distance: what a driver or a database makes of a
// parameter may be off by less. They end up on whole grains, as not every database takes
// digits of a second.
func apart(distance, grain, first, last int64) func(interval.Endpoint[int64], side) (interval.Endpoint[int64], string) {
	clamp := clampTo(first, last)
	return func(e interval.Endpoint[int64], at side) (interval.Endpoint[int64], string) {
		if moved, why := clamp(e, at); why != "" {
			return moved, why
		}
		if at == lower {
			return clamp(interval.Incl(floorDiv(e.Value-distance, grain)*grain), at)
		}
		return clamp(interval.Incl(-floorDiv(-e.Value-distance, grain)*grain), at)
	}
}

// written is a parameter as it stands in the text; "" for one that is bound. A text is
// always bound, since databases read backslashes in it in their own ways.
func (d Dialect) written(p *bound) string {
	if d != ODBC || p == nil {
		return ""
	}
	switch p.Type {
	case "integer":
		return p.Value
	case "date":
		return "{d '" + p.Value + "'}"
	case "timestamp":
		return "{ts '" + p.Value + "'}"
	}
	return ""
}
