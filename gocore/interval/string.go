package interval

import (
	"strconv"
	"strings"
)

type stringDomain struct{}

// String returns the domain of strings in byte order, which for UTF-8 is the order of code points
// and Polars' order. The empty string is its least value; there is no greatest.
//
// It counts as continuous: every string has a next one (s + "\x00"), but few have a previous one.
func String() Domain[string] { return stringDomain{} }

func (stringDomain) Compare(a, b string) int { return strings.Compare(a, b) }

func (stringDomain) Next(string) (string, bool) { return "", false }

func (stringDomain) Prev(string) (string, bool) { return "", false }

func (stringDomain) Extremes() (lo, hi string, ok bool) { return "", "", false }

func (stringDomain) Least() string { return "" }

func (stringDomain) Format(v string) string { return strconv.Quote(v) }
