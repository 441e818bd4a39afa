package bounds_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
)

var update = flag.Bool("update", false, "rewrite the results in testdata")

// golden is one case of a file in testdata:
//
//	# comments
//	predicate date=date          what to do, then columns with their types, the one asked for first;
//	                             a ~ is a blank in a type
//	(ge date 2024-01-01)         the text, see package oracle
//	----
//	true:  [2024-01-01, ∞)       the result, up to an empty line
type golden struct {
	line            int
	comments        []string
	directive, text string
	want            string
}

func parseGoldens(t *testing.T, content string) []golden {
	var out []golden
	var g golden
	part := 0 // comments and directive, text, result
	for i, line := range strings.Split(content+"\n", "\n") {
		switch {
		case part == 2 && line == "":
			out, g, part = append(out, g), golden{}, 0
		case part == 2:
			g.want += line + "\n"
		case part == 1 && line == "----":
			part = 2
		case part == 1:
			g.text += line + "\n"
		case line == "" || strings.HasPrefix(line, "#"):
			g.comments = append(g.comments, line)
		default:
			g.line, g.directive, part = i+1, line, 1
		}
	}
	if part != 0 {
		t.Fatalf("the case of line %d does not end", g.line)
	}
	return out
}

func (g golden) String() string {
	s := ""
	for _, c := range g.comments {
		s += c + "\n"
	}
	return s + g.directive + "\n" + g.text + "----\n" + g.want
}

// TestGolden checks every case in testdata; with -update it writes what it gets.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			goldens := parseGoldens(t, strings.TrimRight(string(content), "\n")+"\n")
			var parts []string
			for _, g := range goldens {
				got, err := g.run()
				if err != nil {
					t.Errorf("%s:%d: %v", file, g.line, err)
				} else if got != g.want && !*update {
					t.Errorf("%s:%d: %s\n%sgot\n%swant\n%s", file, g.line, g.directive, g.text, got, g.want)
				}
				g.want = got
				parts = append(parts, g.String())
			}
			if *update {
				if err := os.WriteFile(file, []byte(strings.Join(parts, "\n")), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func (g golden) run() (string, error) {
	words := strings.Fields(g.directive)
	scope := oracle.Scope{}
	column := ""
	for _, w := range words[1:] {
		name, typ, ok := strings.Cut(w, "=")
		if !ok {
			return "", fmt.Errorf("%q is not column=type", w)
		}
		if column == "" {
			column = name
		}
		scope[name] = strings.ReplaceAll(typ, "~", " ")
	}
	switch words[0] {
	case "predicate":
		return runPredicate(g.text, column, scope)
	case "plan", "message":
		return runPlan(words[0], g.text, column, scope)
	}
	return "", fmt.Errorf("unknown directive %q", words[0])
}

func runPredicate(text, column string, scope oracle.Scope) (string, error) {
	col, err := oracle.ParseExpr(column, scope)
	if err != nil {
		return "", err
	}
	e, err := oracle.ParseExpr(text, scope)
	if err != nil {
		return "", err
	}
	o := bounds.Predicate(e, column, axisOf(oracle.TypeOf(col)))
	return fmt.Sprintf("true:  %s\nfalse: %s\nnull:  %s\n", o.True, o.False, o.Null), nil
}

func runPlan(directive, text, column string, scope oracle.Scope) (string, error) {
	request, err := oracle.ParsePlan(text, column, scope)
	if err != nil {
		return "", err
	}
	axis := axisOf(request.Type)
	r := bounds.Plan(request.Root, column, axis)
	if directive == "message" {
		s := r.Unbounded(column, "periods", func(lower, upper bool) string {
			return axis.Remedy(column, r.Region, lower, upper)
		})
		if s == "" {
			s = "(bounded)"
		}
		return s + "\n", nil
	}
	s := fmt.Sprintf("region: %s\n", r.Region)
	for _, f := range r.Filters {
		s += fmt.Sprintf("filter: %s (%s): %s\n", f.Text, f.Origin(), f.Verdict())
	}
	for _, o := range r.Obstacles {
		s += fmt.Sprintf("obstacle: %s\n", o)
	}
	return s, nil
}
