package payload

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func showSites(t *testing.T, payload []byte) string {
	t.Helper()
	sites, err := Sites(payload)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(sites))
	for i, s := range sites {
		out[i] = s.Name + fmt.Sprint(s.Inputs)
	}
	return strings.Join(out, " ")
}

func TestSites(t *testing.T) {
	tests := map[string]string{
		"glob":   "Scan[]",
		"memory": "DataFrameScan[]",
		"union":  "Union[1 2 3] Scan[] DataFrameScan[] Filter[4] Scan[]",
		"nested": "Union[1 4] Union[2 3] Scan[] DataFrameScan[] Select[5] Scan[]",
		"join":   "HStack[1] Join[2 3] Scan[] Scan[]",
	}
	for name, want := range tests {
		for _, v := range versions {
			if got := showSites(t, load(t, name, v)); got != want {
				t.Errorf("%s/%s: %s, want %s", name, v, got, want)
			}
		}
	}
}

func TestSubplan(t *testing.T) {
	tests := []struct {
		plan string
		site int
		want string
	}{
		{"union", 0, "Union[1 2 3] Scan[] DataFrameScan[] Filter[4] Scan[]"},
		{"union", 2, "DataFrameScan[]"},
		{"union", 3, "Filter[1] Scan[]"},
		{"nested", 1, "Union[1 2] Scan[] DataFrameScan[]"},
		{"nested", 5, "Scan[]"},
		{"join", 1, "Join[1 2] Scan[] Scan[]"},
	}
	for _, tt := range tests {
		for _, v := range versions {
			t.Run(fmt.Sprintf("%s %d/%s", tt.plan, tt.site, v), func(t *testing.T) {
				got, err := Subplan(load(t, tt.plan, v), tt.site)
				if err != nil {
					t.Fatal(err)
				}
				if shown := showSites(t, got); shown != tt.want {
					t.Errorf("%s, want %s", shown, tt.want)
				}
			})
		}
	}
}

// A frame that a subplan does not read would be written and read with it for nothing.
func TestSubplanLeavesUnreadFramesOut(t *testing.T) {
	plan := load(t, "union", "2.1.0")
	for site, want := range map[int]bool{0: true, 2: true, 4: false} {
		got, err := Subplan(plan, site)
		if err != nil {
			t.Fatal(err)
		}
		e, err := open(got)
		if err != nil {
			t.Fatal(err)
		}
		if read := e.frames.end-e.frames.start > 100; read != want {
			t.Errorf("site %d: frames of %d bytes", site, e.frames.end-e.frames.start)
		}
	}
}

func TestGraftSite(t *testing.T) {
	for _, tt := range []struct {
		plan string
		site int
		want string
	}{
		{"union", 3, "Union[1 2 3] Scan[] DataFrameScan[] Scan[]"},
		{"nested", 1, "Union[1 2] Scan[] Select[3] Scan[]"},
		{"join", 0, "Scan[]"},
		{"join", 2, "HStack[1] Join[2 3] Scan[] Scan[]"},
	} {
		for _, v := range versions {
			got, err := Graft(load(t, tt.plan, v), load(t, "ipc", v), fmt.Appendf(nil, `{"site": %d}`, tt.site))
			if err != nil {
				t.Fatal(err)
			}
			if shown := showSites(t, got); shown != tt.want {
				t.Errorf("%s %d/%s: %s, want %s", tt.plan, tt.site, v, shown, tt.want)
			}
		}
	}
}

func TestSitesRefuse(t *testing.T) {
	plan := load(t, "glob", "2.1.0")
	for _, site := range []int{-1, 1} {
		if _, err := Subplan(plan, site); !errors.Is(err, ErrEdit) {
			t.Errorf("site %d: %v", site, err)
		}
	}
	if _, err := FindSites([]byte("x")); !errors.Is(err, ErrUnknownLayout) {
		t.Errorf("no plan: %v", err)
	}
}

// Whatever the bytes, sites are found or refused, and a subplan has sites again.
func FuzzSites(f *testing.F) {
	for _, name := range []string{"glob", "memory", "union", "nested", "join", "lookalike"} {
		for _, v := range versions {
			f.Add(load(f, name, v), 1) // every shape of payload that Polars writes
		}
	}
	f.Fuzz(func(t *testing.T, plan []byte, site int) {
		sites, err := Sites(plan)
		if err != nil {
			return
		}
		for i, s := range sites {
			for _, input := range s.Inputs {
				if input < 0 || input >= len(sites) {
					t.Fatalf("site %d reads %d of %d", i, input, len(sites))
				}
			}
		}
		got, err := Subplan(plan, site)
		if err != nil {
			return
		}
		if _, err := Sites(got); err != nil {
			t.Fatal(err)
		}
	})
}

func TestStepOf(t *testing.T) {
	tests := []struct {
		plan string
		site int
		want string // "" where it is more than a step
	}{
		{"union", 3, "filter"},
		{"nested", 4, "select"},
		{"join", 0, "with_columns"},
		{"join", 1, ""},
		{"glob", 0, ""},
	}
	for _, tt := range tests {
		for _, v := range versions {
			var step Step
			b, err := Rewrite(load(t, tt.plan, v), fmt.Appendf(nil, `{"step": %d}`, tt.site))
			if err == nil {
				err = json.Unmarshal(b, &step)
			} else if tt.want == "" && errors.Is(err, ErrEdit) {
				continue
			}
			if err != nil || step.Op != tt.want || len(step.Exprs) == 0 {
				t.Errorf("%s %d/%s: %+v, %v", tt.plan, tt.site, v, step, err)
			}
		}
	}
}

// A donor of several nodes keeps them all.
func TestGraftPlan(t *testing.T) {
	for _, v := range versions {
		got, err := Graft(load(t, "union", v), load(t, "join", v), []byte(`{"site": 3}`))
		if err != nil {
			t.Fatal(err)
		}
		want := "Union[1 2 3] Scan[] DataFrameScan[] HStack[4] Join[5 6] Scan[] Scan[]"
		if shown := showSites(t, got); shown != want {
			t.Errorf("%s: %s, want %s", v, shown, want)
		}
		if _, err := Graft(load(t, "glob", v), load(t, "memory", v), []byte(`{"site": 0}`)); !errors.Is(err, ErrEdit) {
			t.Errorf("%s: a donor with frames: %v", v, err)
		}
	}
}
