package planning

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/partition"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// typeOf is the type of a column of a request.
func typeOf(c plan.Column) axes.Type {
	if c.Type == "enum" {
		return axes.Enum(c.Labels)
	}
	return axes.Parse(c.Type)
}

func planDerived(r *plan.Request) (Work, error) {
	switch t := typeOf(r.Columns[0]); t.Family {
	case axes.Temporal:
		return derive(r, moments(t))
	case axes.Integer:
		return derive(r, integers(t))
	case axes.Decimal:
		return derive(r, numbers(t, t.Decimals()))
	case axes.Float:
		return derive(r, reals(t))
	case axes.Text:
		return derive(r, texts(t))
	case axes.Boolean:
		return derive(r, booleans(t))
	case axes.Label:
		return derive(r, labels(t))
	case axes.Unordered:
	}
	return Work{}, malformed("column of type %q", r.Columns[0].Type)
}

func derive[T any](r *plan.Request, k kind[T]) (Work, error) {
	result := bounds.Plan(r.Root, r.Column, k.axis)
	result.Region.Values = k.possible(result.Region.Values)
	a := newAnswer(r)
	explain(&a, result)
	if a.refuseUnsplittable(r.Root, r.Column) {
		return finished(a), nil
	}
	parts, err := cut(r, k, result.Region)
	if err != nil {
		if a.Problem = problemOf(r, result, err); a.Problem == nil {
			return Work{}, err
		}
		return finished(a), nil
	}
	a.Obstacles = []Obstacle{} // to bounds, which this split did not need
	parts, a.Empty = inhabited(r, k, parts)
	for _, p := range parts {
		out := Partition{Label: p.Label, Null: p.Null}
		if !p.Null {
			out.Lo, out.Hi = end(p.Interval.Lo, k.write), end(p.Interval.Hi, k.write)
		}
		a.Partitions = append(a.Partitions, out)
	}
	return finished(a), nil
}

func end[T any](e interval.Endpoint[T], write func(T) string) *End {
	if e.Kind == interval.Unbounded {
		return nil
	}
	return &End{Value: write(e.Value), Included: e.Kind == interval.Inclusive}
}

func cut[T any](r *plan.Request, k kind[T], region bounds.Region[T]) ([]partition.Partition[T], error) {
	switch {
	case r.Method == plan.Values:
		return partition.Values(region, r.MaxPeriods)
	case r.Method == plan.Ranges && k.ranges != nil:
		return k.ranges(r, region)
	case r.Method == plan.Ranges:
		return nil, malformed("ranges of a column of type %q", r.Columns[0].Type)
	}
	cuts := make([]T, len(r.Cuts))
	for i, text := range r.Cuts {
		v, ok := k.read(text)
		if !ok {
			return nil, malformed("cut %q", text)
		}
		cuts[i] = v
	}
	return partition.Cuts(region, cuts, r.MaxPeriods)
}

// problemOf is the problem that an error of a split tells of, nil if it is another error.
func problemOf[T any](r *plan.Request, result bounds.Result[T], err error) *Problem {
	tooMany := (*partition.TooManyError)(nil)
	switch {
	case errors.As(err, &tooMany):
		return &Problem{Kind: "too_many", Message: fmt.Sprintf(
			"too many partitions: column %q in %s has more than max_periods=%d of them; %s",
			r.Column, result.Region, tooMany.Limit, fewer(r.Method),
		)}
	case errors.Is(err, partition.ErrWidth):
		return &Problem{Kind: "too_many", Message: fmt.Sprintf(
			"by_range(%q, every=%s) is too fine for the values of the column in %s; use a greater width",
			r.Column, r.Every, result.Region,
		)}
	case !errors.Is(err, partition.ErrUnbounded):
		return nil
	}
	column := fmt.Sprintf("pl.col(%q)", r.Column)
	if r.Method == plan.Ranges {
		remedy := func(lower, upper bool) string { return ".filter(" + column + ".is_between(first, last))" }
		message := result.Unbounded(r.Column, "ranges", remedy)
		if message == "" {
			message = result.Refusal(fmt.Sprintf("column %q reaches infinity, so it cannot be split into ranges", r.Column),
				"Add a filter to the query, for example "+remedy(true, true)+".")
		}
		return &Problem{Kind: "unbounded", Message: message}
	}
	return &Problem{Kind: "unbounded", Message: result.Refusal(
		fmt.Sprintf("column %q has no list of values, so it cannot be split by value", r.Column),
		"Name them in by_value("+strconv.Quote(r.Column)+", values=[…]), or add a filter to the query, "+
			"for example .filter("+column+".is_in([…])).",
	)}
}

func fewer(m plan.Method) string {
	switch m {
	case plan.Ranges:
		return "use a greater width, or add a filter"
	case plan.Cuts:
		return "use fewer"
	case plan.Values, plan.Calendar, plan.Listed:
	}
	return "use by_range or by_quantile, or add a filter"
}
