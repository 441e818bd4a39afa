package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/splittable"
)

// splitPlan is the answer to a planning request. Problem is why collect would
// raise; everything else that is known is there all the same.
type splitPlan struct {
	Bounds    string          `json:"bounds"`
	Nulls     bool            `json:"nulls"`
	Filters   []seenFilter    `json:"filters"`
	Obstacles []obstacle      `json:"obstacles"`
	Sources   []string        `json:"sources"`
	Periods   []plannedPeriod `json:"periods"`
	Problem   *problem        `json:"problem"`
}

type seenFilter struct {
	Text    string `json:"text"`
	Origin  string `json:"origin"`
	Node    string `json:"node"`
	Verdict string `json:"verdict"`
	// Sets are the ends of the bounds that are those of the filter.
	Sets []string `json:"sets"`
}

// obstacle is a node of the plan that stands in the way of a split.
type obstacle struct {
	Node string `json:"node"`
	Why  string `json:"why"`
}

type plannedPeriod struct {
	Label string `json:"label"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`
}

// problem names a kind of planning error for Python: "unsplittable",
// "unbounded" or "too_many".
type problem struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// manyPeriods is how many periods are made and written in a few milliseconds.
const manyPeriods = 5_000

// planRequest answers a planning request. The result is copied before the call returns;
// in is lent for the call only.
func planRequest(in []byte) (answer, error) {
	request, err := plan.Decode(in)
	if err != nil {
		return answer{}, err
	}
	unit, err := calendar.ParseUnit(request.Unit)
	if err != nil {
		return answer{}, err
	}
	zone, err := zoneOf(request)
	if err != nil {
		return answer{}, err
	}
	axis, ok := bounds.NewTemporal(request.Type)
	if !ok {
		return answer{}, fmt.Errorf("plan: column of type %s: %w", request.Type, expr.ErrMalformed)
	}
	result := bounds.Plan(request.Root, request.Column, axis)
	out := splitPlan{
		Bounds: result.Region.String(), Nulls: result.Region.Null,
		Sources: sources(request.Root), Filters: filters(result), Periods: []plannedPeriod{},
		Obstacles: []obstacle{},
	}
	if out.findProblem(request, result, axis); out.Problem != nil {
		return written(json.Marshal(out))
	}
	// Where there are too many, or an error, splitting says so at once.
	n, _ := calendar.CountZoned(result.Region.Values, axis.Resolution(), unit, zone)
	return bySize(int(min(n, int64(request.MaxPeriods))), manyPeriods, func(ctx context.Context) ([]byte, error) {
		out.split(func() ([]calendar.Period, error) {
			return calendar.SplitContext(ctx, result.Region.Values, axis.Resolution(), unit, zone, request.MaxPeriods)
		})
		return json.Marshal(out)
	})
}

func (p *splitPlan) findProblem(
	request *plan.Request, result bounds.Result[int64], axis bounds.Temporal,
) {
	for _, o := range result.Obstacles {
		p.Obstacles = append(p.Obstacles, obstacle(o))
	}
	if found := splittable.Check(request.Root, request.Column); found != nil {
		p.Obstacles = append(p.Obstacles, obstacle{found.Node, found.Why})
		p.Problem = &problem{Kind: "unsplittable", Message: found.Error()}
		return
	}
	remedy := func(lower, upper bool) string { return axis.Remedy(request.Column, result.Region, lower, upper) }
	if message := result.Unbounded(request.Column, remedy); message != "" {
		p.Problem = &problem{Kind: "unbounded", Message: message}
	}
}

// zoneOf is the zone of the column, UTC for one without.
func zoneOf(request *plan.Request) (calendar.Zone, error) {
	if request.Type.Zone == "" {
		return calendar.Zone{}, nil
	}
	transitions := make([]calendar.Transition, len(request.Offsets))
	for i, o := range request.Offsets {
		transitions[i] = calendar.Transition{At: o[0], Offset: o[1]}
	}
	return calendar.NewZone(request.Type.Zone, transitions)
}

// checkUnit fails when a unit is not known or does not fit the type of a column.
func checkUnit(unit, typ []byte) ([]byte, error) {
	u, err := calendar.ParseUnit(string(unit))
	if err != nil {
		return nil, err
	}
	axis, ok := bounds.NewTemporal(expr.ParseType(string(typ)))
	if !ok {
		return nil, fmt.Errorf("unit of a column of type %s: %w", typ, expr.ErrMalformed)
	}
	return nil, u.Check(axis.Resolution())
}

func (p *splitPlan) split(split func() ([]calendar.Period, error)) {
	periods, err := split()
	if tooMany := (*calendar.TooManyError)(nil); errors.As(err, &tooMany) {
		p.Problem = &problem{Kind: "too_many", Message: tooMany.Error()}
		return
	}
	if err != nil {
		// Unbounded sets were dealt with before and the unit is known.
		p.Problem = &problem{Kind: "internal", Message: err.Error()}
		return
	}
	for _, q := range periods {
		p.Periods = append(p.Periods, plannedPeriod(q))
	}
}

func filters(result bounds.Result[int64]) []seenFilter {
	out := []seenFilter{}
	for _, f := range result.Filters {
		out = append(out, seenFilter{
			Text: f.Text, Origin: f.Origin(), Node: f.Node, Verdict: f.Verdict(), Sets: result.Sets(f),
		})
	}
	return out
}

// sources lists the leaves of the plan.
func sources(root plan.Node) []string {
	out := []string{}
	plan.Walk(root, func(n plan.Node) {
		detail, ok := plan.Leaf(n)
		if !ok {
			return
		}
		out = append(out, detail)
	})
	return out
}
