package calendar

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// symbol is a unit of a duration string.
type symbol struct {
	symbol string
	base   base
	count  int64
}

// symbols are those of Polars but for "i", which counts rows. Each base has its longest last.
var symbols = [...]symbol{
	{"ns", clock, 1},
	{"us", clock, 1e3},
	{"ms", clock, 1e6},
	{"s", clock, nanosPerSecond},
	{"m", clock, 60 * nanosPerSecond},
	{"h", clock, nanosPerHour},
	{"d", days, 1},
	{"w", weeks, 1},
	{"mo", months, 1},
	{"q", months, 3},
	{"y", months, 12},
}

// greatestCount keeps the arithmetic of all units but clock within int64: it is a million years in
// days, and more than any column holds.
const greatestCount = 366_000_000

var (
	errNoDuration = errors.New("no duration")
	errZero       = errors.New("a unit of no length")
	errMixed      = errors.New("months, weeks and shorter units do not mix")
	errTooLong    = errors.New("longer than any column")
)

// ParseUnit returns the unit of a name such as "monthly", or of a duration string as Polars'
// dt.truncate takes it, such as "15m", "1h30m" or "2w". For another text, and for what dt.truncate
// refuses or answers with the column as it was, it returns an error that is [ErrUnknownUnit], lists
// the names, and points out the nearest one if it is near enough.
func ParseUnit(s string) (Unit, error) {
	names := make([]string, len(namedUnits))
	for i, n := range namedUnits {
		if n.name == s {
			return n.unit, nil
		}
		names[i] = n.name
	}
	u, err := parseDuration(s)
	if err == nil {
		return u, nil
	}
	reason, hint := "", ""
	if !errors.Is(err, errNoDuration) {
		reason = fmt.Sprintf(": %v", err)
	} else if name, ok := nearest(strings.ToLower(s), names); ok {
		hint = fmt.Sprintf("; did you mean %q?", name)
	}
	list := strings.Join(names, ", ")
	return Unit{}, fmt.Errorf(`calendar: %w %q%s: the units are %s, or a duration such as "15m" or "2w"%s`,
		ErrUnknownUnit, s, reason, list, hint)
}

// parseDuration reads a duration string: numbers, each followed by a symbol, which are added up.
func parseDuration(s string) (Unit, error) {
	var total [months + 1]int64
	rest := strings.TrimPrefix(s, "+")
	for done := false; !done; done = rest == "" {
		n, after, err := leadingNumber(rest)
		if err != nil {
			return Unit{}, err
		}
		row, after, ok := leadingSymbol(after)
		if !ok {
			return Unit{}, errNoDuration
		}
		if n > (math.MaxInt64-total[row.base])/row.count {
			return Unit{}, errTooLong
		}
		total[row.base] += n * row.count
		rest = after
	}
	return unitOf(total)
}

// unitOf makes a unit of the sum of a duration string in each base. As in Polars, only days and the
// clock may be mixed, and 24 hours are a day.
func unitOf(total [months + 1]int64) (Unit, error) {
	if total[clock]%nanosPerDay == 0 {
		total[days] += total[clock] / nanosPerDay
		total[clock] = 0
	}
	if total[clock] > 0 {
		if total[days] > (math.MaxInt64-total[clock])/nanosPerDay {
			return Unit{}, errTooLong
		}
		total[clock] += total[days] * nanosPerDay
		total[days] = 0
	}
	var u Unit
	for b, n := range total {
		switch {
		case n == 0:
			continue
		case u.base != noBase:
			return Unit{}, errMixed
		case base(b) != clock && n > greatestCount:
			return Unit{}, errTooLong
		}
		u = Unit{base(b), n}
	}
	if u.base == noBase {
		return Unit{}, errZero
	}
	return u, nil
}

// leadingNumber cuts the digits off the front of s.
func leadingNumber(s string) (n int64, rest string, err error) {
	rest = strings.TrimLeft(s, "0123456789")
	if len(rest) == len(s) {
		return 0, "", errNoDuration
	}
	for _, digit := range s[:len(s)-len(rest)] {
		value := int64(digit - '0')
		if n > (math.MaxInt64-value)/10 {
			return 0, "", errTooLong
		}
		n = 10*n + value
	}
	return n, rest, nil
}

// leadingSymbol cuts the letters off the front of s.
func leadingSymbol(s string) (row symbol, rest string, ok bool) {
	rest = strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz")
	for _, row := range symbols {
		if row.symbol == s[:len(s)-len(rest)] {
			return row, rest, true
		}
	}
	return symbol{}, "", false
}

// nearest returns the name that the fewest edits make of s, and false when that takes more than
// two: more is no slip of the keyboard.
func nearest(s string, names []string) (string, bool) {
	best, fewest := "", 3
	for _, name := range names {
		if n := edits(s, name); n < fewest {
			best, fewest = name, n
		}
	}
	return best, best != ""
}

// edits returns the Levenshtein distance of a and b in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1) // the distances of a[:i] to each b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
