package sqlpush_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/sqlpush"
)

var update = flag.Bool("update", false, "write the golden files and the page of the documentation anew")

var dialects = []string{"postgresql", "duckdb", "sqlite", "generic"}

// stored is a column of the golden files in each of the dialects; a type of "-" is one
// that the dialect has not.
type stored struct{ name, polars, postgresql, duckdb, sqlite string }

var table = []stored{
	{"i", "int32", "int4", "INTEGER", "INTEGER"},
	{"j", "int64", "int8", "BIGINT", "BIGINT"},
	{"n", "decimal[2]", "numeric", "DECIMAL(10,2)", "DECIMAL(10,2)"},
	{"f", "float64", "float8", "DOUBLE", "REAL"},
	{"g", "float32", "float4", "FLOAT", "REAL"},
	{"s", "string", "text", "VARCHAR", "TEXT"},
	{"t", "string", "text", "VARCHAR", "TEXT"},
	{"c", "string", "text", "VARCHAR", "TEXT"},
	{"ch", "string", "bpchar", "VARCHAR", "CHAR(3)"},
	{"bp", "string", "bpchar", "VARCHAR", "TEXT"},
	{"e", `enum["sad","ok","happy"]`, "enum", "ENUM('sad', 'ok', 'happy')", "-"},
	{"uid", "string", "uuid", "UUID", "TEXT"},
	{"js", "string", "jsonb", "JSON", "TEXT"},
	{"b", "boolean", "bool", "BOOLEAN", "BOOLEAN"},
	{"bin", "binary", "bytea", "BLOB", "BLOB"},
	{"d", "date", "date", "DATE", "DATE"},
	{"ts", "datetime[us]", "timestamp", "TIMESTAMP", "TIMESTAMP"},
	{"tz", "datetime[us, UTC]", "timestamptz", "TIMESTAMP WITH TIME ZONE", "-"},
	{"ns", "datetime[ns]", "-", "TIMESTAMP_NS", "-"},
	{"x", "other", "point", "INTEGER[]", "JSON"},
}

// collations are those of texts on PostgreSQL: t is one whose collation is not known,
// c one whose texts are ordered by their bytes.
var collations = map[string]string{"t": "", "c": "c"}

func columnsIn(dialect string) []sqlpush.Column {
	two := 2
	out := make([]sqlpush.Column, 0, len(table))
	for _, s := range table {
		c := sqlpush.Column{Name: s.name, Type: s.polars}
		switch dialect {
		case "postgresql":
			c.DB = sqlpush.Stored{Type: s.postgresql, Collation: "deterministic"}
			if known, ok := collations[s.name]; ok {
				c.DB.Collation = known
			}
		case "duckdb":
			c.DB.Type = s.duckdb
		case "sqlite":
			c.DB.Type = s.sqlite
		case "generic", "odbc":
			c.DB.Type = s.duckdb
		}
		switch s.name {
		case "n":
			c.DB.Scale = &two
		case "ch":
			c.DB.Length = 3
		}
		out = append(out, c)
	}
	return out
}

func scope() oracle.Scope {
	out := oracle.Scope{}
	for _, s := range table {
		if expr.ParseType(s.polars).Kind != expr.Other {
			out[s.name] = s.polars
		}
	}
	return out
}

// conjunct is what becomes of one predicate, written as the golden files have it.
func conjunct(t *testing.T, dialect, predicate string) sqlpush.Conjunct {
	t.Helper()
	wires, root, err := oracle.ParseWire(predicate, scope())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := sqlpush.Push(sqlpush.Request{
		Dialect: dialect, Query: "SELECT 1", Columns: columnsIn(dialect), Exprs: wires, Root: root,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Conjuncts) == 1 {
		return answer.Conjuncts[0]
	}
	// One case of several terms joined by AND is shown as one.
	out := sqlpush.Conjunct{Text: answer.Conjuncts[0].Text, SQL: answer.Conjuncts[0].SQL, Status: sqlpush.Superset}
	for _, c := range answer.Conjuncts[1:] {
		out.Text += " & " + c.Text
		out.SQL += " AND " + c.SQL
		out.Reason = c.Reason
	}
	if answer.Exact {
		out.Status = sqlpush.Exact
	}
	return out
}

// golden is one predicate of a file and what follows from it.
type golden struct {
	predicate string
	note      string // the comment above it
	want      map[string]string
}

// readGolden reads a file: a predicate at the beginning of a line, and below it a line
// for each dialect. Comments begin with #.
func readGolden(t *testing.T, path string) []golden {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []golden
	note := ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "":
		case strings.HasPrefix(line, "#"):
			note = strings.TrimSpace(line[1:])
		case line[0] != ' ':
			out = append(out, golden{predicate: line, note: note, want: map[string]string{}})
			note = ""
		default:
			dialect, want, _ := strings.Cut(strings.TrimSpace(line), " ")
			out[len(out)-1].want[dialect] = strings.TrimSpace(want)
		}
	}
	return out
}

func result(c sqlpush.Conjunct) string {
	if c.Status == sqlpush.NotPushed {
		return fmt.Sprintf("%s: %s", c.Status, c.Reason)
	}
	out := fmt.Sprintf("%s: %s", c.Status, c.SQL)
	if c.Reason != "" {
		out += " -- " + c.Reason
	}
	return out
}

// TestGolden: every predicate of the files becomes the SQL that stands there.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			cases := readGolden(t, path)
			if *update {
				writeGolden(t, path, cases)
				return
			}
			for _, c := range cases {
				for _, d := range dialects {
					if got := result(conjunct(t, d, c.predicate)); got != c.want[d] {
						t.Errorf("%s on %s\n got %s\nwant %s", c.predicate, d, got, c.want[d])
					}
				}
			}
		})
	}
}

func writeGolden(t *testing.T, path string, cases []golden) {
	t.Helper()
	var b strings.Builder
	for _, c := range cases {
		if c.note != "" {
			fmt.Fprintf(&b, "# %s\n", c.note)
		}
		fmt.Fprintln(&b, c.predicate)
		for _, d := range dialects {
			fmt.Fprintf(&b, "    %-10s %s\n", d, result(conjunct(t, d, c.predicate)))
		}
		b.WriteByte('\n')
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
