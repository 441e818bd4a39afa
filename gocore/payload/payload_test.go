package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// versions are the Polars versions whose payloads are in testdata.
var versions = []string{"2.0.0", "2.1.0"}

func load(t testing.TB, name, version string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+"-"+version+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// show writes a scan the way the tests want it: kind, paths, then what is not usual.
func show(s Scan) string {
	out := fmt.Sprintf("%s %q", s.Kind, s.Paths)
	for _, f := range []struct {
		shown bool
		text  string
	}{
		{!s.Glob, " no-glob"},
		{!s.Expand, " no-expand"},
		{s.Hive.Mode != HiveAuto, " hive=" + string(s.Hive.Mode)},
		{s.Hive.Start != 0, fmt.Sprintf(" from=%d", s.Hive.Start)},
		{s.Hive.Schema, " hive-schema"},
		{s.FilePaths, " file-paths"},
		{s.Twin != s.index, fmt.Sprintf(" as %d", s.Twin)},
	} {
		if f.shown {
			out += f.text
		}
	}
	return out
}

func showAll(t *testing.T, payload []byte) string {
	t.Helper()
	scans, err := Scans(payload)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(scans))
	for i, s := range scans {
		lines[i] = show(s)
	}
	return strings.Join(lines, "; ")
}

func TestScans(t *testing.T) {
	tests := []struct{ name, want string }{
		{"glob", `Parquet ["d/*.parquet"]`},
		{"directory", `Parquet ["h/"]`},
		{"list", `Parquet ["d/a1.parquet" "/abs/d/ä 2.parquet"] no-glob`},
		{"hive_schema", `Parquet ["h/**/*.parquet"] hive-schema`},
		{"file_paths", `Csv ["d/*.csv"] hive=off file-paths`},
		{"remote", `Parquet ["s3://bucket/x.parquet"]`},
		{"ipc", `Ipc ["d/*.ipc"] hive=off`},
		{"ndjson", `NDJson ["d/*.ndjson"] hive=off`},
		{"lines", `Lines ["d/*.txt"]`},
		{"buffer", `Csv [] hive=off`},
		{"memory", ``},
		{"union", `Parquet ["d/*.parquet"]; Parquet ["d/*.parquet"] as 0`},
		{"nested", `Parquet ["h/"]; Parquet ["d/*.parquet"]`},
		{"join", `Parquet ["d/*.parquet"]; Parquet ["d/*.parquet"] as 0`},
		{"lookalike", ``},
	}
	for _, tt := range tests {
		for _, v := range versions {
			t.Run(tt.name+"/"+v, func(t *testing.T) {
				if got := showAll(t, load(t, tt.name, v)); got != tt.want {
					t.Errorf("\n got %s\nwant %s", got, tt.want)
				}
			})
		}
	}
}

func TestIsolateAndListing(t *testing.T) {
	for _, v := range versions {
		nested := load(t, "nested", v)
		tests := []struct {
			name string
			make func([]byte, int) ([]byte, error)
			scan int
			want string
		}{
			{"first", Isolate, 0, `Parquet ["h/"]`},
			{"inside a union", Isolate, 1, `Parquet ["d/*.parquet"]`},
			{"listing", Listing, 1, `ExpandedPaths ["d/*.parquet"]`},
		}
		for _, tt := range tests {
			t.Run(tt.name+"/"+v, func(t *testing.T) {
				alone, err := tt.make(nested, tt.scan)
				if err != nil {
					t.Fatal(err)
				}
				if got := showAll(t, alone); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
				if !bytes.Equal(alone[:bodyStart], nested[:bodyStart]) {
					t.Error("the prefix changed")
				}
			})
		}
		// A plan of one scan is that scan alone: Polars' own bytes are the oracle.
		one := load(t, "directory", v)
		if alone, _ := Isolate(one, 0); !bytes.Equal(alone, one) {
			t.Errorf("%s: the plan of one scan changed when isolated", v)
		}
		for _, scan := range []int{-1, 2} {
			if _, err := Isolate(nested, scan); !errors.Is(err, ErrEdit) {
				t.Errorf("%s: scan %d of 2: got error %v", v, scan, err)
			}
		}
	}
}

// Bare keeps the scans and loses the frames, and nothing is lost without frames.
func TestBare(t *testing.T) {
	for _, v := range versions {
		for _, name := range []string{"union", "nested", "memory", "glob"} {
			whole := load(t, name, v)
			bare, err := Bare(whole)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := showAll(t, bare), showAll(t, whole); got != want {
				t.Errorf("%s of %s: got %s, want %s", name, v, got, want)
			}
			if shorter := len(bare) < len(whole); shorter != (name != "glob") {
				t.Errorf("%s of %s: %d bytes of %d", name, v, len(bare), len(whole))
			}
		}
	}
}

func TestReplace(t *testing.T) {
	long := make([]string, 70_000) // its count and one of its paths need wide headers
	for i := range long {
		long[i] = fmt.Sprint(i)
	}
	long[0] = strings.Repeat("ä", 40_000)
	tests := []struct {
		name, plan string
		edits      []Edit
		want       string
	}{
		{"nothing", "union", nil, `Parquet ["d/*.parquet"]; Parquet ["d/*.parquet"] as 0`},
		{"one of two", "union", []Edit{{Scan: 1, Paths: []string{"/a", "/b c"}}}, `Parquet ["d/*.parquet"]; Parquet ["/a" "/b c"]`},
		{"both, backwards", "nested", []Edit{{Scan: 1, Paths: []string{"/b"}}, {Scan: 0, Paths: []string{"/a"}}}, `Parquet ["/a"]; Parquet ["/b"]`},
		{"no files", "glob", []Edit{{Paths: nil}}, `Parquet []`},
		{"pinned", "glob", []Edit{{Paths: []string{"/a"}, Pinned: &Hive{Mode: HiveAuto}}}, `Parquet ["/a"] no-expand`},
		{"hive on", "directory", []Edit{{Paths: []string{"/h/k=1/a"}, Pinned: &Hive{Mode: HiveOn, Start: 300}}}, `Parquet ["/h/k=1/a"] no-expand hive=on from=300`},
		{"long", "glob", []Edit{{Paths: long, Pinned: &Hive{Start: 70_000}}}, fmt.Sprintf(`Parquet %q no-expand from=70000`, long)},
	}
	for _, tt := range tests {
		for _, v := range versions {
			t.Run(tt.name+"/"+v, func(t *testing.T) {
				got, err := Replace(load(t, tt.plan, v), tt.edits)
				if err != nil {
					t.Fatal(err)
				}
				if got := showAll(t, got); got != tt.want {
					t.Errorf("\n got %.200s\nwant %.200s", got, tt.want)
				}
			})
		}
	}
}

func TestReplaceRefuses(t *testing.T) {
	tests := []struct {
		name, plan string
		edits      []Edit
	}{
		{"no such scan", "glob", []Edit{{Scan: 1}}},
		{"negative", "glob", []Edit{{Scan: -1}}},
		{"sources that are no paths", "buffer", []Edit{{Paths: []string{"/a"}}}},
		{"twice", "glob", []Edit{{Paths: []string{"/a"}}, {Paths: []string{"/b"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Replace(load(t, tt.plan, "2.1.0"), tt.edits); !errors.Is(err, ErrEdit) {
				t.Errorf("got error %v", err)
			}
		})
	}
}

func TestUnknownLayout(t *testing.T) {
	glob := load(t, "glob", "2.1.0")
	with := func(from, to string) []byte {
		if !bytes.Contains(glob, []byte(from)) {
			t.Fatalf("the payload has no %q", from)
		}
		return bytes.ReplaceAll(glob, []byte(from), []byte(to))
	}
	tests := []struct {
		name    string
		payload []byte
		want    string
	}{
		{"empty", nil, "DSL_VERSION"},
		{"JSON", []byte(`{"root":1}` + strings.Repeat(" ", 100)), "DSL_VERSION"},
		{"hash", with(string(glob[hashStart:hashStart+8]), "notahash"), "schema hash"},
		{"other root map", with("dataframes", "otherthing"), "root, dataframes and dsl_plans"},
		{"bytes behind", append(bytes.Clone(glob), 0), "root, dataframes and dsl_plans"},
		{"filled slot 0", with("\xa5value\xc0", "\xa5value\xc2"), "empty slot"},
		{"paths as text", with("\x81\xa5inner", "\x81\xa5outer"), `{"inner": text}`},
		{"no glob option", with("\xa4glob", "\xa4blob"), "scan options"},
		{"glob not a boolean", with("\xa4glob\xc3", "\xa4glob\x01"), "a boolean"},
		{"no hive option", with("enabled", "disable"), "hive options"},
		{"scan of other fields", with("unified_scan_args", "untidied_scan_arg"), "a scan of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Scans(tt.payload)
			if !errors.Is(err, ErrUnknownLayout) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one naming %s", err, tt.want)
			}
		})
	}
	// A scan that cannot be told to leave its paths alone is read, but not pinned.
	old := with("expand_paths", "something_ab")
	if _, err := Replace(old, []Edit{{Pinned: &Hive{}}}); !errors.Is(err, ErrUnknownLayout) {
		t.Errorf("no expand_paths: got error %v", err)
	}
	if _, err := Replace(old, []Edit{{Paths: []string{"/a"}}}); err != nil {
		t.Errorf("no expand_paths, paths only: got error %v", err)
	}
}

// Every cut of a payload is an error, never a panic or a shorter answer.
func TestTruncated(t *testing.T) {
	whole := load(t, "union", "2.1.0")
	for n := range whole {
		if _, err := Scans(whole[:n]); !errors.Is(err, ErrUnknownLayout) {
			t.Fatalf("the first %d bytes: got error %v", n, err)
		}
	}
}

func TestWire(t *testing.T) {
	found, err := Find(load(t, "file_paths", "2.1.0"))
	want := `{"scans":[{"kind":"Csv","paths":["d/*.csv"],"files":true,"location":"relative","file_paths":true,"twin":0,"obstacle":"","missing":"raise"}]}`
	if err != nil || string(found) != want {
		t.Errorf("got %s, %v\nwant %s", found, err, want)
	}
	tests := []struct{ name, plan, request, want string }{
		{"bare", "union", `{"bare": true}`, `Parquet ["d/*.parquet"]; Parquet ["d/*.parquet"] as 0`},
		{"isolate", "nested", `{"isolate": 1}`, `Parquet ["d/*.parquet"]`},
		{"listing", "nested", `{"listing": 0}`, `ExpandedPaths ["h/"]`},
		{"no edit", "glob", `{"cwd": "/w", "edits": []}`, `Parquet ["d/*.parquet"]`},
		{"pin", "directory", `{"cwd": "/w", "edits": [{"action": "pin", "scan": 0, "directories": [true], "expanded": ["h/k=1/a"]}]}`, `Parquet ["/w/h/k=1/a"] no-expand hive=on from=5`},
		{"anchor", "glob", `{"cwd": "/w", "edits": [{"action": "anchor", "scan": 0, "directories": [false]}]}`, `Parquet ["/w/d/*.parquet"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Rewrite(load(t, tt.plan, "2.1.0"), []byte(tt.request))
			if err != nil {
				t.Fatal(err)
			}
			if got := showAll(t, got); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	for _, request := range []string{``, `{"edits": [{"action": "pin", "scan": 9}]}`, `{"edits": [{"action": "guess"}]}`, `{"isolate": 3}`} {
		if _, err := Rewrite(load(t, "glob", "2.1.0"), []byte(request)); !errors.Is(err, ErrEdit) {
			t.Errorf("request %s: got error %v", request, err)
		}
	}
}

// FuzzScans: whatever the bytes, no panic; what is read can be taken apart, put
// together again and read back the same.
func FuzzScans(f *testing.F) {
	for _, v := range versions {
		// A whole plan, a scan inside a union, hive options, sources without paths,
		// and frames: each leads into another part of the reader.
		for _, name := range []string{"glob", "nested", "hive_schema", "buffer", "memory", "lookalike"} {
			f.Add(load(f, name, v))
		}
	}
	glob := load(f, "glob", "2.1.0")
	prefix := glob[:bodyStart:bodyStart]
	f.Add(append(prefix, bytes.Repeat([]byte{0x91}, 4000)...))                  // deep nesting
	f.Add(append(prefix, 0xdd, 0xff, 0xff, 0xff, 0xff))                         // a count without its values
	f.Add(append(prefix, bytes.Repeat([]byte{0xdf, 255, 255, 255, 255}, 9)...)) // counts that add up past 32 bits
	f.Add(append(prefix, bytes.Repeat([]byte("\x81\xa4Scan"), 500)...))         // scans inside of scans
	f.Fuzz(func(t *testing.T, payload []byte) {
		scans, err := Scans(payload)
		if err != nil {
			if !errors.Is(err, ErrUnknownLayout) {
				t.Fatalf("error without a sentinel: %v", err)
			}
			return
		}
		if _, err := Find(payload); err != nil {
			t.Fatal(err)
		}
		for i, s := range scans {
			alone, err := Isolate(payload, i)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Scans(alone)
			if err != nil || len(again) != 1 || show(again[0]) != show(Scan{Kind: s.Kind, Paths: s.Paths, Glob: s.Glob, Expand: s.Expand, Hive: s.Hive, FilePaths: s.FilePaths}) {
				t.Fatalf("alone: %v %v, was %s", again, err, show(s))
			}
			if s.Paths == nil {
				continue
			}
			edited, err := Replace(payload, []Edit{{Scan: i, Paths: []string{"/a", "/b"}}})
			if err != nil {
				t.Fatal(err)
			}
			if back, err := Replace(edited, []Edit{{Scan: i, Paths: s.Paths}}); err != nil || len(back) > len(payload) {
				t.Fatalf("edit and back: %v, %d bytes of %d", err, len(back), len(payload))
			}
		}
	})
}

// BenchmarkFind reads a plan that carries a frame of 100 MB, the way Polars writes it.
func BenchmarkFind(b *testing.B) {
	glob := load(b, "glob", "2.1.0")
	e, err := open(glob)
	if err != nil {
		b.Fatal(err)
	}
	const size = 100 << 20
	for _, tt := range []struct {
		name string
		next func(i int) byte
	}{
		{"small integers", func(i int) byte { return byte(i % 7) }},
		{"random bytes", func(i int) byte { return byte(i * i * 2654435761 >> 13) }},
	} {
		frame := appendArrayHeader(appendText([]byte{0x82}, "value"), size)
		for i := range size {
			if v := tt.next(i); v < 0x80 {
				frame = append(frame, v)
			} else {
				frame = append(frame, 0xcc, v)
			}
		}
		frame = append(appendText(frame, "version"), 1)
		frames := append(append(appendArrayHeader(nil, 2), e.noFrame.of(glob)...), frame...)
		large := splice(glob, span{0, len(glob)}, []patch{{e.frames, frames}})
		b.Run(tt.name, func(b *testing.B) {
			b.SetBytes(int64(len(large)))
			for b.Loop() {
				if found, err := Find(large); err != nil || !json.Valid(found) {
					b.Fatal(err)
				}
			}
		})
	}
}
