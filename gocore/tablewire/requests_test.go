package tablewire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/cuts"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/deltastats"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/tablewire"
)

// requests are the functions that answer JSON with JSON.
var requests = map[string]func([]byte) ([]byte, error){
	"ranges": tablewire.Ranges, "conflicts": tablewire.Conflicts, "shards": tablewire.Shards,
	"spots": tablewire.Spots, "cuts": tablewire.Cuts, "statistics": tablewire.Statistics,
	"tally": func(b []byte) ([]byte, error) {
		t, err := tablewire.NewTally(b)
		if err != nil {
			return nil, err
		}
		return t.Answer()
	},
	"scan": func(b []byte) ([]byte, error) {
		key, keys, err := tablewire.ReadScan(b)
		if err != nil {
			return nil, err
		}
		f, err := keyrange.Scan(context.Background(), nil, keys)
		if err != nil {
			return nil, err
		}
		return tablewire.WriteFinding(key, f)
	},
}

const (
	dayKey = `"key":[["d","date"]]`
	twoKey = `"key":[["s","string"],["d","date"]]`
	files  = twoKey + `,"lo":[["a","b"],["0",null]],"hi":[["a","c"],["9","5"]],"rows":[10,20],"nbytes":[400,null]`
)

func TestRequests(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"ranges", `{` + dayKey + `,"do":"union","a":[{"lo":["1"],"hi":["3"]}],"b":[{"lo":["3"],"through":["5"]}]}`, `{"ranges":[{"lo":["1"],"hi":null,"through":["5"]}]}`},
		{"ranges", `{` + dayKey + `,"do":"subtract","a":[{}],"b":[{"lo":["3"],"through":["5"]}]}`, `{"ranges":[{"lo":null,"hi":["3"]},{"lo":null,"after":["5"],"hi":null}]}`},
		{"ranges", `{` + dayKey + `,"do":"intersect","a":[{"after":["5"]}],"b":[{"hi":["9"]}]}`, `{"ranges":[{"lo":null,"after":["5"],"hi":["9"]}]}`},
		{"ranges", `{` + dayKey + `,"do":"intersect","a":[{"hi":["5"]}],"b":[{"lo":["5"]}]}`, `{"ranges":[]}`},
		{"ranges", `{` + dayKey + `,"do":"cover","a":[{}],"b":[{"hi":["5"]},{"lo":["4"]}]}`, `{"gaps":[],"outside":[],"overlaps":[{"lo":["4"],"hi":["5"]}]}`},
		{"ranges", `{` + twoKey + `,"do":"contains","a":[{"lo":["a"],"through":["a"]}],"keys":[["a","7"],["b","7"]]}`, `{"contains":[true,false]}`},
		{"conflicts", `{` + dayKey + `,"unique":true,"ours":{"added":[{}],"replaced":[]},"theirs":{"added":[{"lo":["1"],"through":["1"]}],"replaced":[]}}`, `{"conflicts":[],"doubtful":[{"lo":["1"],"hi":null,"through":["1"]}]}`},
		{"conflicts", `{` + dayKey + `,"unique":false,"ours":{"added":[],"replaced":[{}]},"theirs":{"added":[{"lo":["1"],"through":["1"]}],"replaced":[]}}`, `{"conflicts":[{"lo":["1"],"hi":null,"through":["1"]}],"doubtful":[]}`},
		{"shards", `{` + files + `,"target_rows":null}`, `{"cuts":[["b"]],"rows":[10,20],"nbytes":[400,null]}`},
		{"shards", `{` + files + `,"target_rows":99}`, `{"cuts":[],"rows":[30],"nbytes":[null]}`},
		{"shards", `{` + twoKey + `,"lo":[[],[]],"hi":[[],[]],"rows":[],"nbytes":[]}`, `{"cuts":[],"rows":[0],"nbytes":[0]}`},
		// Bounds that contradict themselves say nothing.
		{"shards", `{` + twoKey + `,"lo":[["b"],["0"]],"hi":[["a"],["0"]],"rows":[3],"nbytes":[1]}`, `{"cuts":[],"rows":[3],"nbytes":[1]}`},
		{"spots", `{` + files + `,"n":3,"each":null}`, `{"spots":[[1,0,10],[1,10,20]],"total":30,"why":null}`},
		{"spots", `{` + files + `,"each":15}`, `{"spots":[[1,5,15]],"total":30,"why":null}`},
		{"spots", `{` + strings.Replace(files, "[10,20]", "[10,null]", 1) + `,"n":3}`, `{"spots":[],"total":0,"why":"file 1 has an unknown number of rows"}`},
		// A key may end a file and begin the next one; the first values of one may not.
		{"spots", `{` + twoKey + `,"lo":[["b","b","a"],["5","5","0"]],"hi":[["c","b","b"],["0","5","5"]],"rows":[4,4,4],"nbytes":[1,1,1],"n":3}`, `{"spots":[[1,0,4],[0,0,8]],"total":12,"why":null}`},
		{"spots", `{` + twoKey + `,"lo":[["a","b"],["0",null]],"hi":[["b","c"],[null,"5"]],"rows":[4,4],"nbytes":[1,1],"n":3}`, `{"spots":[],"total":0,"why":"files 0 and 1 may overlap"}`},
		{"cuts", `{` + twoKey + `,"cuts":[["b"],["a","5"]],"ranks":[20,10],"total":30,"nbytes":300}`, `{"cuts":[["a","5"],["b"]],"rows":[10,10,10],"nbytes":[100,100,100]}`},
		{"cuts", `{` + twoKey + `,"cuts":[["b"]],"ranks":[null],"total":null,"nbytes":300}`, `{"cuts":[["b"]],"rows":[null,null],"nbytes":[null,null]}`},
		{"tally", `{` + twoKey + `,"n":5,"nbytes":1}`, `{"done":true,"parts":{"cuts":[],"rows":[0],"nbytes":[null]},"total":0}`},
		{"scan", `{` + dayKey + `,"unique":false}`, `{"at":null,"key":null,"order":"ascending"}`},
		{"statistics", `{"rows":2,"columns":[{"path":["d"],"type":"date","least":"0","greatest":"1","nulls":0,"nan":null}]}`, `{"maxValues":{"d":"1970-01-02"},"minValues":{"d":"1970-01-01"},"nullCount":{"d":0},"numRecords":2}`},
		{"statistics", `{"rows":2,"columns":[{"path":["x"],"type":"float64","least":"0","greatest":"1","nan":false},{"path":["y"],"type":"float64","least":"0","greatest":"1"}]}`, `{"maxValues":{"x":1.0},"minValues":{"x":-0.0},"nullCount":{},"numRecords":2}`},
	}
	for _, tt := range tests {
		got, err := requests[tt.name]([]byte(tt.in))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s %s\nis %s, %v,\nnot %s", tt.name, tt.in, got, err, tt.want)
		}
	}
}

func TestRefusedRequests(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"ranges", `{` + dayKey + `,"do":"xor","a":[],"b":[]}`, `do: "xor" is none of union`},
		{"ranges", `{` + dayKey + `,"do":"union","a":[{"lo":["2"],"hi":["1"]}],"b":[]}`, "a[0]: keyrange: the lower end is not below"},
		{"ranges", `{` + dayKey + `,"do":"union","a":[{"lo":["2"],"after":["1"]}],"b":[]}`, "two ends on one side, lo and after"},
		{"ranges", `{` + dayKey + `,"do":"contains","a":[],"keys":[[]]}`, "keys[0]: 0 values for a key of 1 columns"},
		{"ranges", `{` + dayKey + `,"do":"cover","a":[],"b":[]}`, "0 ranges to cover, not 1"},
		{"conflicts", `{` + dayKey + `,"unique":1,"ours":{},"theirs":{}}`, "unique: a number instead of a boolean"},
		{"conflicts", `{` + dayKey + `,"unique":true,"ours":{"added":[]},"theirs":{}}`, "ours: replaced: null instead of a list"},
		{"shards", `{` + strings.Replace(files, `["a","b"]`, `["a"]`, 1) + `}`, "lo: column 0 has 1 values, not 2"},
		{"shards", `{` + strings.Replace(files, `[400,null]`, `[400]`, 1) + `}`, "nbytes: 1 numbers, not 2"},
		{"shards", `{` + strings.Replace(files, `["0",null]`, `["x",null]`, 1) + `}`, `lo[0]: keyrange: key column "d": "x" is no date`},
		{"shards", `{` + strings.Replace(files, `["0",null]`, `[0,null]`, 1) + `}`, "lo[0]: a number instead of a text"},
		{"shards", `{` + strings.Replace(files, `,["0",null]`, ``, 1) + `}`, "lo: 1 columns, not 2"},
		{"spots", `{` + files + `,"n":0}`, "one of n and each has to be a number above 0"},
		{"spots", `{` + files + `,"n":1,"each":1}`, "one of n and each has to be a number above 0"},
		{"spots", `{` + strings.Replace(files, "[10,20]", "[9000000000000000,20]", 1) + `,"each":1}`, "at most 1048576"},
		{"cuts", `{` + twoKey + `,"cuts":[["b"]],"ranks":[],"total":1}`, "ranks: 0 numbers, not 1"},
		{"tally", `{` + twoKey + `,"n":-1}`, "n: -1 is negative"},
		{"tally", `{` + twoKey + `}`, "one of n and each"},
		{"scan", `{` + dayKey + `}`, "unique: null instead of a boolean"},
		{"statistics", `{"rows":-1,"columns":[]}`, "rows: -1 is negative"},
		{"statistics", `{"rows":1,"columns":[{"path":"d","type":"date"}]}`, "columns[0]: path: a text instead of a list"},
		{"statistics", `{"rows":1,"columns":[{"path":["d"],"type":"date","nan":0}]}`, "nan: a number instead of a boolean"},
	}
	for _, tt := range tests {
		_, err := requests[tt.name]([]byte(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !isRefusedRequest(err) {
			t.Errorf("%s %s\n%v, want %s", tt.name, tt.in, err, tt.want)
		}
	}
}

func isRefusedRequest(err error) bool {
	for _, sentinel := range []error{cuts.ErrAim, deltastats.ErrStatistics} {
		if strings.Contains(err.Error(), sentinel.Error()) {
			return true
		}
	}
	return isRefused(err)
}

// FuzzRequests: a request is answered with JSON or refused, and the cuts of an answer ascend.
func FuzzRequests(f *testing.F) {
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range requests {
			if !yield(name) {
				return
			}
		}
	})
	add := func(name, text string) { f.Add(slices.Index(names, name), text) }
	add("shards", `{`+files+`,"target_rows":15}`)                                                           // bounds that are partly known
	add("spots", `{`+files+`,"n":3}`)                                                                       // files in order
	add("cuts", `{`+twoKey+`,"cuts":[["b"],["a","5"],["b"]],"ranks":[20,10,null],"total":30,"nbytes":300}`) // a cut that is there twice
	add("ranges", `{`+dayKey+`,"do":"subtract","a":[{}],"b":[{"lo":["3"],"through":["5"]}]}`)               // ends after tuples
	add("tally", `{`+twoKey+`,"n":5}`)                                                                      // no rows
	add("statistics", `{"rows":2,"columns":[{"path":["a","b"],"type":"date","least":"0","greatest":"1"}]}`) // a column in a column
	f.Fuzz(func(t *testing.T, which int, text string) {
		name := names[max(0, which)%len(names)]
		answer, err := requests[name]([]byte(text))
		if err != nil {
			if !isRefusedRequest(err) {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		var parts struct {
			Cuts         [][]string
			Rows, NBytes []*int64
		}
		if err := json.Unmarshal(answer, &parts); err != nil {
			t.Fatalf("%s: %v", answer, err)
		}
		if parts.Rows != nil {
			checkParts(t, text, parts.Cuts)
			if n := len(parts.Cuts) + 1; len(parts.Rows) != n || len(parts.NBytes) != n {
				t.Errorf("%s: %s", text, answer)
			}
		}
	})
}

// checkParts checks that the cuts that a request got ascend.
func checkParts(t *testing.T, request string, cuts [][]string) {
	t.Helper()
	var ranges []string
	for i := range cuts {
		ends := map[string]any{"lo": cuts[i]}
		if i+1 < len(cuts) {
			ends["hi"] = cuts[i+1]
		}
		text, _ := json.Marshal(ends)
		ranges = append(ranges, string(text))
	}
	var asked struct{ Key json.RawMessage }
	if err := json.Unmarshal([]byte(request), &asked); err != nil {
		t.Fatal(err)
	}
	// A range whose ends do not ascend is refused.
	do := `{"key":` + string(asked.Key) + `,"do":"union","a":[` + strings.Join(ranges, ",") + `],"b":[]}`
	if _, err := tablewire.Ranges([]byte(do)); err != nil {
		t.Errorf("%s: cuts %v: %v", request, cuts, err)
	}
}

// BenchmarkShards is the whole answer for 10,000 files.
func BenchmarkShards(b *testing.B) {
	var lo, hi, ticks, rows []string
	for i := range 10_000 {
		lo = append(lo, fmt.Sprintf(`"S%04d"`, i/3))
		hi = append(hi, fmt.Sprintf(`"S%04d"`, i/3))
		ticks = append(ticks, fmt.Sprintf(`"%d"`, 1_577_898_000_000_000+i))
		rows = append(rows, "750")
	}
	list := func(items []string) string { return "[" + strings.Join(items, ",") + "]" }
	request := []byte(`{` + strings.Replace(twoKey, "date", "datetime[us, UTC]", 1) + `,"lo":[` + list(lo) + `,` + list(ticks) +
		`],"hi":[` + list(hi) + `,` + list(ticks) + `],"rows":` + list(rows) + `,"nbytes":` + list(rows) + `}`)
	for b.Loop() {
		if _, err := tablewire.Shards(request); err != nil {
			b.Fatal(err)
		}
	}
}
