package payload

import (
	"cmp"
	"fmt"
	"slices"
)

// Isolate returns a payload that is the scan of that index alone.
func Isolate(payload []byte, scan int) ([]byte, error) {
	e, s, err := pick(payload, scan)
	if err != nil {
		return nil, err
	}
	return e.alone(payload, s.at.node.of(payload)), nil
}

// Listing returns a payload whose only node lists the files the scan of that index
// expands to, with the options of that scan, and opens none of them.
func Listing(payload []byte, scan int) ([]byte, error) {
	e, s, err := pick(payload, scan)
	if err != nil {
		return nil, err
	}
	kind := append(appendText([]byte{0x81}, "ExpandedPaths"), 0x81)
	kind = appendText(appendText(kind, "name"), "path")
	node := splice(payload, s.at.node, []patch{{s.at.kind, kind}})
	return e.alone(payload, node), nil
}

func pick(payload []byte, scan int) (envelope, Scan, error) {
	e, scans, err := read(payload)
	if err != nil {
		return envelope{}, Scan{}, err
	}
	if scan < 0 || scan >= len(scans) {
		return envelope{}, Scan{}, fmt.Errorf("payload: scan %d of %d: %w", scan, len(scans), ErrEdit)
	}
	return e, scans[scan], nil
}

// Bare returns the payload without its in-memory frames: not a plan any more, but
// the same scans in few bytes, for those who ask about many of them.
func Bare(payload []byte) ([]byte, error) {
	e, err := open(payload)
	if err != nil {
		return nil, err
	}
	empty := append(appendArrayHeader(nil, 1), e.noFrame.of(payload)...)
	return splice(payload, span{0, len(payload)}, []patch{{e.frames, empty}}), nil
}

// Edit replaces the paths of one scan.
type Edit struct {
	Scan  int // its index in the list that Scans returns
	Paths []string
	// Pinned, if set, keeps Polars from expanding Paths any further.
	Pinned *Hive
}

// Replace returns the payload with the edits made, at most one a scan.
func Replace(payload []byte, edits []Edit) ([]byte, error) {
	scans, err := Scans(payload)
	if err != nil {
		return nil, err
	}
	var patches []patch
	for _, e := range edits {
		if e.Scan < 0 || e.Scan >= len(scans) || scans[e.Scan].Paths == nil {
			return nil, fmt.Errorf("payload: scan %d of %d has no paths to replace: %w", e.Scan, len(scans), ErrEdit)
		}
		made, err := scans[e.Scan].patches(e)
		if err != nil {
			return nil, err
		}
		patches = append(patches, made...)
	}
	slices.SortFunc(patches, func(a, b patch) int { return cmp.Compare(a.at.start, b.at.start) })
	for i := 1; i < len(patches); i++ {
		if patches[i].at.start < patches[i-1].at.end {
			return nil, fmt.Errorf("payload: two edits of one scan: %w", ErrEdit)
		}
	}
	return splice(payload, span{0, len(payload)}, patches), nil
}

// patches returns the byte ranges that e replaces in s.
func (s Scan) patches(e Edit) ([]patch, error) {
	paths := appendArrayHeader(nil, len(e.Paths))
	for _, p := range e.Paths {
		paths = appendText(appendText(append(paths, 0x81), "inner"), p)
	}
	out := []patch{{s.at.paths, paths}}
	if e.Pinned == nil {
		return out, nil
	}
	if s.at.expand == (span{}) {
		return nil, unknown(s.at.node.start, "the scan option expand_paths")
	}
	out = append(out,
		patch{s.at.expand, []byte{0xc2}},
		patch{s.at.hiveStart, appendUint(nil, uint32(e.Pinned.Start))})
	if e.Pinned.Mode == HiveOn {
		out = append(out, patch{s.at.hiveMode, []byte{0xc3}})
	}
	return out, nil
}

// patch replaces the bytes of a range.
type patch struct {
	at  span
	new []byte
}

// splice returns the bytes of a range with the patches, sorted and inside it, made.
func splice(b []byte, within span, patches []patch) []byte {
	size := within.end - within.start
	for _, p := range patches {
		size += len(p.new) - (p.at.end - p.at.start)
	}
	out := make([]byte, 0, size)
	from := within.start
	for _, p := range patches {
		out = append(append(out, b[from:p.at.start]...), p.new...)
		from = p.at.end
	}
	return append(out, b[from:within.end]...)
}
