package pgread

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// recycler allocates the buffers of one stream, and gives those of a batch that was released to the
// next ones: without it, the collector runs several times for each batch.
type recycler struct {
	mu sync.Mutex
	// free holds buffers by the power of two that is their size, but no more of a size than the
	// batches in flight have given back at once.
	free [bits.UintSize][][]byte
}

// smallest is the size below which a buffer is left to the collector.
const smallest = 4 << 10

// keep is how many bytes of one size are kept.
const keep = 2 * mostBytes

// Allocate gives zeroed memory.
func (r *recycler) Allocate(size int) []byte {
	if size < smallest {
		return memory.DefaultAllocator.Allocate(size)
	}
	class := bits.Len(uint(size - 1))
	r.mu.Lock()
	if n := len(r.free[class]); n > 0 {
		b := r.free[class][n-1][:size]
		r.free[class] = r.free[class][:n-1]
		r.mu.Unlock()
		clear(b)
		return b
	}
	r.mu.Unlock()
	return memory.DefaultAllocator.Allocate(1 << class)[:size]
}

// Reallocate gives memory of another size with the same beginning.
func (r *recycler) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) && cap(b) >= smallest {
		grown := b[:size]
		clear(grown[min(size, len(b)):])
		return grown
	}
	grown := r.Allocate(size)
	copy(grown, b)
	r.Free(b)
	return grown
}

// Free takes memory back.
func (r *recycler) Free(b []byte) {
	class := bits.Len(uint(max(cap(b), 1) - 1))
	if cap(b) < smallest || cap(b) != 1<<class {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if (len(r.free[class])+1)<<class <= keep {
		r.free[class] = append(r.free[class], b[:0])
	}
}
