package oracle

import (
	"hash/fnv"
	"math/big"
	"strconv"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Value is a physical integer or null. Booleans are 0 and 1.
type Value struct {
	Null bool
	V    int64
}

// Null is the value null, and Of the value v.
var Null = Value{Null: true}

// Of returns the value v.
func Of(v int64) Value { return Value{V: v} }

// Truth returns a boolean value.
func Truth(b bool) Value {
	if b {
		return Of(1)
	}
	return Of(0)
}

// True reports whether the value is true, neither false nor null.
func (v Value) True() bool { return !v.Null && v.V != 0 }

// Env is what an expression is evaluated in. The zero Env has no columns.
type Env struct {
	// Row returns the value of a column in the current row.
	Row func(column string) Value

	// Unseen chooses the value of a literal that the sender could not see
	// whole, the same one for every row; nil chooses the least.
	Unseen func(*expr.Literal) int64

	// Failed is set when a strict cast met a value that does not fit: Polars
	// would have stopped with an error, and the answer means nothing.
	Failed bool
}

// Eval evaluates e on the current row. Windows, and calls other than those of
// conditions and of times, are functions of their arguments that nobody knows.
func (v *Env) Eval(e expr.Node) Value {
	switch e := e.(type) {
	case *expr.Column:
		return v.Row(e.Name)
	case *expr.Literal:
		return v.literal(e)
	case *expr.List:
		return Null // its call looks at the items
	case *expr.Binary:
		return v.binary(e)
	case *expr.Cast:
		return v.cast(e)
	case *expr.Ternary:
		if v.Eval(e.When).True() {
			return v.Eval(e.Then)
		}
		return v.Eval(e.Otherwise)
	case *expr.Call:
		return v.call(e)
	case *expr.Window:
		return arbitrary(TypeOf(e), "over", v.evalAll(expr.Children(e)))
	}
	return Null
}

func (v *Env) evalAll(list []expr.Node) []Value {
	out := make([]Value, len(list))
	for i, e := range list {
		out[i] = v.Eval(e)
	}
	return out
}

func (v *Env) literal(l *expr.Literal) Value {
	switch {
	case l.Null:
		return Null
	case l.Type.Kind == expr.Other:
		n, err := strconv.ParseInt(l.Text, 10, 64)
		if err != nil {
			return arbitrary(l.Type, l.Text, nil)
		}
		return Of(n)
	case !l.Exact:
		return arbitrary(l.Type, "unreadable", nil)
	case v.Unseen != nil && l.Lo < l.Hi:
		return Of(v.Unseen(l))
	}
	return Of(l.Lo)
}

func (v *Env) binary(e *expr.Binary) Value {
	l, r := v.Eval(e.Left), v.Eval(e.Right)
	switch e.Op {
	case expr.EqMissing:
		return Truth(l == r)
	case expr.NotEqMissing:
		return Truth(l != r)
	case expr.And, expr.Or, expr.Xor:
		if TypeOf(e).Kind == expr.Boolean {
			return kleene(e.Op, l, r)
		}
	}
	if l.Null || r.Null {
		return Null
	}
	if c, ok := compare(e.Op, l.V, r.V); ok {
		return Truth(c)
	}
	switch {
	case e.Op == expr.And:
		return Of(l.V & r.V)
	case e.Op == expr.Or:
		return Of(l.V | r.V)
	case e.Op == expr.Xor:
		return Of(l.V ^ r.V)
	}
	if x, ok := v.arithmetic(e, big.NewInt(l.V), big.NewInt(r.V)); ok {
		return x
	}
	return arbitrary(TypeOf(e), e.Symbol, []Value{l, r})
}

func compare(op expr.Op, l, r int64) (result, known bool) {
	switch op {
	case expr.Eq:
		return l == r, true
	case expr.NotEq:
		return l != r, true
	case expr.Lt:
		return l < r, true
	case expr.LtEq:
		return l <= r, true
	case expr.Gt:
		return l > r, true
	case expr.GtEq:
		return l >= r, true
	}
	return false, false
}

// kleene tries both truths for a null: the answer is null unless they agree.
func kleene(op expr.Op, l, r Value) Value {
	if l.Null {
		return agreed(kleene(op, Of(0), r), kleene(op, Of(1), r))
	}
	if r.Null {
		return agreed(kleene(op, l, Of(0)), kleene(op, l, Of(1)))
	}
	switch op {
	case expr.And:
		return Truth(l.V != 0 && r.V != 0)
	case expr.Or:
		return Truth(l.V != 0 || r.V != 0)
	}
	return Truth(l.V != r.V)
}

func agreed(a, b Value) Value {
	if a == b {
		return a
	}
	return Null
}

func (v *Env) call(e *expr.Call) Value {
	args := v.evalAll(e.Args)
	switch {
	case e.Name == "not" && TypeOf(e.Args[0]).Kind == expr.Boolean:
		return kleene(expr.Xor, args[0], Of(1))
	case e.Name == "fill_null", e.Name == "coalesce":
		for _, a := range args {
			if !a.Null {
				return a
			}
		}
		return Null
	case e.Name == "is_null":
		return Truth(args[0].Null)
	case e.Name == "is_not_null":
		return Truth(!args[0].Null)
	case e.Name == "is_between":
		lower, upper := expr.GtEq, expr.LtEq
		if e.Option == "right" || e.Option == "none" {
			lower = expr.Gt
		}
		if e.Option == "left" || e.Option == "none" {
			upper = expr.Lt
		}
		return kleene(expr.And, compareValues(lower, args[0], args[1]), compareValues(upper, args[0], args[2]))
	}
	if x, ok := v.member(e, args); ok {
		return x
	}
	if x, ok := v.ofTime(e, args); ok {
		return x
	}
	return arbitrary(TypeOf(e), e.Name+e.Option, args)
}

func compareValues(op expr.Op, l, r Value) Value {
	if l.Null || r.Null {
		return Null
	}
	c, _ := compare(op, l.V, r.V)
	return Truth(c)
}

var ticksPerDay = map[expr.Unit]int64{
	expr.Milliseconds: 86_400_000,
	expr.Microseconds: 86_400_000_000,
	expr.Nanoseconds:  86_400_000_000_000,
}

func ticks(t expr.Type) *big.Int {
	if t.Kind == expr.Date {
		return big.NewInt(1)
	}
	return big.NewInt(ticksPerDay[t.Unit])
}

// cast between times rounds down and makes null what does not fit, as Polars
// 2.1 was seen to do at every end of every type. Other casts keep the integer.
func (v *Env) cast(e *expr.Cast) Value {
	x := v.Eval(e.Arg)
	if x.Null {
		return Null
	}
	exact := big.NewInt(x.V)
	if from := TypeOf(e.Arg); isTime(from) && isTime(e.To) {
		exact.Mul(exact, ticks(e.To))
		exact.Div(exact, ticks(from)) // Euclidean, which is rounded down here
	}
	if e.To.Kind == expr.Boolean {
		return Truth(x.V != 0)
	}
	if !fits(exact, e.To) {
		v.Failed = v.Failed || e.Strict
		return Null
	}
	return Of(exact.Int64())
}

func isTime(t expr.Type) bool { return t.Kind == expr.Date || t.Kind == expr.Datetime }

// arbitrary is a value of the type that only the name and the arguments decide.
func arbitrary(t expr.Type, name string, args []Value) Value {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	for _, a := range args {
		_, _ = h.Write(strconv.AppendInt([]byte{'|'}, a.V, 10))
		if a.Null {
			_, _ = h.Write([]byte{'n'})
		}
	}
	n := h.Sum64() >> 7
	if n%5 == 0 {
		return Null
	}
	switch n /= 5; {
	case t.Kind == expr.Boolean:
		return Of(int64(n % 2))
	case isTime(t):
		choices := Samples(t)
		return Of(choices[n%uint64(len(choices))])
	}
	return Of(int64(n % 8))
}
