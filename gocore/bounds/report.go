package bounds

import (
	"fmt"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// maxListed bounds how many filters an error lists.
const maxListed = 12

// Missing says which sides of the column are not bounded.
func (r Result[T]) Missing() (lower, upper bool) {
	return sidesMissing(r.Region)
}

// Sets says which ends of the bounds are those of a filter: "lower", "upper", both
// or none.
func (r Result[T]) Sets(f Filter[T]) []string {
	sets := []string{}
	own, ok := f.Where.Values.Hull()
	all, ok2 := r.Region.Values.Hull()
	if !ok || !ok2 || f.Note != "" {
		return sets
	}
	d := r.Region.Values.Domain()
	same := func(a, b interval.Endpoint[T]) bool {
		return a.Kind != interval.Unbounded && a.Kind == b.Kind && d.Compare(a.Value, b.Value) == 0
	}
	if same(own.Lo, all.Lo) {
		sets = append(sets, "lower")
	}
	if same(own.Hi, all.Hi) {
		sets = append(sets, "upper")
	}
	return sets
}

// Unbounded is the message for a column that cannot be split because a side of
// it has no bound, and "" when both have one. parts is what it would be split into,
// such as "periods", and remedy a filter that would help, given what is missing.
func (r Result[T]) Unbounded(column, parts string, remedy func(lower, upper bool) string) string {
	lower, upper := r.Missing()
	if !lower && !upper {
		return ""
	}
	head := fmt.Sprintf("column %q has %s, so it cannot be split into %s", column, missing(lower, upper), parts)
	return r.Refusal(head, fmt.Sprintf("Add a filter to the query, for example %s. After "+
		"execute_on_ray a filter counts only if Polars pushes it down to the call; put it before to be sure.", remedy(lower, upper)))
}

// Refusal is a message with what is known of the column, and where that comes from,
// between a head and an advice.
func (r Result[T]) Refusal(head, advice string) string {
	var b strings.Builder
	b.WriteString(head)
	if !r.Region.IsEverything() {
		fmt.Fprintf(&b, "; known so far: %s", r.Region)
	}
	b.WriteString(".\n")
	r.listFilters(&b)
	r.listObstacles(&b)
	b.WriteString(advice)
	return b.String()
}

func missing(lower, upper bool) string {
	switch {
	case lower && upper:
		return "no lower and no upper bound"
	case lower:
		return "no lower bound"
	}
	return "no upper bound"
}

func (r Result[T]) listFilters(b *strings.Builder) {
	if len(r.Filters) == 0 {
		b.WriteString("No filter was found, neither before the call nor pushed into it.\n")
		return
	}
	b.WriteString("Filters seen:\n")
	for i, f := range r.Filters {
		if i == maxListed {
			fmt.Fprintf(b, "  … and %d more\n", len(r.Filters)-maxListed)
			break
		}
		fmt.Fprintf(b, "  - %s (%s): %s\n", f.Text, f.Position(), f.Verdict())
	}
}

func (r Result[T]) listObstacles(b *strings.Builder) {
	if len(r.Obstacles) == 0 {
		return
	}
	b.WriteString("In the way:\n")
	for i, o := range r.Obstacles {
		if i == maxListed {
			fmt.Fprintf(b, "  … and %d more\n", len(r.Obstacles)-maxListed)
			break
		}
		fmt.Fprintf(b, "  - %s\n", o)
	}
}

// Position says where the filter is, for people: before the call or after it, and
// above which node.
func (f Filter[T]) Position() string {
	if f.Pushed {
		return f.Origin()
	}
	return f.Origin() + ", " + f.Node
}

// Origin says where the user wrote the filter.
func (f Filter[T]) Origin() string {
	if f.Pushed {
		return "after the call"
	}
	return "before the call"
}

// Verdict is what the filter did: its bounds, or why it gives none.
func (f Filter[T]) Verdict() string {
	if f.Note != "" {
		return f.Note
	}
	return "gives " + f.Where.String()
}
