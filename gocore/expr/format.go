package expr

import "strings"

// maxText bounds the rendering of one expression: a list of ten thousand dates
// must not become the text of an error.
const maxText = 400

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
}

func (p *printer) full() bool { return p.b.Len() > maxText }

// precedence of an operator as Python has it: a child is parenthesised when it
// binds no tighter than its parent.
func precedence(o Op) int {
	switch o {
	case Eq, NotEq, Lt, LtEq, Gt, GtEq, EqMissing, NotEqMissing:
		return 1
	case Or:
		return 2
	case Xor:
		return 3
	case And:
		return 4
	case Arithmetic:
	}
	return 5
}

func (p *printer) node(n Node, parent int) {
	if p.full() {
		return
	}
	switch n := n.(type) {
	case *Column:
		p.b.WriteString(n.Name)
	case *Literal:
		p.b.WriteString(p.literal(n))
	case *Binary:
		p.binary(n, parent)
	case *Cast:
		p.method(n.Arg, "cast", []string{n.To.String()}, nil)
	case *Ternary:
		p.call("when", []Node{n.When, n.Then, n.Otherwise})
	case *Call:
		var options []string
		if n.Name == "is_between" && n.Option != "both" {
			options = []string{"closed=\"" + n.Option + "\""}
		}
		if len(n.Args) == 0 {
			p.call(n.Name, nil)
			return
		}
		p.method(n.Args[0], n.Name, options, n.Args[1:])
	case *Window:
		p.method(n.Func, "over", nil, n.By)
	}
}

func (p *printer) binary(n *Binary, parent int) {
	prec := precedence(n.Op)
	if prec <= parent {
		p.b.WriteByte('(')
	}
	p.node(n.Left, prec-1)
	p.b.WriteString(" " + n.Symbol + " ")
	p.node(n.Right, prec)
	if prec <= parent {
		p.b.WriteByte(')')
	}
}

func (p *printer) method(self Node, name string, options []string, args []Node) {
	const tightest = 9
	p.node(self, tightest)
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

func (p *printer) call(name string, args []Node) {
	p.b.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.node(a, 0)
	}
	p.b.WriteByte(')')
}
