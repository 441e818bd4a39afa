package plan

import (
	"fmt"
	"path"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Describe is [Name] with what tells a node from others of its kind: the keys of a
// join, the first file of a scan.
func Describe(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return describeScan(n)
	case *Source:
		if n.Inner != nil {
			return "the inner execute_on_ray"
		}
	case *GroupBy:
		return "group_by(" + names(n.Keys) + ")"
	case *Join:
		return describeJoin(n)
	case *Distinct:
		if len(n.Subset) > 0 {
			return "unique(" + quoted(n.Subset) + ")"
		}
	case *Sort:
		return "sort(" + columns(n.By) + ")"
	}
	return Name(n)
}

// describeScan keeps the last folder of the path: the front is the same for all.
func describeScan(n *Scan) string {
	text := Name(n)
	if n.Path == "" {
		return text
	}
	text += " " + path.Join(path.Base(path.Dir(n.Path)), path.Base(n.Path))
	if n.Files > 1 {
		text += fmt.Sprintf(" and %d more", n.Files-1)
	}
	return text
}

func describeJoin(n *Join) string {
	name, open := strings.CutSuffix(joinName(n), ")")
	if len(n.LeftOn) == 0 {
		return joinName(n)
	}
	left, right := keyList(n.LeftOn), keyList(n.RightOn)
	keys := "on=" + left
	if left != right {
		keys = "left_on=" + left + ", right_on=" + right
	}
	if open {
		return name + ", " + keys + ")"
	}
	return name + "(" + keys + ")"
}

func keyList(on []expr.Node) string {
	if len(on) == 1 {
		return columns(on)
	}
	return "[" + columns(on) + "]"
}

// maxNames bounds how many columns a description lists.
const maxNames = 3

func quoted(list []string) string {
	parts := make([]string, 0, maxNames)
	for i, name := range list {
		if i == maxNames {
			parts = append(parts, "…")
			break
		}
		if name != "…" {
			name = fmt.Sprintf("%q", name)
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, ", ")
}

func names(list []expr.Named) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.Name
	}
	return quoted(out)
}

// columns lists plain columns; any other expression is "…".
func columns(list []expr.Node) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = "…"
		if c, ok := e.(*expr.Column); ok {
			out[i] = c.Name
		}
	}
	return quoted(out)
}

// Place is a way down from the root of a plan: the input taken at a node that has
// several. A nil Place is the only way there is.
type Place struct {
	input string
	outer *Place
}

// String names the innermost input, and the one that it is in: "input 2 of concat,
// in right side of join(...)".
func (p *Place) String() string {
	switch {
	case p == nil:
		return ""
	case p.outer == nil:
		return p.input
	}
	return p.input + ", within " + p.outer.input
}

// Locate returns the place of every node under root. A node that is used more than
// once has the place of its first use.
func Locate(root Node) map[Node]*Place {
	places := map[Node]*Place{root: nil}
	stack := []Node{root}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		inputs := Inputs(n)
		for i, in := range inputs {
			if _, known := places[in]; known {
				continue
			}
			places[in] = places[n]
			if len(inputs) > 1 {
				places[in] = &Place{inputName(n, i), places[n]}
			}
			stack = append(stack, in)
		}
	}
	return places
}

// inputName says which input of n the i-th is.
func inputName(n Node, i int) string {
	if _, ok := n.(*Join); ok {
		return []string{"left", "right"}[i] + " side of " + Describe(n)
	}
	return fmt.Sprintf("input %d of %s", i+1, Describe(n))
}

// Where says for people where a node stands: a filter above what it filters, and any
// node in which input of the joins and concatenations above it, "" where there is only
// one way down.
func Where(n Node, places map[Node]*Place) string {
	place := places[n].String()
	if f, ok := n.(*Filter); ok {
		text := "above " + Describe(filtered(f))
		if place != "" {
			text += ", " + place
		}
		return text
	}
	return place
}

// filtered is what a filter filters: the next node down that makes rows or joins them.
func filtered(n Node) Node {
	for {
		switch m := n.(type) {
		case *Filter:
			n = m.Input
		case *Project:
			n = m.Input
		case *Pass:
			n = m.Input
		default:
			return n
		}
	}
}

// In is the description of n, with where it stands in brackets.
func In(n Node, places map[Node]*Place) string { return With(n, "", places) }

// With is [In] for what n does by a function, such as a filter by cum_sum.
func With(n Node, function string, places map[Node]*Place) string {
	text := Describe(n)
	if function != "" {
		text += " with " + function
	}
	if where := Where(n, places); where != "" {
		text += " (" + where + ")"
	}
	return text
}
