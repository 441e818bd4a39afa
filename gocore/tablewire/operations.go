package tablewire

import (
	"encoding/json"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Operations are what a transaction is to do to a table, as they travel: files that it has written
// and adds, files that it removes, and the ranges of keys in which it replaces what was there.
type Operations struct {
	// Asof is the state that the transaction began at.
	Asof
	// Txn is the UUID of the transaction.
	Txn      string
	Key      keyrange.Schema
	Adds     []Add
	Removes  []Remove
	Replaced []keyrange.Range
	Number   Number
}

// Number says whether there is a list of operations or exactly one, which is written otherwise.
type Number uint8

// Operations are Many, which may be any number, or One.
const (
	Many Number = iota
	One
)

// Add is a file that is added.
type Add struct {
	Path string
	// Txn is the transaction that wrote the file, if it is not the one of the operations.
	Txn         string
	Size, MTime int64
	// Stats are those of the log, as the text that stands there, or empty.
	Stats string
	// Lo and Hi are the least and the greatest key, exactly; both are whole.
	Lo, Hi keyrange.Key
	Rows   int64
}

// Remove is a file that is removed.
type Remove struct {
	Path string `json:"path"`
	Size *int64 `json:"size"`
}

// ParseOperations reads operations that [Operations.JSON] wrote, anywhere, and checks what can be
// checked without the table. No path of them leads out of it.
func ParseOperations(data []byte) (Operations, error) {
	o, err := parse("operations", data, "v", "table", "version", "txn", "key",
		"adds", "removes", "replaced", "add", "remove", "replace")
	if err != nil {
		return Operations{}, err
	}
	var ops Operations
	if err = ops.read(o); err == nil {
		err = ops.checkPaths()
	}
	if err != nil {
		return Operations{}, fmt.Errorf("operations: %w", err)
	}
	return ops, nil
}

func (ops *Operations) read(o strictjson.Object) (err error) {
	if ops.Table, err = readTable(o.Get("table")); err != nil {
		return err
	}
	if ops.Version, err = o.Get("version").Count(); err != nil {
		return strictjson.In("version", err)
	}
	if ops.Txn, err = readUUID("txn", o.Get("txn")); err != nil {
		return err
	}
	if ops.Key, err = readKey(o.Get("key")); err != nil {
		return err
	}
	if o.Has("add") || o.Has("remove") || o.Has("replace") {
		return ops.readOne(o)
	}
	if err = each("adds", o.Get("adds"), func(_ int, v *strictjson.Value) error { return ops.readAdd(v) }); err != nil {
		return err
	}
	if err = each("removes", o.Get("removes"), func(_ int, v *strictjson.Value) error { return ops.readRemove(v) }); err != nil {
		return err
	}
	ops.Replaced, err = readRanges("replaced", ops.Key, o.Get("replaced"))
	return err
}

// fieldsOfOne is how many fields a single operation has.
const fieldsOfOne = 6

func (ops *Operations) readOne(o strictjson.Object) error {
	ops.Number = One
	switch {
	case len(o) != fieldsOfOne:
		return malformed("one operation has one of add, remove and replace")
	case o.Has("add"):
		return strictjson.In("add", ops.readAdd(o.Get("add")))
	case o.Has("remove"):
		return strictjson.In("remove", ops.readRemove(o.Get("remove")))
	}
	r, err := readRange(ops.Key, o.Get("replace"))
	ops.Replaced = []keyrange.Range{r}
	return strictjson.In("replace", err)
}

func (ops *Operations) readRemove(v *strictjson.Value) error {
	o, err := v.Object("path", "size")
	if err != nil {
		return err
	}
	var r Remove
	if r.Path, err = o.Get("path").Text(); err != nil {
		return strictjson.In("path", err)
	}
	if err = CheckPath(r.Path); err != nil {
		return err
	}
	r.Size, err = countOrNull("size", o.Get("size"))
	ops.Removes = append(ops.Removes, r)
	return err
}

// checkPaths fails if a file is named twice.
func (ops *Operations) checkPaths() error {
	seen := map[string]bool{}
	for _, a := range ops.Adds {
		if seen[a.Path] {
			return malformed("file %q is named twice", a.Path)
		}
		seen[a.Path] = true
	}
	for _, r := range ops.Removes {
		if seen[r.Path] {
			return malformed("file %q is named twice", r.Path)
		}
		seen[r.Path] = true
	}
	return nil
}

type wireAdd struct {
	Path  string   `json:"path"`
	Txn   string   `json:"txn,omitempty"`
	Size  int64    `json:"size"`
	MTime int64    `json:"mtime"`
	Stats *string  `json:"stats"`
	Lo    []string `json:"lo"`
	Hi    []string `json:"hi"`
	Rows  int64    `json:"rows"`
}

type wireHead struct {
	V       int         `json:"v"`
	Table   string      `json:"table"`
	Version int64       `json:"version"`
	Txn     string      `json:"txn"`
	Key     [][2]string `json:"key"`
}

type wireOperations struct {
	wireHead
	Adds     []wireAdd   `json:"adds"`
	Removes  []Remove    `json:"removes"`
	Replaced []wireRange `json:"replaced"`
}

type wireOperation struct {
	wireHead
	Add     *wireAdd   `json:"add,omitempty"`
	Remove  *Remove    `json:"remove,omitempty"`
	Replace *wireRange `json:"replace,omitempty"`
}

// JSON writes operations, equal ones alike.
func (ops Operations) JSON() ([]byte, error) {
	head := wireHead{version, ops.Table, ops.Version, ops.Txn, writeKey(ops.Key)}
	adds := make([]wireAdd, len(ops.Adds))
	for i, a := range ops.Adds {
		var err error
		if adds[i], err = a.wire(ops.Key); err != nil {
			return nil, err
		}
	}
	replaced, err := writeRanges(ops.Key, ops.Replaced)
	if err != nil {
		return nil, err
	}
	if ops.Number == One {
		return json.Marshal(wireOperation{head, first(adds), first(ops.Removes), first(replaced)})
	}
	return json.Marshal(wireOperations{head, adds, append([]Remove{}, ops.Removes...), replaced})
}

func first[T any](items []T) *T {
	if len(items) == 0 {
		return nil
	}
	return &items[0]
}
