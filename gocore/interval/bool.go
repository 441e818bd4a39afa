package interval

import "strconv"

type boolDomain struct{}

// Bool returns the domain of false and true, in this order.
func Bool() Domain[bool] { return boolDomain{} }

func (boolDomain) Compare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func (boolDomain) Next(v bool) (next, ok bool) { return true, !v }

func (boolDomain) Prev(v bool) (prev, ok bool) { return false, v }

func (boolDomain) Extremes() (lo, hi, ok bool) { return false, true, true }

func (boolDomain) Format(v bool) string { return strconv.FormatBool(v) }
