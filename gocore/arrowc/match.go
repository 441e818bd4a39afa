package arrowc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Open returns the schema of stream i and a function that gives it back.
type Open func(i int) (s *Schema, done func(), err error)

// Match checks that n streams, n at least 1, have the schema of stream 0. The error
// wraps ErrSchemaMismatch, ErrMalformed or what open returned, and names the stream.
func Match(n int, open Open) error {
	first, done, err := open(0)
	if err != nil {
		return streamError(0, err)
	}
	defer done()
	// Comparing the first schema with itself checks that it is well formed.
	if err := Equal(first, first); err != nil {
		return streamError(0, err)
	}
	for i := 1; i < n; i++ {
		if err := matchOne(first, i, open); err != nil {
			return streamError(i, err)
		}
	}
	return nil
}

func matchOne(first *Schema, i int, open Open) error {
	s, done, err := open(i)
	if err != nil {
		return err
	}
	defer done()
	return Equal(s, first)
}

func streamError(i int, err error) error {
	return fmt.Errorf("stream %d: %w", i, err)
}

// Equal checks that two schemas match and are well formed. In its messages got is
// "this stream" and want is stream 0.
func Equal(got, want *Schema) error {
	return equal(got, want, "stream 0")
}

// EqualTypes is Equal for types; in its messages want is part 0.
func EqualTypes(got, want *Type) error {
	return equal(got.schema(), want.schema(), "part 0")
}

func equal(got, want *Schema, first string) error {
	c := comparison{budget: MaxFields, first: first}
	err := c.schemas(got, want)
	if err != nil && len(c.path) > 0 {
		return fmt.Errorf("field %s: %w", strconv.Quote(pathText(c.path)), err)
	}
	return err
}

// comparison is one walk of two trees. When it stops at a difference, path leads there.
type comparison struct {
	path   []step
	budget int
	// first is what messages call want.
	first string
}

// step leads from a schema to a child of it, or to its dictionary if index is negative.
type step struct {
	to    *Schema
	index int
}

func (c *comparison) schemas(got, want *Schema) error {
	if len(c.path) > MaxDepth {
		return fmt.Errorf("more than %d levels: %w", MaxDepth, ErrMalformed)
	}
	if c.budget--; c.budget < 0 {
		return fmt.Errorf("more than %d fields: %w", MaxFields, ErrMalformed)
	}
	g, err := got.read()
	if err != nil {
		return err
	}
	w, err := want.read()
	if err != nil {
		return err
	}
	if err := c.own(g, w); err != nil {
		return err
	}
	if err := c.children(g.children, w.children); err != nil {
		return err
	}
	return c.dictionaries(g, w)
}

// children compares in order, so that the first that differs is named, then a surplus.
func (c *comparison) children(got, want []*Schema) error {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			c.path = append(c.path, step{want[i], i})
			return c.differ("is", "absent", "present")
		case i >= len(want):
			c.path = append(c.path, step{got[i], i})
			return c.differ("is", "present", "absent")
		}
		c.path = append(c.path, step{want[i], i})
		if err := c.schemas(got[i], want[i]); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
	}
	return nil
}

func (c *comparison) dictionaries(got, want field) error {
	if got.dictionary == nil {
		return nil
	}
	c.path = append(c.path, step{want.dictionary, -1})
	if err := c.schemas(got.dictionary, want.dictionary); err != nil {
		return err
	}
	c.path = c.path[:len(c.path)-1]
	return nil
}

// own compares what two schemas say of themselves. Names come first: with columns
// in another order, "name b, in stream 0 a" helps more than their types do.
func (c *comparison) own(got, want field) error {
	// The outermost struct stands for the whole row; its name means nothing.
	if len(c.path) > 0 && got.name != want.name {
		return c.differ("name", strconv.Quote(got.name), strconv.Quote(want.name))
	}
	if got.format != want.format {
		return c.differ("type", describe(got.format), describe(want.format))
	}
	if !slices.Equal(got.metadata, want.metadata) {
		return c.differ("type metadata", describeEntries(got.metadata), describeEntries(want.metadata))
	}
	for _, f := range flagNames {
		if g, w := got.flags&f.flag, want.flags&f.flag; g != w {
			return c.differ("is", f.in(g), f.in(w))
		}
	}
	if (got.dictionary == nil) != (want.dictionary == nil) {
		return c.differ("dictionary is", presence(got.dictionary), presence(want.dictionary))
	}
	return nil
}

func (c *comparison) differ(what, got, want string) error {
	return fmt.Errorf("%s %s, in %s %s: %w", what, got, c.first, want, ErrSchemaMismatch)
}

func pathText(path []step) string {
	names := make([]string, len(path))
	for i, s := range path {
		names[i] = s.label()
	}
	return strings.Join(names, ".")
}

// label names a step by the field's name, or by its place if it has none.
func (s step) label() string {
	if s.index < 0 {
		return "(dictionary)"
	}
	if s.to != nil {
		if name, err := text(s.to.Name); err == nil && name != "" {
			return name
		}
	}
	return "[" + strconv.Itoa(s.index) + "]"
}
