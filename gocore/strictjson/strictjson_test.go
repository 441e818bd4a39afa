package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// show writes a value as this package has it.
func show(v *strictjson.Value) any {
	if v.IsNull() {
		return nil
	}
	if s, err := v.Text(); err == nil {
		return s
	}
	if b, err := v.Bool(); err == nil {
		return b
	}
	if items, err := v.List(); err == nil {
		out := []any{}
		for i := range items {
			out = append(out, show(&items[i]))
		}
		return out
	}
	if fields, err := v.Fields(); err == nil {
		out := map[string]any{}
		for name := range fields {
			out[name] = show(fields.Get(name))
		}
		return out
	}
	n, err := v.Int()
	if err != nil {
		return "no integer"
	}
	return n
}

func TestParse(t *testing.T) {
	tests := []struct{ in, want string }{
		{`null`, "<nil>"},
		{` [1, -2 ,"a"] `, "[1 -2 a]"},
		{`{"a":{"b":[true,false,null]}}`, "map[a:map[b:[true false <nil>]]]"},
		{`"\u0041\n\ud83d\ude00é"`, "A\n😀é"},
		{`9223372036854775807`, "9223372036854775807"},
		{`9223372036854775808`, "no integer"},
		{`1.0`, "no integer"},
		{`1e3`, "no integer"},
		{`-0`, "no integer"},
		{strings.Repeat("9", 5000), "no integer"},
		{`{"a":1,"a":1}`, `field "a" is given twice at byte 10`},
		{`{"a":1,"\u0061":1}`, `field "a" is given twice at byte 15`},
		{`1 2`, "text after the value at byte 2"},
		{`{}x`, "text after the value at byte 2"},
		{`"\ud83d"`, "half of a surrogate pair at byte 7"},
		{`"\ude00\ud83d"`, "half of a surrogate pair at byte 13"},
		{`"\ud83dx"`, "half of a surrogate pair at byte 7"},
		{`"\x"`, "unknown escape at byte 2"},
		{`"\u00g0"`, "no hexadecimal digit at byte 5"},
		{"\"a\nb\"", "a text without an end, or a control character in it at byte 2"},
		{`"abc`, "a text without an end, or a control character in it at byte 4"},
		{"\"\xff\"", "not UTF-8"},
		{`01`, "text after the value at byte 1"},
		{`-`, "no digit at byte 1"},
		{`1.`, "no digit at byte 2"},
		{`1e`, "no digit at byte 2"},
		{`+1`, "no value at byte 0"},
		{`NaN`, "no value at byte 0"},
		{`[1,]`, "no value at byte 3"},
		{`[1 2]`, "no comma and no end of a list at byte 3"},
		{`{"a":1,}`, "no name of a field at byte 7"},
		{`{"a" 1}`, "no colon at byte 5"},
		{`{1:1}`, "no name of a field at byte 1"},
		{``, "no value at byte 0"},
		{`nul`, "no value at byte 0"},
		{`[[[[1]]]]`, "nested too deep at byte 4"},
		{strings.Repeat("[", 1<<20), "nested too deep at byte 4"},
		{strings.Repeat(`{"a":`, 1<<20), "nested too deep at byte 20"},
	}
	for _, tt := range tests {
		v, err := strictjson.Parse([]byte(tt.in), 4)
		got := ""
		if err != nil {
			got = strings.TrimSuffix(err.Error(), ": refused JSON")
			if !errors.Is(err, strictjson.ErrJSON) {
				t.Errorf("%.40s: %v is not ErrJSON", tt.in, err)
			}
		} else {
			got = fmt.Sprint(show(v))
		}
		if got != tt.want {
			t.Errorf("%.40s: %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestForms(t *testing.T) {
	v, err := strictjson.Parse([]byte(`{"n": -1, "s": "x"}`), 4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Object("n"); err == nil || !strings.Contains(err.Error(), `unknown field "s"`) {
		t.Errorf("unknown field: %v", err)
	}
	o, err := v.Object("n", "s", "missing")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Get("n").Count(); err == nil || err.Error() != "-1 is negative: refused JSON" {
		t.Errorf("negative: %v", err)
	}
	if _, err := o.Get("s").Int(); err == nil || err.Error() != "a text instead of a number: refused JSON" {
		t.Errorf("kind: %v", err)
	}
	if !o.Get("missing").IsNull() || o.Has("missing") {
		t.Error("a field that is not there is there")
	}
}

// FuzzParse: what is accepted means the same to encoding/json, and nothing crashes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":[1,"\ud83d\ude00",null,true]}`)) // every kind of value
	f.Add([]byte(`{"a":1,"a":2}`))                      // read by others as 2
	f.Add([]byte(`"\ud800"`))                           // read by others as U+FFFD
	f.Add([]byte(`[1e400, -0, 0.1]`))                   // numbers that are not integers
	f.Add([]byte("[[[[[[[[[["))                         // no end
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := strictjson.Parse(data, 8)
		if err != nil {
			return
		}
		var want any
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("%q is accepted, although %v", data, err)
		}
		if got := show(v); !reflect.DeepEqual(got, integers(want)) {
			t.Errorf("%q: %v, want %v", data, got, want)
		}
	})
}

// integers turns numbers into what show makes of them.
func integers(v any) any {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		if err != nil || v == "-0" {
			return "no integer"
		}
		return n
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, integers(item))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, item := range v {
			out[name] = integers(item)
		}
		return out
	}
	return v
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"a\"\\/\n\r\t\b\f\x00\x7f": `"a\"\\/\n\r\t\b\f\u0000` + "\x7f\"",
		"é€😀":                      `"\u00e9\u20ac\ud83d\ude00"`,
	} {
		if got := strictjson.Quote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
		if v, err := strictjson.Parse([]byte(want), 1); err != nil || show(v) != in {
			t.Errorf("%s is read as %v, %v", want, v, err)
		}
	}
}
