package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Step is a node of one input as it is done to any rows: what it is, and its expressions,
// each in the bytes of polars.Expr.meta.serialize.
type Step struct {
	Op    string   `json:"op"` // "filter", "with_columns", "select" or "group_by"
	Keys  [][]byte `json:"keys"`
	Exprs [][]byte `json:"exprs"`
}

// stepNodes are the nodes that StepOf knows: the name of the step, the field of its
// expressions, and that of its keys.
var stepNodes = map[string][3]string{
	"Filter":  {"filter", "predicate", ""},
	"HStack":  {"with_columns", "exprs", ""},
	"Select":  {"select", "expr", ""},
	"GroupBy": {"group_by", "aggs", "keys"},
}

// plain are fields of a GroupBy with the values that they have where it does no more than
// its keys and aggregates say.
var plain = map[string]func(payload []byte, at span) bool{
	"predicates":     func(payload []byte, at span) bool { return payload[at.start] == 0x90 },
	"maintain_order": func(payload []byte, at span) bool { return payload[at.start] == 0xc2 },
	"apply":          isNil,
	"options":        allNil,
}

// nullOnEmpty is an option of sums that decoded expressions do not show.
const nullOnEmpty = "null_on_empty"

// StepOf returns the step that a site is, as JSON, or ErrEdit for one that is more.
func StepOf(payload []byte, site int) ([]byte, error) {
	_, sites, err := pickSite(payload, site)
	if err != nil {
		return nil, err
	}
	node := sites[site]
	known, ok := stepNodes[node.Name]
	if !ok || bytes.Contains(node.at.of(payload), []byte(nullOnEmpty)) {
		return nil, fmt.Errorf("payload: %s is no step: %w", node.Name, ErrEdit)
	}
	c := cursor{payload, node.at.start + 1}
	if _, err := c.text(); err != nil {
		return nil, err
	}
	f, err := c.fields()
	if err != nil {
		return nil, err
	}
	if known[2] != "" {
		for name, is := range plain {
			if at, ok := f[name]; !ok || !is(payload, at) {
				return nil, fmt.Errorf("payload: %s of a GroupBy: %w", name, ErrEdit)
			}
		}
	}
	step := Step{Op: known[0], Keys: [][]byte{}}
	if step.Exprs, err = exprsOf(payload, f[known[1]], node.Name == "Filter"); err != nil {
		return nil, err
	}
	if known[2] != "" {
		if step.Keys, err = exprsOf(payload, f[known[2]], false); err != nil {
			return nil, err
		}
	}
	return json.Marshal(step)
}

// exprsOf returns the bytes of the expressions in a field, a list or a single one.
func exprsOf(payload []byte, at span, single bool) ([][]byte, error) {
	if single {
		return [][]byte{at.of(payload)}, nil
	}
	c := cursor{payload, at.start}
	n, err := c.header(arrayHeader)
	if err != nil {
		return nil, err
	}
	var exprs [][]byte
	for range n {
		value, err := c.value()
		if err != nil {
			return nil, err
		}
		exprs = append(exprs, value.of(payload))
	}
	return exprs, nil
}

// allNil reports whether a map has no value that is not nil.
func allNil(payload []byte, at span) bool {
	c := cursor{payload, at.start}
	f, err := c.fields()
	if err != nil {
		return false
	}
	for _, value := range f {
		if !isNil(payload, value) {
			return false
		}
	}
	return true
}
