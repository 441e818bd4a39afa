package tablewire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Asof is a state of a table: a version, and which table it is one of, since a table that is made anew
// at the same place begins at 0 again.
type Asof struct {
	Table   string `json:"table"`
	Version int64  `json:"version"`
}

// ParseAsof reads a state from its JSON or from its text.
func ParseAsof(data []byte) (Asof, error) {
	a, err := readAsof(data)
	if err != nil {
		return Asof{}, fmt.Errorf("asof: %w", err)
	}
	return a, nil
}

func readAsof(data []byte) (a Asof, err error) {
	if !strings.HasPrefix(strings.TrimLeft(string(data), " \t\r\n"), "{") {
		return readAsofText(string(data))
	}
	v, err := strictjson.Parse(data, maxDepth)
	if err != nil {
		return a, err
	}
	o, err := v.Object("table", "version")
	if err != nil {
		return a, err
	}
	if a.Table, err = readTable(o.Get("table")); err != nil {
		return a, err
	}
	a.Version, err = o.Get("version").Count()
	return a, strictjson.In("version", err)
}

func readAsofText(s string) (a Asof, err error) {
	table, number, ok := cutLast(s, "@")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n < 0 || strconv.FormatInt(n, 10) != number {
		return a, malformed("%q is no state of a table, which reads like <table>@<version>", strictjson.Shorten(s))
	}
	return Asof{table, n}, checkTable(table)
}

func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

// maxTable is how long the id of a table may be; those of Delta are UUIDs.
const maxTable = 256

func readTable(v *strictjson.Value) (string, error) {
	id, err := v.Text()
	if err != nil {
		return "", strictjson.In("table", err)
	}
	return id, checkTable(id)
}

func checkTable(id string) error {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return malformed("table %q: an id is printable ASCII", strictjson.Shorten(id))
		}
	}
	if id == "" || len(id) > maxTable {
		return malformed("table: an id has 1 to %d letters, not %d", maxTable, len(id))
	}
	return nil
}

// String writes the state as a text that [ParseAsof] reads.
func (a Asof) String() string { return a.Table + "@" + strconv.FormatInt(a.Version, 10) }

// JSON writes the state, with its text beside it: {"table": …, "version": …} and the text.
func (a Asof) JSON() ([]byte, error) { return json.Marshal(a) }
