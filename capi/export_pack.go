package main

// #include <stdlib.h>
// #include "abi.h"
// #include "pack.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/pack"
)

// errNoMemory reports that C has no memory left.
var errNoMemory = errors.New("out of memory")

// piotPack reads the stream of a source to its end and packs its arrays, which stay the
// source's. The result is the description.
//
//export piotPack
func piotPack(source *C.piot_source, limit C.longlong, out *C.piot_result) {
	guarded("pack", out, func() ([]byte, error) { return packSource(source, int64(limit)) })
}

func packSource(source *C.piot_source, limit int64) ([]byte, error) {
	arrays, err := readStream(source)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	packed, err := pack.Pack((*arrowc.Schema)(unsafe.Pointer(&source.schema)), arrays, limit, func(n int64) ([]byte, error) {
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
	guarded("unpack", out, func() ([]byte, error) { return nil, unpackFrame(frame) })
}

func unpackFrame(frame *C.piot_frame) error {
	parts := make([]pack.Part, frame.n_parts)
	for i, p := range unsafe.Slice(frame.parts, frame.n_parts) {
		parts[i].Description = view(p.bytes, 0)
		for j := 1; j < int(p.n); j++ {
			parts[i].Blobs = append(parts[i].Blobs, view(p.bytes, j))
		}
	}
	return pack.Assemble(parts, pack.Rooms{
		Schema: func(size, nodes int) (pack.Room, error) {
			return roomOf(C.piot_frame_schema(frame, C.size_t(size), C.size_t(nodes)), size, C.piot_schema_release())
		},
		Batch: func(part, size, nodes int) (pack.Room, error) {
			return roomOf(C.piot_frame_batch(frame, C.size_t(part), C.size_t(size), C.size_t(nodes)), size, C.piot_array_release())
		},
		Empty: C.piot_zeros(),
	})
}

func roomOf(block *C.piot_block, size int, release unsafe.Pointer) (pack.Room, error) {
	if block == nil {
		return pack.Room{}, errNoMemory
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(C.piot_block_memory(block))), size)
	return pack.Room{Memory: memory, Release: release, Private: unsafe.Pointer(block)}, nil
}
