package planning

import (
	"context"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/splittable"
)

// Answer is the answer to a planning request. Problem is why collect would raise;
// everything else that is known is there all the same.
type Answer struct {
	Bounds     string      `json:"bounds"`
	Nulls      bool        `json:"nulls"`
	Filters    []Filter    `json:"filters"`
	Obstacles  []Obstacle  `json:"obstacles"`
	Sources    []string    `json:"sources"`
	Periods    []Period    `json:"periods"`
	Partitions []Partition `json:"partitions"`
	Listing    *Listing    `json:"listing"`

	// Empty is how many partitions were left out, as statistics prove that they have no
	// rows.
	Empty int `json:"empty"`

	Problem *Problem `json:"problem"`

	// Open is what lets two runs of a part give other rows, or in another order.
	Open *Opening `json:"open"`
}

// Filter is a filter of the query. Sets are the ends of the bounds that are its own.
type Filter struct {
	Text    string   `json:"text"`
	Origin  string   `json:"origin"`
	Node    string   `json:"node"`
	Verdict string   `json:"verdict"`
	Sets    []string `json:"sets"`
}

// Obstacle is a node of the plan that stands in the way of a split.
type Obstacle struct {
	Node string `json:"node"`
	Why  string `json:"why"`
}

// Opening is what leaves something open, and what to write instead.
type Opening struct {
	Node   string `json:"node"`
	Remedy string `json:"remedy"`
}

// Period is a calendar period: the half-open range of ticks from Start to End.
type Period struct {
	Label string `json:"label"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`
}

// Partition is the values from Lo to Hi, each absent where there is no end, or null.
type Partition struct {
	Label string `json:"label"`
	Lo    *End   `json:"lo"`
	Hi    *End   `json:"hi"`
	Null  bool   `json:"null"`
}

// End is one end of a range: a value as text, and whether it is in the range.
type End struct {
	Value    string `json:"value"`
	Included bool   `json:"included"`
}

// Problem names a kind of planning error for Python: "unsplittable", "unbounded",
// "too_many" or "internal".
type Problem struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// Work is a planning request of which the size is known.
type Work struct {
	// Size is about how many partitions there will be.
	Size int

	// Finish makes them.
	Finish func(ctx context.Context) (Answer, error)
}

// Plan begins to answer a request.
func Plan(r *plan.Request) (Work, error) {
	switch r.Method {
	case plan.Calendar:
		return planCalendar(r)
	case plan.Listed:
		return planListed(r)
	case plan.AtRoot:
		return Work{}, malformed("a cut has no partitions")
	case plan.Values, plan.Ranges, plan.Cuts:
	}
	return planDerived(r)
}

// finished is work that is done.
func finished(a Answer) Work {
	return Work{Finish: func(context.Context) (Answer, error) { return a, nil }}
}

// newAnswer is what is known of a query before its column is looked at.
func newAnswer(r *plan.Request) Answer {
	a := Answer{
		Filters: []Filter{}, Obstacles: []Obstacle{}, Sources: []string{}, Periods: []Period{},
		Partitions: []Partition{},
	}
	plan.Walk(r.Root, func(n plan.Node) {
		if detail, ok := plan.Leaf(n); ok {
			a.Sources = append(a.Sources, detail)
		}
	})
	return a
}

// explain puts what is known of a column into an answer.
func explain[T any](a *Answer, result bounds.Result[T]) {
	a.Bounds, a.Nulls = result.Region.String(), result.Region.Null
	for _, f := range result.Filters {
		a.Filters = append(a.Filters, Filter{
			Text: f.Text, Origin: f.Origin(), Node: f.Node, Verdict: f.Verdict(), Sets: result.Sets(f),
		})
	}
	for _, o := range result.Obstacles {
		a.Obstacles = append(a.Obstacles, Obstacle(o))
	}
}

// refuseUnsplittable notes why the parts of a plan would not be the whole, if so, and
// else what leaves their rows open.
func (a *Answer) refuseUnsplittable(root plan.Node, column string) bool {
	found := splittable.Check(root, column)
	if found == nil {
		if open := splittable.Open(root, column); open != nil && a.Open == nil {
			a.Open = &Opening{open.Node, open.Remedy}
		}
		return false
	}
	a.Obstacles = append(a.Obstacles, Obstacle{found.Node, found.Why})
	a.Problem = &Problem{Kind: "unsplittable", Message: found.Error()}
	return true
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("planning: "+format+": %w", append(args, expr.ErrMalformed)...)
}
