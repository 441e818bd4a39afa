package main

// #include <stdlib.h>
// #include "abi.h"
// #include "pack.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/pack"
)

// errNoMemory reports that C has no memory left.
var errNoMemory = errors.New("out of memory")

// What is done at once in a few milliseconds: planning how values travel, copying bytes, and reading
// the descriptions of what arrived.
const (
	manyValues       = 1 << 19
	manyBytes        = 4 << 20
	manyDescriptions = 128 << 10
)

// piotPack reads the stream of a source to its end and packs its arrays, which stay the
// source's. The result is the description.
//
//export piotPack
func piotPack(source *C.piot_source, limit C.longlong, out *C.piot_result) {
	guardedJob("pack", out, func() (answer, error) { return packSource(source, int64(limit)) })
}

func packSource(source *C.piot_source, limit int64) (answer, error) {
	arrays, err := readStream(source)
	if err != nil {
		return answer{}, fmt.Errorf("pack: %w", err)
	}
	prepare := func(ctx context.Context, most int64) (*pack.Prepared, error) {
		return pack.Prepare(ctx, (*arrowc.Schema)(unsafe.Pointer(&source.schema)), arrays, limit, most)
	}
	prepared, err := prepare(context.Background(), manyValues)
	if errors.Is(err, pack.ErrTooMany) {
		return answer{rest: func(ctx context.Context) ([]byte, error) {
			prepared, err := prepare(ctx, math.MaxInt64)
			if err != nil {
				return nil, err
			}
			return finish(ctx, source, prepared)
		}}, nil
	}
	if err != nil {
		return answer{}, err
	}
	return bySize(int(prepared.Bytes()), manyBytes, func(ctx context.Context) ([]byte, error) {
		return finish(ctx, source, prepared)
	})
}

// finish packs what is prepared into memory of the source.
func finish(ctx context.Context, source *C.piot_source, prepared *pack.Prepared) ([]byte, error) {
	// Nothing points to the schema and the stream from here on.
	C.piot_source_forget(source)
	packed, err := prepared.Finish(ctx, func(n int64) ([]byte, error) {
		arena := C.piot_source_arena(source, C.size_t(n))
		if arena == nil {
			return nil, errNoMemory
		}
		return unsafe.Slice((*byte)(arena), n), nil
	})
	if err != nil {
		return nil, err
	}
	source.pieces = C.int64_t(packed.Pieces)
	return packed.Description, setBlobs(source, packed.Blobs)
}

// setBlobs notes the blobs, which all are memory of C or of the arrays.
func setBlobs(source *C.piot_source, blobs [][]byte) error {
	if len(blobs) == 0 {
		return nil
	}
	out := C.piot_source_blobs(source, C.size_t(len(blobs)))
	if out == nil {
		return fmt.Errorf("pack: %w", errNoMemory)
	}
	for i, b := range blobs {
		unsafe.Slice(out, len(blobs))[i] = C.piot_bytes{
			data: (*C.char)(unsafe.Pointer(unsafe.SliceData(b))),
			len:  C.size_t(len(b)),
		}
	}
	return nil
}

// readStream reads the schema and all arrays of a source's stream into the source.
func readStream(source *C.piot_source) ([]*arrowc.Array, error) {
	s := &source.stream
	switch {
	case s.release == nil:
		return nil, arrowc.ErrReleased
	case s.get_schema == nil || s.get_next == nil:
		return nil, fmt.Errorf("no callbacks: %w", arrowc.ErrMalformed)
	}
	if rc := C.piot_stream_schema(s, &source.schema); rc != 0 {
		return nil, fmt.Errorf("get_schema: %s: %w", streamMessage(s, rc), arrowc.ErrStream)
	}
	var rc C.int
	for C.piot_source_next(source, &rc) != nil {
	}
	if rc != 0 {
		return nil, fmt.Errorf("get_next: %s: %w", streamMessage(s, rc), arrowc.ErrStream)
	}
	arrays := make([]*arrowc.Array, source.n_arrays)
	for i := range arrays {
		arrays[i] = (*arrowc.Array)(unsafe.Pointer(&unsafe.Slice(source.arrays, source.n_arrays)[i]))
	}
	return arrays, nil
}

// piotUnpack lays out the schema and the arrays of a frame's parts in blocks of the frame.
//
//export piotUnpack
func piotUnpack(frame *C.piot_frame, out *C.piot_result) {
	guardedJob("unpack", out, func() (answer, error) { return unpackFrame(frame) })
}

func unpackFrame(frame *C.piot_frame) (answer, error) {
	descriptions := 0
	parts := make([]pack.Part, frame.n_parts)
	for i, p := range unsafe.Slice(frame.parts, frame.n_parts) {
		parts[i].Description = view(p.bytes, 0)
		descriptions += len(parts[i].Description)
		for j := 1; j < int(p.n); j++ {
			parts[i].Blobs = append(parts[i].Blobs, view(p.bytes, j))
		}
	}
	return bySize(descriptions, manyDescriptions, func(ctx context.Context) ([]byte, error) {
		return nil, assemble(ctx, frame, parts)
	})
}

// assemble lays out the parts in blocks of the frame.
func assemble(ctx context.Context, frame *C.piot_frame, parts []pack.Part) error {
	return pack.Assemble(ctx, parts, roomsOf(frame))
}

// roomsOf gives rooms in blocks of a frame.
func roomsOf(frame *C.piot_frame) pack.Rooms {
	return pack.Rooms{
		Schema: func(size, nodes int) (pack.Room, error) {
			return roomOf(C.piot_frame_schema(frame, C.size_t(size), C.size_t(nodes)), size, C.piot_schema_release())
		},
		Batch: func(part, size, nodes int) (pack.Room, error) {
			return roomOf(C.piot_frame_batch(frame, C.size_t(part), C.size_t(size), C.size_t(nodes)), size, C.piot_array_release())
		},
		Empty: C.piot_zeros(),
	}
}

func roomOf(block *C.piot_block, size int, release unsafe.Pointer) (pack.Room, error) {
	if block == nil {
		return pack.Room{}, errNoMemory
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(C.piot_block_memory(block))), size)
	return pack.Room{Memory: memory, Release: release, Private: unsafe.Pointer(block)}, nil
}
