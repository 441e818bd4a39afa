package deltastats_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/deltastats"
)

func column(typ, least, greatest string) deltastats.Column {
	return deltastats.Column{Path: []string{"c"}, Type: typ, Least: &least, Greatest: &greatest, NaN: deltastats.Absent}
}

// ends are what is written of the ends of a column: "least greatest", or nothing.
func ends(c deltastats.Column) (string, error) {
	b, err := deltastats.Write(5, []deltastats.Column{c})
	if err != nil {
		return "", err
	}
	var s struct{ MinValues, MaxValues map[string]json.RawMessage }
	if err := json.Unmarshal(b, &s); err != nil {
		return "", fmt.Errorf("%s: %w", b, err)
	}
	return strings.TrimSpace(string(s.MinValues["c"]) + " " + string(s.MaxValues["c"])), nil
}

func TestEnds(t *testing.T) {
	long := strings.Repeat("é", 128)
	tests := []struct{ typ, least, greatest, want string }{
		{"int64", "-9223372036854775808", "9223372036854775807", "-9223372036854775808 9223372036854775807"},
		{"int8", "-128", "127", "-128 127"},
		{"uint32", "0", "4294967295", "0 4294967295"},
		{"uint64", "0", "1", ""},
		{"int128", "0", "1", ""},
		{"date", "-719162", "2932896", `"0001-01-01" "9999-12-31"`},
		{"date", "-1", "59", `"1969-12-31" "1970-03-01"`},
		{"date", "0", "2932897", ""},
		{"date", "-719163", "0", ""},
		{"datetime[us, UTC]", "-1", "1577898000000001", `"1969-12-31T23:59:59.999999Z" "2020-01-01T17:00:00.000001Z"`},
		{"datetime[us]", "0", "999999", `"1970-01-01T00:00:00.000000" "1970-01-01T00:00:00.999999"`},
		{"datetime[us]", "-62135596800000000", "253402300799999999", `"0001-01-01T00:00:00.000000" "9999-12-31T23:59:59.999999"`},
		{"datetime[us]", "-62135596800000001", "0", ""},
		{"datetime[us]", "0", "253402300800000000", ""},
		{"datetime[us]", "-9223372036854775808", "9223372036854775807", ""},
		{"datetime[ms, Europe/Berlin]", "-1", "9223372036854", `"1969-12-31T23:59:59.999000Z" "2262-04-11T23:47:16.854000Z"`},
		{"datetime[ms]", "-9223372036854775808", "9223372036854775807", ""},
		{"datetime[ns]", "0", "1", ""},
		{"string", "", "a\"\n\x00", `"" "a\"\n\u0000"`},
		{"string", "a", long, `"a" "` + long + `"`},
		{"string", "a", long + "x", ""},
		{"float64", "-1.5", "1e300", "-1.5 1e+300"},
		{"float64", "1", "2", "1.0 2.0"},
		{"float64", "0", "-0", "-0.0 0.0"},
		{"float64", "-inf", "1", ""},
		{"float64", "1", "inf", ""},
		{"float64", "nan", "nan", ""},
		{"float32", "0.10000000149011612", "0.10000000149011612", "0.10000000149011612 0.10000000149011612"},
		{"boolean", "false", "true", "false true"},
		{"decimal[10, 2]", "1", "2", ""},
		{"binary", "AA==", "AA==", ""},
		{"time", "1", "2", ""},
		{"duration[us]", "1", "2", ""},
		{"list", "1", "2", ""},
	}
	for _, tt := range tests {
		if got, err := ends(column(tt.typ, tt.least, tt.greatest)); got != tt.want || err != nil {
			t.Errorf("%s from %s to %s: %s, want %s, %v", tt.typ, tt.least, tt.greatest, got, tt.want, err)
		}
	}
	nan := column("float64", "1", "2")
	nan.NaN = deltastats.Possible
	if got, err := ends(nan); got != "" || err != nil {
		t.Errorf("with NaN: %s, %v", got, err)
	}
	half := column("int64", "1", "2")
	half.Greatest = nil
	if got, err := ends(half); got != "" || err != nil {
		t.Errorf("one end: %s, %v", got, err)
	}
}

func TestWrite(t *testing.T) {
	three, two := int64(3), int64(2)
	a, b := column("int64", "1", "2"), column("string", "x", "y")
	a.Path, a.Nulls = []string{"s", "a"}, &two
	b.Path, b.Nulls = []string{"s", "b"}, nil
	list := deltastats.Column{Path: []string{"l"}, Type: "other", Nulls: &three}
	got, err := deltastats.Write(3, []deltastats.Column{b, a, list})
	want := `{"maxValues":{"s":{"a":2,"b":"y"}},"minValues":{"s":{"a":1,"b":"x"}},"nullCount":{"l":3,"s":{"a":2}},"numRecords":3}`
	if string(got) != want || err != nil {
		t.Errorf("%s, want %s, %v", got, want, err)
	}
	if got, err := deltastats.Write(0, nil); string(got) != `{"maxValues":{},"minValues":{},"nullCount":{},"numRecords":0}` || err != nil {
		t.Errorf("no columns: %s, %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	nulls := func(n int64) deltastats.Column { return deltastats.Column{Path: []string{"c"}, Nulls: &n} }
	outer := column("int64", "1", "2")
	inner := column("int64", "1", "2")
	inner.Path = []string{"c", "d"}
	noPath := column("int64", "1", "2")
	noPath.Path = nil
	for _, columns := range [][]deltastats.Column{
		{column("int64", "2", "1")},
		{column("int8", "0", "128")},
		{column("int64", "x", "1")},
		{column("date", "0", "2147483648")},
		{column("string", "b", "a")},
		{column("string", "a", "\xff")},
		{column("float64", "2", "1")},
		{column("float64", "x", "1")},
		{column("float64", "1", "1e999")},
		{column("boolean", "true", "false")},
		{column("boolean", "0", "1")},
		{nulls(6)},
		{nulls(-1)},
		{nulls(1), nulls(1)},
		{outer, outer},
		{outer, inner},
		{inner, outer},
		{noPath},
	} {
		if b, err := deltastats.Write(5, columns); !errors.Is(err, deltastats.ErrStatistics) {
			t.Errorf("%v: %s, %v", columns[0].Type, b, err)
		}
	}
}
