package sqlpush

import (
	"math"
	"slices"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// The declared types whose values SQLite keeps in one way, by the family they are
// read as.
var sqliteTypes = map[family][]string{
	number: {"INTEGER", "INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT"},
	float:  {"REAL", "DOUBLE", "DOUBLE PRECISION", "FLOAT"},
	text: {
		"TEXT", "VARCHAR", "CHAR", "CHARACTER", "NCHAR", "NVARCHAR", "CLOB", "VARYING CHARACTER",
		"NATIVE CHARACTER",
	},
	binary:  {"BLOB"},
	boolean: {"BOOLEAN", "BOOL"},
}

const mixedStorage = "SQLite may keep values of other types in the column, which it orders after these"

const byBinary = " COLLATE BINARY"

// The days from 0000-01-01 to 9999-12-31, whose texts are in order.
const sqliteFirstDay, sqliteLastDay = -719_528, 2_932_896

// inSQLite compares only columns of a table with a known type: any value may be kept
// in any column, and what the declared type does to values and to parameters decides
// how they compare.
func (c *column) inSQLite(db Stored, o options) {
	s := &c.storage
	s.isNull, s.notNull = fit, fit
	name, _, _ := strings.Cut(strings.ToUpper(db.Type), "(")
	name = strings.TrimSpace(name)
	if c.family == temporal {
		c.sqliteTime(name)
		return
	}
	if !slices.Contains(sqliteTypes[c.family], name) {
		return
	}
	switch c.family {
	case number:
		if c.wire.Kind != expr.Integer {
			return
		}
		if c.wire.Int.Bits >= 64 {
			s.units = integers(expr.Int{Bits: 64})
		}
		s.as(fit, "integer", "")
	case float:
		if c.typ == "float64" {
			s.as(fit, "float", "")
			s.floats = shaper[float64]{move: withoutNaN, holds: func(v float64) bool { return !math.IsNaN(v) }}
		}
	case text:
		s.plain += byBinary
		s.ordered, s.text = s.plain, s.plain
		s.as(fit, "text", "")
	case binary:
		s.as(fit, "binary", "")
	case boolean:
		s.as(fit, "", "")
	case opaque, temporal, label:
	}
	s.loosen(mixedStorage)
	if c.family == text && o.encoding != "UTF8" {
		s.text = ""
		s.order, s.why = unfit, "the encoding of the database is not UTF-8, and texts are ordered by their bytes"
	}
}

// loosen says that all but equality may hold for values that Polars does not read.
func (s *storage) loosen(why string) {
	s.differ, s.order, s.notNull = min(s.differ, loose), min(s.order, loose), min(s.notNull, loose)
	s.why = why
}

// withoutNaN moves an end at NaN, which SQLite keeps as NULL, above every number.
func withoutNaN(e interval.Endpoint[float64], _ side) (interval.Endpoint[float64], string) {
	if math.IsNaN(e.Value) {
		return interval.Excl(math.Inf(1)), ""
	}
	return e, ""
}

func (c *column) sqliteTime(declared string) {
	s := &c.storage
	switch {
	case declared == "DATE" && c.wire.Kind == expr.Date:
		s.ticks = shaper[int64]{write: dayText(""), move: clampTo(sqliteFirstDay, sqliteLastDay)}
		s.ticks.holds = writable(s.ticks.move)
	case (declared == "TIMESTAMP" || declared == "DATETIME") && c.wire.Kind == expr.Datetime:
		s.ticks = shaper[int64]{
			write: dayText(""), spansOnly: true, move: toDays(c.wire.Unit, sqliteFirstDay, sqliteLastDay),
		}
	default:
		return
	}
	s.plain += byBinary
	s.ordered = s.plain
	s.as(fit, "text", "")
	s.loosen(mixedStorage)
}
