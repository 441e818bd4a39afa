package oracle

import (
	"strconv"
	"strings"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

var tickTypes = map[string]string{
	"ms": "datetime[ms]", "us": "datetime[us]", "ns": "datetime[ns]", "date": "date",
}

// numberTypes are those of literals such as 5i32 and 36h@us.
var numberTypes = map[string]string{
	"i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
	"u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
}

// literal reads a word as a literal, and returns false when it is a column.
func literal(word string) (expr.Wire, bool) {
	w := expr.Wire{K: "lit"}
	before, after, found := strings.Cut(word, ":")
	switch {
	case word == "true" || word == "false":
		truth := int64(0)
		if word == "true" {
			truth = 1
		}
		w.Type, w.Lo, w.Text = "boolean", &truth, word
		return w, true
	case before == "null":
		w.Null, w.Type = true, "null"
		if found {
			w.Type = after
		}
		return w, true
	case word[0] == '"':
		w.Type, w.Text = "other", word
		if text, err := strconv.Unquote(word); err == nil {
			w.Scalar, w.Value = "string", text
		}
		return w, true
	case strings.HasPrefix(word, "dec#"): // dec#2#150 is 1.50
		scale, digits, _ := strings.Cut(word[4:], "#")
		w.Type, w.Text, w.Scalar, w.Value = "other", word, "decimal["+scale+"]", digits
		return w, true
	case word[0] == '?':
		w.Type, w.Text = word[1:], word
		return w, true
	}
	if d, ok := duration(w, word); ok {
		return d, true
	}
	if n, ok := number(w, word); ok {
		return n, true
	}
	if unit, ticks, ok := strings.Cut(word, "#"); ok && tickTypes[unit] != "" {
		lo, hi, ranged := strings.Cut(ticks, "..")
		w.Type, w.Lo = tickTypes[unit], integer(lo)
		if ranged {
			w.Hi = integer(hi)
		}
		return w, true
	}
	return moment(w, word)
}

// duration reads 36h@us and dur#us#5.
func duration(w expr.Wire, word string) (expr.Wire, bool) {
	if ticks, ok := strings.CutPrefix(word, "dur#"); ok {
		unit, count, _ := strings.Cut(ticks, "#")
		w.Type, w.Lo, w.Text = "duration["+unit+"]", integer(count), word
		return w, true
	}
	length, unit, ok := strings.Cut(word, "@")
	s, isSpan := readSpan(length)
	if !ok || !isSpan || tickTypes[unit] == "" || s.months != 0 {
		return w, false
	}
	ticks, whole := s.ticksIn(expr.ParseType(tickTypes[unit]))
	if !whole {
		fail("%q is no whole number of ticks", word)
	}
	lo := ticks.Int64()
	w.Type, w.Lo, w.Text = "duration["+unit+"]", &lo, word
	return w, true
}

// number reads 5i32 and -1u8.
func number(w expr.Wire, word string) (expr.Wire, bool) {
	i := strings.LastIndexAny(word, "iu")
	if i <= 0 || numberTypes[word[i:]] == "" {
		return w, false
	}
	w.Type, w.Lo, w.Text = numberTypes[word[i:]], integer(word[:i]), word[:i]
	return w, true
}

// list reads [2024-01-01 null]; the type is that of the first item, or the one
// behind the bracket, as in []:date.
func list(word string) (expr.Wire, bool) {
	inner, typ, closed := strings.Cut(strings.TrimPrefix(word, "["), "]")
	if word[0] != '[' || !closed {
		return expr.Wire{}, false
	}
	w := expr.Wire{K: "list", Type: strings.TrimPrefix(typ, ":"), Text: word}
	for _, item := range strings.Fields(inner) {
		l, ok := literal(item)
		switch {
		case !ok:
			fail("%q in a list", item)
		case l.Null:
			w.Null = true
		case l.Lo == nil:
			w.Type, w.Scalar, w.Values = "other", l.Scalar, append(w.Values, l.Value)
		case l.Hi != nil:
			w.Type, w.Items = l.Type, append(w.Items, []int64{*l.Lo, *l.Hi})
		default:
			w.Type, w.Items = l.Type, append(w.Items, []int64{*l.Lo})
		}
	}
	return w, true
}

func integer(s string) *int64 {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		fail("%q is not an integer", s)
	}
	return &v
}

// moment reads dates, datetimes and plain numbers.
func moment(w expr.Wire, word string) (expr.Wire, bool) {
	if d, err := time.Parse(time.DateOnly, word); err == nil {
		days := d.Unix() / 86400
		w.Type, w.Lo = "date", &days
		return w, true
	}
	if local, zone, zoned := strings.Cut(word, "@"); len(local) > 2 {
		text, unit := local[:len(local)-2], local[len(local)-2:]
		if d, ok := parseTime(text); ok && tickTypes[unit] != "" {
			ticks := map[string]int64{"ms": d.UnixMilli(), "us": d.UnixMicro(), "ns": d.UnixNano()}[unit]
			w.Type, w.Lo = tickTypes[unit], &ticks
			if zoned {
				w.Type = "datetime[" + unit + ", " + zone + "]"
			}
			return w, true
		}
	}
	if _, err := strconv.ParseFloat(word, 64); err == nil {
		w.Type, w.Text, w.Scalar, w.Value = "other", word, "float", word
		return w, true
	}
	return w, false
}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if d, err := time.Parse(layout, s); err == nil {
			return d, true
		}
	}
	return time.Time{}, false
}
