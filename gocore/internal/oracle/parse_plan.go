package oracle

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// ParsePlan reads one plan, with column as the one that is asked for. The forms
// are
//
//	(frame date k) (scan date k) (source date k) (source PLAN)
//	(filter PLAN e) (after PLAN e)                      after the call
//	(select PLAN date (day date) (x (call f x)))        (name expression)
//	(with_columns PLAN …) (group_by PLAN (keys …) (aggs …) windowed maintain_order)
//	(join HOW PLAN PLAN (on l r)… coalesce nulls_equal suffix=_x)
//	(union PLAN…) (merge_sorted PLAN PLAN) (beside PLAN…)
//	(distinct PLAN k…) (sort PLAN e…) (slice PLAN) (project PLAN k…) (cache PLAN)
//	(reshape NAME PLAN made…) (row_index PLAN name) (opaque NAME PLAN…)
//	(let a PLAN)                                        a is the same node from here on
func ParsePlan(text, column string, scope Scope) (r *plan.Request, err error) {
	defer recoverFault(&err)
	p := newParser(scope)
	root := p.subplan(readForm(text))
	request := map[string]any{
		"exprs": p.exprs, "plan": p.plan, "root": root.position, "pushed": p.pushed,
		"column": column, "type": scope[column], "unit": "monthly", "max_periods": 1000,
	}
	if expr.ParseType(scope[column]).Zone != "" {
		// No bound depends on what the zone's clock shows.
		request["offsets"] = [][2]int64{{math.MinInt64, 0}}
	}
	wire, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	return plan.Decode(wire)
}

// subplan is a node of the wire list with the names of its columns.
type subplan struct {
	position int
	columns  []string
}

type wire = map[string]any

func (p *parser) node(w wire, columns []string) subplan {
	p.plan = append(p.plan, w)
	return subplan{len(p.plan) - 1, columns}
}

func namesOf(forms []form) []string {
	var out []string
	for _, f := range forms {
		if !f.isWord() {
			fail("%s is not a name", f)
		}
		out = append(out, f.word)
	}
	return out
}

func (p *parser) subplan(f form) subplan {
	if f.isWord() {
		s, ok := p.named[f.word]
		if !ok {
			fail("no plan is named %s", f.word)
		}
		return s
	}
	args := f.rest()
	switch head := f.head(); head {
	case "let":
		s := p.subplan(args[1])
		p.named[args[0].word] = s
		return s
	case "frame", "scan", "source":
		return p.leaf(head, args)
	case "union", "merge_sorted", "beside":
		return p.combined(head, args)
	case "join":
		return p.join(args)
	case "opaque", "reshape":
		return p.special(head, args)
	default:
		return p.unary(head, p.subplan(args[0]), args[1:])
	}
}

func (p *parser) leaf(op string, args []form) subplan {
	if op == "source" && !args[0].isWord() {
		in := p.subplan(args[0])
		return p.node(wire{"op": op, "in": []int{in.position}}, in.columns)
	}
	w := wire{"op": op}
	if op == "scan" {
		w["name"] = "parquet"
	}
	return p.node(w, namesOf(args))
}

func (p *parser) combined(op string, args []form) subplan {
	var in []int
	var all []string
	lists := [][]string{}
	for _, a := range args {
		s := p.subplan(a)
		in, lists, all = append(in, s.position), append(lists, s.columns), append(all, s.columns...)
	}
	w := wire{"op": op, "in": in}
	if op == "beside" {
		w["columns"] = lists
		return p.node(w, all)
	}
	return p.node(w, lists[0])
}

// special are the forms with a name before the plans.
func (p *parser) special(op string, args []form) subplan {
	w := wire{"op": op, "name": strings.ReplaceAll(args[0].word, "~", " ")}
	first := p.subplan(args[1])
	in := []int{first.position}
	if op == "reshape" {
		w["made"] = namesOf(args[2:])
		w["in"] = in
		return p.node(w, union(first.columns, namesOf(args[2:])))
	}
	for _, a := range args[2:] {
		in = append(in, p.subplan(a).position)
	}
	w["in"] = in
	return p.node(w, first.columns)
}

// union appends the names that are new.
func union(names, more []string) []string {
	out := slices.Clone(names)
	for _, m := range more {
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

func (p *parser) unary(op string, in subplan, args []form) subplan {
	w := wire{"op": op, "in": []int{in.position}}
	columns := in.columns
	switch op {
	case "filter", "after":
		w["op"], w["predicate"] = "filter", p.expr(args[0])
		if op == "after" {
			p.pushed = len(p.plan)
		}
	case "select":
		w["exprs"], columns = p.items(args)
	case "with_columns":
		exprs, made := p.items(args)
		w["exprs"], columns = exprs, union(in.columns, made)
	case "project":
		columns = namesOf(args)
	case "group_by":
		columns = p.groupBy(w, args)
	case "distinct":
		w["keep"] = "any"
		if len(args) > 0 {
			w["subset"] = namesOf(args)
		}
	case "sort":
		w["by"] = p.all(args)
	case "row_index":
		w["name"] = args[0].word
		columns = union(columns, namesOf(args))
	case "slice":
	case "cache":
		w["op"] = "pass"
	default:
		fail("no plan is called %s", op)
	}
	return p.node(w, columns)
}

func (p *parser) items(forms []form) (items []wire, columns []string) {
	items = []wire{}
	for _, f := range forms {
		if f.isWord() {
			f = form{list: []form{f, f}}
		}
		if len(f.list) != 2 || !f.list[0].isWord() {
			fail("%s is not (name expression)", f)
		}
		columns = append(columns, f.head())
		items = append(items, wire{"name": f.head(), "expr": p.expr(f.list[1])})
	}
	return items, columns
}

func (p *parser) groupBy(w wire, args []form) []string {
	var columns []string
	for _, a := range args {
		switch a.head() {
		case "keys", "aggs":
			items, made := p.items(a.rest())
			w[a.head()], columns = items, append(columns, made...)
		default:
			w[a.word] = true // windowed, maintain_order
		}
	}
	return columns
}

func (p *parser) join(args []form) subplan {
	left, right := p.subplan(args[1]), p.subplan(args[2])
	j := joinNames{how: plan.How(args[0].word), left: left.columns, right: right.columns, suffix: "_right"}
	var leftOn, rightOn []int
	flags := wire{}
	for _, a := range args[3:] {
		if suffix, ok := strings.CutPrefix(a.word, "suffix="); ok {
			j.suffix = suffix
			continue
		}
		if a.head() != "on" {
			flags[a.word] = true
			continue
		}
		on := a.rest()
		l, r := on[0], on[len(on)-1]
		leftOn, rightOn = append(leftOn, p.expr(l)), append(rightOn, p.expr(r))
		j.leftOn, j.rightOn = append(j.leftOn, l.word), append(j.rightOn, r.word)
	}
	j.coalesce = flags["coalesce"] == true
	return p.node(wire{
		"op": "join", "how": string(j.how), "in": []int{left.position, right.position},
		"left_on": leftOn, "right_on": rightOn, "columns": [][]string{left.columns, right.columns},
		"suffix": j.suffix, "coalesce": j.coalesce, "nulls_equal": flags["nulls_equal"] == true,
	}, j.output())
}
