package planning

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/splittable"
)

// Cut says whether a query, or a part of one, may be what runs part by part, and whether
// what stands above such parts may run over their rows.
type Cut struct {
	// Unsplittable is why the parts of the query would not be the whole.
	Unsplittable *Refusal `json:"unsplittable"`

	// Crossing is a node that brings rows of several parts together.
	Crossing *Refusal `json:"crossing"`

	// Order is the node in whose order the rows come, if one set it.
	Order *Refusal `json:"order"`

	// Above is a node that gives another answer over the rows of split sources.
	Above *Refusal `json:"above"`

	// Combine is how the result follows from those of parts, nil if it does not. It is meant for
	// a request that names the columns of the result.
	Combine []splittable.Combination `json:"combine"`
}

// Refusal is a node of a query, why it stands in the way, and what to write instead.
type Refusal struct {
	Node   string `json:"node"`
	Why    string `json:"why"`
	Remedy string `json:"remedy"`
}

// CutAt answers whether the query of a request, of the method AtRoot, can be cut at its root.
func CutAt(r *plan.Request) Cut {
	columns := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		columns[i] = c.Name
	}
	column := ""
	if len(columns) == 1 {
		column = columns[0]
	}
	cut := Cut{
		Crossing: refusal(splittable.Crossing(r.Root, columns)),
		Order:    refusal(splittable.SetsOrder(r.Root)),
		Above:    refusal(splittable.Above(r.Root, column)),
	}
	cut.Combine = Combine(r)
	for _, name := range columns {
		if cut.Unsplittable == nil {
			cut.Unsplittable = refusal(splittable.Check(r.Root, name))
		}
	}
	return cut
}

func refusal(p *splittable.Problem) *Refusal {
	if p == nil {
		return nil
	}
	return &Refusal{p.Node, p.Why, p.Remedy}
}
