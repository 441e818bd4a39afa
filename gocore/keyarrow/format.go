package keyarrow

import (
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
)

const structFormat = "+s"

// plain are the formats of the types without parameters, and with it of their physical form.
var plain = map[string][]string{
	"int8": {"c"}, "int16": {"s"}, "int32": {"i"}, "int64": {"l"}, "int128": {"_pli128"},
	"uint8": {"C"}, "uint16": {"S"}, "uint32": {"I"}, "uint64": {"L"}, "uint128": {"_plu128"},
	"date": {"tdD", "i"}, "time": {"ttn", "l"}, "boolean": {"b"},
	"string": {"vu", "u", "U"}, "binary": {"vz", "z", "Z"},
}

// formats are those that a column of a type can have; one that ends in a colon stands for all that begin
// with it.
func formats(t keyrange.Type) []string {
	if all, ok := plain[t.Name]; ok {
		return all
	}
	head, inner, _ := strings.Cut(strings.TrimSuffix(t.Name, "]"), "[")
	unit, _, _ := strings.Cut(inner, "s")
	switch head {
	case "datetime":
		return []string{"ts" + unit + ":", "l"}
	case "duration":
		return []string{"tD" + unit, "l"}
	case "decimal":
		digits := strings.ReplaceAll(inner, ", ", ",")
		return []string{"d:" + digits, "d:" + digits + ",128"}
	}
	return []string{"C", "S", "I"} // an enum, of which the format is that of its positions
}

// buffersOf is how many buffers arrays of a format have, and whether there may be more.
func buffersOf(format string) (n int, more bool) {
	switch format[0] {
	case 'v':
		return 3, true
	case 'u', 'z', 'U', 'Z':
		return 3, false
	}
	return 2, false
}

// widthOf is how many bytes a value of a format with values of a fixed width has.
func widthOf(format string) int {
	switch {
	case format == "c" || format == "C":
		return 1
	case format == "s" || format == "S":
		return 2
	case format == "i" || format == "I" || format == "tdD":
		return 4
	case strings.HasPrefix(format, "d:") || strings.HasPrefix(format, "_pl"):
		return 16
	}
	return 8
}
