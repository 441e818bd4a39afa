package planning

import (
	"context"
	"errors"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

func planCalendar(r *plan.Request) (Work, error) {
	unit, err := calendar.ParseUnit(r.Unit)
	if err != nil {
		return Work{}, err
	}
	zone, err := zoneOf(r)
	if err != nil {
		return Work{}, err
	}
	axis, ok := bounds.NewTemporal(r.Type)
	if !ok {
		return Work{}, malformed("column of type %s", r.Type)
	}
	result := bounds.Plan(r.Root, r.Column, axis)
	a := newAnswer(r)
	explain(&a, result)
	if a.refuseUnsplittable(r.Root, r.Column) {
		return finished(a), nil
	}
	remedy := func(lower, upper bool) string { return axis.Remedy(r.Column, result.Region, lower, upper) }
	if message := result.Unbounded(r.Column, "periods", remedy); message != "" {
		a.Problem = &Problem{Kind: "unbounded", Message: message}
		return finished(a), nil
	}
	// Where there are too many, or an error, splitting says so at once.
	n, _ := calendar.CountZoned(result.Region.Values, axis.Resolution(), unit, zone)
	return Work{Size: int(min(n, int64(r.MaxPeriods))), Finish: func(ctx context.Context) (Answer, error) {
		periods, err := calendar.SplitContext(ctx, result.Region.Values, axis.Resolution(), unit, zone, r.MaxPeriods)
		a.periods(periods, err)
		a.dropEmptyPeriods(r)
		return a, nil
	}}, nil
}

// zoneOf is the zone of the column, UTC for one without.
func zoneOf(r *plan.Request) (calendar.Zone, error) {
	if r.Type.Zone == "" {
		return calendar.Zone{}, nil
	}
	transitions := make([]calendar.Transition, len(r.Offsets))
	for i, o := range r.Offsets {
		transitions[i] = calendar.Transition{At: o[0], Offset: o[1]}
	}
	return calendar.NewZone(r.Type.Zone, transitions)
}

func (a *Answer) periods(periods []calendar.Period, err error) {
	if tooMany := (*calendar.TooManyError)(nil); errors.As(err, &tooMany) {
		a.Problem = &Problem{Kind: "too_many", Message: tooMany.Error()}
		return
	}
	if err != nil {
		// Unbounded sets were dealt with before and the unit is known.
		a.Problem = &Problem{Kind: "internal", Message: err.Error()}
		return
	}
	for _, p := range periods {
		a.Periods = append(a.Periods, Period(p))
	}
}
