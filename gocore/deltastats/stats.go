package deltastats

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// ErrStatistics says that statistics contradict themselves.
var ErrStatistics = errors.New("no statistics of a column")

// Column is what is known of a column of a file.
type Column struct {
	// Path leads to the column, through the structs that it is in.
	Path []string
	// Type is the wire name of its type.
	Type string
	// Least and Greatest are physical values as text, nil if there are none or they are not known. NaN
	// does not count.
	Least, Greatest *string
	// Nulls is nil if their number is not known.
	Nulls *int64
	// NaN says whether a float is NaN.
	NaN Presence
}

// Presence says whether something is among the values of a column.
type Presence uint8

// Values may be there as far as is known, or are absent.
const (
	Possible Presence = iota
	Absent
)

// maxText is how many bytes a text in the log has at most.
const maxText = 256

// Write returns the statistics of a file with a number of rows, as JSON.
func Write(rows int64, columns []Column) ([]byte, error) {
	least, greatest, nulls := tree{}, tree{}, tree{}
	for _, c := range columns {
		if c.Nulls != nil {
			if *c.Nulls < 0 || *c.Nulls > rows {
				return nil, c.wrong("%d nulls in %d rows", *c.Nulls, rows)
			}
			if !nulls.put(c.Path, *c.Nulls) {
				return nil, c.wrong("there twice, or beside its own parts")
			}
		}
		lo, hi, err := c.ends()
		if err != nil {
			return nil, err
		}
		if lo == nil {
			continue
		}
		if !least.put(c.Path, lo) || !greatest.put(c.Path, hi) {
			return nil, c.wrong("there twice, or beside its own parts")
		}
	}
	return json.Marshal(map[string]any{"numRecords": rows, "minValues": least, "maxValues": greatest, "nullCount": nulls})
}

func (c Column) wrong(format string, arguments ...any) error {
	name := strings.Join(c.Path, ".")
	return fmt.Errorf("statistics of column %.100q: %s: %w", name, fmt.Sprintf(format, arguments...), ErrStatistics)
}

// tree holds values by paths.
type tree map[string]any

func (t tree) put(path []string, v any) bool {
	if len(path) == 0 {
		return false
	}
	for _, name := range path[:len(path)-1] {
		inner, there := t[name]
		if !there {
			inner = tree{}
			t[name] = inner
		}
		next, ok := inner.(tree)
		if !ok {
			return false
		}
		t = next
	}
	last := path[len(path)-1]
	if _, there := t[last]; there {
		return false
	}
	t[last] = v
	return true
}

// ends returns both ends as they stand in the log, or nil.
func (c Column) ends() (lo, hi json.Marshaler, err error) {
	if c.Least == nil || c.Greatest == nil {
		return nil, nil, nil
	}
	switch t := expr.ParseType(c.Type); {
	case c.Type == "string":
		return c.texts(*c.Least, *c.Greatest)
	case t.Kind == expr.Float:
		return c.floats(*c.Least, *c.Greatest)
	case t.Kind == expr.Boolean:
		return c.booleans(*c.Least, *c.Greatest)
	case t.Kind == expr.Date, t.Kind == expr.Datetime, t.Kind == expr.Integer && (t.Int.Bits < 64 || t.Int.Bits == 64 && !t.Int.Unsigned):
		return c.integers(t, *c.Least, *c.Greatest)
	}
	return nil, nil, nil
}

// written is JSON.
type written string

// MarshalJSON implements [json.Marshaler].
func (w written) MarshalJSON() ([]byte, error) { return []byte(w), nil }

func quoted(s string) written {
	b, _ := json.Marshal(s) // texts always can
	return written(b)
}

func (c Column) texts(lo, hi string) (json.Marshaler, json.Marshaler, error) {
	switch {
	case !utf8.ValidString(lo) || !utf8.ValidString(hi):
		return nil, nil, c.wrong("a text that is not UTF-8")
	case lo > hi:
		return nil, nil, c.wrong("the least value is above the greatest")
	case len(lo) > maxText || len(hi) > maxText:
		return nil, nil, nil
	}
	return quoted(lo), quoted(hi), nil
}

func (c Column) booleans(lo, hi string) (json.Marshaler, json.Marshaler, error) {
	for _, s := range []string{lo, hi} {
		if s != "true" && s != "false" {
			return nil, nil, c.wrong("%.80q is no boolean", s)
		}
	}
	if lo > hi {
		return nil, nil, c.wrong("the least value is above the greatest")
	}
	return written(lo), written(hi), nil
}

func (c Column) floats(lo, hi string) (json.Marshaler, json.Marshaler, error) {
	a, err := strconv.ParseFloat(lo, 64)
	if err != nil {
		return nil, nil, c.wrong("%.80q is no float", lo)
	}
	b, err := strconv.ParseFloat(hi, 64)
	if err != nil {
		return nil, nil, c.wrong("%.80q is no float", hi)
	}
	switch {
	case c.NaN != Absent || math.IsNaN(a) || math.IsNaN(b) || math.IsInf(a, 0) || math.IsInf(b, 0):
		return nil, nil, nil
	case a > b:
		return nil, nil, c.wrong("the least value is above the greatest")
	}
	// The two zeros are equal, but some readers take -0.0 to be below 0.0.
	if a == 0 {
		a = math.Copysign(0, -1)
	}
	if b == 0 {
		b = 0
	}
	return number(a), number(b), nil
}

// number writes a float so that it cannot be taken for an integer.
func number(v float64) written {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return written(s)
}

func (c Column) integers(t expr.Type, lo, hi string) (json.Marshaler, json.Marshaler, error) {
	var values [2]int64
	least, greatest, _ := t.Extremes()
	for i, s := range []string{lo, hi} {
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil || v < least || v > greatest {
			return nil, nil, c.wrong("%.80q is no %s", s, c.Type)
		}
		values[i] = v
	}
	if values[0] > values[1] {
		return nil, nil, c.wrong("the least value is above the greatest")
	}
	a, first := inLog(t, values[0])
	b, second := inLog(t, values[1])
	if !first || !second {
		return nil, nil, nil
	}
	return a, b, nil
}

// The seconds in which the years 1 and 10000 begin: between them every reader reads dates alike.
const (
	firstSecond  = -62_135_596_800
	beyondSecond = 253_402_300_800
)

// inLog writes a physical integer as a value of its type, if the log has such values.
func inLog(t expr.Type, v int64) (written, bool) {
	if t.Kind == expr.Integer {
		return written(strconv.FormatInt(v, 10)), true
	}
	layout := "2006-01-02T15:04:05.000000"
	var at time.Time
	switch {
	case t.Kind == expr.Date:
		layout, at = "2006-01-02", time.Unix(v*secondsPerDay, 0)
	case t.Unit == expr.Milliseconds:
		at = time.UnixMilli(v)
	case t.Unit == expr.Microseconds:
		at = time.UnixMicro(v)
	default:
		return "", false
	}
	if t.Zone != "" {
		layout += "Z"
	}
	return quoted(at.UTC().Format(layout)), at.Unix() >= firstSecond && at.Unix() < beyondSecond
}

const secondsPerDay = 86_400
