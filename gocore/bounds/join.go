package bounds

import (
	"slices"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// join follows the column to the side it comes from. Rows that find no partner
// put null into the columns of the other side:
//
//	            left column    right column
//	inner cross as it is       as it is
//	left asof   as it is       or null
//	right       or null        as it is
//	full        or null        or null
//	semi anti   as it is       (none)
//
// A coalesced key of a full join holds the value of either side.
func (w *walker[T]) join(n *plan.Join, column string) Region[T] {
	if n.Coalesce && repeatsKey(n) {
		return w.hidden(n, column, "names a key twice")
	}
	switch n.How {
	case plan.Semi:
		return w.sideRegion(n, origin{onLeft, column}, keysAgree)
	case plan.Anti:
		return w.sideRegion(n, origin{onLeft, column}, keysDiffer)
	case plan.Inner, plan.Cross:
		return w.anyOf(n, column, keysAgree, nil)
	case plan.Left, plan.Asof:
		return w.anyOf(n, column, keysDiffer, []side{onRight})
	case plan.Right:
		return w.anyOf(n, column, keysDiffer, []side{onLeft})
	case plan.Full:
		if partner, ok := coalesced(n)[column]; ok {
			return w.region(n.Left, column).union(w.region(n.Right, partner))
		}
		return w.anyOf(n, column, keysDiffer, []side{onLeft, onRight})
	}
	return w.hidden(n, column, "is of a kind that is not understood")
}

// anyOf is the union of all columns that may have become the column; those of
// the padded sides may be null.
func (w *walker[T]) anyOf(n *plan.Join, column string, k keys, padded []side) Region[T] {
	origins := originsOf(n, column)
	if len(origins) == 0 {
		return w.hidden(n, column, "makes "+column+" anew")
	}
	r := nowhere(w.axis.Domain())
	for _, o := range origins {
		r = r.union(w.sideRegion(n, o, k))
		r.Null = r.Null || slices.Contains(padded, o.side)
	}
	return r
}

// keys says whether a join keeps only rows whose keys agree on both sides.
type keys bool

const (
	keysAgree  keys = true
	keysDiffer keys = false
)

// side is one of the two inputs of a join. The inputs may be one and the same
// node, so they cannot stand for the sides.
type side uint8

const (
	onLeft side = iota
	onRight
)

// origin is a column of one side of a join.
type origin struct {
	side   side
	column string
}

// originsOf returns the columns that may have become a column of the output.
// The output has the left columns, less the keys that a right join coalesces
// into its right ones; then the right columns, with the suffix where the left
// has the name. Two origins mean that it is not known which coalesced key left
// the name to the other.
func originsOf(n *plan.Join, column string) []origin {
	var dropped map[string]string
	if n.How == plan.Right {
		dropped = coalesced(n)
	}
	inLeft := func(name string) bool {
		_, gone := dropped[name]
		return !gone && slices.Contains(n.LeftColumns, name)
	}
	if inLeft(column) {
		return []origin{{onLeft, column}}
	}
	var out []origin
	if slices.Contains(n.RightColumns, column) {
		out = append(out, origin{onRight, column})
	}
	base, ok := strings.CutSuffix(column, n.Suffix)
	if ok && slices.Contains(n.RightColumns, base) && inLeft(base) {
		out = append(out, origin{onRight, base})
	}
	return out
}

// coalesced maps the left keys to the right keys that share one column with
// them. Polars coalesces plain columns only.
func coalesced(n *plan.Join) map[string]string {
	pairs := map[string]string{}
	for i := range n.LeftOn {
		l, okL := n.LeftOn[i].(*expr.Column)
		r, okR := n.RightOn[i].(*expr.Column)
		if n.Coalesce && okL && okR {
			pairs[l.Name] = r.Name
		}
	}
	return pairs
}

// repeatsKey reports whether a column is a key twice on one side. What Polars
// coalesces then differs by the kind of join: a right join was seen to fill a
// right column from the left.
func repeatsKey(n *plan.Join) bool {
	for _, on := range [][]expr.Node{n.LeftOn, n.RightOn} {
		seen := map[string]bool{}
		for _, e := range on {
			if c, ok := e.(*expr.Column); ok {
				if seen[c.Name] {
					return true
				}
				seen[c.Name] = true
			}
		}
	}
	return false
}

// sideRegion is the region of a column on its side. Where keys agree, a key
// column is also bounded by its partner on the other side, and null has no
// partner unless nulls are equal.
func (w *walker[T]) sideRegion(n *plan.Join, o origin, k keys) Region[T] {
	node, on, other, across := n.Left, n.LeftOn, n.Right, n.RightOn
	if o.side == onRight {
		node, on, other, across = n.Right, n.RightOn, n.Left, n.LeftOn
	}
	r := w.region(node, o.column)
	if k == keysDiffer {
		return r
	}
	for i, e := range on {
		own, ok := e.(*expr.Column)
		if !ok || own.Name != o.column {
			continue
		}
		if partner, ok := across[i].(*expr.Column); ok && partner.Type == own.Type {
			r = r.intersect(w.region(other, partner.Name))
		}
		r.Null = r.Null && n.NullsEqual
	}
	return r
}
