package oracle

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Scope tells the wire names of the types of columns; a column that it does not
// name is of another type.
type Scope map[string]string

// ParseExpr reads one expression.
func ParseExpr(text string, scope Scope) (expr.Node, error) {
	wires, root, err := ParseWire(text, scope)
	if err != nil {
		return nil, err
	}
	nodes, err := expr.Decode(wires)
	if err != nil {
		return nil, err
	}
	return nodes[root], nil
}

// ParseWire reads one expression into its wire form, and the position of its root.
func ParseWire(text string, scope Scope) (wires []expr.Wire, root int, err error) {
	defer recoverFault(&err)
	p := newParser(scope)
	root = p.expr(readForm(text))
	return p.exprs, root, nil
}

// parser collects the wire form of what it reads.
type parser struct {
	scope     Scope
	exprs     []expr.Wire
	positions map[string]int // of expressions, by their JSON
	plan      []map[string]any
	named     map[string]subplan
	pushed    int
}

func newParser(scope Scope) *parser {
	return &parser{
		scope: scope, positions: map[string]int{}, named: map[string]subplan{}, pushed: -1,
	}
}

// add returns the position of w, which equal expressions share.
func (p *parser) add(w expr.Wire) int {
	key, err := json.Marshal(w)
	if err != nil {
		fail("%v", err)
	}
	i, ok := p.positions[string(key)]
	if !ok {
		i = len(p.exprs)
		p.positions[string(key)] = i
		p.exprs = append(p.exprs, w)
	}
	return i
}

func (p *parser) all(forms []form) []int {
	out := make([]int, len(forms))
	for i, f := range forms {
		out[i] = p.expr(f)
	}
	return out
}

func (p *parser) column(name string) int {
	t, ok := p.scope[name]
	if !ok {
		t = "other"
	}
	return p.add(expr.Wire{K: "col", Name: name, Type: t})
}

var (
	logical  = []string{"and", "or", "xor"}
	binaries = []string{
		"eq", "ne", "lt", "le", "gt", "ge", "eq_missing", "ne_missing", "+", "-", "*", "/", "//", "%",
	}
)

func (p *parser) expr(f form) int {
	if f.isWord() {
		if w, ok := list(f.word); ok {
			return p.add(w)
		}
		if w, ok := literal(f.word); ok {
			return p.add(w)
		}
		return p.column(f.word)
	}
	head := f.head()
	if head == "" {
		fail("no function in %s", f)
	}
	switch args := f.rest(); {
	case slices.Contains(logical, head):
		return p.chain(head, p.all(args))
	case slices.Contains(binaries, head):
		return p.add(expr.Wire{K: "bin", Op: head, Args: p.all(args)})
	case head == "cast" || head == "cast!":
		if len(args) != 2 {
			fail("cast needs a type and an expression: %s", f)
		}
		return p.add(expr.Wire{
			K: "cast", Type: args[0].word, Strict: head == "cast!", Args: p.all(args[1:]),
		})
	case head == "when":
		return p.add(expr.Wire{K: "when", Args: p.all(args)})
	case head == "over":
		return p.window(args)
	case head == "is_between" && len(args) == 4:
		return p.add(expr.Wire{K: "call", Name: head, Option: args[3].word, Args: p.all(args[:3])})
	case head == "is_between":
		return p.add(expr.Wire{K: "call", Name: head, Option: "both", Args: p.all(args)})
	default:
		name, option, _ := strings.Cut(strings.ReplaceAll(head, "~", " "), ":")
		return p.add(expr.Wire{K: "call", Name: name, Option: option, Args: p.all(args)})
	}
}

// chain reads (and a b c) as (and (and a b) c).
func (p *parser) chain(op string, args []int) int {
	if len(args) < 2 {
		fail("%s needs two arguments", op)
	}
	left := args[0]
	for _, right := range args[1:] {
		left = p.add(expr.Wire{K: "bin", Op: op, Args: []int{left, right}})
	}
	return left
}

// window reads the function, its partition keys, and (order key) last.
func (p *parser) window(args []form) int {
	w := expr.Wire{K: "over"}
	if last := args[len(args)-1]; last.head() == "order" {
		w.Option = "ordered"
		args[len(args)-1] = last.rest()[0]
	}
	w.Args = p.all(args)
	return p.add(w)
}
