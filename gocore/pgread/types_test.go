package pgread

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDtypes(t *testing.T) {
	tests := []struct{ in, want string }{
		{"int64", "int64"},
		{"decimal[18, 4]", "decimal[18, 4]"},
		{"datetime[us]", "datetime[us]"},
		{"datetime[ns, Europe/Berlin]", "datetime[ns, Europe/Berlin]"},
		{"duration[ms]", "duration[ms]"},
		{"list[list[string]]", "list[list[string]]"},
		{"decimal[39, 4]", "no column of a database can be read as 'decimal[39, 4]'"},
		{"decimal[4, 5]", "no column of a database can be read as 'decimal[4, 5]'"},
		{"datetime[s]", "no column of a database can be read as 'datetime[s]'"},
		{"list[]", "no column of a database can be read as ''"},
		{"struct", "no column of a database can be read as 'struct'"},
		{"int64]", "no column of a database can be read as 'int64]'"},
		{strings.Repeat("list[", 9) + "int64" + strings.Repeat("]", 9), "no column of a database can be read as 'list[list[int64]]'"},
	}
	for _, tt := range tests {
		d, err := ParseDtype(tt.in)
		got := d.String()
		if err != nil {
			got = err.Error()
		}
		if got != tt.want || err != nil && !errors.Is(err, ErrRequest) {
			t.Errorf("%s: got %s, want %s", tt.in, got, tt.want)
		}
	}
}

func numericType(precision, scale int) *pgType {
	n := scalarType(numericOID)
	n.typmod = int32(precision<<16|scale&0x7ff) + 4
	return n
}

func TestTypesOfColumns(t *testing.T) {
	inet := &pgType{oid: 869, name: "inet", form: otherForm}
	square := arrayType(scalarType(int4OID))
	square.dims = 2
	tests := []struct {
		typ  *pgType
		want string
	}{
		{scalarType(timestamptzOID), "datetime[us, UTC]"},
		{scalarType(charOID), "string"},
		{mood, "enum"},
		{numericType(18, 4), "decimal[18, 4]"},
		{numericType(3, -2), "decimal[5, 0]"},
		{numericType(2, 4), "decimal[4, 4]"},
		{arrayType(numericType(5, 1)), "list[decimal[5, 1]]"},
		{square, "list[list[int32]]"},
		{numericType(40, 2), "column 'c' is numeric(40,2), of more than the 38 digits of pl.Decimal; pass schema_overrides={'c': pl.Float64 or pl.String}, or cast it in the query: \"c\"::numeric(p, s)"},
		{scalarType(numericOID), "column 'c' is numeric without precision; pass schema_overrides={'c': pl.Decimal(p, s) or pl.Float64 or pl.String}, or cast it in the query: \"c\"::numeric(p, s)"},
		{arrayType(scalarType(numericOID)), "column 'c' is numeric[] without precision; pass schema_overrides={'c': pl.List(pl.Decimal(p, s)) or pl.List(pl.Float64) or pl.List(pl.String)}, or cast it in the query: \"c\"::numeric(p, s)[]"},
		{inet, "column 'c' is inet, which has no counterpart in Polars; pass schema_overrides={'c': pl.String}, or cast it in the query: \"c\"::text"},
		{arrayType(inet), "column 'c' is inet[], which has no counterpart in Polars; pass schema_overrides={'c': pl.String}, or cast it in the query: \"c\"::text"},
		{arrayType(scalarType(charOID)), "column 'c' is \"char\"[], which has no counterpart in Polars; pass schema_overrides={'c': pl.String}, or cast it in the query: \"c\"::text"},
	}
	for _, tt := range tests {
		d, bad := tt.typ.dtype()
		got := d.String()
		if bad != nil {
			got = bad.of("c")
		}
		if got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.typ, got, tt.want)
		}
	}
}

func TestOverrides(t *testing.T) {
	tests := []struct {
		typ        *pgType
		want, says string
	}{
		{scalarType(numericOID), "float64", "float64"},
		{arrayType(scalarType(numericOID)), "list[string]", "list[string]"},
		{mood, "enum", "enum"},
		{scalarType(timestamptzOID), "datetime[us, Asia/Tokyo]", "datetime[us, Asia/Tokyo]"},
		{scalarType(float8OID), "float32", "column 'c' is double precision and cannot be read as pl.Float32, only as pl.Float64, pl.String; or cast it in the query"},
		{scalarType(timestampOID), "date", "column 'c' is timestamp and cannot be read as pl.Date, only as pl.Datetime, pl.String; or cast it in the query"},
		{arrayType(scalarType(int4OID)), "list[date]", "column 'c' is integer[] and cannot be read as pl.List(pl.Date), only as pl.List of what integer can be, pl.String; or cast it in the query"},
		{scalarType(textOID), "enum", "column 'c' is text and cannot be read as pl.Enum, only as pl.Binary, pl.String; or cast it in the query"},
	}
	for _, tt := range tests {
		want, err := ParseDtype(tt.want)
		if err != nil {
			t.Fatal(err)
		}
		d, bad := tt.typ.override(want)
		got := d.String()
		if bad != nil {
			got = bad.of("c")
		}
		if got != tt.says {
			t.Errorf("%s as %s: got  %s\nwant %s", tt.typ, tt.want, got, tt.says)
		}
	}
	if d, _ := arrayType(mood).override(Dtype{Kind: List, Inner: &Dtype{Kind: Enum}}); fmt.Sprint(d.labels()) != "[sad ok ü;x]" {
		t.Errorf("labels %q", d.labels())
	}
}

func TestParams(t *testing.T) {
	tests := []struct {
		param string
		typ   *pgType
		want  string
	}{
		{`null`, scalarType(int4OID), "NULL"},
		{`["bool", "true"]`, scalarType(boolOID), "true"},
		{`["int", "-5"]`, scalarType(int2OID), "-5"},
		{`["int", "12345678901234567890123"]`, scalarType(numericOID), "12345678901234567890123"},
		{`["int", "9007199254740993"]`, scalarType(float8OID), "parameter $1 is double precision on the server: 9007199254740993 has no exact counterpart of that type"},
		{`["int", "5"]`, scalarType(textOID), "parameter $1 is text on the server: a value of kind int does not fit"},
		{`["int", "0x5"]`, scalarType(int4OID), `parameter $1 is integer on the server: "0x5" is not an integer`},
		{`["float", "0x1.999999999999ap-4"]`, scalarType(float8OID), "0.1"},
		{`["float", "-inf"]`, scalarType(float8OID), "-Infinity"},
		{`["float", "nan"]`, scalarType(float4OID), "NaN"},
		{`["float", "0.1"]`, scalarType(float4OID), "parameter $1 is real on the server: 0.1 has no exact counterpart of four bytes; write $1::float8 in the query"},
		{`["float", "0.1"]`, scalarType(numericOID), "parameter $1 is numeric on the server: a value of kind float does not fit; pass a decimal.Decimal or an int, or write $1::float8 in the query"},
		{`["decimal", "0.10"]`, scalarType(numericOID), "0.10"},
		{`["str", "it's"]`, scalarType(textOID), "it's"},
		{`["str", "1.2.3.4"]`, &pgType{oid: 869, name: "inet", form: otherForm}, "1.2.3.4"},
		{`["str", "a\u0000b"]`, scalarType(textOID), `parameter $1 is text on the server: the database cannot hold the text "a\x00b"`},
		{`["bytes", "00ff"]`, scalarType(byteaOID), `\x00ff`},
		{`["date", "19723"]`, scalarType(dateOID), "2024-01-01"},
		{`["date", "19723"]`, scalarType(timestampOID), "2024-01-01"},
		{`["date", "-719529"]`, scalarType(dateOID), "0002-12-31 BC"},
		{`["date", "4000000"]`, scalarType(dateOID), "12921-08-18"},
		{`["date", "19723"]`, scalarType(timestamptzOID), "parameter $1 is timestamptz on the server: a value of kind date does not fit"},
		{`["datetime", "-1"]`, scalarType(timestampOID), "1969-12-31 23:59:59.999999"},
		{`["datetime", "0"]`, scalarType(timestamptzOID), "parameter $1 is timestamptz on the server: a value of kind datetime does not fit; a datetime without a time zone fits timestamp, one with a time zone timestamptz"},
		{`["instant", "0"]`, scalarType(timestamptzOID), "1970-01-01 00:00:00.000000+00"},
		{`["instant", "-62135596800000001"]`, scalarType(timestamptzOID), "0001-12-31 23:59:59.999999+00 BC"},
		{`["time", "1"]`, scalarType(timeOID), "00:00:00.000001"},
		{`["time", "86400000000"]`, scalarType(timeOID), "parameter $1 is time on the server: 86400000000 us is not a time of a day"},
		{`["duration", "-5"]`, scalarType(intervalOID), "-5 microseconds"},
		{`["list", [["str", "a\"b\\"], null, ["str", ""]]]`, arrayType(scalarType(textOID)), `{"a\"b\\",NULL,""}`},
		{`["list", []]`, arrayType(scalarType(int4OID)), "{}"},
		{`["list", [["int", "1"]]]`, scalarType(int4OID), "parameter $1 is integer on the server: a list does not fit; write = ANY($1) for a list of values"},
		{`["list", [["list", []]]]`, arrayType(scalarType(int4OID)), "parameter $1 is integer[] on the server: a list of lists does not fit"},
	}
	for _, tt := range tests {
		var p Param
		if err := p.UnmarshalJSON([]byte(tt.param)); err != nil {
			t.Fatal(err)
		}
		values, err := bind([]Param{p}, []*pgType{tt.typ})
		got := fmt.Sprint(err)
		if err == nil {
			if got = string(values[0]); values[0] == nil {
				got = "NULL"
			}
		}
		if got != tt.want {
			t.Errorf("%s for %s: got  %s\nwant %s", tt.param, tt.typ, got, tt.want)
		}
	}
}

func TestRequests(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{`, "the request cannot be read: unexpected EOF"},
		{`{"dns": ""}`, `the request cannot be read: json: unknown field "dns"`},
		{`{"on_infinity": "nan"}`, "on_infinity is 'error' or 'null', not 'nan'"},
		{`{"retries": -1}`, "retries, the time-out and the rows of a batch are not negative"},
		{`{"overrides": {"a": "int7"}}`, "column 'a': no column of a database can be read as 'int7'"},
		{`{"params": [["int"]]}`, "the request cannot be read: a parameter is null, or a kind and a value, not 1 parts"},
		{`{"params": [["number", "1"]]}`, `the request cannot be read: no parameter is of kind "number"`},
	}
	for _, tt := range tests {
		_, err := ParseRequest([]byte(tt.in))
		if got := fmt.Sprint(err); got != tt.want || !errors.Is(err, ErrRequest) {
			t.Errorf("%s: got  %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

func TestRequestsHaveTheirTextWhole(t *testing.T) {
	for text, want := range map[string]bool{
		`{"sql": "ü 😀"}`: true, `{"sql": "\ud83d\ude00"}`: true, `{"sql": "\\ud83d"}`: true, `{"sql": "\u00fc\n"}`: true,
		`{"sql": "\ud83d"}`: false, `{"sql": "\ud83dx"}`: false, `{"sql": "\ud83dude00"}`: false, `{"sql": "\ude00\ud83d"}`: false, `{"sql": "\ud83d\ud83d"}`: false,
		"{\"sql\": \"\xff\"}": false, `{"sql": "\ud83d\\ude00"}`: false, `"\`: true, `"\ud83d`: false, `"\ud83d\u`: false,
	} {
		if got := isWhole([]byte(text)); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

// Whatever is wrong with a connection string, its password is not shown.
func TestConnectionStringsThatCannotBeRead(t *testing.T) {
	for _, dsn := range []string{
		"postgresql://me:canary secret@host:port/db", "postgresql://me:can#ary@host/db?sslmode=none",
		"postgresql://me@host:x/db?password=canary", "host=a port=b password=canary", "host=a password='canary",
		"PASSWORD = canary port=x", "postgres://me:canary@[::1/db", "canary@host:b",
	} {
		_, err := ParseTarget(dsn)
		if err == nil {
			t.Errorf("%s can be read", dsn)
			continue
		}
		if strings.Contains(err.Error(), "can") && strings.Contains(err.Error(), "ary") {
			t.Errorf("%s: the password is in %v", dsn, err)
		}
	}
	if _, err := ParseTarget("mysql://host/db"); !strings.Contains(fmt.Sprint(err), "mysql://host/db") {
		t.Errorf("what has no password is not shown: %v", err)
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]int{"15.18 (Debian 15.18-0+deb12u1)": 150018, "18beta1": 180000, "14.0": 140000, "": 0} {
		if got := versionOf(text); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}
