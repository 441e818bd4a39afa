package tablewire

import (
	"encoding/json"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/cuts"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/deltastats"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Tally is a [cuts.Tally] that is asked and answers in JSON.
type Tally struct {
	*cuts.Tally
	Key   keyrange.Schema
	bytes *int64
}

// NewTally begins to cut rows into n parts, or parts of each so many rows, by counting their keys:
//
//	{"key": […], "n": 64, "each": null, "nbytes": null}
func NewTally(request []byte) (*Tally, error) {
	o, err := parse("tally", request, "key", "n", "each", "nbytes")
	if err != nil {
		return nil, err
	}
	t, err := newTally(o)
	if err != nil {
		return nil, fmt.Errorf("tally: %w", err)
	}
	return t, nil
}

func newTally(o strictjson.Object) (*Tally, error) {
	key, err := readKey(o.Get("key"))
	if err != nil {
		return nil, err
	}
	aim, err := readAim(o)
	if err != nil {
		return nil, err
	}
	bytes, err := countOrNull("nbytes", o.Get("nbytes"))
	if err != nil {
		return nil, err
	}
	t, err := cuts.New(key, aim)
	return &Tally{t, key, bytes}, err
}

// Answer ends a pass, in which all keys were added. Unless it is done, all keys in the ranges have to be
// added once more; others are ignored:
//
//	{"done": false, "total": 50000000, "read": [{"lo": …, "hi": …}, …]}
//	{"done": true, "total": 50000000, "parts": {"cuts": [["a", "5"], …], "rows": …, "nbytes": …}}    as from [Shards]
func (t *Tally) Answer() ([]byte, error) {
	pass, err := t.Next()
	if err != nil {
		return nil, err
	}
	answer := map[string]any{}
	if pass.Done {
		parts, err := partsOf(t.Key, cuts.Parts(pass.Cuts, pass.Total), t.bytes)
		if err != nil {
			return nil, err
		}
		answer["parts"] = parts
	} else {
		read, err := writeRanges(t.Key, pass.Read)
		if err != nil {
			return nil, err
		}
		for i := range read {
			// It begins earlier for that, which is allowed.
			if read[i].After != nil {
				read[i].Lo, read[i].After = read[i].After, nil
			}
		}
		answer["read"] = read
	}
	answer["done"], answer["total"] = pass.Done, pass.Total
	return json.Marshal(answer)
}

// ReadScan reads what [keyrange.Scan] is to look for: {"key": […], "unique": true}.
func ReadScan(request []byte) (keyrange.Schema, keyrange.Uniqueness, error) {
	o, err := parse("scan of keys", request, "key", "unique")
	if err != nil {
		return nil, keyrange.Repeated, err
	}
	key, err := readKey(o.Get("key"))
	if err != nil {
		return nil, keyrange.Repeated, fmt.Errorf("scan of keys: %w", err)
	}
	keys, err := readUniqueness(o)
	return key, keys, err
}

// WriteFinding writes what [keyrange.Scan] found:
//
//	{"order": "ascending", "key": null, "at": null}
//	{"order": "repeats", "key": ["a", "5"], "at": [[stream, row], [stream, row]]}    or "descends"
func WriteFinding(s keyrange.Schema, f keyrange.Finding) ([]byte, error) {
	names := map[keyrange.Order]string{
		keyrange.Ascending: "ascending", keyrange.Descends: "descends", keyrange.Repeats: "repeats",
	}
	answer := map[string]any{"order": names[f.Order], "key": nil, "at": nil}
	if f.Order != keyrange.Ascending {
		tuple, err := s.Decode(f.Key)
		if err != nil {
			return nil, err
		}
		a, b := f.At[0], f.At[1]
		answer["key"], answer["at"] = tuple, [2][2]int64{{int64(a.Stream), a.Row}, {int64(b.Stream), b.Row}}
	}
	return json.Marshal(answer)
}

// Statistics writes those of a file, as [deltastats.Write] does:
//
//	{"rows": 3, "columns": [{"path": ["s", "a"], "type": "int64", "least": "1", "greatest": "5", "nulls": 0, "nan": null}]}
//
// Of a float, nan says whether there is one.
func Statistics(request []byte) ([]byte, error) {
	o, err := parse("statistics", request, "rows", "columns")
	if err != nil {
		return nil, err
	}
	rows, err := o.Get("rows").Count()
	if err != nil {
		return nil, fmt.Errorf("statistics: rows: %w", err)
	}
	var columns []deltastats.Column
	err = each("columns", o.Get("columns"), func(_ int, v *strictjson.Value) error {
		c, err := readStatistics(v)
		columns = append(columns, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("statistics: %w", err)
	}
	return deltastats.Write(rows, columns)
}

func readStatistics(v *strictjson.Value) (c deltastats.Column, err error) {
	o, err := v.Object("path", "type", "least", "greatest", "nulls", "nan")
	if err != nil {
		return c, err
	}
	if c.Path, err = texts(o.Get("path")); err != nil {
		return c, strictjson.In("path", err)
	}
	if c.Type, err = o.Get("type").Text(); err != nil {
		return c, strictjson.In("type", err)
	}
	if c.Least, err = textOrNull("least", o); err != nil {
		return c, err
	}
	if c.Greatest, err = textOrNull("greatest", o); err != nil {
		return c, err
	}
	if c.Nulls, err = countOrNull("nulls", o.Get("nulls")); err != nil {
		return c, err
	}
	if nan := o.Get("nan"); !nan.IsNull() {
		there, err := nan.Bool()
		if err != nil {
			return c, strictjson.In("nan", err)
		}
		if !there {
			c.NaN = deltastats.Absent
		}
	}
	return c, nil
}

func textOrNull(name string, o strictjson.Object) (*string, error) {
	v := o.Get(name)
	if v.IsNull() {
		return nil, nil
	}
	s, err := v.Text()
	return &s, strictjson.In(name, err)
}
