package cuts

import (
	"encoding/binary"
	"sort"
)

// lastUpTo writes for each key the position of the last start that is not above it, or 0. It takes one
// step of the search for all keys before the next: no step waits for the one before, and none is
// guessed, which makes it several times as fast as one search after another.
func lastUpTo(starts, keys []uint64, at []uint32) {
	clear(at)
	at = at[:len(keys)]
	for n := uint32(len(starts)); n > 1; {
		half := n / 2
		for i, k := range keys {
			base := at[i]
			next := base + half
			if starts[next] <= k {
				base = next
			}
			at[i] = base
		}
		n -= half
	}
}

// heads finds the buckets of encoded keys, first by eight bytes of them.
type heads struct {
	starts []string
	// distinct holds the heads of the starts, each once, and first where each begins among these.
	distinct []uint64
	first    []int
}

// head is the eight bytes of a key after the mark that every key begins with, with zeros after its end:
// then heads never descend while keys ascend.
func head(k string) uint64 {
	if len(k) > 8 {
		return binary.BigEndian.Uint64([]byte(k[1:9]))
	}
	var b [8]byte
	if k != "" {
		copy(b[:], k[1:])
	}
	return binary.BigEndian.Uint64(b[:])
}

func (h *heads) index(starts []string) {
	*h = heads{starts: starts}
	for i, s := range starts {
		if n := len(h.distinct); n == 0 || h.distinct[n-1] != head(s) {
			h.distinct = append(h.distinct, head(s))
			h.first = append(h.first, i)
		}
	}
	h.first = append(h.first, len(starts))
}

// locate writes the buckets of keys; all is room for their heads.
func (h *heads) locate(keys []string, all []uint64, at []uint32) {
	for i, k := range keys {
		all[i] = head(k)
	}
	lastUpTo(h.distinct, all, at)
	for i, k := range keys {
		group := at[i]
		at[i] = h.within(int(group), all[i], k)
	}
}

// within returns the last start that is not above a key, whose head is not below that of a group.
func (h *heads) within(group int, head uint64, k string) uint32 {
	first, end := h.first[group], h.first[group+1]
	if h.distinct[group] < head {
		return uint32(end - 1)
	}
	n := sort.Search(end-first, func(i int) bool { return h.starts[first+i] > k })
	return uint32(max(0, first+n-1))
}
