package cuts_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/cuts"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

// filesOf reads "b-d:5" as a file with keys from b up to but not d, of 5 rows of 10 bytes each; an
// empty end is not known, and neither is a "?".
func filesOf(text string) []cuts.File {
	var out []cuts.File
	for _, one := range strings.Fields(text) {
		ends, rows, _ := strings.Cut(one, ":")
		lo, hi, _ := strings.Cut(ends, "-")
		f := cuts.File{Range: keyrange.Range{Lo: keyrange.Key(lo), Hi: keyrange.Key(hi)}, Rows: cuts.Unknown, Bytes: cuts.Unknown}
		if n, err := strconv.ParseInt(rows, 10, 64); err == nil {
			f.Rows, f.Bytes = n, 10*n
		}
		out = append(out, f)
	}
	return out
}

func partsText(parts []cuts.Part) string {
	var out []string
	for _, p := range parts {
		out = append(out, fmt.Sprintf("%s-%s:%d/%d", p.Range.Lo, p.Range.Hi, p.Rows, p.Bytes))
	}
	return strings.Join(out, " ")
}

func TestPhysical(t *testing.T) {
	tests := []struct {
		files  string
		target int64
		want   string
	}{
		{"", 0, "-:0/0"},
		{"b-d:5", 0, "-:5/50"},
		{"-:5", 0, "-:5/50"},
		{"b-d:5 d-f:6 f-h:7", 0, "-d:5/50 d-f:6/60 f-:7/70"},
		{"f-h:7 b-d:5 d-f:6", 0, "-d:5/50 d-f:6/60 f-:7/70"},
		{"b-e:5 d-f:6 f-h:7", 0, "-d:-1/25 d-f:-1/85 f-:7/70"},
		{"b-d:5 d-f:? f-h:7", 0, "-d:5/50 d-f:-1/-1 f-:7/70"},
		{"b-d:5 -:4 f-h:7", 0, "-b:-1/13 b-f:-1/63 f-:-1/83"},
		{"b-:4 f-h:7", 0, "-f:-1/20 f-:-1/90"},
		{"b-d:5 b-c:5 c-d:2", 0, "-c:-1/75 c-:-1/45"},
		{"b-d:5 d-f:6 f-h:7", 11, "-f:11/110 f-:7/70"},
		{"b-d:5 d-f:6 f-h:7", 12, "-f:11/110 f-:7/70"},
		{"b-d:5 d-f:6 f-h:7", 13, "-f:11/110 f-:7/70"},
		{"b-d:5 d-f:6 f-h:7", 18, "-:18/180"},
		{"b-d:5 d-f:6 f-h:7", 1, "-d:5/50 d-f:6/60 f-:7/70"},
		{"b-d:5 d-f:? f-h:7", 9, "-d:5/50 d-f:-1/-1 f-:7/70"},
		{"b-d:0 d-f:6", 0, "-d:0/0 d-:6/60"},
	}
	for _, tt := range tests {
		if got := partsText(cuts.Physical(filesOf(tt.files), tt.target)); got != tt.want {
			t.Errorf("%s by %d: %s, want %s", tt.files, tt.target, got, tt.want)
		}
	}
}

// TestPhysicalCovers: whatever files there are, parts cover all keys once, and the rows that are known
// are those of keys drawn for the files.
func TestPhysicalCovers(t *testing.T) {
	const letters = "bcdefghijk"
	r := rand.New(rand.NewPCG(9, 10))
	for range 3000 {
		var files []cuts.File
		var keys []keyrange.Key
		for range r.IntN(6) {
			lo := r.IntN(len(letters))
			hi := lo + 1 + r.IntN(len(letters)-lo)
			n := r.IntN(5)
			for range n {
				keys = append(keys, keyrange.Key(letters[lo+r.IntN(hi-lo)]))
			}
			f := cuts.File{Rows: int64(n), Bytes: int64(n)}
			if r.IntN(4) > 0 {
				f.Range.Lo = keyrange.Key(letters[lo])
			}
			if r.IntN(4) > 0 {
				f.Range.Hi = keyrange.Key(letters[hi-1]).After()
			}
			if r.IntN(5) == 0 {
				f.Rows = cuts.Unknown
			}
			files = append(files, f)
		}
		parts := cuts.Physical(files, int64(r.IntN(8)))
		var ranges []keyrange.Range
		for _, p := range parts {
			ranges = append(ranges, p.Range)
			n := int64(0)
			for _, k := range keys {
				if p.Range.Contains(k) {
					n++
				}
			}
			if p.Rows != cuts.Unknown && p.Rows != n {
				t.Fatalf("%v: %s has %d rows, not %d", files, partsText([]cuts.Part{p}), n, p.Rows)
			}
		}
		if c := keyrange.Examine(keyrange.Range{}, ranges); !c.Exact() {
			t.Fatalf("%v: %s: %v", files, partsText(parts), c)
		}
	}
}

func TestSpots(t *testing.T) {
	tests := []struct {
		files string
		parts int64
		want  string
	}{
		{"b-d:5 d-f:6 f-h:7", 3, "1:1=6 2:1=12"},
		{"f-h:7 b-d:5 d-f:6", 3, "2:1=6 0:1=12"},
		{"b-d:5 d-f:5", 2, "1:0=5"},
		{"b-d:5 x-x:0 d-f:5", 2, "2:0=5"},
		{"-:10", 2, "0:5=5"},
		{"b-d:1 d-f:1", 9, "1:0=1"},
		{"", 4, ""},
		{"b-d:5", 1, ""},
		{"b-d:5 d-f:?", 2, "file 1 has an unknown number of rows"},
		{"b-e:5 d-f:6", 2, "files 0 and 1 may overlap"},
		{"b-:5 d-f:6", 2, "files 0 and 1 may overlap"},
		{"-d:5 d-f:6", 2, "1:0=5"},
	}
	for _, tt := range tests {
		spots, _, got, err := cuts.Spots(nil, filesOf(tt.files), cuts.Aim{Parts: tt.parts})
		var out []string
		for _, s := range spots {
			out = append(out, fmt.Sprintf("%d:%d=%d", s.File, s.Row, s.Rank))
		}
		if got += strings.Join(out, " "); got != tt.want || err != nil {
			t.Errorf("%s in %d: %s, want %s, %v", tt.files, tt.parts, got, tt.want, err)
		}
	}
	if _, total, _, err := cuts.Spots(nil, filesOf("b-d:5 d-f:6"), cuts.Aim{Rows: 3}); total != 11 || err != nil {
		t.Errorf("%d rows, %v", total, err)
	}
}

func TestParts(t *testing.T) {
	for _, tt := range []struct {
		cuts  []cuts.Cut
		total int64
		want  string
	}{
		{nil, 7, "-:7/-1"},
		{nil, cuts.Unknown, "-:-1/-1"},
		{[]cuts.Cut{{"c", 3}, {"b", 2}, {"c", 3}}, 7, "-b:2/-1 b-c:1/-1 c-:4/-1"},
		{[]cuts.Cut{{"c", 3}, {"b", cuts.Unknown}}, 7, "-b:-1/-1 b-c:-1/-1 c-:4/-1"},
		{[]cuts.Cut{{"b", 0}, {"c", 3}, {"d", 7}}, 7, "-c:3/-1 c-:4/-1"},
		{[]cuts.Cut{{"c", cuts.Unknown}, {"c", 3}}, 7, "-c:3/-1 c-:4/-1"},
	} {
		if got := partsText(cuts.Parts(tt.cuts, tt.total)); got != tt.want {
			t.Errorf("%v of %d: %s, want %s", tt.cuts, tt.total, got, tt.want)
		}
	}
}

// TestEqualRows: without equal keys, parts differ by one row at most, and there are as many as asked for.
func TestEqualRows(t *testing.T) {
	s := schemaOf(t, "int64")
	r := rand.New(rand.NewPCG(11, 12))
	for _, n := range []int{1, 2, 7, 64, 1000} {
		rows := n + r.IntN(5000)
		values := r.Perm(rows)
		tally, err := cuts.New(s, cuts.Aim{Parts: int64(n)})
		if err != nil {
			t.Fatal(err)
		}
		batch := batchOf(t, s, rows, func(_, row int) int64 { return int64(values[row]) })
		pass := run(t, tally, []keyrange.Batch{batch}, nil)
		parts := cuts.Parts(pass.Cuts, pass.Total)
		least := slices.MinFunc(parts, func(a, b cuts.Part) int { return int(a.Rows - b.Rows) }).Rows
		most := slices.MaxFunc(parts, func(a, b cuts.Part) int { return int(a.Rows - b.Rows) }).Rows
		if len(parts) != n || most-least > 1 {
			t.Errorf("%d rows in %d: %d parts of %d to %d rows", rows, n, len(parts), least, most)
		}
	}
}

func BenchmarkPhysical(b *testing.B) {
	s := schemaOf(b, "string", "int64")
	batch := batchOf(b, s, 20_000, func(column, row int) int64 { return int64(row) >> (4 - 4*column) })
	keys := keysOf(batch)
	files := make([]cuts.File, len(keys)/2)
	for i := range files {
		files[i] = cuts.File{Range: keyrange.Range{Lo: keys[2*i], Hi: keys[2*i+1].After()}, Rows: 5, Bytes: 50}
	}
	for b.Loop() {
		if parts := cuts.Physical(files, 0); len(parts) != len(files) {
			b.Fatal(len(parts))
		}
	}
}
