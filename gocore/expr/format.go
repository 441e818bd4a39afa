package expr

import "strings"

// maxText bounds the rendering of one expression: a list of ten thousand dates
// must not become the text of an error.
const maxText = 400

// maxNested bounds how deep the rendering goes: it may be the end of a chain of a
// hundred thousand terms that is written first. What is deeper is "…".
const maxNested = 10_000

// String renders n for people, in the notation of Polars' expressions; literal
// says how to write a literal. Long texts are cut with "…".
func String(n Node, literal func(*Literal) string) string {
	p := printer{literal: literal}
	p.node(n, 0)
	if p.full() {
		return cut(p.b.String()) + "…"
	}
	return p.b.String()
}

// cut shortens s to maxText bytes without splitting a rune.
func cut(s string) string {
	i := maxText
	for i > 0 && s[i]&0xC0 == 0x80 {
		i--
	}
	return s[:i]
}

type printer struct {
	b       strings.Builder
	literal func(*Literal) string
	nested  int
}

func (p *printer) full() bool { return p.b.Len() > maxText }

// The precedences of Python: a child is parenthesised when it binds no tighter
// than its parent. Above the operators are ~ and the dot of a method.
const (
	comparison = iota + 1
	disjunction
	exclusion
	conjunction
	sum
	product
	negation
	dot
)

func (n *Binary) precedence() int {
	switch n.Op {
	case Eq, NotEq, Lt, LtEq, Gt, GtEq, EqMissing, NotEqMissing:
		return comparison
	case Or:
		return disjunction
	case Xor:
		return exclusion
	case And:
		return conjunction
	case Arithmetic:
	}
	if n.Symbol == "+" || n.Symbol == "-" {
		return sum
	}
	return product
}

func (p *printer) node(n Node, parent int) {
	if p.full() {
		return
	}
	if p.nested == maxNested {
		p.b.WriteString("…")
		return
	}
	p.nested++
	switch n := n.(type) {
	case *Column:
		p.b.WriteString(n.Name)
	case *Literal:
		p.b.WriteString(p.literal(n))
	case *List:
		p.list(n)
	case *Binary:
		p.binary(n, parent)
	case *Cast:
		p.method(n.Arg, "cast", []string{n.target()}, nil)
	case *Ternary:
		p.ternary(n)
	case *Call:
		p.call(n, parent)
	case *Window:
		p.method(n.Func, "over", nil, n.By)
	}
	p.nested--
}

func (p *printer) list(n *List) {
	if !n.Exact {
		p.b.WriteString(n.Text)
		return
	}
	p.b.WriteByte('[')
	for i, item := range n.Items {
		if i > 0 {
			p.b.WriteString(", ")
		}
		if p.full() {
			return
		}
		p.b.WriteString(p.literal(&Literal{Type: n.Type, Exact: true, Lo: item.Lo, Hi: item.Hi}))
	}
	if n.Null && len(n.Items) > 0 {
		p.b.WriteString(", ")
	}
	if n.Null {
		p.b.WriteString("null")
	}
	p.b.WriteByte(']')
}

func (p *printer) binary(n *Binary, parent int) {
	prec := n.precedence()
	left := prec - 1
	if prec == comparison {
		left = prec // Python chains comparisons: a < b < c is not (a < b) < c
	}
	if prec <= parent {
		p.b.WriteByte('(')
	}
	p.node(n.Left, left)
	p.b.WriteString(" " + n.Symbol + " ")
	p.node(n.Right, prec)
	if prec <= parent {
		p.b.WriteByte(')')
	}
}

func (p *printer) method(self Node, name string, options []string, args []Node) {
	p.node(self, dot)
	p.b.WriteString("." + name + "(")
	for i, a := range args {
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.node(a, 0)
	}
	for i, o := range options {
		if i > 0 || len(args) > 0 {
			p.b.WriteString(", ")
		}
		p.b.WriteString(o)
	}
	p.b.WriteByte(')')
}

func (p *printer) call(n *Call, parent int) {
	switch {
	case len(n.Args) == 0:
		p.b.WriteString(n.Name + "()")
	case n.Name == "not" && len(n.Args) == 1:
		p.not(n.Args[0], parent)
	case n.Name == "is_between" && n.Option != "both":
		p.method(n.Args[0], n.Name, []string{"closed=\"" + n.Option + "\""}, n.Args[1:])
	default:
		p.method(n.Args[0], n.Name, nil, n.Args[1:])
	}
}

func (p *printer) not(arg Node, parent int) {
	if negation <= parent {
		p.b.WriteByte('(')
	}
	p.b.WriteByte('~')
	p.node(arg, negation-1)
	if negation <= parent {
		p.b.WriteByte(')')
	}
}

func (p *printer) ternary(n *Ternary) {
	p.b.WriteString("when(")
	p.node(n.When, 0)
	p.b.WriteString(").then(")
	p.node(n.Then, 0)
	p.b.WriteString(").otherwise(")
	p.node(n.Otherwise, 0)
	p.b.WriteByte(')')
}

// target is the name of the type that is cast to.
func (n *Cast) target() string {
	if n.To.Kind == Other && n.Name != "" {
		return n.Name
	}
	return n.To.String()
}
