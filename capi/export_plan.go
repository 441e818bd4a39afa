package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/planning"
)

// manyPeriods is how many periods are made and written in a few milliseconds.
const manyPeriods = 5_000

// planRequest answers a planning request. The result is copied before the call returns;
// in is lent for the call only.
func planRequest(in []byte) (answer, error) {
	request, err := plan.Decode(in)
	if err != nil {
		return answer{}, err
	}
	todo, err := planning.Plan(request)
	if err != nil {
		return answer{}, err
	}
	return bySize(todo.Size, manyPeriods, func(ctx context.Context) ([]byte, error) {
		out, err := todo.Finish(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	})
}

// planCut answers whether a query can be cut at its root.
func planCut(in []byte) ([]byte, error) {
	request, err := plan.Decode(in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(planning.CutAt(request))
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
