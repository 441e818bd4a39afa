package payload

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	tests := []struct {
		paths []string
		want  Location
	}{
		{nil, Absolute},
		{[]string{"/a", "/b*"}, Absolute},
		{[]string{"a", "../b", "~x"}, Relative},
		{[]string{"/a", "b"}, Relative},
		{[]string{""}, Relative},
		{[]string{"a:/b"}, Relative},
		{[]string{"s3://b/k", "hdfs://h/p", "file:///x", "file:/x"}, Remote},
		{[]string{"s3://b/k", "a"}, Mixed},
		{[]string{"/a", "s3://b/k"}, Mixed},
		{[]string{"file:a"}, Mixed},
	}
	for _, tt := range tests {
		if got := Locate(tt.paths); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.paths, got, tt.want)
		}
	}
}

// parquet returns a scan of paths with the defaults of scan_parquet.
func parquet(paths ...string) Scan {
	return Scan{Kind: "Parquet", Paths: paths, Glob: true, Expand: true, Hive: Hive{Mode: HiveAuto}}
}

func with(s Scan, change func(*Scan)) Scan {
	change(&s)
	return s
}

func hive(m HiveMode) func(*Scan) { return func(s *Scan) { s.Hive.Mode = m } }

// showEdit writes an edit as its paths and, if pinned, what is fixed beside them.
func showEdit(e Edit, err error) string {
	switch {
	case errors.Is(err, ErrInexact):
		return "inexact: " + strings.TrimSuffix(strings.TrimPrefix(err.Error(), "payload: "), ": "+ErrInexact.Error())
	case err != nil:
		return err.Error()
	case e.Pinned == nil:
		return fmt.Sprintf("%q", e.Paths)
	case e.Pinned.Mode != HiveOn:
		return fmt.Sprintf("%q hive=%s", e.Paths, e.Pinned.Mode)
	}
	return fmt.Sprintf("%q hive=on from=%d", e.Paths, e.Pinned.Start)
}

var (
	file      = []bool{false}
	directory = []bool{true}
)

func TestPin(t *testing.T) {
	tests := []struct {
		name     string
		scan     Scan
		dirs     []bool
		expanded []string
		cwd      string
		want     string
	}{
		{"glob", parquet("d/*"), file, []string{"d/a", "d/b"}, "/w", `["/w/d/a" "/w/d/b"] hive=auto`},
		{"root folder", parquet("d/*"), file, []string{"d/a"}, "/", `["/d/a"] hive=auto`},
		{"dots stay", parquet("../d/a"), file, []string{"../d/a"}, "/w/l", `["/w/l/../d/a"] hive=auto`},
		{"no file", parquet("d/*"), file, nil, "/w", `[] hive=auto`},
		{"absolute", parquet("/d/*"), file, []string{"/d/a"}, "", `["/d/a"] hive=auto`},
		{"both", parquet("/d/*", "e"), []bool{false, false}, []string{"/d/a", "e"}, "/w", `["/d/a" "/w/e"] hive=auto`},

		{"directory", parquet("h"), directory, []string{"h/k=1/a"}, "/w", `["/w/h/k=1/a"] hive=on from=4`},
		{"directory/", parquet("h/"), directory, []string{"h/k=1/a"}, "/w", `["/w/h/k=1/a"] hive=on from=5`},
		{"absolute directory", parquet("/k=0/h"), directory, []string{"/k=0/h/k=1/a"}, "/w", `["/k=0/h/k=1/a"] hive=on from=6`},
		{"directory named like a glob", parquet("h[1]"), directory, []string{"h[1]/k=1/a"}, "/w", `["/w/h[1]/k=1/a"] hive=auto`},
		{"directory of csv", with(parquet("h"), func(s *Scan) { s.Kind = "Csv" }), directory, []string{"h/k=1/a"}, "/w", `["/w/h/k=1/a"] hive=auto`},
		{"directory, hive off", with(parquet("h"), hive(HiveOff)), directory, []string{"h/k=1/a"}, "/w", `["/w/h/k=1/a"] hive=off`},
		{"glob, hive on", with(parquet("h/**/*"), hive(HiveOn)), file, []string{"h/k=1/a"}, "/k=0", `["/k=0/h/k=1/a"] hive=on from=5`},
		{"glob, schema", with(parquet("h/**/*"), func(s *Scan) { s.Hive.Schema = true }), file, []string{"h/k=1/a"}, "/w", `["/w/h/k=1/a"] hive=on from=3`},
		{"absolute glob, hive on", with(parquet("/k=0/**/*"), hive(HiveOn)), file, []string{"/k=0/k=1/a"}, "/w", `["/k=0/k=1/a"] hive=on from=0`},
		{"shortest directory", with(parquet("h/k=1", "h/k=22"), hive(HiveOn)), []bool{true, true}, []string{"h/k=1/a", "h/k=22/a"}, "/w", `["/w/h/k=1/a" "/w/h/k=22/a"] hive=on from=8`},
		{"directory and file", with(parquet("h", "k=2/a"), hive(HiveOn)), []bool{true, false}, []string{"h/a", "k=2/a"}, "/w", `["/w/h/a" "/w/k=2/a"] hive=on from=3`},
		{"already fixed", with(parquet("h/k=1/a"), func(s *Scan) { s.Expand, s.Hive.Mode, s.Hive.Start = false, HiveOn, 2 }), file, []string{"h/k=1/a"}, "/w", `["/w/h/k=1/a"] hive=on from=5`},

		{"hive, relative and absolute", with(parquet("/d/*", "e"), hive(HiveOn)), []bool{false, false}, []string{"/d/a", "e"}, "/w", `inexact: hive columns of relative and absolute paths together`},
		{"hive, empty absolute directory", with(parquet("/k=0", "h/k=1"), hive(HiveOn)), []bool{true, true}, []string{"h/k=1/a"}, "/w", `inexact: hive columns of relative and absolute paths together`},
		{"other names", parquet("d/*"), file, []string{"/w/d/a"}, "/w", `inexact: the files are not named the way the scan names them`},
		{"files elsewhere", parquet("h"), directory, []string{"g/k=1/a"}, "/w", `inexact: a file lies outside of the directories of the scan`},
		{"uri", parquet("s3://b/*"), file, []string{"s3://b/a"}, "/w", `inexact: its paths are remote`},
		{"uri and path", parquet("s3://b/*", "d"), []bool{false, false}, nil, "/w", `inexact: its paths are mixed`},
		{"relative in the answer", with(parquet("d/*"), func(s *Scan) { s.FilePaths = true }), file, []string{"d/a"}, "/w", `inexact: its answer holds relative paths`},
		{"absolute in the answer", with(parquet("/d/*"), func(s *Scan) { s.FilePaths = true }), file, []string{"/d/a"}, "/w", `["/d/a"] hive=auto`},
		{"sizes", with(parquet("d/*"), func(s *Scan) { s.sized = true }), file, []string{"d/a", "d/b"}, "/w", `inexact: sizes are given for another number of files`},
		{"no folder", parquet("d/*"), file, []string{"d/a"}, "", `inexact: the working directory is not absolute`},
		{"facts of another scan", parquet("d/*"), nil, []string{"d/a"}, "/w", `inexact: it is not known which paths are directories`},
		{"python dataset", with(parquet("x"), func(s *Scan) { s.Kind = "PythonDataset" }), file, []string{"x"}, "/w", `inexact: a scan of PythonDataset is not one of files`},
		{"csv with hive", with(parquet("x"), func(s *Scan) { s.Kind, s.Hive.Mode = "Csv", HiveOn }), file, []string{"x"}, "/w", `inexact: hive partitions are not known for Csv`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := showEdit(Pin(tt.scan, Facts{tt.cwd, tt.dirs, tt.expanded})); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAnchor(t *testing.T) {
	tests := []struct {
		name string
		scan Scan
		dirs []bool
		cwd  string
		want string
	}{
		{"glob", parquet("d/*"), file, "/w", `["/w/d/*"]`},
		{"directory, hive above", parquet("h/"), directory, "/k=0", `["/k=0/h/"]`},
		{"glob, hive above but off", parquet("d/*"), file, "/k=0", `["/k=0/d/*"]`},
		{"glob, hive above", with(parquet("d/*"), hive(HiveOn)), file, "/k=0", `inexact: the working directory would add hive columns`},
		{"hive, relative and absolute", with(parquet("/a", "b"), hive(HiveOn)), []bool{true, true}, "/w", `inexact: hive columns of relative and absolute paths together`},
		{"hive at a fixed byte", with(parquet("a"), func(s *Scan) { s.Expand, s.Hive.Mode = false, HiveOn }), file, "/w", `inexact: its hive columns start at a fixed byte`},
		{"folder named like a glob", parquet("d/*"), file, "/w[1]", `inexact: the working directory would read as a pattern`},
		{"uri", parquet("s3://b/*"), file, "/w", `inexact: its paths are remote`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := showEdit(Anchor(tt.scan, Facts{Cwd: tt.cwd, Directories: tt.dirs})); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// hiveParts is what Polars reads out of a path (get_hive_parts_iter): the folders
// key=value behind byte start, without the file name.
func hiveParts(path string, start int) string {
	parts := strings.Split(path[start:], "/")
	return strings.Join(slices.DeleteFunc(parts[:len(parts)-1], func(p string) bool { return strings.Count(p, "=") != 1 }), ",")
}

// Against a model of Polars' expansion: on random scans, every file keeps the hive
// parts that it had on the driver.
func TestPinKeepsHiveParts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	folder := func(depth int) string {
		var parts []string
		for range depth {
			parts = append(parts, []string{"d", "k=1", "k=22", "j=a", "x=y=z", ".."}[r.IntN(6)])
		}
		return strings.Join(parts, "/")
	}
	pinned := 0
	for range 20_000 {
		var s Scan
		f := Facts{Cwd: "/" + folder(r.IntN(3))}
		start := -1
		for range 1 + r.IntN(3) {
			path := []string{"", "", "/"}[r.IntN(3)] + folder(1+r.IntN(2))
			isDirectory := r.IntN(2) == 0
			if isDirectory {
				f.Expanded = append(f.Expanded, path+"/"+folder(r.IntN(3))+"/f")
			} else {
				path += "/f"
				f.Expanded = append(f.Expanded, path)
			}
			seen := map[bool]int{true: len(path), false: 0}[isDirectory]
			if start < 0 || seen < start {
				start = seen
			}
			s.Paths, f.Directories = append(s.Paths, path), append(f.Directories, isDirectory)
		}
		s = with(parquet(s.Paths...), hive(HiveOn))
		e, err := Pin(s, f)
		if err != nil {
			if !errors.Is(err, ErrInexact) {
				t.Fatal(err)
			}
			continue
		}
		pinned++
		for i, file := range f.Expanded {
			want, got := hiveParts(file, start), hiveParts(e.Paths[i], e.Pinned.Start)
			if got != want {
				t.Fatalf("%q in %s, %q: hive parts %q became %q in %s", s.Paths, f.Cwd, file, want, got, showEdit(e, nil))
			}
		}
	}
	if pinned < 10_000 {
		t.Errorf("only %d of 20000 scans were pinned", pinned)
	}
}
