package prune

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/payload"
)

// buildRequest asks for an index.
type buildRequest struct {
	Paths   []string `json:"paths"`
	Columns []Column `json:"columns"`
	Missing Missing  `json:"missing"`
	Origin  Origin   `json:"statistics"`
}

// Origin says where the statistics of files come from.
type Origin string

// Statistics come from the footers of the files, or from the log of the table
// that the files are of: then no file is opened.
const (
	FromFooters Origin = ""
	FromLog     Origin = "log"
)

// Build reads the footers of the files and returns their index, as the JSON
// request says; without columns it holds the identities of the files only:
//
//	{"paths": ["/d/a.parquet"], "missing": "raise",
//	 "columns": [{"name": "date", "type": "date", "values": null}]}
//
// It fails with [ErrUnreadable] when a file is not there. Files of a table are not
// opened, and may be anywhere; of those that are there the identity is kept:
//
//	{"statistics": "log", "paths": ["/t/a.parquet", "s3://t/b.parquet"],
//	 "columns": [{"name": "n", "type": "int64", "logged":
//	     {"least": ["1", null], "greatest": ["5", null], "nulls": ["none", "some"]}}]}
func Build(request []byte) ([]byte, error) {
	var r buildRequest
	if err := json.Unmarshal(request, &r); err != nil {
		return nil, fmt.Errorf("prune: %w: %w", ErrRequest, err)
	}
	files, err := r.gather()
	if err != nil {
		return nil, err
	}
	entries := 0
	for _, f := range files {
		entries += len(f.groups)
	}
	if entries > maxEntries {
		return nil, fmt.Errorf("prune: %d row groups: %w", entries, ErrRequest)
	}
	return encodeIndex(r.Paths, r.Columns, files), nil
}

func (r buildRequest) gather() ([]gathered, error) {
	switch r.Origin {
	case FromFooters:
		return gather(r.Paths, r.Columns, r.Missing)
	case FromLog:
		return gatherLogged(r.Paths, r.Columns)
	}
	return nil, fmt.Errorf("prune: statistics from %q: %w", r.Origin, ErrRequest)
}

// selectRequest is a predicate, as package expr has it; without expressions it
// is true.
type selectRequest struct {
	Exprs []expr.Wire `json:"exprs"`
	Root  int         `json:"root"`
	// First asks for the first file in any case: a scan without a given schema takes
	// it from there.
	First bool `json:"first"`
}

// Select searches an index for the files that can hold rows on which a predicate
// is true:
//
//	{"exprs": [...], "root": 2, "first": false}
//
// The answer is the count of files (u32, little-endian), their positions (u32
// each), and the plan of template with these files for those of its only scan; no
// plan if there are none. Selected files that changed are an [ErrChanged].
func Select(indexBytes, template, request []byte) ([]byte, error) {
	x, err := open(indexBytes)
	if err != nil {
		return nil, err
	}
	files, err := x.selected(request)
	if err != nil {
		return nil, err
	}
	if err := x.verify(files, false); err != nil {
		return nil, err
	}
	out := u32(make([]byte, 0, 4+4*len(files)+len(template)+64*len(files)), len(files))
	paths := make([]string, len(files))
	for i, f := range files {
		out = u32(out, f)
		if paths[i], err = x.path(f); err != nil {
			return nil, err
		}
	}
	if len(files) == 0 || len(template) == 0 {
		return out, nil
	}
	plan, err := payload.Replace(template, []payload.Edit{{Scan: 0, Paths: paths}})
	return append(out, plan...), err
}

// selected searches for a request.
func (x *index) selected(request []byte) ([]int, error) {
	var r selectRequest
	if err := json.Unmarshal(request, &r); err != nil {
		return nil, fmt.Errorf("prune: %w: %w", ErrRequest, err)
	}
	all := len(r.Exprs) == 0
	var files []int
	if !all {
		nodes, err := expr.Decode(r.Exprs)
		if err != nil {
			return nil, err
		}
		if r.Root < 0 || r.Root >= len(nodes) {
			return nil, fmt.Errorf("prune: expression %d of %d: %w", r.Root, len(nodes), ErrRequest)
		}
		if files, all, err = x.search(nodes[r.Root]); err != nil {
			return nil, err
		}
	}
	if all {
		files = make([]int, x.files)
		for i := range files {
			files[i] = i
		}
	}
	if r.First && x.files > 0 && (len(files) == 0 || files[0] != 0) {
		files = slices.Insert(files, 0, 0)
	}
	return files, nil
}

// Verify fails with [ErrChanged] when one of the files is not what it was when the
// index was built. The positions are u32, little-endian; none at all means every file.
func Verify(indexBytes, positions []byte) error {
	x, err := open(indexBytes)
	if err != nil {
		return err
	}
	files := make([]int, len(positions)/4)
	for i := range files {
		files[i] = int(binary.LittleEndian.Uint32(positions[4*i:]))
	}
	return x.verify(files, len(positions) == 0)
}
