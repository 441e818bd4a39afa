package prune

import (
	"encoding/binary"
	"math"
)

// index is an opened index: views of its bytes, which must not change meanwhile.
type index struct {
	files, entries int
	ids, ends      []byte
	paths          []byte
	fileOf         []byte
	columns        []indexed
}

// indexed is one column of an index.
type indexed struct {
	name                  string
	typ                   columnType
	width                 int
	least, greatest, tree keys
	order                 []byte
	unknown, null, nan    []byte
	places, flags         []byte
}

// keys is a run of keys of one width.
type keys struct {
	b     []byte
	width int
}

func (k keys) len() int        { return len(k.b) / k.width }
func (k keys) at(i int) []byte { return k.b[i*k.width : (i+1)*k.width] }

// reader takes views off the front of bytes; after the first failure it is bad.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(count, size int) []byte {
	if count < 0 || r.bad || count > len(r.b)/size {
		r.bad = true
		return nil
	}
	out := r.b[: count*size : count*size]
	r.b = r.b[count*size:]
	return out
}

func (r *reader) u32() int {
	if b := r.take(1, 4); b != nil {
		return int(binary.LittleEndian.Uint32(b))
	}
	return 0
}

func (r *reader) u64() int {
	b := r.take(1, 8)
	if b == nil {
		return 0
	}
	v := binary.LittleEndian.Uint64(b)
	if v > math.MaxInt64 {
		r.bad = true
		return 0
	}
	return int(v)
}

// open finds the parts of an index, in time that grows with the number of columns.
func open(b []byte) (*index, error) {
	r := &reader{b: b}
	if string(r.take(len(magic), 1)) != magic {
		return nil, malformed("the bytes do not begin like an index")
	}
	x := &index{files: r.u32(), entries: r.u32()}
	columns := r.u32()
	x.ids = r.take(x.files, 16)
	x.ends = r.take(x.files+1, 8)
	if !r.bad {
		x.paths = r.take(int(min(u64At(x.ends, x.files), math.MaxInt64)), 1)
	}
	x.fileOf = r.take(x.entries, 4)
	for range columns {
		size := r.u64()
		c, ok := openColumn(r.take(size, 1), x.entries)
		if r.bad || !ok {
			return nil, malformed("a column is cut short")
		}
		x.columns = append(x.columns, c)
	}
	if r.bad || len(r.b) > 0 {
		return nil, malformed("it is not as long as it says")
	}
	return x, nil
}

func openColumn(b []byte, entries int) (indexed, bool) {
	r := &reader{b: b}
	name := string(r.take(r.u32(), 1))
	typ := parseType(string(r.take(r.u32(), 1)))
	c := indexed{name: name, typ: typ, width: typ.width()}
	bounded, blocks, unsure, nullable, nan := r.u32(), r.u32(), r.u32(), r.u32(), r.u32()
	c.least = keys{r.take(bounded, c.width), c.width}
	c.greatest = keys{r.take(bounded, c.width), c.width}
	c.tree = keys{r.take(blocks, c.width), c.width}
	c.order = r.take(bounded, 4)
	c.unknown, c.null, c.nan = r.take(unsure, 4), r.take(nullable, 4), r.take(nan, 4)
	c.places, c.flags = r.take(entries, 4), r.take(entries, 1)
	return c, !r.bad && len(r.b) == 0 && blocks == treeSize(bounded)
}

func treeSize(n int) int {
	size := 0
	for n > fanout {
		n = (n + fanout - 1) / fanout
		size += n
	}
	return size
}

func u32At(b []byte, i int) int { return int(binary.LittleEndian.Uint32(b[4*i:])) }

func u64At(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }

// path returns the path of a file.
func (x *index) path(file int) (string, error) {
	from, to := u64At(x.ends, file), u64At(x.ends, file+1)
	if from > to || to > uint64(len(x.paths)) {
		return "", malformed("a path lies outside")
	}
	return string(x.paths[from:to]), nil
}

func (x *index) identity(file int) identity {
	return identity{int64(u64At(x.ids, 2*file)), int64(u64At(x.ids, 2*file+1))}
}
