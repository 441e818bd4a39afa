package pack

import (
	"context"
	"unsafe"
)

const (
	// alignment is that of each buffer in memory, as Arrow recommends.
	alignment = 64
	// smallSpan is the size below which a buffer travels together with others: an object
	// that an object store keeps apart costs as much as copying some kilobytes.
	smallSpan = 32 << 10
)

func aligned(n int64) int64 { return (n + alignment - 1) &^ (alignment - 1) }

// placement says in which blob each span travels. Blob 0 is the arena, which holds what
// is small and what has to be written; all others are memory of the producer.
type placement struct {
	spans []*span
	// arena is the size of blob 0.
	arena int64
	blobs [][]byte
	seen  map[sourceKey]*span
	size  int64
}

type sourceKey struct {
	at unsafe.Pointer
	n  int
}

// place decides where the spans of the chunks go; nothing is copied yet.
func place(chunks []*node) *placement {
	p := &placement{blobs: [][]byte{nil}, seen: map[sourceKey]*span{}}
	for _, c := range chunks {
		p.node(c)
	}
	for _, b := range p.blobs {
		p.size += int64(len(b))
	}
	p.size += p.arena
	return p
}

func (p *placement) node(n *node) {
	for _, s := range n.buffers {
		if s != nil && s.len() > 0 {
			p.span(s)
		}
	}
	for _, c := range n.children {
		p.node(c)
	}
	if n.dictionary != nil {
		p.node(n.dictionary)
	}
}

func (p *placement) span(s *span) {
	if s.size > 0 {
		p.intoArena(s)
		return
	}
	// Chunks and columns that share a buffer ship it once.
	key := sourceKey{pointerOf(s.source), len(s.source)}
	if first, ok := p.seen[key]; ok {
		s.blob, s.offset = first.blob, first.offset
		return
	}
	p.seen[key] = s
	if len(s.source) < smallSpan {
		p.intoArena(s)
		return
	}
	s.blob = len(p.blobs)
	p.blobs = append(p.blobs, s.source)
}

func (p *placement) intoArena(s *span) {
	s.offset = p.arena
	p.arena = aligned(p.arena + s.len())
	p.spans = append(p.spans, s)
}

// fill gives the spans of the arena their memory and copies what is only copied. What
// lies between them is cleared, so that nothing of the process's memory travels along.
func (p *placement) fill(ctx context.Context, arena []byte) error {
	p.blobs[0] = arena
	for i, s := range p.spans {
		// Each is small, or left for a job.
		if i%(pieceBytes/smallSpan) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		end := s.offset + s.len()
		clear(arena[end:aligned(end)])
		if s.size > 0 {
			s.target = arena[s.offset:end:end]
		} else {
			copy(arena[s.offset:], s.source)
		}
	}
	return nil
}
