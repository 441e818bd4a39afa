package pgread

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Param is the value of a parameter. On the wire it is null, or a kind and a text:
//
//	["bool", "true"]   ["int", "-5"]   ["float", "0x1.8p+1"]   ["decimal", "1.20"]   ["str", "a"]
//	["bytes", "00ff"]  ["date", "19723"] in days   ["datetime", "..."] and, of one with a zone,
//	["instant", "..."] in us since 1970   ["time", "..."] and ["duration", "..."] in us
//	["list", [...]]
//
// A float is as float.hex() in Python writes it, or any text that means it exactly.
type Param struct {
	Kind  string
	Text  string
	Items []Param
}

// UnmarshalJSON reads the wire form.
func (p *Param) UnmarshalJSON(text []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return fmt.Errorf("a parameter is null, or a kind and a value: %w", err)
	}
	if parts == nil {
		*p = Param{}
		return nil
	}
	if len(parts) != 2 {
		return fmt.Errorf("a parameter is null, or a kind and a value, not %d parts", len(parts))
	}
	if err := json.Unmarshal(parts[0], &p.Kind); err != nil {
		return fmt.Errorf("kind of a parameter: %w", err)
	}
	if p.Kind == "list" {
		p.Items = []Param{}
		return json.Unmarshal(parts[1], &p.Items)
	}
	if _, ok := accepts[p.Kind]; !ok {
		return fmt.Errorf("no parameter is of kind %q", p.Kind)
	}
	return json.Unmarshal(parts[1], &p.Text)
}

// accepts says which types of the server take values of a kind as they are. Text may be for any type:
// then the server reads it.
var accepts = map[string][]uint32{
	"bool":     {boolOID},
	"int":      {int2OID, int4OID, int8OID, oidOID, numericOID, float4OID, float8OID},
	"float":    {float4OID, float8OID},
	"decimal":  {numericOID},
	"str":      nil,
	"bytes":    {byteaOID},
	"date":     {dateOID, timestampOID},
	"datetime": {timestampOID},
	"instant":  {timestamptzOID},
	"time":     {timeOID},
	"duration": {intervalOID},
}

// advice says what to write where a kind does not fit.
var advice = map[string]string{
	"float":    "pass a decimal.Decimal or an int, or write $?::float8 in the query",
	"decimal":  "write $?::numeric in the query",
	"datetime": "a datetime without a time zone fits timestamp, one with a time zone timestamptz",
	"instant":  "a datetime without a time zone fits timestamp, one with a time zone timestamptz",
}

// bind writes values as the server reads them, each for the type of its parameter.
func bind(params []Param, types []*pgType) ([][]byte, error) {
	if len(params) != len(types) {
		return nil, failf(ErrRequest, "the query has %d parameters, and params has %d values", len(types), len(params))
	}
	out := make([][]byte, len(params))
	for i, p := range params {
		if p.Kind == "" {
			continue
		}
		text, problem := p.write(types[i])
		if problem != "" {
			return nil, failf(ErrRequest, "parameter $%d is %s on the server: %s", i+1, types[i], strings.ReplaceAll(problem, "$?", "$"+strconv.Itoa(i+1)))
		}
		out[i] = []byte(text)
	}
	return out, nil
}

// write gives the text of a value for a type, or says why it does not fit and what to pass instead.
func (p Param) write(t *pgType) (text, problem string) {
	if p.Kind == "list" {
		return p.writeList(t)
	}
	if oids := accepts[p.Kind]; oids != nil && !slices.Contains(oids, t.oid) {
		problem = fmt.Sprintf("a value of kind %s does not fit", p.Kind)
		if a := advice[p.Kind]; a != "" {
			problem += "; " + a
		}
		return "", problem
	}
	text, err := p.text(t.oid)
	if err != nil {
		return "", err.Error()
	}
	return text, ""
}

func (p Param) writeList(t *pgType) (text, problem string) {
	if t.form != arrayForm {
		return "", "a list does not fit; write = ANY($?) for a list of values"
	}
	var out strings.Builder
	out.WriteByte('{')
	for i, item := range p.Items {
		if i > 0 {
			out.WriteByte(',')
		}
		if item.Kind == "" {
			out.WriteString("NULL")
			continue
		}
		if item.Kind == "list" {
			return "", "a list of lists does not fit"
		}
		text, problem := item.write(t.elem)
		if problem != "" {
			return "", problem
		}
		out.WriteByte('"')
		for _, c := range []byte(text) {
			if c == '"' || c == '\\' {
				out.WriteByte('\\')
			}
			out.WriteByte(c)
		}
		out.WriteByte('"')
	}
	out.WriteByte('}')
	return out.String(), ""
}

// text writes a value that a type takes.
func (p Param) text(oid uint32) (string, error) {
	switch p.Kind {
	case "str":
		if strings.ContainsRune(p.Text, 0) || !utf8.ValidString(p.Text) {
			return "", fmt.Errorf("the database cannot hold the text %q", p.Text)
		}
		return p.Text, nil
	case "bool":
		_, err := strconv.ParseBool(p.Text)
		return p.Text, err
	case "bytes":
		_, err := hex.DecodeString(p.Text)
		return `\x` + p.Text, err
	case "decimal":
		return p.Text, nil
	case "float":
		return p.floatText(oid)
	}
	v, err := strconv.ParseInt(p.Text, 10, 64)
	if p.Kind == "int" {
		return p.intText(oid, v, err)
	}
	if err != nil {
		return "", fmt.Errorf("%q is not a number: %w", p.Text, err)
	}
	switch p.Kind {
	case "date":
		if v > math.MaxInt64/secondsADay || v < math.MinInt64/secondsADay {
			return "", fmt.Errorf("day %d is too far", v)
		}
		return dateText(time.Unix(v*secondsADay, 0).UTC(), "01-02"), nil
	case "datetime":
		return dateText(time.UnixMicro(v).UTC(), "01-02 15:04:05.000000"), nil
	case "instant":
		return dateText(time.UnixMicro(v).UTC(), "01-02 15:04:05.000000+00"), nil
	case "time":
		if v < 0 || v >= microsADay {
			return "", fmt.Errorf("%d us is not a time of a day", v)
		}
		return time.UnixMicro(v).UTC().Format("15:04:05.000000"), nil
	default:
		return fmt.Sprintf("%d microseconds", v), nil
	}
}

// dateText writes the year, which may be before 1 or after 9999, and then what the layout says.
func dateText(t time.Time, layout string) string {
	if t.Year() <= 0 {
		return fmt.Sprintf("%04d-%s BC", 1-t.Year(), t.Format(layout))
	}
	return fmt.Sprintf("%04d-%s", t.Year(), t.Format(layout))
}

func (p Param) floatText(oid uint32) (string, error) {
	v, err := strconv.ParseFloat(p.Text, 64)
	if err != nil {
		return "", fmt.Errorf("%q is not a float: %w", p.Text, err)
	}
	switch {
	case math.IsNaN(v):
		return "NaN", nil
	case math.IsInf(v, 0):
		return map[bool]string{true: "Infinity", false: "-Infinity"}[v > 0], nil
	case oid == float4OID && float64(float32(v)) != v:
		return "", fmt.Errorf("%v has no exact counterpart of four bytes; write $?::float8 in the query", v)
	}
	return strconv.FormatFloat(v, 'g', -1, 64), nil
}

// intText checks that an integer is exact as a float; the other types say themselves what is too large.
func (p Param) intText(oid uint32, v int64, err error) (string, error) {
	digits := strings.TrimPrefix(p.Text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", fmt.Errorf("%q is not an integer", p.Text)
	}
	limit := map[uint32]int64{float4OID: 1 << 24, float8OID: 1 << 53}[oid]
	if limit > 0 && (err != nil || v > limit || v < -limit) {
		return "", fmt.Errorf("%s has no exact counterpart of that type", p.Text)
	}
	return p.Text, nil
}
