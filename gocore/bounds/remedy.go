package bounds

import (
	"fmt"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/saturate"
)

// The example year, used where nothing is known of the column, and the days
// that an example spans.
const (
	exampleStart = 19_723 // 2024-01-01
	exampleSpan  = 366
)

// Remedy is an example of a filter that would bound a column of region r on the
// sides that lack a bound, in Python. A side that is known gives the example its
// place in time.
func (t Temporal) Remedy(column string, r Region[int64], lower, upper bool) string {
	start, end := int64(exampleStart), int64(exampleStart+exampleSpan)
	if hull, ok := r.Values.Hull(); ok && lower != upper {
		if lower {
			end = t.day(hull.Hi.Value)
			start = end - exampleSpan
		} else {
			start = t.day(hull.Lo.Value)
			end = start + exampleSpan
		}
	}
	name := fmt.Sprintf("pl.col(%q)", column)
	from, ok := t.python(start)
	to, ok2 := t.python(end)
	switch {
	case !ok || !ok2:
		return fmt.Sprintf(".filter(%s.is_between(first, last))", name)
	case lower && upper:
		return fmt.Sprintf(".filter(%s.is_between(%s, %s))", name, from, to)
	case lower:
		return fmt.Sprintf(".filter(%s >= %s)", name, from)
	}
	return fmt.Sprintf(".filter(%s < %s)", name, to)
}

func (t Temporal) day(tick int64) int64 { return saturate.FloorDiv(tick, t.resolution.TicksPerDay()) }

// python writes a day as pl.date(…), or as the datetime that a column with a time
// zone can be compared with, and returns false for a year that Python has not.
func (t Temporal) python(day int64) (string, bool) {
	const leastYear1, greatestYear9999 = -719_162, 2_932_896
	if day < leastYear1 || day > greatestYear9999 {
		return "", false
	}
	parts := strings.Split(calendar.Format(day, calendar.Days), "-")
	for i, p := range parts {
		parts[i] = strings.TrimLeft(p, "0")
	}
	if t.typ.Zone != "" {
		return fmt.Sprintf("pl.datetime(%s, time_zone=%q)", strings.Join(parts, ", "), t.typ.Zone), true
	}
	return "pl.date(" + strings.Join(parts, ", ") + ")", true
}
