package splittable

import (
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// effect is how an expression's value at a row depends on the other rows. A
// greater effect includes the smaller ones.
type effect uint8

const (
	rowWise   effect = iota // on none
	setWise                 // on which rows there are: sum, n_unique, rank
	shuffled                // as setWise, and its own values come in any order: unique()
	ordered                 // on their order: first, cum_sum, shift
	unsettled               // as ordered, of values that come in any order: unique().first()
	random                  // on chance
)

// rowWiseCalls are functions of one row. Names with a namespace are covered by
// prefix below.
var rowWiseCalls = set(`abs negate pow sqrt cbrt clip round round_sig_figs truncate floor ceil fused
log log1p exp sign cos cot sin tan arccos arcsin arctan cosh sinh tanh arccosh arcsinh arctanh
degrees radians atan2 fill_null coalesce cut replace replace_strict hash as_struct to_physical
reinterpret sum_horizontal max_horizontal mean_horizontal min_horizontal set_sorted rechunk filter
not is_null is_not_null is_finite is_infinite is_nan is_not_nan is_between is_in is_close any_horizontal
all_horizontal drop_nulls drop_nans repeat_by as_list concat_list binary explode int_ranges date_ranges
datetime_ranges time_ranges struct_eval element`)

// setWiseCalls do not care for the order of rows. item fails unless there is
// one row; sort makes its own order, in which equal values are the same.
var setWiseCalls = set(`min max median n_unique mean sum count len std var quantile null_count
approx_n_unique product corr any all is_unique is_duplicated has_nulls skew kurtosis entropy sort item
hist qcut bitwise_and_agg bitwise_or_agg bitwise_xor_agg`)

// shuffledCalls promise no order of their result.
var shuffledCalls = set(`unique value_counts mode`)

// rowWiseSpaces are namespaces whose functions read one row, with exceptions.
var rowWiseSpaces = []string{"str.", "dt.", "list.", "arr.", "struct.", "bin.", "cat.", "ext.", "bitwise."}

var spaceExceptions = map[string]effect{
	"str.concat_vertical": ordered, "str.join": ordered, "list.sample": random, "list.shuffle": random,
}

// lookups are functions that may look values up in a Series.
var lookups = set(`is_in replace replace_strict str.contains_any str.replace_many str.extract_many
str.find_many list.contains arr.contains list.set_operation`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// ofCall is the effect of the function itself. A function that is not known,
// such as one written in Python, may depend on order.
func ofCall(name, option string) effect {
	if e, ok := spaceExceptions[name]; ok {
		return e
	}
	for _, space := range rowWiseSpaces {
		if strings.HasPrefix(name, space) {
			return rowWise
		}
	}
	switch {
	case name == "sample" || name == "shuffle":
		return random
	case name == "rank" && option == "random":
		return random
	case name == "rank" && option != "ordinal":
		return setWise
	case name == "unique" && option == "maintain_order":
		return ordered
	case name == "fill_null_with_strategy" && option != "forward" && option != "backward":
		return setWise
	case rowWiseCalls[name], name == "plugin" && option == "elementwise":
		return rowWise
	case setWiseCalls[name]:
		return setWise
	case shuffledCalls[name]:
		return shuffled
	}
	return ordered
}

// isHidden reports whether a function is one that nobody can look into; the
// sender names them so.
func isHidden(name string) bool {
	return name == "python function" || strings.HasPrefix(name, "opaque ")
}

// finding is the effect of an expression and the function that brings it.
type finding struct {
	effect effect
	name   string
}

// inspect returns the greatest effect in e. A window over a partition that has
// the column among its keys stays within rows of equal date: its effect is that
// of a row, unless it is random.
func inspect(e expr.Node, column string) finding {
	worst := map[expr.Node]finding{} // those that are not of one row only
	of := map[expr.Node]places{}
	expr.Walk(e, func(n expr.Node) {
		f := own(n)
		var by string
		if of[n], by = placesOf(n, of); by != "" && f.effect < ordered {
			f = finding{ordered, by}
		}
		for _, c := range expr.Children(n) {
			if below := worst[c]; f.effect == ordered && below.effect == shuffled {
				f = finding{unsettled, below.name}
			}
			if below := worst[c]; below.effect > f.effect && !isSet(n, c) {
				f = below
			}
		}
		switch n := n.(type) {
		case *expr.Call:
			// A sorted or counted expression forgets the order below it only if
			// nothing there has turned order into values already.
			if f.effect == shuffled && ofCall(n.Name, n.Option) == setWise {
				f = finding{setWise, n.Name}
			}
		case *expr.Window:
			if f.effect < random && partitionedBy(n, column) {
				f = finding{}
			}
		}
		if f.effect > rowWise {
			worst[n] = f
		}
	})
	return worst[e]
}

func own(e expr.Node) finding {
	switch e := e.(type) {
	case *expr.List:
		if e.Rows {
			return finding{ordered, "a Series of values"} // each goes with a row
		}
	case *expr.Call:
		return finding{ofCall(e.Name, e.Option), e.Name}
	case *expr.Window:
		return finding{setWise, "over"}
	}
	return finding{}
}

// isSet reports whether an argument of a function is a list in which it looks values up.
func isSet(of, argument expr.Node) bool {
	call, isCall := of.(*expr.Call)
	list, isList := argument.(*expr.List)
	return isCall && isList && lookups[call.Name] && call.Args[0] != list
}

func partitionedBy(w *expr.Window, column string) bool {
	for _, b := range w.By {
		if c, ok := b.(*expr.Column); ok && c.Name == column && column != "" {
			return true
		}
	}
	return false
}
