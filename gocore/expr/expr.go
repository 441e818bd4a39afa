package expr

import "slices"

// Node is one expression. The set of implementations is closed.
type Node interface{ sealed() }

// Column is the value of a column in the current row.
type Column struct {
	Name string
	Type Type
}

// Literal is a constant. For a temporal or boolean type the constant lies in
// the inclusive range [Lo, Hi] of physical integers; Lo < Hi when the sender
// could not see the last digits. Exact is false for every other type, whose
// value is only Text, for people, and Scalar, for readers that know its type.
type Literal struct {
	Type   Type
	Null   bool
	Exact  bool
	Lo     int64
	Hi     int64
	Text   string
	Scalar *Scalar
}

// Scalar is a constant of a type that an int64 does not hold, in full. Type is
// "string" or "enum" (Value is the string), "binary" (hexadecimal digits), "float" (what
// strconv.ParseFloat reads), "integer" (decimal digits), or "decimal[n]" (the
// digits of the value times 10^n).
type Scalar struct{ Type, Value string }

// List is a constant list, as is_in has it: its values, and whether null is one
// of them. Exact is false when the values are of a type without physical
// integers; then only Text tells them.
type List struct {
	Type  Type
	Items []Range
	Null  bool
	Exact bool
	Text  string
	// Rows says that the values go with the rows, one with each, as those of a Series do
	// where a function does not look values up in it.
	Rows bool
	// Scalars are the values, if they are not Exact and all of them are known.
	Scalars []Scalar
}

// Range is a physical integer that lies in [Lo, Hi].
type Range struct{ Lo, Hi int64 }

// Binary is an operator with two arguments. Symbol is how people write it.
type Binary struct {
	Op          Op
	Symbol      string
	Left, Right Node
}

// Cast converts Arg to To, or to the type Name where To is Other. A value that does
// not fit fails the query when Strict and becomes null otherwise.
type Cast struct {
	To     Type
	Name   string // as on the wire
	Strict bool
	Arg    Node
}

// Ternary is when/then/otherwise.
type Ternary struct {
	When, Then, Otherwise Node
}

// Call is a named function of its arguments: an element-wise function, an
// aggregate, a window, or something opaque. Option is the part of its settings
// that changes its meaning for a reader, such as "both" for is_between.
type Call struct {
	Name   string
	Option string
	Args   []Node
}

// Window evaluates Func within the partitions of By, with the rows of each in
// the order of Order, which is nil when none is asked for.
type Window struct {
	Func  Node
	By    []Node
	Order Node
}

func (*Column) sealed()  {}
func (*Literal) sealed() {}
func (*List) sealed()    {}
func (*Binary) sealed()  {}
func (*Cast) sealed()    {}
func (*Ternary) sealed() {}
func (*Call) sealed()    {}
func (*Window) sealed()  {}

// Named is an expression with the name of the column it makes.
type Named struct {
	Name string
	Expr Node
}

// Op is a binary operator.
type Op uint8

// The operators that bounds understand; Arithmetic is any other.
const (
	Arithmetic Op = iota
	Eq
	NotEq
	Lt
	LtEq
	Gt
	GtEq
	EqMissing
	NotEqMissing
	And
	Or
	Xor
)

var opNames = map[string]Op{
	"eq": Eq, "ne": NotEq, "lt": Lt, "le": LtEq, "gt": Gt, "ge": GtEq,
	"eq_missing": EqMissing, "ne_missing": NotEqMissing,
	"and": And, "or": Or, "xor": Xor,
}

var opSymbols = map[Op]string{
	Eq: "==", NotEq: "!=", Lt: "<", LtEq: "<=", Gt: ">", GtEq: ">=",
	EqMissing: "==?", NotEqMissing: "!=?", And: "&", Or: "|", Xor: "^",
}

// ParseOp reads the wire name of an operator; an unknown name is Arithmetic.
func ParseOp(s string) Op { return opNames[s] }

// symbol is how people write the operator with the wire name s.
func symbol(s string) string {
	if text, ok := opSymbols[ParseOp(s)]; ok {
		return text
	}
	return s
}

// Mirror is the operator that gives the same answer with its arguments swapped.
// Symmetric operators are their own mirror.
func (o Op) Mirror() Op {
	switch o {
	case Lt:
		return Gt
	case LtEq:
		return GtEq
	case Gt:
		return Lt
	case GtEq:
		return LtEq
	case Arithmetic, Eq, NotEq, EqMissing, NotEqMissing, And, Or, Xor:
	}
	return o
}

// Children are the direct arguments of n, in order.
func Children(n Node) []Node {
	switch n := n.(type) {
	case *Binary:
		return []Node{n.Left, n.Right}
	case *Cast:
		return []Node{n.Arg}
	case *Ternary:
		return []Node{n.When, n.Then, n.Otherwise}
	case *Call:
		return n.Args
	case *Window:
		children := append([]Node{n.Func}, n.By...)
		if n.Order != nil {
			children = append(children, n.Order)
		}
		return children
	}
	return nil
}

// Walk calls visit for every node under n once, arguments before users. Its stack
// does not grow with the depth of n.
func Walk(n Node, visit func(Node)) {
	done := map[Node]bool{} // false for a node whose arguments are on the stack
	stack := []Node{n}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		finished, entered := done[n]
		if !entered {
			before := len(stack)
			for _, c := range slices.Backward(Children(n)) {
				if _, known := done[c]; !known {
					stack = append(stack, c)
				}
			}
			if done[n] = len(stack) == before; !done[n] {
				continue
			}
			visit(n)
		} else if !finished {
			done[n] = true
			visit(n)
		}
		stack = stack[:len(stack)-1]
	}
}

// Mentions reports whether n reads the column anywhere.
func Mentions(n Node, column string) bool { return Readers(n, column)[n] }

// Readers returns, for n and every node below it, whether it reads the column
// anywhere.
func Readers(n Node, column string) map[Node]bool {
	reads := map[Node]bool{}
	Walk(n, func(n Node) {
		if c, ok := n.(*Column); ok && c.Name == column {
			reads[n] = true
		}
		for _, c := range Children(n) {
			if reads[c] {
				reads[n] = true
			}
		}
	})
	return reads
}

// Calls reports whether a function with a name that is meant is called anywhere
// in n.
func Calls(n Node, meant func(name string) bool) bool {
	found := false
	Walk(n, func(n Node) {
		if c, ok := n.(*Call); ok && meant(c.Name) {
			found = true
		}
	})
	return found
}
