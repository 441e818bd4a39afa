package tablewire

import (
	"encoding/json"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Shard is a part of a table: the rows whose keys lie in a range.
type Shard struct {
	Key   keyrange.Schema
	Range keyrange.Range
	// Rows and Bytes are nil where they are not known; Bytes is an estimate.
	Rows, Bytes *int64
}

type wireShard struct {
	V     int         `json:"v"`
	Key   [][2]string `json:"key"`
	Lo    []string    `json:"lo"`
	Hi    []string    `json:"hi"`
	Rows  *int64      `json:"rows"`
	Bytes *int64      `json:"nbytes"`
}

// ParseShard reads a shard that [Shard.JSON] wrote, anywhere.
func ParseShard(data []byte) (Shard, error) {
	o, err := parse("shard", data, "v", "key", "lo", "hi", "rows", "nbytes")
	if err != nil {
		return Shard{}, err
	}
	s, err := readShard(o)
	if err != nil {
		return Shard{}, fmt.Errorf("shard: %w", err)
	}
	return s, nil
}

func readShard(o strictjson.Object) (s Shard, err error) {
	if s.Key, err = readKey(o.Get("key")); err != nil {
		return s, err
	}
	if s.Range, err = endsOf(s.Key, o); err != nil {
		return s, err
	}
	if s.Rows, err = countOrNull("rows", o.Get("rows")); err != nil {
		return s, err
	}
	s.Bytes, err = countOrNull("nbytes", o.Get("nbytes"))
	return s, err
}

func countOrNull(name string, v *strictjson.Value) (*int64, error) {
	if v.IsNull() {
		return nil, nil
	}
	n, err := v.Count()
	if err != nil {
		return nil, strictjson.In(name, err)
	}
	return &n, nil
}

// JSON writes a shard, equal ones alike. The ends of its range are tuples.
func (s Shard) JSON() ([]byte, error) {
	w, err := s.wire()
	if err != nil {
		return nil, err
	}
	return json.Marshal(w)
}

func (s Shard) wire() (wireShard, error) {
	w := wireShard{V: version, Key: writeKey(s.Key), Rows: s.Rows, Bytes: s.Bytes}
	var err error
	if w.Lo, err = writeTuple(s.Key, s.Range.Lo); err != nil {
		return w, err
	}
	w.Hi, err = writeTuple(s.Key, s.Range.Hi)
	return w, err
}
