package main

import (
	"context"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/sqlpush"
)

// manyTerms is how many bytes of a request are made into SQL in a few milliseconds.
const manyTerms = 64 << 10

// sqlPush writes the SQL of a scan.
func sqlPush(request []byte) (answer, error) {
	return bySize(len(request), manyTerms, func(context.Context) ([]byte, error) { return sqlpush.PushJSON(request) })
}
