package arrowc

import (
	"errors"
	"reflect"
	"testing"
)

// grower makes a tree of schemas out of fuzzed bytes; a spent one makes leaves.
type grower struct{ data []byte }

func (g *grower) next(n int) int {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return int(b) % n
}

func (g *grower) tree(depth int) *node {
	n := &node{
		format: []string{"l", "+s", "+L", "tsu:UTC", "vu"}[g.next(5)],
		name:   []string{"", "a", "b", "ab", "ä"}[g.next(5)],
		flags:  int64(g.next(8)),
	}
	switch g.next(8) {
	case 1:
		n.metadata = []entry{{"ARROW:extension:name", "e"}, {"comment", "c"}}
	case 2:
		n.metadata = []entry{{"comment", "d"}}
	case 3:
		n.broken = defect(g.next(int(defects)))
	}
	if depth == 0 {
		return n
	}
	for range g.next(4) {
		n.children = append(n.children, g.tree(depth-1))
	}
	if g.next(5) == 1 {
		n.dictionary = g.tree(depth - 1)
	}
	return n
}

func (n *node) malformed() bool {
	if n == nil {
		return false
	}
	for _, c := range n.children {
		if c.malformed() {
			return true
		}
	}
	return n.broken != sound || n.dictionary.malformed()
}

// plain is the node without what does not count, so that reflect.DeepEqual compares what does.
func (n *node) plain(top bool) *node {
	if n == nil {
		return nil
	}
	p := &node{format: n.format, name: n.name, flags: n.flags, dictionary: n.dictionary.plain(false)}
	if top {
		p.name = ""
	}
	for _, e := range n.metadata {
		if e.key != "comment" {
			p.metadata = append(p.metadata, e)
		}
	}
	for _, c := range n.children {
		p.children = append(p.children, c.plain(false))
	}
	return p
}

func FuzzEqual(f *testing.F) {
	f.Add([]byte{}, []byte{})                                       // two leaves, equal
	f.Add([]byte{1, 0, 0, 0, 2, 0, 1}, []byte{1, 0, 0, 0, 1, 0, 1}) // another number of children
	f.Add([]byte{0, 1, 2, 1}, []byte{0, 1, 2, 2})                   // metadata that counts and that does not
	f.Add([]byte{0, 0, 2, 3, 1}, []byte{})                          // malformed against well formed
	f.Add([]byte{0, 0, 0, 0, 0, 1}, []byte{0, 0, 0, 0, 0, 0})       // dictionary against none
	f.Fuzz(func(t *testing.T, x, y []byte) {
		a, b := (&grower{x}).tree(4), (&grower{y}).tree(4)
		for _, pair := range [][2]*node{{a, b}, {a, (&grower{x}).tree(4)}} {
			err := Equal(pair[0].build(), pair[1].build())
			switch {
			case pair[0].malformed() || pair[1].malformed():
				if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrSchemaMismatch) {
					t.Errorf("Equal of a malformed schema gave %v", err)
				}
			case reflect.DeepEqual(pair[0].plain(true), pair[1].plain(true)):
				if err != nil {
					t.Errorf("Equal of equal schemas gave %v", err)
				}
			case !errors.Is(err, ErrSchemaMismatch):
				t.Errorf("Equal of different schemas gave %v", err)
			}
		}
	})
}
