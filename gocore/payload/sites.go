package payload

import (
	"encoding/json"
	"slices"
)

// Site is one node of a plan, in a slot of its own or inside a union that holds its
// inputs.
type Site struct {
	Name string `json:"name"` // Polars' name of the node: "GroupBy", "Scan", ...

	// Inputs are the nodes that it reads, as positions in the list that Sites returns.
	Inputs []int `json:"inputs"`

	at span
}

// inputFields are the fields of a node that hold one input. inputsField holds a list of
// nodes; relationsField a list of names with their inputs.
var inputFields = []string{"input", "input_left", "input_right"}

const (
	inputsField    = "inputs"
	relationsField = "relations"
)

// Sites returns the nodes of the plan, each before its inputs, the root first. A node that
// is read from two places is listed once, after the first of them.
//
// To put a leaf in the place of a site changes no position before it.
func Sites(payload []byte) ([]Site, error) {
	e, err := open(payload)
	if err != nil {
		return nil, err
	}
	slots, err := slotsOf(payload, e.plans)
	if err != nil {
		return nil, err
	}
	root, err := reference(payload, e.root)
	if err != nil {
		return nil, err
	}
	w := siteWalk{payload: payload, slots: slots, known: map[int]int{}}
	if err := w.run(root); err != nil {
		return nil, err
	}
	return w.sites, nil
}

// slotsOf returns where the value of each slot of a list stands.
func slotsOf(payload []byte, list span) ([]span, error) {
	c := cursor{payload, list.start}
	n, err := c.header(arrayHeader)
	if err != nil {
		return nil, err
	}
	slots := make([]span, 0, min(n, 1<<16))
	for range n {
		start := c.at
		f, err := c.fields()
		if err != nil {
			return nil, err
		}
		if len(f) != 2 || !has(f, "value", "version") {
			return nil, unknown(start, "a slot {value, version}")
		}
		slots = append(slots, f["value"])
	}
	return slots, nil
}

// reference reads {idx, version} and returns the slot.
func reference(payload []byte, at span) (int, error) {
	c := cursor{payload, at.start}
	f, err := c.fields()
	if err != nil {
		return 0, err
	}
	if len(f) != 2 || !has(f, "idx", "version") {
		return 0, unknown(at.start, "a reference {idx, version}")
	}
	return number(payload, f["idx"])
}

// number reads an unsigned integer.
func number(payload []byte, at span) (int, error) {
	b := at.of(payload)
	if b[0] < 0x80 {
		return int(b[0]), nil
	}
	if size := len(b) - 1; b[0] >= 0xcc && b[0] <= 0xce && size == 1<<(b[0]-0xcc) {
		n := 0
		for _, digit := range b[1:] {
			n = n<<8 | int(digit)
		}
		return n, nil
	}
	return 0, unknown(at.start, "a number of 32 bits")
}

// siteWalk lists nodes with a stack of its own, since plans may be deep.
type siteWalk struct {
	payload []byte
	slots   []span
	known   map[int]int // by where a node stands
	sites   []Site
}

// due is a node to list, and which input of which site it is; -1 for the root.
type due struct {
	node     span
	site, nr int
}

func (w *siteWalk) run(root int) error {
	node, err := w.slot(root, 0)
	if err != nil {
		return err
	}
	stack := []due{{node, -1, 0}}
	for len(stack) > 0 {
		next := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		at, seen := w.known[next.node.start]
		if next.site >= 0 {
			w.sites[next.site].Inputs[next.nr] = at
		}
		if seen {
			continue
		}
		at = len(w.sites)
		w.known[next.node.start] = at
		if next.site >= 0 {
			w.sites[next.site].Inputs[next.nr] = at
		}
		name, inputs, err := w.node(next.node)
		if err != nil {
			return err
		}
		w.sites = append(w.sites, Site{Name: name, Inputs: make([]int, len(inputs)), at: next.node})
		for nr, input := range slices.Backward(inputs) {
			stack = append(stack, due{input, at, nr})
		}
	}
	return nil
}

func (w *siteWalk) slot(index, at int) (span, error) {
	if index <= 0 || index >= len(w.slots) || isNil(w.payload, w.slots[index]) {
		return span{}, unknown(at, "the slot of a node")
	}
	return w.slots[index], nil
}

// node reads the name of a node and where its inputs stand.
func (w *siteWalk) node(at span) (string, []span, error) {
	c := cursor{w.payload, at.start}
	if n, err := c.header(mapHeader); err != nil || n != 1 {
		return "", nil, unknown(at.start, "a node {name: fields}")
	}
	name, err := c.text()
	if err != nil {
		return "", nil, err
	}
	if c.at >= len(w.payload) || !mapHeader.starts(w.payload[c.at]) {
		return name, nil, nil // a node without named fields reads nothing
	}
	f, err := c.fields()
	if err != nil {
		return "", nil, err
	}
	inputs, err := w.inputs(f)
	return name, inputs, err
}

func (w *siteWalk) inputs(fields map[string]span) ([]span, error) {
	var found []span
	for _, name := range inputFields {
		if field, ok := fields[name]; ok {
			found = append(found, field)
		}
	}
	for _, name := range []string{inputsField, relationsField} {
		field, ok := fields[name]
		if !ok {
			continue
		}
		listed, err := listed(w.payload, field, name == relationsField)
		if err != nil {
			return nil, err
		}
		found = append(found, listed...)
	}
	for i, field := range found {
		input, err := w.input(field)
		if err != nil {
			return nil, err
		}
		found[i] = input
	}
	return found, nil
}

// listed returns where the elements of a list stand; of pairs, their second halves.
func listed(payload []byte, field span, pairs bool) ([]span, error) {
	c := cursor{payload, field.start}
	n, err := c.header(arrayHeader)
	if err != nil {
		return nil, err
	}
	var found []span
	for range n {
		if pairs {
			if _, err := c.header(arrayHeader); err != nil {
				return nil, err
			}
			if _, err := c.text(); err != nil {
				return nil, err
			}
		}
		value, err := c.value()
		if err != nil {
			return nil, err
		}
		found = append(found, value)
	}
	return found, nil
}

// input is the node that a field holds or refers to.
func (w *siteWalk) input(field span) (span, error) {
	index, err := reference(w.payload, field)
	if err != nil {
		return field, nil //nolint:nilerr // then the node itself stands here
	}
	return w.slot(index, field.start)
}

// FindSites returns the nodes of the plan for Python, as JSON:
//
//	{"sites": [{"name": "GroupBy", "inputs": [1]}, {"name": "DataFrameScan", "inputs": []}]}
func FindSites(payload []byte) ([]byte, error) {
	sites, err := Sites(payload)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string][]Site{"sites": sites})
}
