package oracle

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// joinNames is what decides the names of a join's output. Keys that are not
// plain columns are "".
type joinNames struct {
	how             plan.How
	left, right     []string
	leftOn, rightOn []string
	suffix          string
	coalesce        bool
}

// joinColumn is a column of a join's output: the left column, the right column,
// or, when both are set, the left one where it has a row and else the right one.
type joinColumn struct{ name, left, right string }

// columns lists the output as Polars names it: the left columns, less the keys
// that a right join coalesces; then the right columns, less the keys that any
// other join coalesces, with the suffix where the name is taken.
func (j joinNames) columns() []joinColumn {
	var out []joinColumn
	var taken []string
	for _, name := range j.left {
		c := joinColumn{name: name, left: name}
		if i := slices.Index(j.leftOn, name); i >= 0 && j.coalesce {
			switch j.how {
			case plan.Right:
				continue
			case plan.Full:
				c.right = j.rightOn[i]
			}
		}
		out, taken = append(out, c), append(taken, name)
	}
	if j.how == plan.Semi || j.how == plan.Anti {
		return out
	}
	for _, name := range j.right {
		if j.coalesce && j.how != plan.Right && slices.Contains(j.rightOn, name) {
			continue
		}
		c := joinColumn{name: name, right: name}
		if slices.Contains(taken, name) {
			c.name += j.suffix
		}
		out = append(out, c)
	}
	return out
}

func (j joinNames) output() []string {
	var names []string
	for _, c := range j.columns() {
		if slices.Contains(names, c.name) {
			fail("the join makes %s twice", c.name)
		}
		names = append(names, c.name)
	}
	return names
}
