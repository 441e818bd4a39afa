package bounds_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMutationsNameCases: every golden case that MUTATIONS.md names is there.
func TestMutationsNameCases(t *testing.T) {
	list, err := os.ReadFile("testdata/MUTATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("(\\w+\\.txt): `([^`]*)`").FindAllStringSubmatch(string(list), -1)
	if len(named) < 100 {
		t.Fatalf("only %d cases are named", len(named))
	}
	for _, n := range named {
		content, err := os.ReadFile(filepath.Join("testdata", n[1]))
		if err != nil {
			t.Error(err)
			continue
		}
		text, _ := strings.CutSuffix(strings.ReplaceAll(n[2], `\|`, "|"), "…")
		if !strings.Contains(string(content), "\n"+text) {
			t.Errorf("%s has no case %s", n[1], text)
		}
	}
}
