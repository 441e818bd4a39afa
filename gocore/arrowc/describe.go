package arrowc

import (
	"fmt"
	"strings"
)

// typeNames gives the formats of the C Data interface without parameters their names.
var typeNames = map[string]string{
	"n": "null", "b": "boolean",
	"c": "int8", "s": "int16", "i": "int32", "l": "int64",
	"C": "uint8", "S": "uint16", "I": "uint32", "L": "uint64",
	"e": "float16", "f": "float32", "g": "float64",
	"z": "binary", "Z": "large binary", "vz": "binary view",
	"u": "string", "U": "large string", "vu": "string view",
	"tdD": "date32", "tdm": "date64",
	"tts": "time (s)", "ttm": "time (ms)", "ttu": "time (us)", "ttn": "time (ns)",
	"tDs": "duration (s)", "tDm": "duration (ms)", "tDu": "duration (us)", "tDn": "duration (ns)",
	"tiM": "interval (months)", "tiD": "interval (days, time)", "tin": "interval (months, days, ns)",
	"+l": "list", "+L": "large list", "+vl": "list view", "+vL": "large list view",
	"+s": "struct", "+m": "map", "+r": "run-end encoded",
}

// typePrefixes names the formats that go on with parameters.
var typePrefixes = []struct{ prefix, name string }{
	{"tss:", "datetime (s)"},
	{"tsm:", "datetime (ms)"},
	{"tsu:", "datetime (us)"},
	{"tsn:", "datetime (ns)"},
	{"d:", "decimal"},
	{"w:", "fixed-size binary"},
	{"+w:", "fixed-size list"},
	{"+ud:", "dense union"},
	{"+us:", "sparse union"},
}

// describe gives a format as a reader knows it, and as the specification writes it.
func describe(format string) string {
	name, ok := typeNames[format]
	for _, p := range typePrefixes {
		if !ok && strings.HasPrefix(format, p.prefix) {
			name, ok = p.name, true
		}
	}
	if !ok {
		name = "unknown"
	}
	return fmt.Sprintf("%s (%q)", name, format)
}

// flagNames puts the flags into words.
var flagNames = []flagName{
	{FlagNullable, "nullable", "not nullable"},
	{FlagDictionaryOrdered, "an ordered dictionary", "not an ordered dictionary"},
	{FlagMapKeysSorted, "a map of sorted keys", "not a map of sorted keys"},
}

type flagName struct {
	flag       int64
	set, unset string
}

func (f flagName) in(flags int64) string {
	if flags&f.flag != 0 {
		return f.set
	}
	return f.unset
}

func presence(s *Schema) string {
	if s == nil {
		return "absent"
	}
	return "present"
}
