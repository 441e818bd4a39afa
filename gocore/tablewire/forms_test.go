package tablewire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/tablewire"
)

const (
	txn      = "0b5a3c1e-9d2f-4a60-8b7c-112233445566"
	otherTxn = "ffffffff-9d2f-4a60-8b7c-112233445566"
	key      = `[["sym","string"],["ts","datetime[us, UTC]"]]`
	shard    = `{"v":1,"key":` + key + `,"lo":["S0038","1577898000000000"],"hi":null,"rows":750,"nbytes":null}`
	head     = `{"v":1,"table":"t-1","version":7,"txn":"` + txn + `","key":` + key + `,`
	add      = `{"path":"part-` + txn + `-0-1.parquet","size":10,"mtime":5,"stats":"{\"numRecords\":3}","lo":["a","-1"],"hi":["b","2"],"rows":3}`
	ops      = head + `"adds":[` + add + `],"removes":[{"path":"d=1/old.parquet","size":9},{"path":"x","size":null}],` +
		`"replaced":[{"lo":["a"],"hi":["b","0"]},{"lo":null,"hi":null},{"lo":["c"],"hi":null,"through":["c"]}]}`
)

// refused are the sentinels that an error of this package wraps one of.
var refused = []error{strictjson.ErrJSON, tablewire.ErrForm, tablewire.ErrPath, keyrange.ErrType, keyrange.ErrValue, keyrange.ErrRange}

func isRefused(err error) bool {
	for _, sentinel := range refused {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// reads are the forms by their names: each reads bytes and writes them again.
var reads = map[string]func([]byte) ([]byte, error){
	"shard": func(b []byte) ([]byte, error) {
		s, err := tablewire.ParseShard(b)
		if err != nil {
			return nil, err
		}
		return s.JSON()
	},
	"ops": func(b []byte) ([]byte, error) {
		o, err := tablewire.ParseOperations(b)
		if err != nil {
			return nil, err
		}
		return o.JSON()
	},
	"asof": func(b []byte) ([]byte, error) {
		a, err := tablewire.ParseAsof(b)
		if err != nil {
			return nil, err
		}
		return a.JSON()
	},
}

func TestRoundTrips(t *testing.T) {
	for in, form := range map[string]string{
		shard: "shard",
		`{"v":1,"key":[["k","int64"]],"lo":null,"hi":null,"rows":null,"nbytes":0}`:                                                             "shard",
		`{"v":1,"key":[["k","binary"],["e","enum[\"a\",\"\\u00e9\"]"]],"lo":["AP8="],"hi":["AP8=","1"],"rows":0,"nbytes":9223372036854775807}`: "shard",
		ops: "ops",
		head + `"adds":[],"removes":[],"replaced":[]}`:             "ops",
		head + `"add":` + add + `}`:                                "ops",
		head + `"remove":{"path":"old.parquet","size":0}}`:         "ops",
		head + `"replace":{"lo":["a"],"hi":null,"through":["a"]}}`: "ops",
		head + `"add":` + strings.Replace(strings.Replace(add, txn, otherTxn, 1), `"size"`, `"txn":"`+otherTxn+`","size"`, 1) + `}`: "ops",
		`{"table":"t-1","version":0}`: "asof",
	} {
		got, err := reads[form]([]byte(in))
		if err != nil || string(got) != in {
			t.Errorf("%s\nbecomes %s, %v", in, got, err)
		}
	}
}

// TestOneForm: what means the same is written the same.
func TestOneForm(t *testing.T) {
	for in, want := range map[string]string{
		strings.NewReplacer("datetime[us, UTC]", "datetime[us,UTC]", "string", "str", `"hi":null,`, "", `{"v"`, ` { "v"`).Replace(shard): shard,
		` {"version":3,"table":"t"} `: `{"table":"t","version":3}`,
		"a@b@3":                       `{"table":"a@b","version":3}`,
	} {
		form := "asof"
		if want == shard {
			form = "shard"
		}
		if got, err := reads[form]([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%s becomes %s, %v", in, got, err)
		}
	}
	a, err := tablewire.ParseAsof([]byte(`{"table":"t","version":3}`))
	if err != nil || a.String() != "t@3" {
		t.Errorf("the text is %q, %v", a, err)
	}
}

func TestRefused(t *testing.T) {
	without := func(text, part string) string {
		if !strings.Contains(text, part) {
			t.Fatalf("%s has no %s", text, part)
		}
		return strings.Replace(text, part, "", 1)
	}
	replace := func(text, old, with string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("%s has no %s", text, old)
		}
		return strings.Replace(text, old, with, 1)
	}
	tests := []struct{ form, in, want string }{
		{"shard", replace(shard, `"v":1`, `"v":2`), "version 2, where this release knows 1"},
		{"shard", replace(shard, `"v":1`, `"v":2,"new":1`), "version 2, where this release knows 1"},
		{"shard", without(shard, `"v":1,`), "v: null instead of a number"},
		{"shard", replace(shard, `"v":1`, `"v":"1"`), "v: a text instead of a number"},
		{"shard", replace(shard, `"v":1`, `"v":1.0`), "v: 1.0 is no integer"},
		{"shard", replace(shard, `"rows"`, `"rowz"`), `unknown field "rowz"`},
		{"shard", replace(shard, `"v":1`, `"v":1,"v":1`), `field "v" is given twice`},
		{"shard", shard + "{}", "text after the value"},
		{"shard", "[" + shard + "]", "a list instead of an object"},
		{"shard", strings.Repeat("[", 1<<20), "nested too deep"},
		{"shard", replace(shard, "750", "7.5"), "rows: 7.5 is no integer"},
		{"shard", replace(shard, "750", "-1"), "rows: -1 is negative"},
		{"shard", replace(shard, "750", strings.Repeat("9", 400)), "is no integer of 64 bits"},
		{"shard", replace(shard, "750", "1e400"), "rows: 1e400 is no integer"},
		{"shard", replace(shard, "1577898000000000", "99999999999999999999"), `key column "ts": "99999999999999999999" is no datetime[us, UTC]`},
		{"shard", replace(shard, `"1577898000000000"`, "1577898000000000"), "lo: a number instead of a text"},
		{"shard", replace(shard, `"hi":null`, `"hi":["S0038","1577898000000000"]`), "the lower end is not below the upper end"},
		{"shard", replace(shard, `"hi":null`, `"hi":["A"]`), "the lower end is not below the upper end"},
		{"shard", replace(shard, `"hi":null`, `"hi":[]`), "hi: no values; an open end is null"},
		{"shard", replace(shard, `"hi":null`, `"hi":["T","1","2"]`), "3 values for a key of 2 columns"},
		{"shard", replace(shard, "string", "float64"), "floats have values that do not compare"},
		{"shard", replace(shard, "string", "varchar"), `type "varchar"`},
		{"shard", replace(shard, `["ts",`, `["sym",`), `column "sym" is in the key twice`},
		{"shard", replace(shard, `["ts",`, `["ts","x",`), "3 texts instead of a name and a type"},
		{"shard", replace(shard, key, "[]"), "a key of 0 columns"},
		{"shard", replace(shard, key, "null"), "key: null instead of a list"},
		{"shard", replace(shard, "S0038", `\ud800`), "half of a surrogate pair"},
		{"shard", replace(shard, "S0038", "\xff"), "not UTF-8"},
		{"ops", shard, `unknown field "hi"`},
		{"ops", replace(ops, "t-1", ""), "table: an id has 1 to 256 letters"},
		{"ops", replace(ops, "t-1", "t 1"), "an id is printable ASCII"},
		{"ops", replace(ops, `"version":7`, `"version":-7`), "version: -7 is negative"},
		{"ops", replace(ops, `"txn":"`, `"txn":"X`), "is no UUID in lower case"},
		{"ops", strings.ReplaceAll(ops, txn, strings.ToUpper(txn)), "is no UUID in lower case"},
		{"ops", strings.ReplaceAll(ops, txn, "../../../../../../../../../../../../"), "is no UUID in lower case"},
		{"ops", replace(ops, "part-"+txn, "part-"+otherTxn), "a file that is added begins with part-" + txn},
		{"ops", replace(ops, "-0-1.parquet", "-0/1.parquet"), "after part-" + txn + "- it has letters"},
		{"ops", replace(ops, "-0-1.parquet", "-0.1.parquet"), "after part-" + txn + "- it has letters"},
		{"ops", replace(ops, "-0-1.parquet", "-.parquet"), "after part-" + txn + "- it has letters"},
		{"ops", replace(ops, "-0-1.parquet", "-0-1.txt"), "after part-" + txn + "- it has letters"},
		{"ops", replace(ops, "-0-1.parquet", "-%30.parquet"), "after part-" + txn + "- it has letters"},
		{"ops", replace(ops, `"size":10`, `"size":-1`), "adds[0]: size: -1 is negative"},
		{"ops", replace(ops, `"size":10`, `"size":99999999999999999999`), "adds[0]: size: 99999999999999999999 is no integer"},
		{"ops", replace(ops, `"mtime":5`, `"mtime":null`), "adds[0]: mtime: null instead of a number"},
		{"ops", replace(ops, `"rows":3`, `"rows":0`), "a file without rows"},
		{"ops", replace(ops, `"rows":3`, `"rows":4`), "3 records in a file of 4 rows"},
		{"ops", replace(ops, `{\"numRecords\":3}`, `{\"numRecords\":3,\"numRecords\":3}`), "given twice"},
		{"ops", replace(ops, `{\"numRecords\":3}`, `{\"numRecords\":3,\"minValues\":3}`), "minValues is no object"},
		{"ops", replace(ops, `"{\"numRecords\":3}"`, `{"numRecords":3}`), "stats: an object instead of a text"},
		{"ops", replace(ops, `["a","-1"]`, `["c","-1"]`), "lo is greater than hi"},
		{"ops", replace(ops, `["a","-1"]`, `["a"]`), "1 values for a key of 2 columns"},
		{"ops", replace(ops, `["a","-1"]`, `null`), "lo: null instead of a list"},
		{"ops", replace(ops, `"path":"x"`, `"path":"d=1/old.parquet"`), `file "d=1/old.parquet" is named twice`},
		{"ops", replace(ops, `"path":"x"`, `"path":"../x"`), `removes[1]: path "../x": the part ".."`},
		{"ops", replace(ops, `"hi":null,"through":["c"]`, `"hi":["d"],"through":["c"]`), "two ends on one side, hi and through"},
		{"ops", without(ops, `,"replaced":[{"lo":["a"],"hi":["b","0"]},{"lo":null,"hi":null},{"lo":["c"],"hi":null,"through":["c"]}]`), "replaced: null instead of a list"},
		{"ops", head + `"add":` + add + `,"remove":{"path":"x","size":1}}`, "one of add, remove and replace"},
		{"ops", head + `"add":` + add + `,"adds":[]}`, "one of add, remove and replace"},
		{"ops", head + `"add":null}`, "add: null instead of an object"},
		{"asof", `{"table":"t"}`, "version: null instead of a number"},
		{"asof", `{"table":"t","version":1,"x":1}`, `unknown field "x"`},
		{"asof", `{"table":1,"version":1}`, "table: a number instead of a text"},
		{"asof", "t@-1", "is no state of a table"},
		{"asof", "t@01", "is no state of a table"},
		{"asof", "t@99999999999999999999", "is no state of a table"},
		{"asof", "7", "is no state of a table"},
		{"asof", "@7", "an id has 1 to 256 letters"},
		{"asof", "", "is no state of a table"},
	}
	for _, tt := range tests {
		_, err := reads[tt.form]([]byte(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.100s\n%v, want %s", tt.in, err, tt.want)
			continue
		}
		if !isRefused(err) {
			t.Errorf("%v wraps no sentinel", err)
		}
		if len(err.Error()) > 600 {
			t.Errorf("a message of %d letters: %.200s", len(err.Error()), err)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, good := range []string{
		"a.parquet", "d=1/part-0.snappy.parquet", "d=a%20b/x", "d=a%25b/x", "d=100%/x", "d=%zz/x", "..x/y", "x../y", "é/x",
	} {
		if err := tablewire.CheckPath(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "/", "/etc/passwd", "..", "../x", "a/../x", "a/..", "./x", "a/./x", "a//x", "a/", "//host/x",
		`\x`, `..\x`, `a\..\..\x`, "C:/x", "C:x", "file:///etc/passwd", "s3://bucket/x", "http:x",
		"%2e%2e/x", "%2E%2E%2Fx", "%252e%252e/x", "%25252e./x", "a%2fb/..%2f..", "%2fetc", "%5cx", "a%00b", "a\x00b", "a\nb", "%0ax",
		"%2e%2e/%/x", "%z0%2f", "x%3a//y", "... /x", ". ./x", " /x", "_delta_log/0.json", "a/_Delta_Log/x", "%5fdelta_log/x", "*.parquet", "a?b", "[a]", "{a,b}",
		"a%25%32%65/../b", strings.Repeat("a/", 600) + "x",
	} {
		if err := tablewire.CheckPath(bad); !errors.Is(err, tablewire.ErrPath) {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

// FuzzForms: bytes are refused with one of the errors, or are written so that they are read the same,
// with paths that stay in the table.
func FuzzForms(f *testing.F) {
	f.Add("shard", shard)                                          // every field
	f.Add("ops", ops)                                              // every field of many
	f.Add("ops", head+`"add":`+add+`}`)                            // of one
	f.Add("asof", "t-1@7")                                         // the text
	f.Add("ops", strings.Replace(ops, "d=1/", "%2e%2e/", 1))       // a path that leads out when it is unescaped
	f.Add("shard", strings.Replace(shard, "750", "1e99", 1))       // a number that is no integer
	f.Add("shard", strings.Replace(shard, "rows", `\u0072ows`, 1)) // a name with an escape
	f.Fuzz(func(t *testing.T, form, text string) {
		read, ok := reads[form]
		if !ok {
			return
		}
		written, err := read([]byte(text))
		if err != nil {
			if !isRefused(err) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		again, err := read(written)
		if err != nil || string(again) != string(written) {
			t.Errorf("%s is read as %s, %v", written, again, err)
		}
		checkPaths(t, written)
	})
}

// checkPaths looks for paths of the other kind, in any field of that name.
func checkPaths(t *testing.T, written []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(written, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if path, ok := v["path"].(string); ok && (strings.HasPrefix(path, "/") || strings.Contains("/"+path+"/", "/../")) {
				t.Errorf("path %q", path)
			}
			for _, item := range v {
				walk(item)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(v)
}

func ExampleParseShard() {
	s, err := tablewire.ParseShard([]byte(`{"v":1,"key":[["day","date"]],"lo":["18262"],"hi":["18293"],"rows":31,"nbytes":null}`))
	fmt.Println(*s.Rows, err)
	_, err = tablewire.ParseShard([]byte(`{"v":1,"key":[["day","date"]],"lo":["soon"],"hi":null}`))
	fmt.Println(err)
	// Output:
	// 31 <nil>
	// shard: lo: keyrange: key column "day": "soon" is no date, which is an integer from -2147483648 to 2147483647 in decimal digits: no value of the key
}
