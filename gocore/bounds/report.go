package bounds

import (
	"fmt"
	"strings"
)

// maxListed bounds how many filters an error lists.
const maxListed = 12

// Missing says which sides of the column are not bounded.
func (r Result[T]) Missing() (lower, upper bool) {
	return !r.Region.Values.BoundedBelow(), !r.Region.Values.BoundedAbove()
}

// Unbounded is the message for a column that cannot be split because a side of
// it has no bound, and "" when both have one. remedy is a filter that would
// help, given what is missing.
func (r Result[T]) Unbounded(column string, remedy func(lower, upper bool) string) string {
	lower, upper := r.Missing()
	if !lower && !upper {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "column %q has %s, so it cannot be split into periods", column, missing(lower, upper))
	if !r.Region.IsEverything() {
		fmt.Fprintf(&b, "; known so far: %s", r.Region)
	}
	b.WriteString(".\n")
	r.listFilters(&b)
	for _, o := range r.Obstacles {
		fmt.Fprintf(&b, "Filters before it do not count: %s.\n", o)
	}
	fmt.Fprintf(&b, "Add a filter before execute_on_ray, for example %s. A filter after the call counts "+
		"only if Polars pushes it down to the call; put it before to be sure.", remedy(lower, upper))
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
		fmt.Fprintf(b, "  - %s (%s): %s\n", f.Text, f.Origin(), f.Verdict())
	}
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
