package bounds_test

import (
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// whereRowsAre is a leaf that knows of every scan the exact values of its columns, as the
// best of statistics do.
func whereRowsAre(q *oracle.Query, d interval.Domain[int64]) bounds.Leaf[int64] {
	return func(scan *plan.Scan, column string) (region, bool) {
		table, ok := q.Data[scan]
		if !ok || table.Index(column) < 0 {
			return region{}, false
		}
		r := region{Values: interval.Empty(d)}
		for _, v := range table.Column(column) {
			if v.Null {
				r.Null = true
			} else {
				r.Values = r.Values.Union(interval.Point(d, v.V))
			}
		}
		return r, true
	}
}

// TestPlanFromSound: what is known of scans loses no row on its way through the nodes of a
// plan, and says no less than the filters alone.
func TestPlanFromSound(t *testing.T) {
	narrower := 0
	for i := range uint64(*cases) {
		c := oracle.Random(*seed + i)
		g := oracle.NewPlanGen(c, axisTypes[i%4])
		g.Query.Env.Unseen = unseen(c)
		rel := g.Plan(int(i%5) + 1)
		table, err := g.Query.Run(rel.Node)
		if err != nil {
			continue
		}
		axis := axisOf(g.Type)
		leaf := whereRowsAre(&g.Query, axis.Domain())
		for _, column := range rel.Times() {
			got := bounds.PlanFrom(rel.Node, column, axis, leaf).Region
			if err := checkColumn(got, table, column, g.Type); err != nil {
				t.Fatalf("seed %d, column of type %s: %v in\n%s", *seed+i, g.Type, err, planText(rel.Node, g.Type))
			}
			alone := bounds.Plan(rel.Node, column, axis).Region
			if both := got.Values.Intersect(alone.Values); !both.Equal(got.Values) || got.Null && !alone.Null {
				t.Fatalf("seed %d: %s with scans, %s without", *seed+i, got, alone)
			}
			if !got.Values.Equal(alone.Values) {
				narrower++
			}
		}
	}
	if narrower < *cases/20 {
		t.Errorf("scans narrowed %d of %d: the generator is of no use", narrower, *cases)
	}
}
