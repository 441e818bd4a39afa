package tablewire

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// readKey reads the columns of a key: [["sym", "string"], ["ts", "datetime[us, UTC]"]].
func readKey(v *strictjson.Value) (keyrange.Schema, error) {
	var fields []keyrange.Field
	err := each("key", v, func(_ int, item *strictjson.Value) error {
		pair, err := texts(item)
		if err != nil {
			return err
		}
		if len(pair) != 2 {
			return malformed("%d texts instead of a name and a type", len(pair))
		}
		t, err := keyrange.ParseType(pair[1])
		fields = append(fields, keyrange.Field{Name: pair[0], Type: t})
		return err
	})
	if err != nil {
		return nil, err
	}
	return keyrange.NewSchema(fields...)
}

func writeKey(s keyrange.Schema) [][2]string {
	out := make([][2]string, len(s))
	for i, f := range s {
		out[i] = [2]string{f.Name, f.Type.Name}
	}
	return out
}

func texts(v *strictjson.Value) ([]string, error) {
	items, err := v.List()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(items))
	for i := range items {
		if out[i], err = items[i].Text(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readTuple reads the first values of a key, one of them at least.
func readTuple(s keyrange.Schema, v *strictjson.Value) (keyrange.Key, error) {
	tuple, err := texts(v)
	if err != nil {
		return "", err
	}
	if len(tuple) == 0 {
		return "", malformed("no values; an open end is null")
	}
	return s.Encode(tuple)
}

// readWhole reads all values of a key.
func readWhole(s keyrange.Schema, v *strictjson.Value) (keyrange.Key, error) {
	tuple, err := texts(v)
	if err != nil {
		return "", err
	}
	if len(tuple) != len(s) {
		return "", malformed("%d values for a key of %d columns", len(tuple), len(s))
	}
	return s.Encode(tuple)
}

// readEnd reads the end of a range: null is an open one.
func readEnd(s keyrange.Schema, v *strictjson.Value) (keyrange.Key, error) {
	if v.IsNull() {
		return "", nil
	}
	return readTuple(s, v)
}

// wireRange is a range as it is written. It begins at Lo, or After all keys that begin with a tuple; it
// ends before Hi, or goes Through all keys that begin with a tuple.
type wireRange struct {
	Lo      []string `json:"lo"`
	After   []string `json:"after,omitempty"`
	Hi      []string `json:"hi"`
	Through []string `json:"through,omitempty"`
}

// readRange reads {"lo": …, "hi": …}, with "after" for "lo" or "through" for "hi".
func readRange(s keyrange.Schema, v *strictjson.Value) (keyrange.Range, error) {
	o, err := v.Object("lo", "after", "hi", "through")
	if err != nil {
		return keyrange.Range{}, err
	}
	return endsOf(s, o)
}

func endsOf(s keyrange.Schema, o strictjson.Object) (keyrange.Range, error) {
	lo, err := endOf(s, o, "lo", "after")
	if err != nil {
		return keyrange.Range{}, err
	}
	hi, err := endOf(s, o, "hi", "through")
	if err != nil {
		return keyrange.Range{}, err
	}
	return keyrange.NewRange(lo, hi)
}

// endOf reads one end, which is before a tuple or after all keys that begin with one.
func endOf(s keyrange.Schema, o strictjson.Object, before, after string) (keyrange.Key, error) {
	a, err := readEnd(s, o.Get(before))
	if err != nil {
		return "", strictjson.In(before, err)
	}
	b, err := readEnd(s, o.Get(after))
	switch {
	case err != nil:
		return "", strictjson.In(after, err)
	case a != "" && b != "":
		return "", malformed("two ends on one side, %s and %s", before, after)
	case b != "":
		return b.After(), nil
	}
	return a, nil
}

func readRanges(name string, s keyrange.Schema, v *strictjson.Value) ([]keyrange.Range, error) {
	var out []keyrange.Range
	err := each(name, v, func(_ int, item *strictjson.Value) error {
		r, err := readRange(s, item)
		out = append(out, r)
		return err
	})
	return out, err
}

// writeTuple writes a key, or null for an open end.
func writeTuple(s keyrange.Schema, k keyrange.Key) ([]string, error) {
	if k == "" {
		return nil, nil
	}
	return s.Decode(k)
}

func writeRange(s keyrange.Schema, r keyrange.Range) (out wireRange, err error) {
	lo, after, err := end(s, r.Lo)
	if err != nil {
		return out, err
	}
	if out.Lo = lo; after {
		out.Lo, out.After = nil, lo
	}
	hi, after, err := end(s, r.Hi)
	if out.Hi = hi; after {
		out.Hi, out.Through = nil, hi
	}
	return out, err
}

func end(s keyrange.Schema, k keyrange.Key) (tuple []string, after bool, err error) {
	if k == "" {
		return nil, false, nil
	}
	return s.DecodeEnd(k)
}

func writeRanges(s keyrange.Schema, ranges []keyrange.Range) ([]wireRange, error) {
	out := make([]wireRange, len(ranges))
	for i, r := range ranges {
		var err error
		if out[i], err = writeRange(s, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}
