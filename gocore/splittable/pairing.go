package splittable

import (
	"reflect"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// rearranging are functions whose values are not one for each row in its place: beside
// others they are paired with them by place.
var rearranging = set(`sort unique value_counts mode hist filter drop_nulls drop_nans explode`)

// rowsOfSets are functions of which rows there are that have a value for each of them.
var rowsOfSets = set(`rank is_unique is_duplicated qcut fill_null_with_strategy`)

// places says in which places the values of an expression stand.
type places struct {
	constant bool        // one value, which is there for all rows
	by       []expr.Node // what took them out of those of their rows, nil if nothing did
}

// ofRows are the places of rows.
var ofRows = places{}

// name is what took values out of their places.
func (p places) name() string {
	if c, ok := p.by[len(p.by)-1].(*expr.Call); ok && rearranging[c.Name] {
		return c.Name
	}
	return "filter"
}

// paired returns the places of what is made of several values, and a function that has
// taken some of them out of the places of the others, "" if none has.
func paired(all []places) (places, string) {
	out, found := places{constant: true}, false
	for _, p := range all {
		switch {
		case p.constant:
		case !found:
			out, found = p, true
		case !reflect.DeepEqual(p.by, out.by):
			if len(p.by) == 0 {
				p = out
			}
			return ofRows, p.name()
		}
	}
	return out, ""
}

// placesOf returns the places of an expression, given those of its arguments, and what
// pairs arguments by their places, "" if they are those of the same rows.
func placesOf(e expr.Node, of map[expr.Node]places) (places, string) {
	var arguments []places
	for _, c := range expr.Children(e) {
		arguments = append(arguments, of[c])
	}
	switch e := e.(type) {
	case *expr.Column:
		return ofRows, ""
	case *expr.Literal:
		return places{constant: true}, ""
	case *expr.List:
		return places{constant: !e.Rows}, ""
	case *expr.Window:
		_, by := paired(append(arguments, ofRows))
		return ofRows, by
	case *expr.Call:
		in, by := paired(arguments)
		switch {
		case e.Name == "filter" && len(e.Args) == 2:
			in.by = append(append([]expr.Node(nil), in.by...), e.Args[1])
		case rearranging[e.Name]:
			in.by = append(append([]expr.Node(nil), in.by...), e)
		case !rowsOfSets[e.Name] && (setWiseCalls[e.Name] || e.Name == "implode"):
			return places{constant: true}, by
		}
		return in, by
	}
	return paired(arguments)
}

// pairs returns the function that makes expressions of the same rows stand beside each
// other by place, "" if there is none: those of select, or with the rows themselves.
func pairs(exprs []expr.Named, beside ...places) string {
	for _, e := range exprs {
		beside = append(beside, placesIn(e.Expr))
	}
	_, by := paired(beside)
	return by
}

// placesIn returns the places of an expression.
func placesIn(e expr.Node) places {
	of := map[expr.Node]places{}
	expr.Walk(e, func(n expr.Node) { of[n], _ = placesOf(n, of) })
	return of[e]
}

// pairedIn returns what makes values of a node stand beside each other by place, "" if
// nothing does. Each aggregate of a group_by stands for itself.
func pairedIn(n plan.Node, exprs []expr.Named) string {
	switch n.(type) {
	case *plan.GroupBy:
		return ""
	case *plan.Select:
		return pairs(exprs)
	}
	return pairs(exprs, ofRows)
}

// areConstant reports whether all expressions have one value, however many rows there are.
func areConstant(exprs []expr.Named) bool {
	return !slices.ContainsFunc(exprs, func(e expr.Named) bool { return !placesIn(e.Expr).constant })
}
