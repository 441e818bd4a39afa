package tablewire

import (
	"encoding/json"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/cuts"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Shards cuts a table where its files begin, as [cuts.Physical] does. What is known of the files comes
// by columns, a value a file: the bounds of each key column, null where they are not known, and numbers
// of rows and bytes:
//
//	{"key": [["sym", "string"], ["day", "date"]], "lo": [["a", "b"], ["0", null]], "hi": [["b", "c"], ["9", "5"]],
//	 "rows": [10, null], "nbytes": [400, 500], "target_rows": null}
//	{"cuts": [["b"], …], "rows": [10, null, …], "nbytes": [400, 500, …]}
//
// A shard begins at each cut, and the first one before all keys; rows and bytes are null where they are
// not known.
func Shards(request []byte) ([]byte, error) {
	o, err := parse("shards", request, "key", "lo", "hi", "rows", "nbytes", "target_rows")
	if err != nil {
		return nil, err
	}
	answer, err := physical(o)
	if err != nil {
		return nil, fmt.Errorf("shards: %w", err)
	}
	return json.Marshal(answer)
}

func physical(o strictjson.Object) (any, error) {
	key, files, err := readFiles(o)
	if err != nil {
		return nil, err
	}
	target, err := countOrNull("target_rows", o.Get("target_rows"))
	if err != nil {
		return nil, err
	}
	if target == nil {
		target = new(int64)
	}
	return partsOf(key, cuts.Physical(files, *target), nil)
}

// Spots says which rows of which files begin equal parts, as [cuts.Spots] does. Files are as for
// [Shards]; there are to be n parts, or parts of each so many rows:
//
//	{…, "n": 64, "each": null}
//	{"spots": [[file, row, rank], …], "total": 50000000, "why": null}
//
// If why is a text, it says why there are no spots.
func Spots(request []byte) ([]byte, error) {
	o, err := parse("spots", request, "key", "lo", "hi", "rows", "nbytes", "n", "each")
	if err != nil {
		return nil, err
	}
	answer, err := spots(o)
	if err != nil {
		return nil, fmt.Errorf("spots: %w", err)
	}
	return json.Marshal(answer)
}

func spots(o strictjson.Object) (any, error) {
	key, files, err := readFiles(o)
	if err != nil {
		return nil, err
	}
	aim, err := readAim(o)
	if err != nil {
		return nil, err
	}
	found, total, why, err := cuts.Spots(key, files, aim)
	rows := make([][3]int64, len(found))
	for i, s := range found {
		rows[i] = [3]int64{int64(s.File), s.Row, s.Rank}
	}
	answer := map[string]any{"spots": rows, "total": total, "why": nil}
	if why != "" {
		answer["why"] = why
	}
	return answer, err
}

func readAim(o strictjson.Object) (aim cuts.Aim, err error) {
	n, err := countOrNull("n", o.Get("n"))
	if err != nil {
		return aim, err
	}
	each, err := countOrNull("each", o.Get("each"))
	switch {
	case err != nil:
		return aim, err
	case n != nil && each == nil && *n > 0:
		return cuts.Aim{Parts: *n}, nil
	case each != nil && n == nil && *each > 0:
		return cuts.Aim{Rows: *each}, nil
	}
	return aim, malformed("one of n and each has to be a number above 0")
}

// Cuts makes shards of keys at which to cut, in any order, with how many rows lie before each, or null:
//
//	{"key": […], "cuts": [["a", "5"], …], "ranks": [781250, …], "total": 50000000, "nbytes": null}
//	{"cuts": [["a", "5"], …], "rows": [781250, …], "nbytes": [null, …]}    as from [Shards]
func Cuts(request []byte) ([]byte, error) {
	o, err := parse("cuts", request, "key", "cuts", "ranks", "total", "nbytes")
	if err != nil {
		return nil, err
	}
	answer, err := cutsAt(o)
	if err != nil {
		return nil, fmt.Errorf("cuts: %w", err)
	}
	return json.Marshal(answer)
}

func cutsAt(o strictjson.Object) (any, error) {
	key, err := readKey(o.Get("key"))
	if err != nil {
		return nil, err
	}
	keys, err := readTuples("cuts", key, o.Get("cuts"))
	if err != nil {
		return nil, err
	}
	ranks, err := counts("ranks", o.Get("ranks"), len(keys))
	if err != nil {
		return nil, err
	}
	total, err := countOrNull("total", o.Get("total"))
	if err != nil {
		return nil, err
	}
	bytes, err := countOrNull("nbytes", o.Get("nbytes"))
	if err != nil {
		return nil, err
	}
	list := make([]cuts.Cut, len(keys))
	for i, k := range keys {
		list[i] = cuts.Cut{Key: k, Rank: ranks[i]}
	}
	if total == nil {
		total = new(int64)
		*total = cuts.Unknown
	}
	return partsOf(key, cuts.Parts(list, *total), bytes)
}

func readTuples(name string, s keyrange.Schema, v *strictjson.Value) ([]keyrange.Key, error) {
	var out []keyrange.Key
	err := each(name, v, func(_ int, item *strictjson.Value) error {
		k, err := readTuple(s, item)
		out = append(out, k)
		return err
	})
	return out, err
}

// wireParts are shards that follow one another, by columns: one begins at each cut, and the first before
// all keys. A shard by itself would say its key again, and each end twice.
type wireParts struct {
	Cuts  [][]string `json:"cuts"`
	Rows  []*int64   `json:"rows"`
	Bytes []*int64   `json:"nbytes"`
}

// partsOf writes parts, which follow one another. The bytes of all, if they are given, are divided by rows.
func partsOf(key keyrange.Schema, parts []cuts.Part, bytes *int64) (any, error) {
	total := int64(0)
	for _, p := range parts {
		total += max(0, p.Rows)
	}
	out := wireParts{Cuts: make([][]string, len(parts)-1), Rows: make([]*int64, len(parts)), Bytes: make([]*int64, len(parts))}
	for i := range parts {
		p := &parts[i]
		if i > 0 {
			var err error
			if out.Cuts[i-1], err = key.Decode(p.Range.Lo); err != nil {
				return nil, err
			}
		}
		if p.Rows != cuts.Unknown {
			out.Rows[i] = &p.Rows
		}
		if p.Bytes == cuts.Unknown && bytes != nil && p.Rows != cuts.Unknown && total > 0 {
			p.Bytes = int64(float64(*bytes) * float64(p.Rows) / float64(total))
		}
		if p.Bytes != cuts.Unknown {
			out.Bytes[i] = &p.Bytes
		}
	}
	return out, nil
}

// readFiles reads what is known of files, by columns.
func readFiles(o strictjson.Object) (key keyrange.Schema, files []cuts.File, err error) {
	if key, err = readKey(o.Get("key")); err != nil {
		return nil, nil, err
	}
	rows, err := o.Get("rows").List()
	if err != nil {
		return nil, nil, strictjson.In("rows", err)
	}
	n := len(rows)
	numbers, err := counts("rows", o.Get("rows"), n)
	if err != nil {
		return nil, nil, err
	}
	bytes, err := counts("nbytes", o.Get("nbytes"), n)
	if err != nil {
		return nil, nil, err
	}
	lo, err := bounds("lo", key, o.Get("lo"), n)
	if err != nil {
		return nil, nil, err
	}
	hi, err := bounds("hi", key, o.Get("hi"), n)
	if err != nil {
		return nil, nil, err
	}
	files = make([]cuts.File, n)
	for i := range files {
		// Bounds that contradict themselves say nothing.
		r, err := keyrange.Through(lo[i], hi[i])
		if err != nil {
			r = keyrange.Range{}
		}
		files[i] = cuts.File{Range: r, Rows: numbers[i], Bytes: bytes[i]}
	}
	return key, files, nil
}

// counts reads n numbers, with [cuts.Unknown] for null.
func counts(name string, v *strictjson.Value, n int) ([]int64, error) {
	var out []int64
	err := each(name, v, func(_ int, item *strictjson.Value) error {
		if item.IsNull() {
			out = append(out, cuts.Unknown)
			return nil
		}
		number, err := item.Count()
		out = append(out, number)
		return err
	})
	if err == nil && len(out) != n {
		return nil, malformed("%s: %d numbers, not %d", name, len(out), n)
	}
	return out, err
}

// bounds reads a bound of each file, which comes by columns: the values up to the first that is null.
func bounds(name string, key keyrange.Schema, v *strictjson.Value, n int) ([]keyrange.Key, error) {
	columns, err := v.List()
	if err != nil {
		return nil, strictjson.In(name, err)
	}
	if len(columns) != len(key) {
		return nil, malformed("%s: %d columns, not %d", name, len(columns), len(key))
	}
	values := make([][]strictjson.Value, len(columns))
	for i := range columns {
		if values[i], err = columns[i].List(); err != nil {
			return nil, strictjson.At(name, i, err)
		}
		if len(values[i]) != n {
			return nil, malformed("%s: column %d has %d values, not %d", name, i, len(values[i]), n)
		}
	}
	out := make([]keyrange.Key, n)
	tuple := make([]string, 0, len(key))
	for i := range out {
		tuple = tuple[:0]
		for j := 0; j < len(values) && !values[j][i].IsNull(); j++ {
			text, err := values[j][i].Text()
			if err != nil {
				return nil, strictjson.At(name, i, err)
			}
			tuple = append(tuple, text)
		}
		if out[i], err = key.Encode(tuple); err != nil {
			return nil, strictjson.At(name, i, err)
		}
	}
	return out, nil
}
