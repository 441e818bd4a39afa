package oracle

import (
	"fmt"
	"math/big"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Forms says which expressions a generator makes.
type Forms uint8

const (
	// AnyForm is everything: casts, opaque functions, other columns.
	AnyForm Forms = iota
	// ColumnOnly reads the one column, with exact literals and without casts: a
	// predicate whose outcome is a function of the column alone.
	ColumnOnly
	// Functions is everything with functions of the column, sums, and lists.
	Functions
)

// Gen generates random predicates over the columns of a table.
type Gen struct {
	*Choice
	Forms   Forms
	Columns []Field // at least one time, the first is preferred
}

var boolean = expr.Type{Kind: expr.Boolean}

// binaryOf decodes an operator, so that it has the symbol that people read.
func binaryOf(op string, l, r expr.Node) *expr.Binary {
	nodes, err := expr.Decode([]expr.Wire{{K: "col"}, {K: "bin", Op: op, Args: []int{0, 0}}})
	if err != nil {
		fail("%v", err)
	}
	b := nodes[1].(*expr.Binary)
	b.Left, b.Right = l, r
	return b
}

// Predicate returns a boolean expression of at most the depth.
func (g *Gen) Predicate(depth int) expr.Node {
	if depth == 0 || g.OneIn(6) {
		return g.atom()
	}
	sub := func() expr.Node { return g.Predicate(depth - 1) }
	switch g.Below(12) {
	case 11:
		return &expr.Call{Name: "fill_null", Args: []expr.Node{sub(), g.truth()}}
	case 0, 1, 2:
		return binaryOf("and", sub(), sub())
	case 3, 4, 5:
		return binaryOf("or", sub(), sub())
	case 6:
		return binaryOf("xor", sub(), sub())
	case 7, 8:
		return &expr.Call{Name: "not", Args: []expr.Node{sub()}}
	case 9:
		return &expr.Ternary{When: sub(), Then: sub(), Otherwise: sub()}
	}
	shared := sub() // one node in two places
	return binaryOf(Pick(g.Choice, []string{"and", "or", "xor"}), shared, binaryOf("or", sub(), shared))
}

var comparisons = []string{"eq", "ne", "lt", "le", "gt", "ge"}

// atom is a predicate without logical operators.
func (g *Gen) atom() expr.Node {
	n := 14
	if g.Forms == Functions && !g.OneIn(3) {
		return g.Relation(g.Function())
	}
	if g.Forms == ColumnOnly {
		n = 9
	}
	switch g.Below(n) {
	case 0, 1, 2, 3:
		return g.comparison()
	case 4, 5:
		return g.between()
	case 6:
		name := Pick(g.Choice, []string{"is_null", "is_not_null"})
		if g.OneIn(2) {
			return &expr.Call{Name: name, Args: []expr.Node{g.Predicate(1)}}
		}
		return &expr.Call{Name: name, Args: []expr.Node{g.operand()}}
	case 7:
		return g.comparison()
	case 8:
		return g.truth()
	}
	return g.strange()
}

func (g *Gen) truth() expr.Node {
	truth := int64(g.Below(2))
	l := &expr.Literal{Type: boolean, Exact: true, Lo: truth, Hi: truth, Text: fmt.Sprint(truth == 1)}
	if g.OneIn(4) {
		return &expr.Literal{Null: true}
	}
	return l
}

func (g *Gen) comparison() expr.Node {
	operand := g.operand()
	l, r := operand, g.literal(operand)
	if g.Forms != ColumnOnly && g.OneIn(6) {
		l = g.choiceOf(operand)
	}
	if g.OneIn(2) {
		l, r = r, l
	}
	return binaryOf(Pick(g.Choice, comparisons), l, r)
}

// choiceOf is a value that is operand only now and then.
func (g *Gen) choiceOf(operand expr.Node) expr.Node {
	switch g.Below(3) {
	case 0:
		return &expr.Call{Name: "fill_null", Args: []expr.Node{operand, g.literal(operand)}}
	case 1:
		return &expr.Call{Name: "coalesce", Args: []expr.Node{operand, g.literal(operand), g.literal(operand)}}
	}
	return &expr.Ternary{When: g.Predicate(1), Then: operand, Otherwise: g.literal(operand)}
}

func (g *Gen) between() expr.Node {
	operand := g.operand()
	args := []expr.Node{operand, g.literal(operand), g.literal(operand)}
	if g.Forms != ColumnOnly && g.OneIn(6) {
		args[0] = g.choiceOf(operand)
	}
	if g.Forms != ColumnOnly && g.OneIn(8) {
		args[0], args[1] = args[1], args[0] // a literal between a column and a literal
	}
	return &expr.Call{
		Name: "is_between", Option: Pick(g.Choice, []string{"both", "left", "right", "none"}), Args: args,
	}
}

// operand is a time of the table, perhaps with casts.
func (g *Gen) operand() expr.Node {
	if g.Forms == ColumnOnly {
		return &expr.Column{Name: g.Columns[0].Name, Type: g.Columns[0].Type}
	}
	var times []Field
	for i, f := range g.Columns {
		if isTime(f.Type) {
			times = append(times, f)
			if i == 0 {
				times = append(times, f, f)
			}
		}
	}
	f := Pick(g.Choice, times)
	var e expr.Node = &expr.Column{Name: f.Name, Type: f.Type}
	for g.OneIn(3) {
		e = &expr.Cast{To: Pick(g.Choice, timeTypes), Strict: g.OneIn(8), Arg: e}
	}
	return e
}

var timeTypes = []expr.Type{
	{Kind: expr.Date},
	{Kind: expr.Datetime, Unit: expr.Milliseconds},
	{Kind: expr.Datetime, Unit: expr.Microseconds},
	{Kind: expr.Datetime, Unit: expr.Nanoseconds},
}

// literal is one that operand can be compared with: mostly a value that operand
// can have, or a neighbour of one; rarely null, or only partly seen.
func (g *Gen) literal(operand expr.Node) expr.Node {
	t := TypeOf(operand)
	if g.OneIn(12) {
		return &expr.Literal{Type: t, Null: true}
	}
	l := &expr.Literal{Type: t, Exact: true, Lo: g.image(operand)}
	l.Hi, l.Text = l.Lo, fmt.Sprint(l.Lo)
	if g.Forms == ColumnOnly {
		return l
	}
	if g.OneIn(4) {
		if hi := l.Lo + int64(Pick(g.Choice, []int{1, 2, 999})); hi > l.Lo && inRange(t, hi) {
			l.Hi = hi
		}
	}
	if g.OneIn(20) {
		return &expr.Literal{Type: t}
	}
	return l
}

func inRange(t expr.Type, v int64) bool { return fits(big.NewInt(v), t) }

// image is the value of operand for some value of its column, or next to it.
func (g *Gen) image(operand expr.Node) int64 {
	t := TypeOf(operand)
	choices := Samples(columnOf(operand))
	env := Env{Row: func(string) Value { return Of(Pick(g.Choice, choices)) }}
	v := env.Eval(operand)
	if v.Null {
		return Pick(g.Choice, Samples(t))
	}
	if n := v.V + int64(g.Below(3)-1); inRange(t, n) && (n > v.V) == (n-v.V > 0) {
		return n
	}
	return v.V
}

// columnOf is the type of the one column that operand reads.
func columnOf(operand expr.Node) expr.Type {
	for {
		if c, ok := operand.(*expr.Column); ok {
			return c.Type
		}
		children := expr.Children(operand)
		operand = children[0]
		if _, ok := operand.(*expr.Literal); ok {
			operand = children[1]
		}
	}
}

// strange is what the analysis must not understand more of than there is.
func (g *Gen) strange() expr.Node {
	operand := g.operand()
	number := &expr.Call{Name: "number", Option: fmt.Sprint(g.Below(9)), Args: []expr.Node{operand}}
	three := &expr.Literal{Text: "3"}
	switch g.Below(9) {
	case 0:
		return &expr.Call{Name: "opaque", Option: fmt.Sprint(g.Below(9)), Args: []expr.Node{operand}}
	case 1:
		return binaryOf(Pick(g.Choice, comparisons), number, three)
	case 2:
		return binaryOf(Pick(g.Choice, []string{"eq_missing", "ne_missing"}), operand, g.literal(operand))
	case 3:
		return binaryOf(Pick(g.Choice, comparisons), operand, operand)
	case 4: // bits, which are not Kleene's logic
		bits := binaryOf(Pick(g.Choice, []string{"and", "or", "xor"}), number, three)
		return &expr.Call{Name: "is_null", Args: []expr.Node{bits}}
	case 5:
		moment := &expr.Call{Name: "time", Option: TypeOf(operand).String(), Args: []expr.Node{operand}}
		return binaryOf(Pick(g.Choice, comparisons), moment, g.literal(operand))
	case 6:
		choice := &expr.Ternary{When: g.Predicate(1), Then: operand, Otherwise: g.literal(operand)}
		if g.OneIn(2) {
			return &expr.Call{Name: "is_null", Args: []expr.Node{choice}}
		}
		return binaryOf(Pick(g.Choice, comparisons), choice, g.literal(operand))
	case 7:
		for _, f := range g.Columns {
			if f.Type == boolean {
				return &expr.Column{Name: f.Name, Type: boolean}
			}
		}
	}
	return &expr.Window{Func: g.Predicate(1), By: []expr.Node{operand}}
}
