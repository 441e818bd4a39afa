package pack

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
)

// kind is how the buffers of an array are laid out.
type kind uint8

const (
	kindNull      kind = iota // no buffer; some producers list an absent one
	kindBits                  // validity, bits
	kindFixed                 // validity, values of width bytes
	kindView                  // validity, views of 16 bytes, data..., lengths of the data
	kindText                  // validity, offsets of width bytes, data
	kindList                  // validity, offsets of width bytes; one child
	kindListView              // validity, offsets and sizes of width bytes; one child
	kindFixedList             // validity; one child with width values for each
	kindStruct                // validity; children of the same length
)

// layout is what the format of a type says about its arrays.
type layout struct {
	kind  kind
	width int64
}

// fixedWidths holds the formats without parameters whose values have a fixed width.
var fixedWidths = map[string]int64{
	"c": 1, "C": 1, "s": 2, "S": 2, "i": 4, "I": 4, "l": 8, "L": 8,
	"e": 2, "f": 4, "g": 8,
	"tdD": 4, "tdm": 8, "tts": 4, "ttm": 4, "ttu": 8, "ttn": 8,
	"tDs": 8, "tDm": 8, "tDu": 8, "tDn": 8,
	"tiM": 4, "tiD": 8, "tin": 16,
	// Polars' own formats of what Arrow has no type for.
	"_pli128": 16, "_plu128": 16,
}

// otherLayouts holds the other formats without parameters.
var otherLayouts = map[string]layout{
	"n": {kind: kindNull}, "b": {kind: kindBits},
	"vu": {kindView, 16}, "vz": {kindView, 16},
	"u": {kindText, 4}, "z": {kindText, 4}, "U": {kindText, 8}, "Z": {kindText, 8},
	"+l": {kindList, 4}, "+m": {kindList, 4}, "+L": {kindList, 8},
	"+vl": {kindListView, 4}, "+vL": {kindListView, 8},
	"+s": {kind: kindStruct},
}

// layoutOf says how arrays of a type are laid out, and checks the number of children.
func layoutOf(t *arrowc.Type) (layout, error) {
	l, err := formatLayout(t.Format)
	if err != nil {
		return l, fmt.Errorf("type %s: %w", t.Describe(), err)
	}
	want := l.children(len(t.Children))
	if len(t.Children) != want {
		return l, fmt.Errorf("type %s with %d children, not %d: %w", t.Describe(), len(t.Children), want, arrowc.ErrMalformed)
	}
	if t.Dictionary != nil && (l.kind != kindFixed || !strings.Contains("cCsSiIlL", t.Format)) {
		return l, fmt.Errorf("type %s as the index of a dictionary: %w", t.Describe(), arrowc.ErrMalformed)
	}
	return l, nil
}

// children is the number of children that the layout has, of a type with n.
func (l layout) children(n int) int {
	switch l.kind {
	case kindList, kindListView, kindFixedList:
		return 1
	case kindStruct:
		return n
	default:
		return 0
	}
}

// buffers is the number of buffers of the layout; views may have more.
func (l layout) buffers() int {
	switch l.kind {
	case kindNull:
		return 0
	case kindStruct, kindFixedList:
		return 1
	case kindBits, kindFixed, kindList:
		return 2
	default:
		return 3
	}
}

// moreBuffers tells whether arrays may have more buffers than buffers says.
func (l layout) moreBuffers() bool { return l.kind == kindView || l.kind == kindNull }

func formatLayout(format string) (layout, error) {
	if w, ok := fixedWidths[format]; ok {
		return layout{kindFixed, w}, nil
	}
	if l, ok := otherLayouts[format]; ok {
		return l, nil
	}
	head, rest, ok := strings.Cut(format, ":")
	switch {
	case !ok:
	case head == "tss" || head == "tsm" || head == "tsu" || head == "tsn":
		return layout{kindFixed, 8}, nil
	case head == "d":
		return decimalLayout(rest)
	case head == "w":
		return sizedLayout(kindFixed, rest)
	case head == "+w":
		return sizedLayout(kindFixedList, rest)
	}
	return layout{}, ErrUnsupported
}

// maxWidth bounds the width of a value and the number of values in a list of fixed size.
const maxWidth = 1 << 24

func sizedLayout(k kind, size string) (layout, error) {
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 || n > maxWidth {
		return layout{}, fmt.Errorf("size %q: %w", size, arrowc.ErrMalformed)
	}
	return layout{k, n}, nil
}

// decimalLayout reads "precision,scale" or "precision,scale,bits".
func decimalLayout(parameters string) (layout, error) {
	parts := strings.Split(parameters, ",")
	if len(parts) == 2 {
		return layout{kindFixed, 16}, nil
	}
	if len(parts) == 3 {
		switch parts[2] {
		case "32", "64", "128", "256":
			bits, err := strconv.ParseInt(parts[2], 10, 64)
			return layout{kindFixed, bits / 8}, err
		}
	}
	return layout{}, fmt.Errorf("parameters %q: %w", parameters, arrowc.ErrMalformed)
}
