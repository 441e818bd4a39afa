package bounds_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
)

const docsPage = "../../docs/bounds.md"

// chapters are the golden files in the order of docs/bounds.md.
var chapters = []struct {
	title string
	files []string
}{
	{"Comparisons", []string{"compare", "literal_side", "is_between", "is_in", "missing", "null", "extremes", "unseen"}},
	{"Conditions", []string{"logic", "logic_constants", "conditions", "ternary", "fill_null"}},
	{"Functions of the date", []string{"years", "months", "truncate", "round", "offset", "offset_months"}},
	{"Durations and numbers", []string{
		"durations", "differences", "differences_units", "integers", "epochs", "arithmetic",
	}},
	{"Casts", []string{"casts", "cast_units", "cast_fit"}},
	{"Time zones", []string{"zones", "wall_clock", "utc"}},
	{"What bounds nothing", []string{"opaque"}},
	{"Steps of a query", []string{
		"plan_filters", "plan_rows", "plan_select", "plan_group_by", "plan_combine",
		"plan_join_inner", "plan_join_left", "plan_join_full", "plan_join_semi",
	}},
}

// unprinted are the golden files that the page leaves out: about wording, and about
// what no query has.
var unprinted = []string{"verdicts", "messages", "types"}

const docsIntro = `# What is understood

<!-- Made from gocore/bounds/testdata by ` + "`go test ./gocore/bounds -run Documentation -update`" + `. -->

Which periods there are follows from where the date can lie, and that follows from the filters of
the query. This page lists what is understood, form by form, with the bound that follows. Every line
is a test.

- **A bound may be too wide, never too narrow.** For every row of the result, the date is in the
  bound. A filter that is not understood bounds nothing; it costs nothing beside one that does.
- **Three answers.** A filter is true, false or null on a row, and only rows on which it is true
  pass. The tables say where the date can lie for "true", and for "false", which is the bound of the
  negation ` + "`~filter`" + `. On rows that a bound shows on both sides, the answer depends on something else:
  another column, or digits that Polars does not show.
- **Nulls.** "or null" says that a row without a date can pass, which makes one more task, the last.
  A comparison with a null date is null, so that neither a filter nor its negation keeps it.
- **Unbounded.** (-∞, ∞) is every date. A query can be split when its bound has two ends; else the
  error names the filters that were seen and an example of what to add. {} is no date at all.
- **Columns of other types.** [Splits by value and by range](partitions.md) follow from the same forms:
  comparisons, logic, conditions and steps of a query, and of floats ` + "`" + `is_nan` + "`" + `, ` + "`" + `is_not_nan` + "`" + `, ` + "`" + `is_finite` + "`" + ` and
  ` + "`" + `is_infinite` + "`" + `. Arithmetic and casts bound dates only, so that ` + "`" + `id < 2.5` + "`" + ` of an integer column, for
  which Polars casts the column, bounds nothing: write ` + "`" + `id < 3` + "`" + `.

` + "`date`" + ` stands for ` + "`pl.col(\"date\")`" + `, 2024-01-01 for ` + "`date(2024, 1, 1)`" + `, ` + "`x`" + ` and ` + "`k`" + ` for columns of other
types. Dates of columns with a time zone are written in UTC, with a Z.
`

// TestDocumentation: docs/bounds.md is what the golden files say; with -update it
// is written anew.
func TestDocumentation(t *testing.T) {
	page := docsIntro
	named := slices.Clone(unprinted)
	for _, c := range chapters {
		page += "\n## " + c.title + "\n"
		for _, name := range c.files {
			page += themeOf(t, name)
		}
		named = append(named, c.files...)
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".txt"); !slices.Contains(named, name) {
			t.Errorf("%s is in no chapter", f)
		}
	}
	if *update {
		if err := os.WriteFile(docsPage, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(docsPage); err != nil || string(got) != page {
		t.Errorf("docs/bounds.md is stale (%v): run go test ./gocore/bounds -run 'Golden|Documentation' -update", err)
	}
}

// themeOf is one golden file: its title, its introduction, and a table after each
// comment.
func themeOf(t *testing.T, name string) string {
	content, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	page := ""
	for i, g := range parseGoldens(t, strings.TrimRight(string(content), "\n")+"\n") {
		title, comments := "", g.comments
		if i == 0 {
			title, comments = strings.TrimPrefix(comments[0], "# "), comments[1:]
			page += "\n### " + title + "\n"
		}
		said := paragraphs(comments)
		page += said
		head, row, err := g.row()
		if err != nil {
			t.Fatalf("%s:%d: %v", name, g.line, err)
		}
		if i == 0 || said != "" {
			page += "\n" + head
		}
		page += row
	}
	return page
}

func paragraphs(comments []string) string {
	page, open := "", false
	for _, c := range comments {
		text := strings.TrimSpace(strings.TrimPrefix(c, "#"))
		switch {
		case text == "":
			open = false
			continue
		case open:
			page += "\n"
		default:
			page += "\n"
			if page != "\n" {
				page += "\n"
			}
		}
		page, open = page+text, true
	}
	if page != "" {
		page += "\n"
	}
	return page
}

// row is the head of the table that a case belongs in, and its line.
func (g golden) row() (head, row string, err error) {
	words := strings.Fields(g.directive)
	scope := oracle.Scope{}
	for _, w := range words[1:] {
		name, typ, _ := strings.Cut(w, "=")
		scope[name] = strings.ReplaceAll(typ, "~", " ")
	}
	column, _, _ := strings.Cut(words[1], "=")
	if g.want, err = g.run(); err != nil {
		return "", "", err
	}
	if words[0] == "plan" {
		return g.planRow(column, scope)
	}
	e, err := oracle.ParseExpr(g.text, scope)
	if err != nil {
		return "", "", err
	}
	c, err := oracle.ParseExpr(column, scope)
	if err != nil {
		return "", "", err
	}
	lines := strings.Split(g.want, "\n")
	head = "| column | filter | true | false |\n|---|---|---|---|\n"
	return head, fmt.Sprintf(
		"| %s | %s | %s | %s |\n", scope[column], code(polars(e, axisOf(oracle.TypeOf(c)))),
		strings.TrimSpace(strings.TrimPrefix(lines[0], "true:")), strings.TrimSpace(strings.TrimPrefix(lines[1], "false:")),
	), nil
}

func (g golden) planRow(column string, scope oracle.Scope) (head, row string, err error) {
	request, err := oracle.ParsePlan(g.text, column, scope)
	if err != nil {
		return "", "", err
	}
	bound, _, _ := strings.Cut(strings.TrimPrefix(g.want, "region: "), "\n")
	head = "| column | query | bound |\n|---|---|---|\n"
	return head, fmt.Sprintf("| %s | %s | %s |\n", column, code(query(request.Root, axisOf(request.Type))), bound), nil
}

func code(s string) string { return "`" + strings.ReplaceAll(s, "|", `\|`) + "`" }

var durationTicks = regexp.MustCompile(`\bdur#(\w+)#(-?\d+)\b|(-?\d+[a-z]+)@(?:ms|us|ns)\b`)

// polars writes an expression as a user of Polars does.
func polars(e expr.Node, axis bounds.Temporal) string {
	text := expr.String(written(e), axis.Literal)
	return durationTicks.ReplaceAllString(text, "duration($2$1$3)")
}

// written puts the settings of calls where Polars has them.
func written(e expr.Node) expr.Node {
	switch e := e.(type) {
	case *expr.Cast:
		return &expr.Cast{To: e.To, Strict: e.Strict, Arg: written(e.Arg)}
	case *expr.Binary:
		out := &expr.Binary{Op: e.Op, Symbol: e.Symbol, Left: written(e.Left), Right: written(e.Right)}
		if method := missingMethods[e.Op]; method != "" {
			return &expr.Call{Name: method, Args: []expr.Node{out.Left, out.Right}}
		}
		return out
	case *expr.Ternary:
		return &expr.Ternary{When: written(e.When), Then: written(e.Then), Otherwise: written(e.Otherwise)}
	case *expr.Call:
		out := &expr.Call{Name: e.Name, Option: e.Option}
		for _, a := range e.Args {
			out.Args = append(out.Args, written(a))
		}
		switch e.Name {
		case "dt.time_stamp":
			out.Name = "dt.timestamp"
			out.Args = append(out.Args, setting(fmt.Sprintf("%q", e.Option)))
		case "dt.cast_time_unit", "dt.convert_time_zone":
			out.Args = append(out.Args, setting(fmt.Sprintf("%q", e.Option)))
		case "dt.replace_time_zone":
			zone := "None"
			if e.Option != "" {
				zone = fmt.Sprintf("%q", e.Option)
			}
			out.Args = append(out.Args, setting(zone))
		case "is_in":
			if e.Option != "" {
				out.Args = append(out.Args, setting(e.Option+"=True"))
			}
		}
		return out
	}
	return e
}

var missingMethods = map[expr.Op]string{expr.EqMissing: "eq_missing", expr.NotEqMissing: "ne_missing"}

func setting(text string) expr.Node { return &expr.Literal{Text: text} }
