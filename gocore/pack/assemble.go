package pack

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// Room is where structures are laid out: memory that C owns, or a test.
type Room struct {
	// Memory is zeroed and aligned to 8.
	Memory []byte
	// Release and Private become the fields of every structure laid out in Memory.
	Release, Private unsafe.Pointer
}

// Rooms gives rooms. Nodes is the number of structures that will be laid out in one, the
// outermost first; each is released once, and with the last of them the room may go.
type Rooms struct {
	// Schema is asked for one room.
	Schema func(size, nodes int) (Room, error)
	// Batch is asked for one room for each array; part says whose buffers it points to.
	Batch func(part, size, nodes int) (Room, error)
	// Empty is aligned memory of at least 64 zeros, which stands for buffers without bytes.
	Empty unsafe.Pointer
}

// Assemble lays out a schema and the arrays of all parts, which point to the memory of
// the blobs, until ctx ends. Parts without rows give no array, unless all are without.
//
// The error wraps ErrCorrupt, ErrUnsupported, arrowc.ErrSchemaMismatch, that of ctx, or what a
// function of rooms returned.
func Assemble(ctx context.Context, parts []Part, rooms Rooms) error {
	all, err := readAll(ctx, parts)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if len(all) == 0 {
		return fmt.Errorf("unpack: no parts: %w", ErrCorrupt)
	}
	if err := layOutType(all[0].dataType, rooms); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	rows := int64(0)
	for _, c := range all {
		rows += rowsOf(c.chunks)
	}
	some := false
	for i, c := range all {
		for _, n := range c.chunks {
			if n.length == 0 && (rows > 0 || some) {
				continue
			}
			some = true
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := layOutArray(i, c.dataType, n, rooms); err != nil {
				return fmt.Errorf("unpack: %w", err)
			}
		}
	}
	return nil
}

// cursor hands out the memory of a room, structures from the front and then the rest.
type cursor struct {
	Room
	nodes, rest int
	empty       unsafe.Pointer
}

func (c *cursor) pointer(at int) unsafe.Pointer { return unsafe.Pointer(&c.Memory[at]) }

// take returns n bytes of the rest, aligned to 8.
func (c *cursor) take(n int) unsafe.Pointer {
	at := c.rest
	c.rest += (n + 7) &^ 7
	return c.pointer(at)
}

const (
	sizeOfSchema  = int(unsafe.Sizeof(arrowc.Schema{}))
	sizeOfArray   = int(unsafe.Sizeof(arrowc.Array{}))
	sizeOfPointer = int(unsafe.Sizeof(unsafe.Pointer(nil)))
)

// counter adds up what a room has to hold.
type counter struct{ nodes, rest int }

func (c *counter) add(bytes int) { c.rest += (bytes + 7) &^ 7 }

func (c *counter) typ(t *arrowc.Type) {
	c.nodes++
	c.add(len(t.Format) + 1)
	c.add(len(t.Name) + 1)
	c.add(len(t.Metadata))
	c.add(len(t.Children) * sizeOfPointer)
	for _, child := range t.Children {
		c.typ(child)
	}
	if t.Dictionary != nil {
		c.typ(t.Dictionary)
	}
}

func layOutType(t *arrowc.Type, rooms Rooms) error {
	var n counter
	n.typ(t)
	room, err := rooms.Schema(n.nodes*sizeOfSchema+n.rest, n.nodes)
	if err != nil {
		return err
	}
	c := &cursor{Room: room, rest: n.nodes * sizeOfSchema}
	c.schema(t)
	return nil
}

func (c *cursor) schema(t *arrowc.Type) *arrowc.Schema {
	s := (*arrowc.Schema)(c.pointer(c.nodes * sizeOfSchema))
	c.nodes++
	s.Format, s.Name = c.text(t.Format), c.text(t.Name)
	if len(t.Metadata) > 0 {
		s.Metadata = (*byte)(c.take(len(t.Metadata)))
		copy(unsafe.Slice(s.Metadata, len(t.Metadata)), t.Metadata)
	}
	s.Flags, s.NumChildren = t.Flags, int64(len(t.Children))
	s.Release, s.PrivateData = c.Release, c.Private
	if len(t.Children) > 0 {
		s.Children = (**arrowc.Schema)(c.take(len(t.Children) * sizeOfPointer))
		children := unsafe.Slice(s.Children, len(t.Children))
		for i, child := range t.Children {
			children[i] = c.schema(child)
		}
	}
	if t.Dictionary != nil {
		s.Dictionary = c.schema(t.Dictionary)
	}
	return s
}

// text lays out a C string. Texts with a zero byte do not come from a schema.
func (c *cursor) text(s string) *byte {
	p := (*byte)(c.take(len(s) + 1))
	copy(unsafe.Slice(p, len(s)), s)
	return p
}

// slots is how many buffers the array of a node has in the C Data interface.
func slots(t *arrowc.Type, n *node) (buffers, sizes int) {
	switch {
	case t.Format == "vu" || t.Format == "vz":
		return len(n.buffers) + 1, len(n.buffers) - 2
	default:
		return len(n.buffers), 0
	}
}

func (c *counter) array(t *arrowc.Type, n *node) {
	buffers, sizes := slots(t, n)
	c.nodes++
	c.add(buffers * sizeOfPointer)
	c.add(sizes * 8)
	c.add(len(n.children) * sizeOfPointer)
	for i, child := range n.children {
		c.array(t.Children[i], child)
	}
	if n.dictionary != nil {
		c.array(t.Dictionary, n.dictionary)
	}
}

func layOutArray(part int, t *arrowc.Type, n *node, rooms Rooms) error {
	var need counter
	need.array(t, n)
	room, err := rooms.Batch(part, need.nodes*sizeOfArray+need.rest, need.nodes)
	if err != nil {
		return err
	}
	c := &cursor{Room: room, rest: need.nodes * sizeOfArray, empty: rooms.Empty}
	c.array(t, n)
	return nil
}

func (c *cursor) array(t *arrowc.Type, n *node) *arrowc.Array {
	a := (*arrowc.Array)(c.pointer(c.nodes * sizeOfArray))
	c.nodes++
	a.Length, a.NullCount = n.length, n.nulls
	a.Release, a.PrivateData = c.Release, c.Private
	c.buffers(a, t, n)
	if a.NumChildren = int64(len(n.children)); a.NumChildren > 0 {
		a.Children = (**arrowc.Array)(c.take(len(n.children) * sizeOfPointer))
		children := unsafe.Slice(a.Children, len(n.children))
		for i, child := range n.children {
			children[i] = c.array(t.Children[i], child)
		}
	}
	if n.dictionary != nil {
		a.Dictionary = c.array(t.Dictionary, n.dictionary)
	}
	return a
}

func (c *cursor) buffers(a *arrowc.Array, t *arrowc.Type, n *node) {
	count, sizes := slots(t, n)
	if a.NumBuffers = int64(count); count == 0 {
		return
	}
	a.Buffers = (*unsafe.Pointer)(c.take(count * sizeOfPointer))
	buffers := unsafe.Slice(a.Buffers, count)
	for i, s := range n.buffers {
		switch {
		case s == nil:
		case s.len() == 0:
			buffers[i] = c.empty
		default:
			buffers[i] = pointerOf(s.source)
		}
	}
	if count == len(n.buffers) {
		return
	}
	buffers[count-1] = c.empty
	if sizes > 0 {
		lengths := (*int64)(c.take(sizes * 8))
		buffers[count-1] = unsafe.Pointer(lengths)
		for i, s := range n.buffers[2:] {
			unsafe.Slice(lengths, sizes)[i] = s.len()
		}
	}
}
