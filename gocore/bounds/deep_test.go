package bounds_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

var day = expr.Type{Kind: expr.Date}

// forest builds wire lists.
type forest struct{ list []expr.Wire }

func (f *forest) add(w expr.Wire) int {
	f.list = append(f.list, w)
	return len(f.list) - 1
}

func (f *forest) compare(op string, v int64) int {
	column := f.add(expr.Wire{K: "col", Name: "date", Type: "date"})
	literal := f.add(expr.Wire{K: "lit", Type: "date", Lo: &v})
	return f.add(expr.Wire{K: "bin", Op: op, Args: []int{column, literal}})
}

func (f *forest) unrelated() int {
	return f.add(expr.Wire{K: "call", Name: "starts_with", Args: []int{f.add(expr.Wire{K: "col", Name: "x"})}})
}

func (f *forest) join(op string, l, r int) int {
	return f.add(expr.Wire{K: "bin", Op: op, Args: []int{l, r}})
}

func (f *forest) last(t *testing.T) expr.Node {
	t.Helper()
	nodes, err := expr.Decode(f.list)
	if err != nil {
		t.Fatal(err)
	}
	return nodes[len(nodes)-1]
}

// within fails when what takes longer than anything linear could, even on a
// machine that is slow and busy.
func within(t *testing.T, limit time.Duration, what func()) {
	t.Helper()
	start := time.Now()
	what()
	if d := time.Since(start); d > limit {
		t.Errorf("took %v, more than %v", d, limit)
	}
}

func filterRegion(e expr.Node) bounds.Result[int64] {
	return bounds.Plan(&plan.Filter{Input: &plan.Frame{}, Predicate: e}, "date", axisOf(day))
}

// TestDeepChains: a predicate of 200,000 nodes is decoded, analysed, printed and
// blamed in linear time and without a deep stack, however it leans.
func TestDeepChains(t *testing.T) {
	const depth = 70_000
	tests := []struct {
		name, want string
		build      func(f *forest)
	}{
		{"and leaning left", "[1970-01-02, ∞)", func(f *forest) {
			e := f.compare("ge", 1)
			for range depth {
				e = f.join("and", e, f.unrelated())
			}
		}},
		{"or leaning right", "(-∞, ∞) or null", func(f *forest) {
			terms := []int{f.compare("ge", 1)}
			for range depth {
				terms = append(terms, f.unrelated())
			}
			e := terms[0]
			for _, term := range terms[1:] {
				e = f.join("or", term, e)
			}
		}},
		{"unknown terms of the column", "(-∞, ∞) or null", func(f *forest) {
			column := f.add(expr.Wire{K: "col", Name: "date", Type: "date"})
			e := f.add(expr.Wire{K: "call", Name: "f", Args: []int{column}})
			for range depth {
				e = f.join("or", e, f.add(expr.Wire{K: "call", Name: "f", Args: []int{column}}))
			}
		}},
		{"and and or in turn", "(-∞, ∞) or null", func(f *forest) {
			e := f.compare("ge", 1)
			for i := range depth {
				e = f.join([]string{"or", "and"}[i%2], e, f.unrelated())
			}
			f.join("or", e, f.unrelated())
		}},
		{"not", "[1970-01-02, ∞)", func(f *forest) {
			e := f.compare("ge", 1)
			for range depth {
				e = f.add(expr.Wire{K: "call", Name: "not", Args: []int{e}})
			}
		}},
		{"when", "[1970-01-02, ∞) or null", func(f *forest) {
			// Where a condition is null, otherwise is taken.
			never := f.add(expr.Wire{K: "lit", Type: "boolean", Lo: new(int64)})
			null := f.add(expr.Wire{K: "call", Name: "is_null", Args: []int{
				f.add(expr.Wire{K: "col", Name: "date", Type: "date"}),
			}})
			e := f.join("or", f.compare("ge", 1), null)
			for range depth {
				e = f.add(expr.Wire{K: "when", Args: []int{e, e, never}})
			}
		}},
		{"casts", "(-∞, ∞) or null", func(f *forest) {
			e := f.add(expr.Wire{K: "col", Name: "date", Type: "date"})
			for range depth {
				e = f.add(expr.Wire{K: "cast", Type: "date", Args: []int{e}})
			}
			v := int64(1)
			f.join("ge", e, f.add(expr.Wire{K: "lit", Type: "date", Lo: &v}))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			within(t, 20*time.Second, func() {
				var f forest
				tt.build(&f)
				if r := filterRegion(f.last(t)); r.Region.String() != tt.want {
					t.Errorf("got %s, want %s", r.Region, tt.want)
				}
			})
		})
	}
}

// TestManyDates: a choice of 20,000 dates, as a reduction with | makes it, costs
// n log n; term by term it would be quadratic, which took minutes.
func TestManyDates(t *testing.T) {
	within(t, 20*time.Second, func() {
		var f forest
		e := f.compare("eq", 0)
		for i := range int64(20_000) {
			e = f.join("or", e, f.compare("eq", 2*i))
		}
		r := filterRegion(f.last(t)).Region
		if got := len(r.Values.Intervals()); got != 20_000 || r.Null {
			t.Errorf("%d intervals and null %t, want 20000 and no null", got, r.Null)
		}
	})
}

// TestShared: sixty levels that each name the level below twice are sixty nodes,
// not 2^60.
func TestShared(t *testing.T) {
	for _, op := range []string{"and", "or", "xor"} {
		t.Run(op, func(t *testing.T) {
			for _, bounded := range []bool{true, false} {
				var f forest
				e := f.compare("ge", 1)
				if !bounded {
					e = f.add(expr.Wire{K: "call", Name: "f", Args: []int{0}})
				}
				for range 60 {
					e = f.join(op, e, e)
				}
				within(t, time.Second, func() { filterRegion(f.last(t)) })
			}
		})
	}
}

// TestDeepPlan: so is a plan.
func TestDeepPlan(t *testing.T) {
	var f forest
	f.compare("ge", 1)
	var n plan.Node = &plan.Filter{Input: &plan.Frame{}, Predicate: f.last(t)}
	for range 100_000 {
		n = &plan.Sort{Input: &plan.Slice{Input: n}}
	}
	for range 60 {
		n = &plan.Union{Inputs: []plan.Node{n, n}}
	}
	within(t, 20*time.Second, func() {
		r := bounds.Plan(n, "date", axisOf(day))
		if got := r.Region.String(); got != "[1970-01-02, ∞)" || len(r.Filters) != 1 {
			t.Errorf("got %s with %d filters", got, len(r.Filters))
		}
	})
}

// TestManyFilters: an error lists the first dozen.
func TestManyFilters(t *testing.T) {
	var f forest
	f.unrelated()
	e := f.last(t)
	var n plan.Node = &plan.Frame{}
	for range 15 {
		n = &plan.Filter{Input: n, Predicate: e}
	}
	r := bounds.Plan(n, "date", axisOf(day))
	message := r.Unbounded("date", "periods", func(_, _ bool) string { return "a filter" })
	if got := strings.Count(message, "  - "); got != 12 || !strings.Contains(message, "  … and 3 more\n") {
		t.Errorf("%d filters listed in\n%s", got, message)
	}
}

func TestNewTemporal(t *testing.T) {
	tests := map[string]bool{
		"date": true, "datetime[ms]": true, "datetime[us]": true, "datetime[ns]": true,
		"datetime[us, Europe/Berlin]": true, "duration[us]": false, "boolean": false, "int64": false,
	}
	for name, want := range tests {
		typ := expr.ParseType(name)
		axis, ok := bounds.NewTemporal(typ)
		if ok != want {
			t.Errorf("%s has an axis: %t, want %t", name, ok, want)
		}
		if ok && (axis.Type() != typ || fmt.Sprint(axis.Resolution().TicksPerDay()) != ticks(typ)) {
			t.Errorf("the axis of %s has type %s and resolution %v", name, axis.Type(), axis.Resolution())
		}
	}
}

func ticks(t expr.Type) string {
	n, _ := t.TicksPerDay()
	return fmt.Sprint(n)
}
