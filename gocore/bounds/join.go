package bounds

import (
	"slices"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// join follows the column to the side it comes from. A side whose rows may find
// no partner adds null to the other side's columns.
func (w *walker[T]) join(n *plan.Join, column string) Region[T] {
	switch n.How {
	case plan.Inner, plan.Cross:
		return w.fromSide(n, column).region(w, keysAgree)
	case plan.Semi:
		return w.left(n, column).region(w, keysAgree)
	case plan.Anti:
		return w.left(n, column).region(w, keysDiffer)
	case plan.Left, plan.Asof:
		s := w.fromSide(n, column)
		if s.node == n.Left {
			return s.region(w, keysDiffer)
		}
		return s.region(w, keysDiffer).orNull()
	}
	return w.outer(n, column)
}

// outer is for right and full joins, and for kinds that are not known: either
// side's column of that name, or null.
func (w *walker[T]) outer(n *plan.Join, column string) Region[T] {
	r := nowhere(w.axis.Domain()).orNull()
	found := false
	for _, s := range w.bySuffix(n, column) {
		r, found = r.union(s.region(w, keysDiffer)), true
	}
	if !found {
		return w.hidden(n, column, "makes the column")
	}
	// A coalesced key holds the other side's value where its own has none.
	for i := range n.LeftOn {
		l, r2 := keyName(n.LeftOn[i]), keyName(n.RightOn[i])
		if l == column || r2 == column {
			if l == "" || r2 == "" {
				return w.hidden(n, column, "coalesces the column with an expression")
			}
			r = r.union(w.region(n.Left, l)).union(w.region(n.Right, r2))
		}
	}
	return r
}

// keys says whether a join keeps only rows whose keys agree on both sides.
type keys bool

const (
	keysAgree  keys = true
	keysDiffer keys = false
)

// side is a column of one side of a join.
type side[T any] struct {
	join   *plan.Join
	node   plan.Node
	column string
	on     []expr.Node // the keys of this side, and of the other
	other  plan.Node
	across []expr.Node
}

func (w *walker[T]) left(n *plan.Join, column string) side[T] {
	return side[T]{n, n.Left, column, n.LeftOn, n.Right, n.RightOn}
}

func (w *walker[T]) right(n *plan.Join, column string) side[T] {
	return side[T]{n, n.Right, column, n.RightOn, n.Left, n.LeftOn}
}

// fromSide resolves a name of the output of a join that keeps the names of its
// left side: a name the right side shares got the suffix.
func (w *walker[T]) fromSide(n *plan.Join, column string) side[T] {
	if slices.Contains(n.LeftColumns, column) {
		return w.left(n, column)
	}
	if base, ok := strings.CutSuffix(column, n.Suffix); ok &&
		slices.Contains(n.RightColumns, base) && slices.Contains(n.LeftColumns, base) {
		return w.right(n, base)
	}
	return w.right(n, column)
}

// bySuffix are all the columns of either side that may have become the name.
func (w *walker[T]) bySuffix(n *plan.Join, column string) []side[T] {
	var out []side[T]
	names := []string{column}
	if base, ok := strings.CutSuffix(column, n.Suffix); ok {
		names = append(names, base)
	}
	for _, name := range names {
		if slices.Contains(n.LeftColumns, name) {
			out = append(out, w.left(n, name))
		}
		if slices.Contains(n.RightColumns, name) {
			out = append(out, w.right(n, name))
		}
	}
	return out
}

// region of the column on its side. Where keys agree, a key column is also
// bounded by its partner on the other side.
func (s side[T]) region(w *walker[T], k keys) Region[T] {
	r := w.region(s.node, s.column)
	if k == keysDiffer {
		return r
	}
	for i, e := range s.on {
		own, ok := e.(*expr.Column)
		if !ok || own.Name != s.column {
			continue
		}
		if partner, ok := s.across[i].(*expr.Column); ok && partner.Type == own.Type {
			r = r.intersect(w.region(s.other, partner.Name))
		}
	}
	return r
}

// keyName is the name of a key that is a plain column, else "".
func keyName(e expr.Node) string {
	if c, ok := e.(*expr.Column); ok {
		return c.Name
	}
	return ""
}
