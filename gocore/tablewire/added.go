package tablewire

import (
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

func (ops *Operations) readAdd(v *strictjson.Value) error {
	o, err := v.Object("path", "txn", "size", "mtime", "stats", "lo", "hi", "rows")
	if err != nil {
		return err
	}
	a := Add{}
	if err := a.readFile(o, ops.Txn); err != nil {
		return err
	}
	if a.Rows, err = o.Get("rows").Count(); err != nil {
		return strictjson.In("rows", err)
	}
	if a.Rows == 0 {
		return malformed("rows: a file without rows is not added")
	}
	if a.Lo, err = readWhole(ops.Key, o.Get("lo")); err != nil {
		return strictjson.In("lo", err)
	}
	if a.Hi, err = readWhole(ops.Key, o.Get("hi")); err != nil {
		return strictjson.In("hi", err)
	}
	if a.Lo > a.Hi {
		return malformed("lo is greater than hi")
	}
	if err := a.readStats(o.Get("stats")); err != nil {
		return strictjson.In("stats", err)
	}
	ops.Adds = append(ops.Adds, a)
	return nil
}

// readFile reads what is said of the file itself.
func (a *Add) readFile(o strictjson.Object, txn string) (err error) {
	if a.Path, err = o.Get("path").Text(); err != nil {
		return strictjson.In("path", err)
	}
	if o.Has("txn") {
		if a.Txn, err = readUUID("txn", o.Get("txn")); err != nil {
			return err
		}
		if a.Txn == txn {
			a.Txn = ""
		} else {
			txn = a.Txn
		}
	}
	if err = checkAdded(a.Path, txn); err != nil {
		return err
	}
	if a.Size, err = o.Get("size").Count(); err != nil {
		return strictjson.In("size", err)
	}
	a.MTime, err = o.Get("mtime").Count()
	return strictjson.In("mtime", err)
}

// statsDepth is how deep statistics nest: columns in columns.
const statsDepth = 40

// readStats reads statistics as the log has them: JSON in a text. What they say of values is for the
// reader of the file to compare.
func (a *Add) readStats(v *strictjson.Value) (err error) {
	if v.IsNull() {
		return nil
	}
	if a.Stats, err = v.Text(); err != nil {
		return err
	}
	stats, err := strictjson.Parse([]byte(a.Stats), statsDepth)
	if err != nil {
		return err
	}
	o, err := stats.Object("numRecords", "minValues", "maxValues", "nullCount", "tightBounds")
	if err != nil {
		return err
	}
	n, err := o.Get("numRecords").Count()
	if err != nil {
		return strictjson.In("numRecords", err)
	}
	if n != a.Rows {
		return malformed("%d records in a file of %d rows", n, a.Rows)
	}
	for _, name := range []string{"minValues", "maxValues", "nullCount"} {
		if o.Has(name) && !o.Get(name).IsObject() {
			return malformed("%s is no object", name)
		}
	}
	return nil
}

func (a Add) wire(key keyrange.Schema) (wireAdd, error) {
	w := wireAdd{Path: a.Path, Txn: a.Txn, Size: a.Size, MTime: a.MTime, Rows: a.Rows}
	if a.Stats != "" {
		w.Stats = &a.Stats
	}
	var err error
	if w.Lo, err = key.Decode(a.Lo); err != nil {
		return w, err
	}
	w.Hi, err = key.Decode(a.Hi)
	return w, err
}

// readUUID reads a UUID in its one form, since names of files begin with it.
func readUUID(name string, v *strictjson.Value) (string, error) {
	id, err := v.Text()
	if err != nil {
		return "", strictjson.In(name, err)
	}
	const form = "00000000-0000-0000-0000-000000000000"
	ok := len(id) == len(form)
	for i := 0; ok && i < len(id); i++ {
		dash := form[i] == '-'
		hex := id[i] >= '0' && id[i] <= '9' || id[i] >= 'a' && id[i] <= 'f'
		ok = dash && id[i] == '-' || !dash && hex
	}
	if !ok {
		return "", fmt.Errorf("%s: %w", name, malformed("%q is no UUID in lower case", strictjson.Shorten(id)))
	}
	return id, nil
}
