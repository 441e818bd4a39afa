package main

// #cgo CFLAGS: -std=c11 -Wall -Werror=implicit-function-declaration -D_GNU_SOURCE -fvisibility=hidden
// #include <stdlib.h>
// #include "abi.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// main is what package main must have; a c-shared library never runs it.
func main() {}

// guarded runs f, the body of an exported function, and puts its result or its error
// into out. Every exported function is one call of guarded or of guardedNext.
func guarded(name string, out *C.piot_result, f func() ([]byte, error)) {
	var result []byte
	err := guard.Call(name, func() (err error) {
		result, err = f()
		return err
	})
	if err != nil {
		setError(out, err)
		return
	}
	setData(out, result)
}

// guardedNext runs f, the body of a callback that answers with an errno, and keeps the
// message of its error at lastError, which the owner of the stream frees.
func guardedNext(name string, lastError **C.char, f func() error) C.int {
	err := guard.Call(name, f)
	if err == nil {
		return 0
	}
	C.free(unsafe.Pointer(*lastError))
	*lastError = C.CString(message(err))
	const eio = 5
	return eio
}

func setData(out *C.piot_result, data []byte) {
	if len(data) > 0 {
		out.data = (*C.char)(C.CBytes(data))
		out.len = C.size_t(len(data))
	}
}

func setError(out *C.piot_result, err error) {
	setData(out, []byte(strings.ToValidUTF8(message(err), "\uFFFD")))
	module, class := pythonClass(err)
	out.error_module = C.CString(module)
	out.error_class = C.CString(class)
}

// message is the text of the Python exception. A panic brings its stack: it is a defect
// here, and the stack is what a report needs.
func message(err error) string {
	var p *guard.PanicError
	if errors.As(err, &p) {
		return fmt.Sprintf("%v. This is a defect of polars-io-tools-go: please report it with this text.\n%s\n%s",
			p, buildInfo(), p.Stack)
	}
	return err.Error()
}

func buildInfo() string {
	return runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// view is the bytes C lends for the time of the call.
func view(in *C.piot_bytes, i int) []byte {
	b := unsafe.Slice(in, i+1)[i]
	if b.len == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(b.data)), b.len)
}
