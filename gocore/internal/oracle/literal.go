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
		return w, true
	case word[0] == '?':
		w.Type, w.Text = word[1:], word
		return w, true
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
		w.Type, w.Text = "other", word
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
