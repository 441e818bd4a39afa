package main

// #include <stdlib.h>
// #include "abi.h"
// #include "pack.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"runtime/cgo"
	"time"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/pack"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/pgread"
)

//export piotPgDescribe
func piotPgDescribe(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("pg_describe", out, func() (answer, error) {
		return withRequest(view(in, 0), func(ctx context.Context, r *pgread.Request) ([]byte, error) {
			d, err := pgread.Describe(ctx, r)
			if err != nil {
				return nil, err
			}
			return json.Marshal(d)
		})
	})
}

//export piotPgOpen
func piotPgOpen(in *C.piot_bytes, out *C.piot_result) {
	guarded("pg_open", out, func() ([]byte, error) {
		r, err := pgread.ParseRequest(view(in, 0))
		if err != nil {
			return nil, err
		}
		return handleTo(pgread.Open(r), ""), nil
	})
}

//export piotPgExport
func piotPgExport(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("pg_export", out, func() (answer, error) {
		return withRequest(view(in, 0), func(ctx context.Context, r *pgread.Request) ([]byte, error) {
			s, err := pgread.Export(ctx, r)
			if err != nil {
				return nil, err
			}
			if ctx.Err() != nil {
				// The caller has left, and nobody would ever close it.
				s.Close()
				return nil, ctx.Err()
			}
			return handleTo(s, s.Name), nil
		})
	})
}

//export piotPgWait
func piotPgWait(handle C.uintptr_t, milliseconds C.longlong, out *C.piot_result) {
	guardedJob("pg_wait", out, func() (answer, error) {
		s := cgo.Handle(handle).Value().(*pgread.Stream)
		if s.Wait(context.Background(), 0) {
			return written([]byte{1}, nil)
		}
		return answer{rest: func(ctx context.Context) ([]byte, error) {
			if s.Wait(ctx, time.Duration(max(0, milliseconds))*time.Millisecond) {
				return []byte{1}, nil
			}
			return nil, nil
		}}, nil
	})
}

// piotPgNext lays out the next batch in a frame, or leaves it empty at the end.
//
//export piotPgNext
func piotPgNext(handle C.uintptr_t, frame *C.piot_frame, out *C.piot_result) {
	guardedJob("pg_next", out, func() (answer, error) {
		s := cgo.Handle(handle).Value().(*pgread.Stream)
		next := func(ctx context.Context) ([]byte, error) { return nil, nextBatch(ctx, s, frame) }
		if s.Wait(context.Background(), 0) {
			return written(next(context.Background()))
		}
		return answer{rest: next}, nil
	})
}

func nextBatch(ctx context.Context, s *pgread.Stream, frame *C.piot_frame) error {
	batch, err := s.Next(ctx)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	defer batch.Release()
	return pack.LayOutRecord(batch, roomsOf(frame))
}

//export piotPgCheck
func piotPgCheck(handle C.uintptr_t, out *C.piot_result) {
	guardedJob("pg_check", out, func() (answer, error) {
		s := cgo.Handle(handle).Value().(*pgread.Snapshot)
		return answer{rest: func(ctx context.Context) ([]byte, error) { return nil, s.Check(ctx) }}, nil
	})
}

//export piotPgClose
func piotPgClose(handle C.uintptr_t, out *C.piot_result) {
	guardedJob("pg_close", out, func() (answer, error) {
		end := ending(cgo.Handle(handle).Value())
		return answer{rest: func(ctx context.Context) ([]byte, error) {
			end(ctx)
			return nil, nil
		}}, nil
	})
}

// ending is what ends a stream or a snapshot.
func ending(value any) func(context.Context) {
	switch v := value.(type) {
	case *pgread.Stream:
		return v.Close
	case *pgread.Snapshot:
		return func(context.Context) { v.Close() }
	}
	panic("no handle of a stream or a snapshot")
}

// piotPgDrop ends what a handle leads to, without waiting, and the handle.
//
//export piotPgDrop
func piotPgDrop(handle C.uintptr_t, out *C.piot_result) {
	guarded("drop", out, func() ([]byte, error) {
		end := ending(cgo.Handle(handle).Value())
		cgo.Handle(handle).Delete()
		guard.Start("drop", func(ctx context.Context) error {
			end(ctx)
			return nil
		})
		return nil, nil
	})
}

//export piotPgDisconnect
func piotPgDisconnect(out *C.piot_result) {
	guardedJob("pg_disconnect", out, func() (answer, error) {
		return answer{rest: func(context.Context) ([]byte, error) {
			pgread.Disconnect()
			return nil, nil
		}}, nil
	})
}

// withRequest reads a request at once, since it is lent for the call only, and leaves the rest to a job.
func withRequest(in []byte, f func(context.Context, *pgread.Request) ([]byte, error)) (answer, error) {
	r, err := pgread.ParseRequest(in)
	if err != nil {
		return answer{}, err
	}
	return answer{rest: func(ctx context.Context) ([]byte, error) { return f(ctx, r) }}, nil
}

// handleTo is a handle as bytes, and a text after it.
func handleTo(value any, text string) []byte {
	h := C.uintptr_t(cgo.NewHandle(value))
	return append(C.GoBytes(unsafe.Pointer(&h), C.int(unsafe.Sizeof(h))), text...)
}
