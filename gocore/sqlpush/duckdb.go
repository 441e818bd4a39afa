package sqlpush

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

var duckIntegers = map[string]expr.Int{
	"TINYINT": {Bits: 8}, "SMALLINT": {Bits: 16}, "INTEGER": {Bits: 32}, "BIGINT": {Bits: 64}, "HUGEINT": {Bits: 128},
	"UTINYINT": {Bits: 8, Unsigned: true}, "USMALLINT": {Bits: 16, Unsigned: true},
	"UINTEGER": {Bits: 32, Unsigned: true}, "UBIGINT": {Bits: 64, Unsigned: true}, "UHUGEINT": {Bits: 128, Unsigned: true},
}

var duckDecimal = regexp.MustCompile(`^DECIMAL\((\d+),(\d+)\)$`)

func (c *column) inDuckDB(db Stored, o options) {
	s := &c.storage
	s.isNull, s.notNull = fit, fit
	ref := s.plain
	name, _, _ := strings.Cut(db.Type, "(")
	switch c.family {
	case number:
		c.duckNumber(db)
	case float:
		if db.named("FLOAT") || db.named("DOUBLE") && c.typ == "float64" {
			s.as(fit, "float", "::DOUBLE")
		}
	case text:
		if name == "VARCHAR" || name == "ENUM" || name == "UUID" || name == "JSON" {
			if name != "VARCHAR" {
				ref += "::VARCHAR"
			}
			// The collation of a column is not shown, and counts in LIKE too.
			s.plain = ref + byBytes
			s.ordered, s.text = s.plain, s.plain
			s.as(fit, "text", "::VARCHAR")
		}
	case label:
		if name == "ENUM" {
			s.plain += "::VARCHAR"
			s.as(fit, "text", "::VARCHAR")
		}
	case binary:
		if name == "BLOB" {
			s.as(fit, "binary", "::BLOB")
		}
	case boolean:
		if name == "BOOLEAN" {
			s.as(fit, "", "")
		}
	case temporal:
		c.duckTime(db, o)
	case opaque:
	}
}

func (c *column) duckNumber(db Stored) {
	s := &c.storage
	if i, ok := duckIntegers[db.Type]; ok {
		if c.wire.Kind == expr.Integer && widens(i, c.wire.Int) {
			bind := "integer"
			if i.Bits > 32 && (i.Unsigned || i.Bits > 64) {
				bind = "text"
			}
			s.units = integers(i)
			s.as(fit, bind, "::"+db.Type)
		}
		return
	}
	m := duckDecimal.FindStringSubmatch(db.Type)
	if m == nil || c.wire.Kind == expr.Integer {
		return
	}
	// Polars' type has the same digits, so that they fit into the widest decimal.
	if scale, err := strconv.Atoi(m[2]); err == nil && scale == c.scale {
		s.as(fit, "text", "::DECIMAL(38,"+m[2]+")")
	}
}

// The days and instants that DuckDB can write as text.
const (
	duckFirstDay, duckLastDay         = -math.MaxInt32 + 1, math.MaxInt32 - 1
	duckFirstInstant, duckLastInstant = -9_223_372_022_400_000_000, math.MaxInt64 - 1
	duckFirstNano                     = -9_223_286_400_000_000_000
)

func (c *column) duckTime(db Stored, o options) {
	s := &c.storage
	const bc = " (BC)"
	cast := ""
	var shape shaper[int64]
	switch {
	case db.named("DATE") && c.wire.Kind == expr.Date:
		cast, shape = "DATE", shaper[int64]{write: dayText(bc), move: clampTo(duckFirstDay, duckLastDay)}
	case db.named("TIMESTAMP") && c.typ == "datetime[us]":
		cast = "TIMESTAMP"
		shape = shaper[int64]{write: instantText(expr.Microseconds, "", bc), move: clampTo(duckFirstInstant, duckLastInstant)}
	case db.named("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") && c.wire.Unit == expr.Microseconds && c.wire.Zone != "":
		cast = "TIMESTAMPTZ"
		shape = shaper[int64]{write: instantText(expr.Microseconds, "+00", bc), move: clampTo(duckFirstInstant, duckLastInstant)}
	case db.named("TIMESTAMP_MS") && c.typ == "datetime[ms]":
		cast = "TIMESTAMP_MS"
		shape = shaper[int64]{
			write: instantText(expr.Milliseconds, "", bc),
			move:  clampTo(duckFirstInstant/1000, duckLastInstant/1000),
		}
	case db.named("TIMESTAMP_NS") && c.typ == "datetime[ns]":
		cast = "TIMESTAMP_NS"
		shape = shaper[int64]{write: instantText(expr.Nanoseconds, "", bc), move: clampTo(duckFirstNano, duckLastInstant)}
	default:
		if o.nullsInfinite {
			s.isNull, s.notNull = unfit, unfit
		}
		return
	}
	shape.holds = writable(shape.move)
	s.ticks = shape
	s.as(fit, "text", "::"+cast)
	if o.nullsInfinite {
		s.valid, s.invalid = "isfinite("+s.plain+")", "NOT isfinite("+s.plain+")"
	}
}
