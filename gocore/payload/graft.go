package payload

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Graft returns payload with parts of the donor, another payload of the same Polars
// version, as the JSON request says; exactly one of
//
//	{"nodes": [0, 3]}    the root node of the donor in the place of these scans
//	{"schema": 0}        the schema given to the donor's only scan for that of this one
//	{"site": 2}          the plan of the donor, which reads no frames, for this site, see Sites
func Graft(payload, donor, request []byte) ([]byte, error) {
	var r struct {
		Nodes  []int `json:"nodes"`
		Schema *int  `json:"schema"`
		Site   *int  `json:"site"`
	}
	if err := json.Unmarshal(request, &r); err != nil {
		return nil, fmt.Errorf("payload: %w: %w", ErrEdit, err)
	}
	_, scans, err := read(payload)
	if err != nil {
		return nil, err
	}
	if len(donor) < bodyStart || string(donor[:bodyStart]) != string(payload[:bodyStart]) {
		return nil, fmt.Errorf("payload: the donor is of another version: %w", ErrEdit)
	}
	if r.Schema != nil {
		return graftSchema(payload, donor, scans, *r.Schema)
	}
	if r.Site != nil {
		return graftSite(payload, donor, *r.Site)
	}
	node, err := rootNode(donor)
	if err != nil {
		return nil, err
	}
	slices.Sort(r.Nodes)
	patches := make([]patch, 0, len(r.Nodes))
	for i, n := range r.Nodes {
		if n < 0 || n >= len(scans) || i > 0 && n == r.Nodes[i-1] {
			return nil, fmt.Errorf("payload: scan %d of %d: %w", n, len(scans), ErrEdit)
		}
		patches = append(patches, patch{scans[n].at.node, node})
	}
	return splice(payload, span{0, len(payload)}, patches), nil
}

func graftSchema(payload, donor []byte, scans []Scan, scan int) ([]byte, error) {
	_, given, err := read(donor)
	if err != nil {
		return nil, err
	}
	if scan < 0 || scan >= len(scans) || len(given) != 1 || given[0].at.schema == (span{}) || scans[scan].at.schema == (span{}) {
		return nil, fmt.Errorf("payload: scan %d of %d takes no schema: %w", scan, len(scans), ErrEdit)
	}
	schema := given[0].at.schema.of(donor)
	return splice(payload, span{0, len(payload)}, []patch{{scans[scan].at.schema, schema}}), nil
}

// rootNode returns the bytes of the root of a plan that refers to no other slot.
func rootNode(payload []byte) ([]byte, error) {
	e, err := open(payload)
	if err != nil {
		return nil, err
	}
	c := cursor{payload, e.plans.start}
	n, err := c.header(arrayHeader)
	if err != nil {
		return nil, err
	}
	if n != 2 {
		return nil, unknown(e.plans.start, "a plan of one node")
	}
	if _, err := c.value(); err != nil {
		return nil, err
	}
	slot, err := c.fields()
	if err != nil || !has(slot, "value", "version") {
		return nil, unknown(e.plans.start, "a slot {value, version}")
	}
	return slot["value"].of(payload), nil
}
