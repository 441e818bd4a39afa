package bounds

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// Obstacle is a node of the plan that keeps the column from being bounded.
type Obstacle struct {
	Node string // as [plan.In] names it
	Why  string // what the node does, to be read after its name
}

func (o Obstacle) String() string { return o.Node + " " + o.Why }

// trail records which columns of which nodes the walk looked at, and for which of
// them it had to stop.
type trail struct {
	inputs  map[at][]at
	columns map[plan.Node]string // the first that was looked at
	hidden  map[at]string        // why the walk stopped
	current at                   // whose inputs are being looked at
}

func newTrail() trail {
	return trail{inputs: map[at][]at{}, columns: map[plan.Node]string{}, hidden: map[at]string{}}
}

// enter notes that the current column depends on key, which becomes the current
// one, and returns the one that was.
func (t *trail) enter(key at) (outer at) {
	outer = t.current
	if outer.node != nil {
		t.inputs[outer] = append(t.inputs[outer], key)
	}
	if _, known := t.columns[key.node]; !known {
		t.columns[key.node] = key.column
	}
	t.current = key
	return outer
}

// obstacles follows the sides that root lacks down to the nodes that are to blame:
// those at which the walk stopped, and data without a filter where other data has
// one.
func (w *walker[T]) obstacles(root at, places map[plan.Node]*plan.Place) []Obstacle {
	lower, upper := sidesMissing(w.regions[root])
	lacks := func(k at) bool {
		l, u := sidesMissing(w.regions[k])
		return lower && l || upper && u
	}
	if !lacks(root) {
		return nil
	}
	var out []Obstacle
	type step struct {
		at
		alone bool // no input beside the way down is bounded
	}
	seen := map[at]bool{root: true}
	stack := []step{{root, true}}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		inputs := w.trail.inputs[s.at]
		if why, stopped := w.trail.hidden[s.at]; stopped {
			out = append(out, Obstacle{plan.In(s.node, places), why})
		} else if len(inputs) == 0 && !s.alone {
			out = append(out, Obstacle{plan.In(s.node, places), "has no filter above it that bounds " + s.column})
		}
		alone := s.alone
		for _, in := range inputs {
			alone = alone && lacks(in)
		}
		for i := len(inputs) - 1; i >= 0; i-- {
			if in := inputs[i]; lacks(in) && !seen[in] {
				seen[in] = true
				stack = append(stack, step{in, alone})
			}
		}
	}
	return out
}

func sidesMissing[T any](r Region[T]) (lower, upper bool) {
	return !r.Values.BoundedBelow(), !r.Values.BoundedAbove()
}

// filters returns every filter of the plan, also those the walk did not reach.
func (w *walker[T]) filters(root plan.Node, places map[plan.Node]*plan.Place) []Filter[T] {
	var out []Filter[T]
	users := map[plan.Node]plan.Node{}
	plan.Walk(root, func(n plan.Node) {
		for _, in := range plan.Inputs(n) {
			users[in] = n
		}
	})
	plan.Walk(root, func(n plan.Node) {
		f, ok := n.(*plan.Filter)
		if !ok {
			return
		}
		seen, ok := w.seen[f]
		if !ok {
			seen = Filter[T]{
				Text: expr.String(f.Predicate, w.axis.Literal), Pushed: f.Pushed, Where: w.everywhere(),
				Note: w.outOfReach(f, users),
			}
		}
		seen.Node = "above execute_on_ray"
		if !f.Pushed {
			seen.Node = plan.Where(f, places)
		}
		out = append(out, seen)
	})
	return out
}

// outOfReach says why the walk did not come to f: what the last node on the way
// that it looked at has to do with the column.
func (w *walker[T]) outOfReach(f *plan.Filter, users map[plan.Node]plan.Node) string {
	var below plan.Node = f
	for user := users[f]; user != nil; below, user = user, users[user] {
		column, looked := w.trail.columns[user]
		if !looked {
			continue
		}
		if why := w.trail.hidden[at{user, column}]; why != "" {
			return "it is below " + plan.Describe(user) + ", which " + why
		}
		switch user := user.(type) {
		case *plan.Join:
			side := "left"
			if below == user.Left {
				side = "right"
			}
			return column + " comes from the " + side + " side of " + plan.Describe(user)
		case *plan.Beside:
			return column + " comes from another input of " + plan.Describe(user)
		}
		break
	}
	return "it is below a node that hides it"
}
