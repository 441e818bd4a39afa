package tablewire

import (
	"encoding/json"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Ranges computes with ranges of keys:
//
//	{"key": […], "do": "union", "a": [{"lo": …, "hi": …}], "b": […]}   also "intersect", "subtract"
//	{"ranges": […]}
//
//	{"key": […], "do": "cover", "a": [the one to cover], "b": […]}
//	{"gaps": […], "overlaps": […], "outside": […]}
//
//	{"key": […], "do": "contains", "a": […], "keys": [[…], …]}
//	{"contains": [true, …]}
//
// Ranges of answers are sorted and do not touch. One that begins or ends after all keys that begin with
// a tuple has "after" for "lo", or "through" for "hi", as those of requests may have.
func Ranges(request []byte) ([]byte, error) {
	o, err := parse("ranges", request, "key", "do", "a", "b", "keys")
	if err != nil {
		return nil, err
	}
	answer, err := ranges(o)
	if err != nil {
		return nil, fmt.Errorf("ranges: %w", err)
	}
	return json.Marshal(answer)
}

func ranges(o strictjson.Object) (any, error) {
	key, err := readKey(o.Get("key"))
	if err != nil {
		return nil, err
	}
	do, err := o.Get("do").Text()
	if err != nil {
		return nil, strictjson.In("do", err)
	}
	a, err := readRanges("a", key, o.Get("a"))
	if err != nil {
		return nil, err
	}
	if do == "contains" {
		return contains(key, a, o.Get("keys"))
	}
	b, err := readRanges("b", key, o.Get("b"))
	if err != nil {
		return nil, err
	}
	if do == "cover" {
		return cover(key, a, b)
	}
	operation, ok := map[string]func(a, b []keyrange.Range) []keyrange.Range{
		"union": keyrange.Union, "intersect": keyrange.Intersect, "subtract": keyrange.Subtract,
	}[do]
	if !ok {
		return nil, malformed("do: %.80q is none of union, intersect, subtract, cover and contains", do)
	}
	out, err := writeRanges(key, operation(a, b))
	return map[string]any{"ranges": out}, err
}

func contains(s keyrange.Schema, in []keyrange.Range, keys *strictjson.Value) (any, error) {
	out := []bool{}
	err := each("keys", keys, func(_ int, v *strictjson.Value) error {
		k, err := readWhole(s, v)
		inside := false
		for _, r := range in {
			inside = inside || r.Contains(k)
		}
		out = append(out, inside)
		return err
	})
	return map[string]any{"contains": out}, err
}

func cover(s keyrange.Schema, whole, ranges []keyrange.Range) (any, error) {
	if len(whole) != 1 {
		return nil, malformed("a: %d ranges to cover, not 1", len(whole))
	}
	c := keyrange.Examine(whole[0], ranges)
	out := map[string][]wireRange{}
	for name, list := range map[string][]keyrange.Range{"gaps": c.Gaps, "overlaps": c.Overlaps, "outside": c.Outside} {
		var err error
		if out[name], err = writeRanges(s, list); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Conflicts compares two transactions that began at one version, as [keyrange.Meet] does:
//
//	{"key": […], "unique": true, "ours": {"added": [{"lo": …, "through": …}], "replaced": […]}, "theirs": …}
//	{"conflicts": […], "doubtful": […]}
func Conflicts(request []byte) ([]byte, error) {
	o, err := parse("conflicts", request, "key", "unique", "ours", "theirs")
	if err != nil {
		return nil, err
	}
	answer, err := conflicts(o)
	if err != nil {
		return nil, fmt.Errorf("conflicts: %w", err)
	}
	return json.Marshal(answer)
}

func conflicts(o strictjson.Object) (any, error) {
	key, err := readKey(o.Get("key"))
	if err != nil {
		return nil, err
	}
	keys, err := readUniqueness(o)
	if err != nil {
		return nil, err
	}
	ours, err := readFootprint(key, o.Get("ours"))
	if err != nil {
		return nil, strictjson.In("ours", err)
	}
	theirs, err := readFootprint(key, o.Get("theirs"))
	if err != nil {
		return nil, strictjson.In("theirs", err)
	}
	clash := keyrange.Meet(ours, theirs, keys)
	out := map[string][]wireRange{}
	if out["conflicts"], err = writeRanges(key, clash.Conflicts); err != nil {
		return nil, err
	}
	out["doubtful"], err = writeRanges(key, clash.Doubtful)
	return out, err
}

func readUniqueness(o strictjson.Object) (keyrange.Uniqueness, error) {
	unique, err := o.Get("unique").Bool()
	if unique {
		return keyrange.Unique, strictjson.In("unique", err)
	}
	return keyrange.Repeated, strictjson.In("unique", err)
}

func readFootprint(s keyrange.Schema, v *strictjson.Value) (f keyrange.Footprint, err error) {
	o, err := v.Object("added", "replaced")
	if err != nil {
		return f, err
	}
	if f.Added, err = readRanges("added", s, o.Get("added")); err != nil {
		return f, err
	}
	f.Replaced, err = readRanges("replaced", s, o.Get("replaced"))
	return f, err
}
