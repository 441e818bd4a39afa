package sqlpush_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/sqlpush"
)

const docsPage = "../../docs/scan-db-pushdown.md"

// chapters are the golden files in the order of the page.
var chapters = []struct{ title, file, text string }{
	{"Integers and decimals", "numbers", "`i` is a 32-bit integer, `j` one of 64 bits, `n` a decimal with two digits."},
	{"Floats", "floats", "`f` is a float of 64 bits, `g` one of 32."},
	{"Texts", "texts", "`s` is a text whose collation tells different texts apart, `t` one of which that is not known, " +
		"`c` one that is ordered by its bytes."},
	{"Other types", "kinds", "`ch` is `char(3)` on PostgreSQL, `bp` a `char` of unknown length, `e` an enum of sad, ok and " +
		"happy, `uid` a uuid, `js` a jsonb, and `x` of a type that is compared with nothing."},
	{"Dates and times", "times", "`d` is a date, `ts` a timestamp of microseconds, `ns` one of nanoseconds, `tz` a timestamp " +
		"with a time zone. Times of other units are written in microseconds since 1970."},
	{"Conditions", "conditions", "`b` is a boolean."},
}

const docsIntro = `# What a database does of a filter

<!-- Made from gocore/sqlpush/testdata by ` + "`go test ./gocore/sqlpush -run 'Golden|Documentation' -update`" + `. -->

A filter on a frame that reads from a database becomes a ` + "`WHERE`" + ` around the query, as far as SQL
means the same. This page lists what becomes of it, form by form. Every line is a test, and random
filters over nasty values are compared with Polars on real databases.

- **The answer is that of Polars.** Polars does the whole filter again on the rows that arrive. What
  the database does only keeps rows from being sent.
- **exact**: the database returns the rows of the filter, no more. **superset**: it returns those and
  perhaps some more, for the reason below the table. **not pushed**: it returns all rows.
- **Term by term.** The terms that ` + "`&`" + ` joins are looked at one by one, and a term that is not
  understood takes nothing from the others. Under ` + "`|`" + ` it does: then the whole is not pushed, unless
  the columns of the term are bounded.
- **Values are parameters**, with their type; they stand in the text here to be read. Names are quoted.
- **Long lists.** Of more than 1,000 values or spans of a column, the one span that holds them all is asked
  for, a superset; of their negation, every value but null. Neighbours among integers, dates and times
  are one span.
- **Limits come first.** ` + "`head(n)`" + ` before a filter is a ` + "`LIMIT`" + ` within the filter's query. Databases behind
  ADBC or ODBC have no common word for it: there, neither is pushed.
- **Any other database** gets what no database is known to do wrong, and it is never called exact.

Null is the same on both sides, but for values that Polars has not, such as infinite dates: where they
are read as null, conditions leave them out. On SQLite a column may hold values of other types than
its declared one. Those are errors when they are read; a filter that leaves them out keeps them from
being read, and one that does not makes its term a superset.
`

// TestDocumentation: the page is what the golden files say; with -update it is
// written anew.
func TestDocumentation(t *testing.T) {
	page := docsIntro
	var named []string
	for _, c := range chapters {
		page += fmt.Sprintf("\n## %s\n\n%s\n", c.title, c.text) + tables(t, "testdata/"+c.file+".txt")
		named = append(named, c.file)
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(named, strings.TrimSuffix(filepath.Base(f), ".txt")) {
			t.Errorf("%s is in no chapter", f)
		}
	}
	if *update {
		if err := os.WriteFile(docsPage, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(docsPage); err != nil || string(got) != page {
		t.Errorf("%s is stale (%v): run go test ./gocore/sqlpush -run 'Golden|Documentation' -update", docsPage, err)
	}
}

// tables are the cases of one file: a table after each comment, and below each the
// reasons that it names.
func tables(t *testing.T, path string) string {
	t.Helper()
	var b strings.Builder
	var reasons []string
	flush := func() {
		for i, r := range reasons {
			fmt.Fprintf(&b, "\n%d. %s.", i+1, r)
		}
		if len(reasons) > 0 {
			b.WriteString("\n")
		}
		reasons = nil
	}
	for i, c := range readGolden(t, path) {
		if i == 0 || c.note != "" {
			flush()
			if c.note != "" {
				b.WriteString("\n" + c.note + "\n")
			}
			b.WriteString("\n| filter | PostgreSQL | DuckDB | SQLite | any other |\n|---|---|---|---|---|\n")
		}
		fmt.Fprintf(&b, "| %s |", code(polars(t, c.predicate)))
		for _, d := range dialects {
			fmt.Fprintf(&b, " %s |", cell(conjunct(t, d, c.predicate), &reasons))
		}
		b.WriteString("\n")
	}
	flush()
	return b.String()
}

// cell is what a dialect does, with the number of the reason.
func cell(c sqlpush.Conjunct, reasons *[]string) string {
	out := string(c.Status)
	if c.Reason != "" {
		i := slices.Index(*reasons, c.Reason)
		if i < 0 {
			i = len(*reasons)
			*reasons = append(*reasons, c.Reason)
		}
		out += fmt.Sprintf(" (%d)", i+1)
	}
	if c.SQL != "" {
		out += ": " + code(c.SQL)
	}
	return out
}

func code(s string) string { return "`" + strings.ReplaceAll(s, "|", `\|`) + "`" }

// polars writes a predicate of the golden files as a user of Polars does.
func polars(t *testing.T, predicate string) string {
	t.Helper()
	// A function that is not known is written as a method.
	calls := strings.NewReplacer("(eq_missing ", "(eq_missing* ", "(ne_missing ", "(ne_missing* ").Replace(predicate)
	text := strings.ReplaceAll(conjunct(t, "postgresql", calls).Text, "missing*", "missing")
	for option, shown := range map[string]string{":nulls_equal ": ", nulls_equal=True)", ":literal ": ", literal=True)"} {
		if strings.Contains(predicate, option) {
			text = strings.TrimSuffix(text, ")") + shown
		}
	}
	return text
}
