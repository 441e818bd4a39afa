package prune

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// The index is one run of little-endian bytes, which is searched where it lies:
//
//	magic, files u32, entries u32, columns u32
//	per file: size i64, mtime i64, both -1 for a file that is not watched
//	per file and one more: where its path ends, u64; then the paths
//	per entry: its file, u32
//	per column: length u64, then
//	    name, type (each: length u32, bytes)
//	    five counts u32: bounded, blocks of the tree, unknown, nullable, nan entries
//	    keys of the least value of the bounded entries, ascending; keys of the greatest
//	    the tree: for each block of 16 keys the greatest, level by level
//	    entry of each bounded key, u32; unknown, nullable and nan entries, u32
//	    per entry: its place among the bounded or noPlace, u32; its flags, u8
const magic = "PIOTIDX1"

const (
	fanout  = 16
	noPlace = math.MaxUint32
)

const (
	flagNull    = 1 << iota // may hold null
	flagNaN                 // may hold NaN
	flagUnknown             // may hold anything
	flagCut                 // texts may go on after the greatest key
)

// maxEntries keeps positions within 32 bits, with room.
const maxEntries = 1 << 30

// encodeIndex writes the index of files that were read.
func encodeIndex(paths []string, columns []Column, files []gathered) []byte {
	entries := 0
	for _, f := range files {
		entries += len(f.groups)
	}
	b := append(make([]byte, 0, 64+len(files)*96+entries*64*len(columns)), magic...)
	b = u32(u32(u32(b, len(files)), entries), len(columns))
	for _, f := range files {
		b = binary.LittleEndian.AppendUint64(b, uint64(f.id.size))
		b = binary.LittleEndian.AppendUint64(b, uint64(f.id.mtime))
	}
	end := 0
	for _, p := range paths {
		b = binary.LittleEndian.AppendUint64(b, uint64(end))
		end += len(p)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(end))
	for _, p := range paths {
		b = append(b, p...)
	}
	for i, f := range files {
		for range f.groups {
			b = u32(b, i)
		}
	}
	for i, c := range columns {
		of := make([]statistic, 0, entries)
		for _, f := range files {
			for _, row := range f.groups {
				of = append(of, row[i])
			}
		}
		part := encodeColumn(c, parseType(c.Type).width(), of)
		b = append(binary.LittleEndian.AppendUint64(b, uint64(len(part))), part...)
	}
	return b
}

func u32(b []byte, v int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(v)) }

func u32s(b []byte, list []uint32) []byte {
	for _, v := range list {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func encodeColumn(c Column, width int, of []statistic) []byte {
	var order, unsure, nullable, nan []uint32
	for i, s := range of {
		switch s.state {
		case bounded:
			order = append(order, uint32(i))
		case unknown:
			unsure = append(unsure, uint32(i))
		case hollow:
		}
		if s.null {
			nullable = append(nullable, uint32(i))
		}
		if s.nan {
			nan = append(nan, uint32(i))
		}
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(bytes.Compare(of[a].least, of[b].least), cmp.Compare(a, b))
	})
	greatest := make([]byte, 0, len(order)*width)
	for _, i := range order {
		greatest = append(greatest, of[i].greatest...)
	}
	tree := treeOf(greatest, width)
	var b []byte
	for _, s := range []string{c.Name, c.Type} {
		b = append(u32(b, len(s)), s...)
	}
	for _, n := range []int{len(order), len(tree) / width, len(unsure), len(nullable), len(nan)} {
		b = u32(b, n)
	}
	for _, i := range order {
		b = append(b, of[i].least...)
	}
	b = append(append(b, greatest...), tree...)
	b = u32s(u32s(u32s(u32s(b, order), unsure), nullable), nan)
	return encodeEntries(b, order, of)
}

// encodeEntries adds what is looked up by entry.
func encodeEntries(b []byte, order []uint32, of []statistic) []byte {
	places := slices.Repeat([]uint32{noPlace}, len(of))
	for place, entry := range order {
		places[entry] = uint32(place)
	}
	b = u32s(b, places)
	for _, s := range of {
		flags := byte(0)
		if s.null {
			flags |= flagNull
		}
		if s.nan {
			flags |= flagNaN
		}
		if s.state == unknown {
			flags |= flagUnknown
		}
		if s.cut {
			flags |= flagCut
		}
		b = append(b, flags)
	}
	return b
}

// treeOf returns the greatest key of each block of fanout keys, then of each
// block of those, and so on up to one level that is a single block.
func treeOf(keys []byte, width int) []byte {
	var tree []byte
	level := keys
	for len(level) > fanout*width {
		start := len(tree)
		for at := 0; at < len(level); at += fanout * width {
			block := level[at:min(at+fanout*width, len(level))]
			top := block[:width]
			for i := width; i < len(block); i += width {
				if bytes.Compare(block[i:i+width], top) > 0 {
					top = block[i : i+width]
				}
			}
			tree = append(tree, top...)
		}
		level = slices.Clone(tree[start:])
	}
	return tree
}
