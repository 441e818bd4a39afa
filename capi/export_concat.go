package main

// #include <stdlib.h>
// #include "abi.h"
import "C"

import (
	"fmt"
	"syscall"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// piotCheckStreams checks that n streams, already moved into a chain, can be one.
// The chain keeps owning them, whatever the answer.
//
//export piotCheckStreams
func piotCheckStreams(streams *C.struct_ArrowArrayStream, n C.size_t, out *C.piot_result) {
	guarded("concat", out, func() ([]byte, error) { return nil, checkStreams(unsafe.Slice(streams, n)) })
}

func checkStreams(streams []C.struct_ArrowArrayStream) error {
	for i := range streams {
		s := &streams[i]
		switch {
		case s.release == nil:
			return fmt.Errorf("concat: stream %d: %w, or given twice", i, arrowc.ErrReleased)
		case s.get_schema == nil || s.get_next == nil:
			return fmt.Errorf("concat: stream %d: no callbacks: %w", i, arrowc.ErrMalformed)
		}
	}
	err := arrowc.Match(len(streams), func(i int) (*arrowc.Schema, func(), error) { return openSchema(&streams[i]) })
	if err != nil {
		return fmt.Errorf("concat: %w", err)
	}
	return nil
}

// openSchema asks s for its schema. The structure lies in C memory, where the producer
// may keep pointers to it.
func openSchema(s *C.struct_ArrowArrayStream) (*arrowc.Schema, func(), error) {
	schema := (*C.struct_ArrowSchema)(C.calloc(1, C.sizeof_struct_ArrowSchema))
	if rc := C.piot_stream_schema(s, schema); rc != 0 {
		C.free(unsafe.Pointer(schema))
		return nil, nil, fmt.Errorf("get_schema: %s: %w", streamMessage(s, rc), arrowc.ErrStream)
	}
	done := func() {
		C.piot_schema_drop(schema)
		C.free(unsafe.Pointer(schema))
	}
	return (*arrowc.Schema)(unsafe.Pointer(schema)), done, nil
}

func streamMessage(s *C.struct_ArrowArrayStream, rc C.int) string {
	if text := C.piot_stream_error(s); text != nil {
		return C.GoString(text)
	}
	return syscall.Errno(rc).Error()
}
