package arrowc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func list(name string, item *node) *node {
	return column(name, "+L").with(func(n *node) { n.children = []*node{item} })
}

func coded(name string, values *node) *node {
	return column(name, "I").with(func(n *node) { n.dictionary = values })
}

func tagged(name string, entries ...entry) *node {
	return column(name, "l").with(func(n *node) { n.metadata = entries })
}

func TestEqual(t *testing.T) {
	values := column("", "vu")
	tests := []struct {
		name      string
		got, want *node
		text      string
	}{
		{"same", row(column("a", "l")), row(column("a", "l")), "<nil>"},
		{"no columns", row(), row(), "<nil>"},
		{"names of the rows", row().with(func(n *node) { n.name = "x" }), row(), "<nil>"},
		{"type", row(column("a", "l"), column("b", "g")), row(column("a", "l"), column("b", "l")), `field "b": type float64 ("g"), in stream 0 int64 ("l"): schemas differ`},
		{"parameters of a type", row(column("a", "tsu:UTC")), row(column("a", "tsu:")), `field "a": type datetime (us) ("tsu:UTC"), in stream 0 datetime (us) ("tsu:"): schemas differ`},
		{"type nobody knows", row(column("a", "?!")), row(column("a", "b")), `field "a": type unknown ("?!"), in stream 0 boolean ("b"): schemas differ`},
		{"name", row(column("A", "l")), row(column("a", "g")), `field "a": name "A", in stream 0 "a": schemas differ`},
		{"name that is a prefix", row(column("ab", "l")), row(column("a", "l")), `field "a": name "ab", in stream 0 "a": schemas differ`},
		{"column too many", row(column("a", "l"), column("b", "l")), row(column("a", "l")), `field "b": is present, in stream 0 absent: schemas differ`},
		{"column too few", row(column("a", "l")), row(column("a", "l"), column("b", "l")), `field "b": is absent, in stream 0 present: schemas differ`},
		{"column missing in the middle", row(column("c", "l")), row(column("b", "l"), column("c", "l")), `field "b": name "c", in stream 0 "b": schemas differ`},
		{"deep", row(list("a", list("item", column("x", "i")))), row(list("a", list("item", column("x", "l")))), `field "a.item.x": type int32 ("i"), in stream 0 int64 ("l"): schemas differ`},
		{"field without a name", row(list("a", column("", "i"))), row(list("a", column("", "l"))), `field "a.[0]": type int32 ("i"), in stream 0 int64 ("l"): schemas differ`},
		{"after a deep field", row(list("a", column("x", "l")), column("b", "l")), row(list("a", column("x", "l")), column("b", "g")), `field "b": type int64 ("l"), in stream 0 float64 ("g"): schemas differ`},
		{"nullable", row(column("a", "l").with(func(n *node) { n.flags = 0 })), row(column("a", "l")), `field "a": is not nullable, in stream 0 nullable: schemas differ`},
		{"dictionary", row(coded("a", values)), row(column("a", "I")), `field "a": dictionary is present, in stream 0 absent: schemas differ`},
		{"dictionary on the other side", row(column("a", "I")), row(coded("a", values)), `field "a": dictionary is absent, in stream 0 present: schemas differ`},
		{"dictionary values", row(coded("a", values)), row(coded("a", column("", "u"))), `field "a.(dictionary)": type string view ("vu"), in stream 0 string ("u"): schemas differ`},
		{"ordered dictionary", row(coded("a", values)), row(coded("a", values).with(func(n *node) { n.flags |= FlagDictionaryOrdered })), `field "a": is not an ordered dictionary, in stream 0 an ordered dictionary: schemas differ`},
		{"sorted keys", row(column("a", "+m").with(func(n *node) { n.flags |= FlagMapKeysSorted })), row(column("a", "+m")), `field "a": is a map of sorted keys, in stream 0 not a map of sorted keys: schemas differ`},
		{"unknown flag", row(column("a", "l").with(func(n *node) { n.flags |= 1 << 40 })), row(column("a", "l")), "<nil>"},
		{"comments in the metadata", row(tagged("a", entry{"comment", "x"})), row(tagged("a")), "<nil>"},
		{"order of the metadata", row(tagged("a", entry{"ARROW:extension:name", "e"}, entry{"ARROW:extension:metadata", "m"})), row(tagged("a", entry{"ARROW:extension:metadata", "m"}, entry{"ARROW:extension:name", "e"})), "<nil>"},
		{"extension without metadata", row(tagged("a", entry{"ARROW:extension:name", "e"})), row(tagged("a", entry{"ARROW:extension:name", "e"}, entry{"ARROW:extension:metadata", ""})), "<nil>"},
		{"extension", row(tagged("a", entry{"ARROW:extension:name", "e"})), row(column("a", "l")), `field "a": type metadata ARROW:extension:name = "e", in stream 0 none: schemas differ`},
		{"metadata of an extension", row(tagged("a", entry{"ARROW:extension:metadata", "1"})), row(tagged("a", entry{"ARROW:extension:metadata", "2"})), `field "a": type metadata ARROW:extension:metadata = "1", in stream 0 ARROW:extension:metadata = "2": schemas differ`},
		{"categories of an enum", row(tagged("a", entry{"_PL_ENUM_VALUES2", strings.Repeat("x", 300)})), row(tagged("a", entry{"_PL_ENUM_VALUES2", "y"})), `field "a": type metadata _PL_ENUM_VALUES2 = "` + strings.Repeat("x", 200) + `...", in stream 0 _PL_ENUM_VALUES2 = "y": schemas differ`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Equal(tt.got.build(), tt.want.build())
			if got := fmt.Sprint(err); got != tt.text {
				t.Errorf("Equal gave\n%s, want\n%s", got, tt.text)
			}
			if err != nil && !errors.Is(err, ErrSchemaMismatch) {
				t.Error("the error is no ErrSchemaMismatch")
			}
		})
	}
}

func TestEqualRefusesMalformed(t *testing.T) {
	tests := []struct {
		broken defect
		want   string
	}{
		{noFormat, `field "a.b": no format: malformed Arrow structure`},
		{emptyFormat, `field "a.b": no format: malformed Arrow structure`},
		{negativeChildren, `field "a.b": -1 children: malformed Arrow structure`},
		{tooManyChildren, `field "a.b": 1048577 children: malformed Arrow structure`},
		{nullChildren, `field "a.b": 2 children at a null pointer: malformed Arrow structure`},
		{nullChild, `field "a.b.[0]": null schema: malformed Arrow structure`},
		{released, `field "a.b": released schema: malformed Arrow structure`},
		{badMetadata, `field "a.b": metadata: length -1: malformed Arrow structure`},
	}
	if len(tests) != int(defects)-1 {
		t.Errorf("%d of %d defects are tested", len(tests), defects-1)
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			good := row(list("a", column("b", "l"))).build()
			bad := row(list("a", column("b", "l").with(func(n *node) { n.broken = tt.broken }))).build()
			for _, err := range []error{Equal(bad, bad), Equal(bad, good), Equal(good, bad)} {
				if fmt.Sprint(err) != tt.want && !errors.Is(err, ErrSchemaMismatch) {
					t.Errorf("Equal gave %v, want %s", err, tt.want)
				}
			}
			if err := Equal(bad, bad); fmt.Sprint(err) != tt.want || !errors.Is(err, ErrMalformed) {
				t.Errorf("Equal with itself gave %v, want %s", err, tt.want)
			}
		})
	}
}

func TestEqualIsBounded(t *testing.T) {
	nested := func(levels int) *Schema {
		n := column("x", "l")
		for range levels {
			n = list("x", n)
		}
		return n.build()
	}
	cycle := row(column("a", "+s"), column("b", "+s")).build()
	children, err := cycle.children()
	if err != nil {
		t.Fatal(err)
	}
	children[0], children[1] = cycle, cycle
	// Two children a level for MaxDepth levels would be 2^64 steps; the budget ends it.
	wide := column("leaf", "l").build()
	for range MaxDepth {
		parent := row(column("a", "l"), column("b", "l")).build()
		branches, _ := parent.children()
		branches[0], branches[1] = wide, wide
		wide = parent
	}
	wide.Name = cString("")
	tests := []struct {
		name string
		s    *Schema
		want string
	}{
		{"deepest allowed", nested(MaxDepth), "<nil>"},
		{"one too deep", nested(MaxDepth + 1), `.x.x": more than 64 levels: malformed Arrow structure`},
		{"cycle", cycle, `.[0].[0]": more than 64 levels: malformed Arrow structure`},
		{"exponential", wide, "more than 1048576 fields: malformed Arrow structure"},
		{"null", nil, "null schema: malformed Arrow structure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fmt.Sprint(Equal(tt.s, tt.s)); !strings.HasSuffix(got, tt.want) {
				t.Errorf("Equal gave %s, want %s", got, tt.want)
			}
		})
	}
}

func TestTextIsBounded(t *testing.T) {
	long := row(column(strings.Repeat("n", MaxText), "l")).build()
	if err := Equal(long, long); !errors.Is(err, ErrMalformed) {
		t.Errorf("Equal gave %v, want ErrMalformed", err)
	}
}

func TestMatch(t *testing.T) {
	errOpen := errors.New("open failed")
	same, other := row(column("a", "l")), row(column("a", "g"))
	broken := row(column("a", "l").with(func(n *node) { n.broken = noFormat }))
	tests := []struct {
		name    string
		streams []*node // nil cannot be opened
		want    string
	}{
		{"one", []*node{same}, "<nil>"},
		{"equal", []*node{same, same, same}, "<nil>"},
		{"one differs", []*node{same, same, other}, `stream 2: field "a": type float64 ("g"), in stream 0 int64 ("l"): schemas differ`},
		{"first is malformed", []*node{broken}, `stream 0: field "a": no format: malformed Arrow structure`},
		{"second is malformed", []*node{same, broken}, `stream 1: field "a": no format: malformed Arrow structure`},
		{"first fails", []*node{nil, same}, "stream 0: open failed"},
		{"second fails", []*node{same, nil, same}, "stream 1: open failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			open := 0
			err := Match(len(tt.streams), func(i int) (*Schema, func(), error) {
				if tt.streams[i] == nil {
					return nil, nil, errOpen
				}
				open++
				return tt.streams[i].build(), func() { open-- }, nil
			})
			if fmt.Sprint(err) != tt.want || open != 0 {
				t.Errorf("Match gave %v, want %s; %d schemas not given back", err, tt.want, open)
			}
		})
	}
}

func BenchmarkEqual(b *testing.B) {
	columns := make([]*node, 100)
	for i := range columns {
		columns[i] = column(fmt.Sprintf("column_%d", i), "tsu:America/New_York")
	}
	s := row(columns...).build()
	for b.Loop() {
		if err := Equal(s, s); err != nil {
			b.Fatal(err)
		}
	}
}
