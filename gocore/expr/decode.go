package expr

import "fmt"

// Wire is one node of the flat list in which trees travel. Which fields count
// depends on K: "col", "lit", "bin", "cast", "when", "call" or "over".
type Wire struct {
	K      string `json:"k"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Op     string `json:"op"`
	Option string `json:"option"`
	Text   string `json:"text"`
	Null   bool   `json:"null"`
	Strict bool   `json:"strict"`
	Lo     *int64 `json:"lo"`
	Hi     *int64 `json:"hi"`
	Args   []int  `json:"args"`
	// Items are the values of a list, each as [lo] or [lo, hi].
	Items [][]int64 `json:"items"`
	// Scalar is the type of Value or Values, see [Scalar]; "" when they are absent.
	Scalar string   `json:"scalar"`
	Value  string   `json:"value"`
	Values []string `json:"values"`
}

// Decode turns the flat list into nodes, position by position. It fails with
// [ErrMalformed] when a node is of an unknown kind, has the wrong number of
// arguments, or names an argument that does not come before it.
func Decode(list []Wire) ([]Node, error) {
	nodes := make([]Node, len(list))
	for i, w := range list {
		args := make([]Node, len(w.Args))
		for j, a := range w.Args {
			if a < 0 || a >= i {
				return nil, fmt.Errorf("expr: node %d has argument %d: %w", i, a, ErrMalformed)
			}
			args[j] = nodes[a]
		}
		n, err := w.node(args)
		if err != nil {
			return nil, fmt.Errorf("expr: node %d: %w", i, err)
		}
		nodes[i] = n
	}
	return nodes, nil
}

// arity is the number of arguments each kind must have; kinds that are absent
// take any number.
var arity = map[string]int{"col": 0, "lit": 0, "list": 0, "bin": 2, "cast": 1, "when": 3}

func (w Wire) node(args []Node) (Node, error) {
	if want, ok := arity[w.K]; ok && len(args) != want {
		return nil, fmt.Errorf("%q with %d arguments, not %d: %w", w.K, len(args), want, ErrMalformed)
	}
	switch w.K {
	case "col":
		return &Column{Name: w.Name, Type: ParseType(w.Type)}, nil
	case "lit":
		return w.literal()
	case "list":
		return w.list()
	case "bin":
		return &Binary{Op: ParseOp(w.Op), Symbol: symbol(w.Op), Left: args[0], Right: args[1]}, nil
	case "cast":
		return &Cast{To: ParseType(w.Type), Name: w.Type, Strict: w.Strict, Arg: args[0]}, nil
	case "when":
		return &Ternary{When: args[0], Then: args[1], Otherwise: args[2]}, nil
	case "call":
		return &Call{Name: w.Name, Option: w.Option, Args: args}, nil
	case "over":
		return w.window(args)
	}
	return nil, fmt.Errorf("unknown kind %q: %w", w.K, ErrMalformed)
}

func (w Wire) list() (Node, error) {
	l := &List{Type: ParseType(w.Type), Null: w.Null, Text: w.Text, Rows: w.Option == "rows", Items: make([]Range, len(w.Items))}
	_, _, l.Exact = l.Type.Extremes()
	for i, item := range w.Items {
		if len(item) == 0 || item[0] > item[len(item)-1] {
			return nil, fmt.Errorf("item %d of a list is %v: %w", i, item, ErrMalformed)
		}
		l.Items[i] = Range{Lo: item[0], Hi: item[len(item)-1]}
	}
	if w.Scalar != "" {
		l.Scalars = make([]Scalar, len(w.Values))
		for i, v := range w.Values {
			l.Scalars[i] = Scalar{Type: w.Scalar, Value: v}
		}
	}
	return l, nil
}

// window reads the function, the partition keys, and last the order when Option
// says that there is one.
func (w Wire) window(args []Node) (Node, error) {
	ordered := w.Option == "ordered"
	if len(args) == 0 || ordered && len(args) == 1 {
		return nil, fmt.Errorf("a window with %d arguments: %w", len(args), ErrMalformed)
	}
	last := len(args)
	n := &Window{Func: args[0]}
	if ordered {
		last--
		n.Order = args[last]
	}
	n.By = args[1:last]
	return n, nil
}

func (w Wire) literal() (Node, error) {
	l := &Literal{Type: ParseType(w.Type), Null: w.Null, Text: w.Text}
	if w.Scalar != "" && !w.Null {
		l.Scalar = &Scalar{Type: w.Scalar, Value: w.Value}
	}
	if _, _, physical := l.Type.Extremes(); w.Null || w.Lo == nil || !physical {
		return l, nil
	}
	l.Exact, l.Lo, l.Hi = true, *w.Lo, *w.Lo
	if w.Hi != nil {
		l.Hi = *w.Hi
	}
	if l.Lo > l.Hi {
		return nil, fmt.Errorf("a literal from %d to %d: %w", l.Lo, l.Hi, ErrMalformed)
	}
	return l, nil
}
