package sqlpush

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

const byBytes = ` COLLATE "C"`

var postgresIntegers = map[string]expr.Int{
	"int2": {Bits: 16}, "int4": {Bits: 32}, "int8": {Bits: 64}, "oid": {Bits: 32, Unsigned: true},
}

// nullable are types that are compared with nothing, but are null where Polars says
// so. A composite value is not among them: IS NULL looks into it.
var nullable = []string{
	"time", "timetz", "interval", "money", "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit", "xml",
	"bool", "int2", "int4", "int8", "oid", "float4", "float8", "text", "varchar", "bpchar", "name", "citext",
	"uuid", "json", "jsonb", "enum", "bytea",
}

func (c *column) inPostgreSQL(db Stored, o options) {
	s := &c.storage
	if slices.Contains(nullable, db.Type) || strings.HasSuffix(db.Type, "[]") {
		s.isNull, s.notNull = fit, fit
	}
	switch c.family {
	case number:
		c.postgresNumber(db, o)
	case float:
		if db.named("float4") || db.named("float8") && c.typ == "float64" {
			s.as(fit, "float", "::float8")
		}
	case text:
		c.postgresText(db, o)
	case label:
		if db.named("enum") {
			s.plain += "::text"
			s.as(fit, "text", "::text")
		}
	case binary:
		if db.named("bytea") {
			s.as(fit, "binary", "::bytea")
		}
	case boolean:
		if db.named("bool") {
			s.as(fit, "", "")
		}
	case temporal:
		c.postgresTime(db, o)
	case opaque:
	}
	if s.equal == unfit && s.why == "" {
		s.why = noForm
	}
}

func (c *column) postgresNumber(db Stored, o options) {
	s := &c.storage
	if i, ok := postgresIntegers[db.Type]; ok && c.wire.Kind == expr.Integer && widens(i, c.wire.Int) {
		s.units = integers(i)
		s.as(fit, "integer", "::"+db.Type)
		return
	}
	if !db.named("numeric") || c.wire.Kind == expr.Integer || db.Scale == nil || *db.Scale > c.scale {
		return
	}
	s.as(fit, "text", "::numeric")
	if o.nullsInfinite {
		s.valid, s.invalid = s.plain+" < 'NaN'::numeric", s.plain+" = 'NaN'::numeric"
	}
}

// postgresText takes the column's own collation for equality only where equal texts
// are the same: then an index serves it.
func (c *column) postgresText(db Stored, o options) {
	s := &c.storage
	if o.encoding != "UTF8" {
		s.why = "the encoding of the database is not UTF-8"
		return
	}
	ref := s.plain
	collated := ref + byBytes
	s.texts = shaper[string]{holds: withoutZero, move: cutAtZero}
	if db.Collation == "c" {
		collated = ref
	}
	if db.Collation == "c" || db.Collation == "deterministic" {
		s.plain = ref
	} else {
		s.plain = collated
	}
	switch db.Type {
	case "text", "varchar", "name":
		s.ordered, s.text = collated, s.plain
		s.as(fit, "text", "::text")
	case "bpchar":
		c.postgresPadded(db, ref)
	case "json", "jsonb", "enum", "citext":
		s.plain = ref + "::text" + byBytes
		s.ordered, s.text = s.plain, s.plain
		s.as(fit, "text", "::text")
	case "uuid":
		s.texts.holds = canonicalUUID
		s.plain, s.ordered = ref, ref+"::text"+byBytes
		s.text = s.ordered
		s.as(fit, "text", "::text")
		s.plainCast = "::uuid"
	}
}

// postgresPadded compares char(n), whose blanks at the end count for Polars and not
// for PostgreSQL. A value has n characters, so that equality with a text of n is
// exact, and with any other never holds.
func (c *column) postgresPadded(db Stored, ref string) {
	s := &c.storage
	s.as(fit, "text", "::text")
	s.plainCast = "::bpchar"
	if db.Length > 0 {
		s.texts.holds = func(v string) bool { return withoutZero(v) && utf8.RuneCountInString(v) == db.Length }
		s.ordered = "rpad(" + ref + "::text, " + decimalText(int64(db.Length)) + ")" + byBytes
		s.text = s.ordered
		return
	}
	s.equal, s.differ, s.order = loose, unfit, unfit
	s.why = "char of unknown length: PostgreSQL ignores blanks at the end"
}

func withoutZero(v string) bool { return strings.IndexByte(v, 0) < 0 }

// cutAtZero moves an end that PostgreSQL has no text for, since texts there hold no
// zero: those from "a\0b" on are those above "a".
func cutAtZero(e interval.Endpoint[string], at side) (interval.Endpoint[string], string) {
	before, _, found := strings.Cut(e.Value, "\x00")
	switch {
	case !found:
		return e, ""
	case at == lower:
		return interval.Excl(before), ""
	}
	return interval.Incl(before), ""
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func canonicalUUID(v string) bool { return uuidForm.MatchString(v) }

// The days and instants that PostgreSQL can write: from 4714-11-24 BC on. Its last
// instants are beyond those of Polars.
const (
	postgresFirstDay, postgresLastDay = -2_440_588, 2_145_042_905
	postgresFirstInstant              = -210_866_803_200_000_000
)

const lastInstant = "'294247-01-10 04:00:54.775807"

func (c *column) postgresTime(db Stored, o options) {
	s := &c.storage
	ref := s.plain
	last := "" // the last value of Polars', where PostgreSQL has later ones
	switch {
	case db.named("date") && c.wire.Kind == expr.Date:
		s.ticks = shaper[int64]{write: dayText(" BC"), move: clampTo(postgresFirstDay, postgresLastDay)}
	case db.named("timestamp") && c.typ == "datetime[us]":
		s.ticks = shaper[int64]{write: instantText(expr.Microseconds, "", " BC")}
		last = lastInstant + "'::timestamp"
	case db.named("timestamptz") && c.wire.Unit == expr.Microseconds && c.wire.Zone != "":
		s.ticks = shaper[int64]{write: instantText(expr.Microseconds, "+00", " BC")}
		last = lastInstant + "+00'::timestamptz"
	default:
		return
	}
	s.as(fit, "text", "::"+db.Type)
	if c.wire.Kind == expr.Datetime {
		s.ticks.move = clampTo(postgresFirstInstant, math.MaxInt64)
	}
	s.ticks.holds = writable(s.ticks.move)
	if o.nullsInfinite {
		s.valid, s.invalid = "isfinite("+ref+")", "NOT isfinite("+ref+")"
		if last != "" {
			s.valid = "isfinite(" + ref + ") AND " + ref + " <= " + last
			s.invalid = "(NOT isfinite(" + ref + ") OR " + ref + " > " + last + ")"
		}
	}
}
