package prune

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

func TestStatisticsOfALog(t *testing.T) {
	text := func(v string) *string { return &v }
	for name, c := range map[string]struct {
		typ             string
		least, greatest *string
		nulls           Nulls
		want            string
	}{
		"both ends":            {"int64", text("1"), text("2"), NoNulls, oneToTwo},
		"nulls among them":     {"int64", text("1"), text("2"), SomeNulls, oneToTwo + " null"},
		"no least":             {"int64", nil, text("2"), NoNulls, "unknown"},
		"no greatest":          {"int64", text("1"), nil, SomeNulls, "unknown null"},
		"nothing but nulls":    {"int64", nil, nil, AllNulls, "hollow null"},
		"nulls against bounds": {"int64", text("1"), text("2"), AllNulls, "hollow null"},
		"the wrong way round":  {"int64", text("2"), text("1"), NoNulls, "unknown"},
		"not a number":         {"int64", text("1"), text("x"), NoNulls, "unknown"},
		"beyond the type":      {"datetime[us]", text("0"), text("9223372036854775808"), NoNulls, "unknown"},
		"a float may be NaN":   {"float64", text("1"), text("1"), NoNulls, "bff0..bff0 nan"},
		"a bound that is NaN":  {"float64", text("1"), text("nan"), NoNulls, "unknown nan"},
		"floats, all null":     {"float64", nil, nil, AllNulls, "hollow null"},
		"no order":             {"list", text("1"), text("2"), NoNulls, "unknown"},
	} {
		l := Logged{[]*string{c.least}, []*string{c.greatest}, []Nulls{c.nulls}}
		got, err := l.statistic(0, parseType(c.typ))
		if err != nil || shownStatistic(got) != c.want {
			t.Errorf("%s: %s and %v, want %s", name, shownStatistic(got), err, c.want)
		}
	}
}

func TestFilesOfATableAreWatchedWhereTheyAreFound(t *testing.T) {
	here := filepath.Join(t.TempDir(), "a.parquet")
	if err := os.WriteFile(here, []byte("not even Parquet"), 0o600); err != nil {
		t.Fatal(err)
	}
	request, _ := json.Marshal(buildRequest{Paths: []string{here, "s3://bucket/b.parquet"}, Origin: FromLog})
	index, err := Build(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(index, nil); err != nil {
		t.Errorf("nothing changed: %v", err)
	}
	if err := os.Remove(here); err != nil {
		t.Fatal(err)
	}
	if err := Verify(index, []byte{1, 0, 0, 0}); err != nil {
		t.Errorf("the other file: %v", err)
	}
	if err := Verify(index, []byte{0, 0, 0, 0}); !errors.Is(err, ErrChanged) {
		t.Errorf("a file that vanished: %v", err)
	}
}

func TestBuildRefusesLogs(t *testing.T) {
	for name, request := range map[string]string{
		"an origin that is not known": `{"statistics": "hearsay"}`,
		"too few values": `{"statistics": "log", "paths": ["/a"], "columns": [
			{"name": "c", "type": "int64", "logged": {"least": [], "greatest": ["1"], "nulls": ["none"]}}]}`,
		"nulls that are not known": `{"statistics": "log", "paths": ["/a"], "columns": [
			{"name": "c", "type": "int64", "logged": {"least": ["1"], "greatest": ["1"], "nulls": ["few"]}}]}`,
	} {
		if _, err := Build([]byte(request)); !errors.Is(err, ErrRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file whose true range lies anywhere inside of what the log says is never lost.
func TestLogsAgainstOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 7))
	type truth struct {
		lo, hi int64
		null   bool
	}
	for range 300 {
		n := 1 + rng.IntN(40)
		files := make([]truth, n)
		l := Logged{make([]*string, n), make([]*string, n), make([]Nulls, n)}
		for i := range files {
			lo := rng.Int64N(100)
			files[i] = truth{lo, lo + rng.Int64N(9), rng.IntN(4) == 0}
			l.Nulls[i] = []Nulls{NoNulls, SomeNulls}[max(rng.IntN(2), map[bool]int{true: 1}[files[i].null])]
			if rng.IntN(5) > 0 {
				least := strconv.FormatInt(lo-rng.Int64N(3), 10)
				l.Least[i] = &least
			}
			if rng.IntN(5) > 0 {
				greatest := strconv.FormatInt(files[i].hi+rng.Int64N(3), 10)
				l.Greatest[i] = &greatest
			}
		}
		paths := make([]string, n)
		for i := range paths {
			paths[i] = fmt.Sprintf("/nowhere/%d", i)
		}
		request, _ := json.Marshal(buildRequest{
			Paths: paths, Origin: FromLog, Columns: []Column{{Name: "c", Type: "int64", Logged: &l}},
		})
		index, err := Build(request)
		if err != nil {
			t.Fatal(err)
		}
		x, err := open(index)
		if err != nil {
			t.Fatal(err)
		}
		v := rng.Int64N(110)
		equal, _, err := x.search(compare(expr.Eq, column("c", "int64"), physical("int64", v)))
		if err != nil {
			t.Fatal(err)
		}
		null, all, err := x.search(isNull(column("c", "int64")))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range files {
			if f.lo <= v && v <= f.hi && !slices.Contains(equal, i) {
				t.Fatalf("%d in %+v, of which the log says %v to %v, was lost", v, f, l.Least[i], l.Greatest[i])
			}
			if f.null && !all && !slices.Contains(null, i) {
				t.Fatalf("the nulls of file %d were lost", i)
			}
			exact := l.Least[i] != nil && l.Greatest[i] != nil
			if exact && slices.Contains(equal, i) && (v < f.lo-2 || v > f.hi+2) {
				t.Fatalf("%d is far from %+v", v, f)
			}
		}
	}
}
