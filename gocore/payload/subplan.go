package payload

import (
	"bytes"
	"fmt"
	"slices"
)

// Subplan returns the plan of one site alone, with the frames that it reads.
func Subplan(payload []byte, site int) ([]byte, error) {
	e, sites, err := pickSite(payload, site)
	if err != nil {
		return nil, err
	}
	slots, err := slotsOf(payload, e.plans)
	if err != nil {
		return nil, err
	}
	root := slices.IndexFunc(slots, func(s span) bool { return s.start == sites[site].at.start })
	patches := []patch{}
	if root < 0 { // a node inside a union gets a slot
		root = len(slots)
		list := appendArrayHeader(nil, len(slots)+1)
		c := cursor{payload, e.plans.start}
		if _, err := c.header(arrayHeader); err != nil {
			return nil, err
		}
		list = append(list, payload[c.at:e.plans.end]...)
		list = append(appendText(append(list, 0x82), "value"), sites[site].at.of(payload)...)
		patches = append(patches, patch{e.plans, append(appendText(list, "version"), 1)})
	}
	key := appendUint(appendText([]byte{0x82}, "idx"), uint32(root))
	patches = append(patches, patch{e.root, append(appendText(key, "version"), 1)})
	slices.SortFunc(patches, func(a, b patch) int { return a.at.start - b.at.start })
	return withoutUnread(splice(payload, span{0, len(payload)}, patches))
}

// mark begins a reference, to a node or to a frame.
var mark = []byte("\x82\xa3idx")

// withoutUnread empties the slots of frames that no node of the plan refers to; what only
// looks like a reference keeps a frame that is not needed.
func withoutUnread(payload []byte) ([]byte, error) {
	e, err := open(payload)
	if err != nil {
		return nil, err
	}
	sites, err := Sites(payload)
	if err != nil {
		return nil, err
	}
	read := map[int]bool{0: true}
	for _, s := range sites {
		node := s.at.of(payload)
		for at := bytes.Index(node, mark); at >= 0; {
			if slot, err := reference(node, span{at, len(node)}); err == nil {
				read[slot] = true
			}
			next := bytes.Index(node[at+1:], mark)
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	return e.withoutFrames(payload, func(slot int) bool { return !read[slot] })
}

func (e envelope) withoutFrames(payload []byte, unread func(slot int) bool) ([]byte, error) {
	c := cursor{payload, e.frames.start}
	n, err := c.header(arrayHeader)
	if err != nil {
		return nil, err
	}
	var patches []patch
	for slot := range n {
		at, err := c.value()
		if err != nil {
			return nil, err
		}
		if unread(slot) {
			patches = append(patches, patch{at, e.noFrame.of(payload)})
		}
	}
	return splice(payload, span{0, len(payload)}, patches), nil
}

func pickSite(payload []byte, site int) (envelope, []Site, error) {
	e, err := open(payload)
	if err != nil {
		return envelope{}, nil, err
	}
	sites, err := Sites(payload)
	if err != nil {
		return envelope{}, nil, err
	}
	if site < 0 || site >= len(sites) {
		return envelope{}, nil, fmt.Errorf("payload: site %d of %d: %w", site, len(sites), ErrEdit)
	}
	return e, sites, nil
}

// graftSite puts the plan of a donor that reads no frames in the place of a site.
func graftSite(payload, donor []byte, site int) ([]byte, error) {
	e, sites, err := pickSite(payload, site)
	if err != nil {
		return nil, err
	}
	d, err := open(donor)
	if err != nil {
		return nil, err
	}
	frames, err := slotsOf(donor, d.frames)
	if err != nil {
		return nil, err
	}
	nodes, err := slotsOf(donor, d.plans)
	if err != nil {
		return nil, err
	}
	root, err := reference(donor, d.root)
	if err != nil {
		return nil, err
	}
	if len(frames) != 1 || root <= 0 || root >= len(nodes) {
		return nil, fmt.Errorf("payload: the donor reads frames: %w", ErrEdit)
	}
	slots, err := slotsOf(payload, e.plans)
	if err != nil {
		return nil, err
	}
	// The donor's slots follow those that are there, so slot 1 becomes the first of them.
	shift := len(slots) - 1
	c := cursor{payload, e.plans.start}
	if _, err := c.header(arrayHeader); err != nil {
		return nil, err
	}
	list := appendArrayHeader(nil, len(slots)+len(nodes)-1)
	list = append(list, splice(payload, span{c.at, e.plans.end}, inside(sites[site].at, c.at, e.plans.end, shifted(donor, nodes[root], shift)))...)
	for _, node := range nodes[1:] {
		list = append(appendText(append(list, 0x82), "value"), shifted(donor, node, shift)...)
		list = append(appendText(list, "version"), 1)
	}
	return withoutUnread(splice(payload, span{0, len(payload)}, []patch{{e.plans, list}}))
}

// inside is the patch of a site, which lies in the range.
func inside(site span, start, end int, node []byte) []patch {
	if site.start < start || site.end > end {
		return nil
	}
	return []patch{{site, node}}
}

// shifted returns a node with its references moved by a number of slots.
func shifted(donor []byte, node span, shift int) []byte {
	var patches []patch
	for at := node.start; ; {
		next := bytes.Index(donor[at:node.end], mark)
		if next < 0 {
			return splice(donor, node, patches)
		}
		at += next
		c := cursor{donor, at}
		if slot, err := reference(donor, span{at, node.end}); err == nil && c.skip() == nil {
			to := appendUint(appendText([]byte{0x82}, "idx"), uint32(slot+shift))
			patches = append(patches, patch{span{at, c.at}, append(appendText(to, "version"), 1)})
		}
		at++
	}
}
