package oracle

import (
	"fmt"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// PlanGen generates random plans over small random tables.
type PlanGen struct {
	*Choice
	Type  expr.Type // of the times in all tables
	Query Query

	pool []Rel
}

// Rel is a plan with the columns of its result.
type Rel struct {
	Node    plan.Node
	Columns []Field
}

// NewPlanGen returns a generator.
func NewPlanGen(c *Choice, t expr.Type) *PlanGen {
	return &PlanGen{Choice: c, Type: t, Query: Query{
		Data: map[plan.Node]*Table{}, Index: map[*plan.GroupBy]string{},
	}}
}

// Times are the names of the columns that hold times.
func (r Rel) Times() []string {
	var out []string
	for _, f := range r.Columns {
		if isTime(f.Type) {
			out = append(out, f.Name)
		}
	}
	return out
}

func (r Rel) column(name string) expr.Node {
	i := slices.IndexFunc(r.Columns, func(f Field) bool { return f.Name == name })
	return &expr.Column{Name: name, Type: r.Columns[i].Type}
}

func (r Rel) names() []string { return (&Table{Columns: r.Columns}).names() }

// Plan returns a plan of at most the depth. Parts of it may be shared.
func (g *PlanGen) Plan(depth int) Rel {
	if len(g.pool) > 0 && g.OneIn(8) {
		return Pick(g.Choice, g.pool)
	}
	r := g.plan(depth)
	g.pool = append(g.pool, r)
	return r
}

func (g *PlanGen) plan(depth int) Rel {
	if depth == 0 || g.OneIn(10) {
		return g.leaf()
	}
	switch g.Below(9) {
	case 0, 1:
		return g.join(g.Plan(depth-1), g.Plan(depth-1))
	case 2:
		return g.union(g.Plan(depth-1), g.Plan(depth-1))
	case 3:
		return g.beside(g.Plan(depth-1), g.Plan(depth-1))
	case 4, 5:
		return g.filter(g.Plan(depth - 1))
	}
	return g.unary(g.Plan(depth - 1))
}

func (g *PlanGen) leaf() Rel {
	t := &Table{Columns: []Field{{"date", g.Type}, {"k", expr.Type{}}}}
	if g.OneIn(2) {
		t.Columns = append(t.Columns, Field{"day", g.Type})
	}
	if g.OneIn(4) {
		t.Columns = append(t.Columns, Field{"date_right", g.Type})
	}
	if g.OneIn(3) {
		t.Columns[0].Name = "day_right"
	}
	samples := Samples(g.Type)
	few := []int64{Pick(g.Choice, samples), Pick(g.Choice, samples), Pick(g.Choice, samples)}
	for range 2 + g.Below(8) {
		row := make([]Value, len(t.Columns))
		for i, f := range t.Columns {
			switch {
			case g.OneIn(6):
				row[i] = Null
			case !isTime(f.Type):
				row[i] = Of(int64(g.Below(3)))
			case g.OneIn(2):
				row[i] = Of(Pick(g.Choice, few))
			default:
				row[i] = Of(Pick(g.Choice, samples))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	n := Pick(g.Choice, []plan.Node{&plan.Frame{}, &plan.Scan{Kind: "parquet"}, &plan.Source{Detail: "x"}})
	g.Query.Data[n] = t
	return g.filter(Rel{n, t.Columns}) // most columns of a test should be bounded
}

func (g *PlanGen) filter(in Rel) Rel {
	times := in.Times()
	if len(times) == 0 {
		return in
	}
	preferred := Pick(g.Choice, times)
	columns := slices.Clone(in.Columns)
	i := slices.IndexFunc(columns, func(f Field) bool { return f.Name == preferred })
	columns[0], columns[i] = columns[i], columns[0]
	gen := Gen{Choice: g.Choice, Columns: columns}
	if g.OneIn(2) {
		gen.Forms = ColumnOnly
	}
	return Rel{&plan.Filter{Input: in.Node, Predicate: gen.Predicate(g.Below(2))}, in.Columns}
}

// named is an expression for a new column: another column, a literal, or
// something that is computed.
func (g *PlanGen) named(in Rel, name string) expr.Named {
	source := in.column(Pick(g.Choice, in.names()))
	switch t := TypeOf(source); g.Below(5) {
	case 0:
		if isTime(t) {
			gen := Gen{Choice: g.Choice}
			return expr.Named{Name: name, Expr: gen.literal(source)}
		}
	case 1:
		if isTime(t) {
			e := &expr.Call{Name: "time", Option: t.String(), Args: []expr.Node{source}}
			return expr.Named{Name: name, Expr: e}
		}
	}
	return expr.Named{Name: name, Expr: source}
}

var planNames = []string{"date", "day", "k", "date_right", "day_right", "x"}

func (g *PlanGen) unary(in Rel) Rel {
	switch g.Below(11) {
	case 0, 1:
		return g.projection(in)
	case 2, 3:
		return g.groupBy(in)
	case 4:
		n := &plan.Distinct{Input: in.Node}
		if g.OneIn(2) {
			n.Subset = []string{Pick(g.Choice, in.names())}
		}
		return Rel{n, in.Columns}
	case 5:
		return Rel{&plan.Sort{Input: in.Node, By: []expr.Node{in.column(in.names()[0])}}, in.Columns}
	case 6:
		return Rel{&plan.Slice{Input: in.Node}, in.Columns}
	case 7:
		made := []string{Pick(g.Choice, in.names())}
		return Rel{&plan.Reshape{Input: in.Node, Name: "explode", Made: made}, in.Columns}
	case 8:
		name := Pick(g.Choice, []string{"row", "x"})
		if slices.Contains(in.names(), name) {
			return in
		}
		return Rel{&plan.RowIndex{Input: in.Node, Name: name}, append(slices.Clone(in.Columns), Field{Name: name})}
	case 9:
		return Rel{Pick(g.Choice, []plan.Node{
			&plan.Pass{Input: in.Node}, &plan.Project{Input: in.Node}, &plan.Source{Inner: in.Node},
		}), in.Columns}
	}
	return Rel{&plan.Opaque{Inputs: []plan.Node{in.Node}, Name: "map"}, in.Columns}
}

// projection is a select or with_columns of a few names.
func (g *PlanGen) projection(in Rel) Rel {
	var exprs []expr.Named
	for _, name := range planNames {
		if g.OneIn(2) {
			exprs = append(exprs, g.named(in, name))
		}
	}
	if len(exprs) == 0 {
		return in
	}
	var columns []Field
	for _, e := range exprs {
		columns = append(columns, Field{e.Name, TypeOf(e.Expr)})
	}
	if g.OneIn(2) {
		return Rel{&plan.Select{Input: in.Node, Exprs: exprs}, columns}
	}
	all := &Table{Columns: in.Columns}
	for _, f := range columns {
		all = all.with(f, nil)
	}
	return Rel{&plan.Extend{Input: in.Node, Exprs: exprs}, all.Columns}
}

func (g *PlanGen) groupBy(in Rel) Rel {
	n := &plan.GroupBy{Input: in.Node}
	var columns []Field
	index := ""
	if times := in.Times(); len(times) > 0 && g.OneIn(4) {
		n.Windowed, index = true, times[0]
	}
	for _, name := range planNames {
		e := g.named(in, name)
		if name == index {
			continue
		}
		switch g.Below(4) {
		case 0, 1:
			n.Keys = append(n.Keys, e)
		case 2:
			if c, ok := e.Expr.(*expr.Column); ok && isTime(c.Type) {
				e.Expr = &expr.Call{Name: "time", Option: c.Type.String(), Args: []expr.Node{c}}
			}
			n.Aggs = append(n.Aggs, e)
		}
	}
	for _, k := range n.Keys {
		columns = append(columns, Field{k.Name, TypeOf(k.Expr)})
	}
	if index != "" {
		g.Query.Index[n] = index
		columns = append(columns, Field{index, g.Type})
	}
	for _, a := range n.Aggs {
		columns = append(columns, Field{a.Name, TypeOf(a.Expr)})
	}
	if len(columns) == 0 {
		return in
	}
	return Rel{n, columns}
}

// union selects the same two names from both plans first.
func (g *PlanGen) union(a, b Rel) Rel {
	inputs := []plan.Node{g.aligned(a), g.aligned(b)}
	columns := []Field{{"date", g.Type}, {"k", expr.Type{}}}
	if g.OneIn(2) {
		return Rel{&plan.MergeSorted{Inputs: inputs}, columns}
	}
	return Rel{&plan.Union{Inputs: inputs}, columns}
}

func (g *PlanGen) aligned(r Rel) plan.Node {
	date := expr.Node(&expr.Literal{Type: g.Type, Null: true})
	if times := r.Times(); len(times) > 0 {
		date = r.column(Pick(g.Choice, times))
	}
	return &plan.Select{Input: r.Node, Exprs: []expr.Named{
		{Name: "date", Expr: date}, {Name: "k", Expr: &expr.Literal{Text: "1"}},
	}}
}

func (g *PlanGen) beside(a, b Rel) Rel {
	var exprs []expr.Named
	var columns []Field
	for i, f := range b.Columns {
		name := fmt.Sprintf("b%d", i)
		if slices.Contains(a.names(), name) {
			return a
		}
		exprs = append(exprs, expr.Named{Name: name, Expr: b.column(f.Name)})
		columns = append(columns, Field{name, f.Type})
	}
	right := Rel{&plan.Select{Input: b.Node, Exprs: exprs}, columns}
	return Rel{
		&plan.Beside{Inputs: []plan.Node{a.Node, right.Node}, Columns: [][]string{a.names(), right.names()}},
		slices.Concat(a.Columns, right.Columns),
	}
}

var joinKinds = []plan.How{
	plan.Inner, plan.Left, plan.Right, plan.Full, plan.Cross, plan.Semi, plan.Anti, plan.Asof,
}

// reads reports whether the column is one of the keys: Polars refuses some joins
// that name a key twice, and fills columns from the wrong side in others.
func reads(on []expr.Node, column expr.Node) bool {
	return slices.ContainsFunc(on, func(e expr.Node) bool { return expr.Mentions(e, column.(*expr.Column).Name) })
}

// join picks keys of equal types; where there are none, or names would come
// twice, the left plan is returned as it is.
func (g *PlanGen) join(a, b Rel) Rel {
	n := &plan.Join{
		Left: a.Node, Right: b.Node, How: Pick(g.Choice, joinKinds), Suffix: "_right",
		LeftColumns: a.names(), RightColumns: b.names(),
		Coalesce: g.OneIn(2), NullsEqual: g.OneIn(3),
	}
	for range 1 + g.Below(2) {
		l, r := a.column(Pick(g.Choice, a.names())), b.column(Pick(g.Choice, b.names()))
		if TypeOf(l) != TypeOf(r) || n.How == plan.Cross || reads(n.LeftOn, l) || reads(n.RightOn, r) {
			continue
		}
		if isTime(TypeOf(l)) && g.OneIn(5) {
			l = &expr.Call{Name: "time", Option: g.Type.String(), Args: []expr.Node{l}}
			n.Coalesce = false // as Polars does when a key is computed
		}
		n.LeftOn, n.RightOn = append(n.LeftOn, l), append(n.RightOn, r)
	}
	if len(n.LeftOn) == 0 && n.How != plan.Cross {
		return a
	}
	if slices.Contains([]plan.How{plan.Cross, plan.Semi, plan.Anti}, n.How) {
		n.Coalesce = false
	}
	names := joinNames{
		how: n.How, left: n.LeftColumns, right: n.RightColumns,
		leftOn: keyNames(n.LeftOn), rightOn: keyNames(n.RightOn), suffix: n.Suffix, coalesce: n.Coalesce,
	}
	var columns []Field
	for _, c := range names.columns() {
		from, name := a, c.left
		if name == "" {
			from, name = b, c.right
		}
		f := Field{c.name, TypeOf(from.column(name))}
		if slices.ContainsFunc(columns, func(o Field) bool { return o.Name == f.Name }) {
			return a
		}
		columns = append(columns, f)
	}
	return Rel{n, columns}
}
