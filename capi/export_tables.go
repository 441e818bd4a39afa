package main

// #include "abi.h"
// #include "pack.h"
import "C"

import (
	"context"
	"runtime"
	"runtime/cgo"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyarrow"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/tablewire"
)

// What is done at once in a few milliseconds: bytes of JSON, and keys that are counted or merged.
const (
	manyWords = 128 << 10
	manyKeys  = 64 << 10
)

// rewritten reads JSON and writes it again, or answers it.
func rewritten(in []byte, f func([]byte) ([]byte, error)) (answer, error) {
	return bySize(len(in), manyWords, func(context.Context) ([]byte, error) { return f(in) })
}

//export piotTableShard
func piotTableShard(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("table_shard", out, func() (answer, error) { return rewritten(view(in, 0), readShard) })
}

func readShard(in []byte) ([]byte, error) {
	s, err := tablewire.ParseShard(in)
	if err != nil {
		return nil, err
	}
	return s.JSON()
}

//export piotTableOperations
func piotTableOperations(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("table_operations", out, func() (answer, error) { return rewritten(view(in, 0), readOperations) })
}

func readOperations(in []byte) ([]byte, error) {
	ops, err := tablewire.ParseOperations(in)
	if err != nil {
		return nil, err
	}
	return ops.JSON()
}

//export piotTableAsof
func piotTableAsof(in *C.piot_bytes, out *C.piot_result) {
	guarded("table_asof", out, func() ([]byte, error) {
		a, err := tablewire.ParseAsof(view(in, 0))
		if err != nil {
			return nil, err
		}
		return a.JSON()
	})
}

//export piotTableShards
func piotTableShards(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("table_shards", out, func() (answer, error) { return rewritten(view(in, 0), tablewire.Shards) })
}

//export piotTableSpots
func piotTableSpots(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("table_spots", out, func() (answer, error) { return rewritten(view(in, 0), tablewire.Spots) })
}

//export piotTableCuts
func piotTableCuts(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("table_cuts", out, func() (answer, error) { return rewritten(view(in, 0), tablewire.Cuts) })
}

//export piotTableConflicts
func piotTableConflicts(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("table_conflicts", out, func() (answer, error) { return rewritten(view(in, 0), tablewire.Conflicts) })
}

//export piotTableStatistics
func piotTableStatistics(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("table_statistics", out, func() (answer, error) { return rewritten(view(in, 0), tablewire.Statistics) })
}

//export piotKeyRanges
func piotKeyRanges(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("key_ranges", out, func() (answer, error) { return rewritten(view(in, 0), tablewire.Ranges) })
}

//export piotTallyOpen
func piotTallyOpen(in *C.piot_bytes, out *C.piot_result) {
	guarded("tally_open", out, func() ([]byte, error) {
		t, err := tablewire.NewTally(view(in, 0))
		if err != nil {
			return nil, err
		}
		return handleTo(t, ""), nil
	})
}

//export piotTallyDrop
func piotTallyDrop(handle C.uintptr_t, out *C.piot_result) {
	guarded("drop", out, func() ([]byte, error) {
		cgo.Handle(handle).Delete()
		return nil, nil
	})
}

// piotTallyAdd counts the keys in the stream of a source, whose arrays stay the source's.
//
//export piotTallyAdd
func piotTallyAdd(handle C.uintptr_t, source *C.piot_source, out *C.piot_result) {
	guardedJob("tally_add", out, func() (answer, error) {
		t := cgo.Handle(handle).Value().(*tablewire.Tally)
		batches, rows, err := readKeys(source, t.Key)
		if err != nil {
			return answer{}, err
		}
		return bySize(rows, manyKeys, func(ctx context.Context) ([]byte, error) { return nil, addAll(ctx, t, batches) })
	})
}

func addAll(ctx context.Context, t *tablewire.Tally, batches []keyrange.Batch) error {
	for _, b := range batches {
		if t.Looking() || b.Rows < manyKeys {
			if err := t.Add(ctx, b); err != nil {
				return err
			}
			continue
		}
		var group guard.Group
		workers := runtime.GOMAXPROCS(0)
		for i := range workers {
			group.Go("tally_add", func() error {
				return t.AddRows(ctx, b, b.Rows*i/workers, b.Rows*(i+1)/workers)
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

//export piotTallyNext
func piotTallyNext(handle C.uintptr_t, out *C.piot_result) {
	guardedJob("tally_next", out, func() (answer, error) {
		t := cgo.Handle(handle).Value().(*tablewire.Tally)
		return answer{rest: func(context.Context) ([]byte, error) { return t.Answer() }}, nil
	})
}

// readKeys reads the key columns of a source's stream, and says how many rows there are.
func readKeys(source *C.piot_source, key keyrange.Schema) (batches []keyrange.Batch, rows int, err error) {
	arrays, err := readStream(source)
	if err != nil {
		return nil, 0, err
	}
	if batches, err = keyarrow.Load((*arrowc.Schema)(unsafe.Pointer(&source.schema)), arrays, key); err != nil {
		return nil, 0, err
	}
	for _, b := range batches {
		rows += b.Rows
	}
	return batches, rows, nil
}

// piotKeyScan merges the sorted keys of several sources.
//
//export piotKeyScan
func piotKeyScan(in *C.piot_bytes, sources *C.piot_sources, out *C.piot_result) {
	guardedJob("key_scan", out, func() (answer, error) { return scanKeys(view(in, 0), sources) })
}

func scanKeys(request []byte, sources *C.piot_sources) (answer, error) {
	key, keys, err := tablewire.ReadScan(request)
	if err != nil {
		return answer{}, err
	}
	total := 0
	streams := make([][]keyrange.Batch, sources.n)
	for i, s := range unsafe.Slice(sources.items, sources.n) {
		batches, rows, err := readKeys(s, key)
		if err != nil {
			return answer{}, err
		}
		streams[i] = batches
		total += rows
	}
	return bySize(total, manyKeys, func(ctx context.Context) ([]byte, error) {
		f, err := keyrange.Scan(ctx, streams, keys)
		if err != nil {
			return nil, err
		}
		return tablewire.WriteFinding(key, f)
	})
}
