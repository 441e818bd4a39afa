package sqlpush

import (
	"math"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// special makes clauses of conditions that package bounds does not know: texts by a
// part of them, columns compared with one another, and kinds of floats.
func (t *translator) special(n expr.Node, want truth) (clause, bool) {
	switch n := n.(type) {
	case *expr.Binary:
		return t.pair(n, want)
	case *expr.Call:
		switch {
		case (n.Name == "is_null" || n.Name == "is_not_null") && len(n.Args) == 1:
			return t.validity(n, want)
		case len(n.Args) == 2 && strings.HasPrefix(n.Name, "str."):
			return t.partOfText(n, want)
		case len(n.Args) == 1 && kindsOfFloats[n.Name] != nil:
			return t.kindOfFloat(n, want)
		}
	}
	return clause{}, false
}

// validity asks a column itself for null, of whatever type it is.
func (t *translator) validity(n *expr.Call, want truth) (clause, bool) {
	e, ok := n.Args[0].(*expr.Column)
	if !ok {
		return clause{}, false
	}
	c, known := t.columns[e.Name]
	switch {
	case !known:
		return clause{}, false
	case want == isNull:
		return never(), true
	case (want == isTrue) == (n.Name == "is_null"):
		return c.missing(), true
	}
	return c.present(), true
}

var floats = interval.Float64()

// kindsOfFloats are the sets of floats that functions ask for.
var kindsOfFloats = map[string]func() interval.Set[float64]{
	"is_nan":     func() interval.Set[float64] { return interval.Point(floats, math.NaN()) },
	"is_not_nan": func() interval.Set[float64] { return interval.Point(floats, math.NaN()).Complement() },
	"is_finite":  finite,
	"is_infinite": func() interval.Set[float64] {
		return interval.Point(floats, math.Inf(1)).Union(interval.Point(floats, math.Inf(-1)))
	},
}

func finite() interval.Set[float64] {
	return interval.Above(floats, math.Inf(-1)).Intersect(interval.Below(floats, math.Inf(1)))
}

func (t *translator) kindOfFloat(n *expr.Call, want truth) (clause, bool) {
	e, ok := n.Args[0].(*expr.Column)
	if !ok {
		return clause{}, false
	}
	c, known := t.columns[e.Name]
	if !known || c.family != float {
		return clause{}, false
	}
	yes := kindsOfFloats[n.Name]()
	shape := c.storage.floats
	shape.write = floatText
	a := answersOf(bounds.Outcome[float64]{
		True:  bounds.Region[float64]{Values: yes},
		False: bounds.Region[float64]{Values: yes.Complement()},
		Null:  bounds.Region[float64]{Values: interval.Empty(floats), Null: true},
	}, shape)
	return c.clause(a[want].ranges), true
}

// place is where a text has to stand in another.
type place uint8

const (
	inside place = iota
	atStart
	atEnd
)

// partOfText is starts_with, ends_with and contains of a constant.
func (t *translator) partOfText(n *expr.Call, want truth) (clause, bool) {
	where, ok := map[string]place{
		"str.contains": inside, "str.starts_with": atStart, "str.ends_with": atEnd,
	}[n.Name]
	e, isColumn := n.Args[0].(*expr.Column)
	l, isLiteral := n.Args[1].(*expr.Literal)
	if !ok || !isColumn || !isLiteral {
		return clause{}, false
	}
	part, ok := readText("string", l)
	if n.Name == "str.contains" && n.Option != "literal" {
		part, where, ok = plainPattern(part, ok)
	}
	c, known := t.columns[e.Name]
	if !ok || !known || c.family != text || c.storage.text == "" {
		return clause{}, false
	}
	switch {
	case want == isNull:
		return c.missing(), true
	case part == "" && want == isTrue:
		return c.present(), true
	case part == "" || want == isTrue && !c.canHold(part):
		return never(), true
	case !c.canHold(part):
		return c.present(), true
	}
	return c.with(part, where, want), true
}

// canHold reports whether a value of the column may have a text within it.
func (c *column) canHold(part string) bool { return c.dialect != PostgreSQL || withoutZero(part) }

// plainPattern reads a regular expression that is a text, with or without ^ and $
// around it: outside of (?m) they mean the ends of the whole text.
func plainPattern(pattern string, known bool) (part string, where place, ok bool) {
	part, atBegin := strings.CutPrefix(pattern, "^")
	part, atClose := strings.CutSuffix(part, "$")
	switch {
	case !known || strings.ContainsAny(part, `\.+*?()|[]{}^$`), atBegin && atClose:
		return "", inside, false
	case atBegin:
		return part, atStart, true
	case atClose:
		return part, atEnd, true
	}
	return part, inside, true
}

// with asks for the texts that have a part, or have it not.
func (c *column) with(part string, where place, want truth) clause {
	s := c.storage
	if c.dialect == SQLite {
		return c.withInSQLite(part, where, want)
	}
	pattern := escaped(part)
	if where != atStart {
		pattern = "%" + pattern
	}
	if where != atEnd {
		pattern += "%"
	}
	verb := " LIKE "
	if want == isFalse {
		verb = " NOT LIKE "
	}
	return exactly(s.text, verb, s.param(pattern, s.cast), " ESCAPE '!'")
}

// escaped hides what LIKE would read as a pattern. The escape is not the backslash,
// which databases treat differently.
func escaped(part string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(part)
}

// withInSQLite does without LIKE, which ignores case there, and asks for bytes, since
// substr of a text ends at a zero byte.
func (c *column) withInSQLite(part string, where place, want truth) clause {
	bytes := "CAST(" + c.ref + " AS BLOB)"
	value := bound{Param: Param{Type: "binary", Value: hexText(part)}}
	sign := map[truth]string{isTrue: " = ", isFalse: " <> "}[want]
	length := int64(len(part))
	var out clause
	switch where {
	case inside:
		sign = map[truth]string{isTrue: ") > 0", isFalse: ") = 0"}[want]
		out = exactly("instr(", bytes, ", ", value, sign)
	case atStart:
		out = exactly("substr(", bytes, ", 1, ", decimalText(length), ")", sign, value)
	case atEnd:
		out = exactly("substr(", bytes, ", ", decimalText(-length), ")", sign, value)
	}
	if want == isFalse { // functions of no bytes are NULL
		out = either(out, exactly(c.storage.plain, " = ", c.storage.param("", "")))
	}
	return out.wider(c.storage.why)
}
