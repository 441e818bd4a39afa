package interval

import (
	"cmp"
	"fmt"
	"strconv"
)

type int64Domain struct {
	least, greatest int64
	format          func(int64) string
}

// Int64 returns the discrete domain of the integers from least to greatest, both included. The
// extremes matter: every value of an 8-bit column is at most 127, so "x <= 127" is full for it.
// Values are printed by format, or in decimal when format is nil.
//
// Int64 panics when least is above greatest.
func Int64(least, greatest int64, format func(int64) string) Domain[int64] {
	if least > greatest {
		panic(fmt.Sprintf("interval: least integer %d is above the greatest, %d", least, greatest))
	}
	if format == nil {
		format = func(v int64) string { return strconv.FormatInt(v, 10) }
	}
	return int64Domain{least: least, greatest: greatest, format: format}
}

func (d int64Domain) Compare(a, b int64) int { return cmp.Compare(a, b) }

func (d int64Domain) Next(v int64) (int64, bool) {
	if v >= d.greatest {
		return 0, false
	}
	return v + 1, true
}

func (d int64Domain) Prev(v int64) (int64, bool) {
	if v <= d.least {
		return 0, false
	}
	return v - 1, true
}

func (d int64Domain) Extremes() (lo, hi int64, ok bool) { return d.least, d.greatest, true }

func (d int64Domain) Format(v int64) string { return d.format(v) }
