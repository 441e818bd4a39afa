package main

import (
	"context"
	"encoding/json"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/prune"
)

// manyFiles is how many bytes of a request name files whose footers are read in a few milliseconds.
const manyFiles = 4 << 10

// pruneIndex reads the footers of Parquet files and gives their index.
func pruneIndex(request []byte) (answer, error) {
	return bySize(len(request), manyFiles, func(context.Context) ([]byte, error) { return prune.Build(request) })
}

// pruneSelect gives the files that a predicate needs, and the plan that scans them.
func pruneSelect(index, template, request []byte) ([]byte, error) {
	return prune.Select(index, template, request)
}

// pruneExtents says where the columns of an index lie.
func pruneExtents(index []byte) ([]byte, error) {
	extents, err := prune.Extents(index)
	if err != nil {
		return nil, err
	}
	return json.Marshal(extents)
}

// pruneFooter compares the footer of a file with what its rows are.
func pruneFooter(footer, request []byte) ([]byte, error) {
	return prune.CheckFooter(footer, request)
}

// pruneVerify fails when a file is not what it was when the index was made.
func pruneVerify(index, positions []byte) ([]byte, error) {
	return nil, prune.Verify(index, positions)
}
