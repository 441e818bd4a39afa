package oracle

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// span is a duration string of Polars.
type span struct{ months, weeks, days, nanos int64 }

var spanUnits = map[string]span{
	"ns": {nanos: 1}, "us": {nanos: 1e3}, "ms": {nanos: 1e6}, "s": {nanos: 1e9}, "m": {nanos: 60e9},
	"h": {nanos: 3600e9}, "d": {days: 1}, "w": {weeks: 1}, "mo": {months: 1}, "q": {months: 3}, "y": {months: 12},
}

// readSpan reads strings such as "1mo" and "-1d12h".
func readSpan(s string) (span, bool) {
	var out span
	sign := int64(1)
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = -1, rest
	}
	for s != "" {
		letters := strings.TrimLeft(s, "0123456789")
		n, err := strconv.ParseInt(s[:len(s)-len(letters)], 10, 64)
		next := strings.IndexAny(letters, "0123456789")
		if next < 0 {
			next = len(letters)
		}
		u, ok := spanUnits[letters[:next]]
		if err != nil || !ok {
			return out, false
		}
		out.months += sign * n * u.months
		out.weeks += sign * n * u.weeks
		out.days += sign * n * u.days
		out.nanos += sign * n * u.nanos
		s = letters[next:]
	}
	return out, true
}

const nanosInDay = 86_400_000_000_000

// ticksIn is the length of the weeks, days and shorter parts of a span.
func (s span) ticksIn(t expr.Type) (*big.Int, bool) {
	n := new(big.Int).Mul(big.NewInt(7*s.weeks+s.days), big.NewInt(nanosInDay))
	n.Mul(n.Add(n, big.NewInt(s.nanos)), ticks(t))
	rest := new(big.Int)
	n.QuoRem(n, big.NewInt(nanosInDay), rest)
	return n, rest.Sign() == 0
}

// moved is where dt.truncate and its like take a time.
func (v *Env) moved(name string, t expr.Type, x int64, every string) (Value, bool) {
	switch name {
	case "dt.month_start":
		return v.inMonth(t, x, func(d time.Time) time.Time { return d.AddDate(0, 0, 1-d.Day()) }), true
	case "dt.month_end":
		return v.inMonth(t, x, func(d time.Time) time.Time {
			return time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, time.UTC)
		}), true
	}
	s, ok := readSpan(every)
	if !ok {
		return Null, false
	}
	if name == "dt.offset_by" {
		return v.offset(t, x, s)
	}
	start, ok := v.truncated(t, x, s, 0)
	if !ok || name == "dt.truncate" || start == Of(x) {
		return start, ok
	}
	next, _ := v.truncated(t, x, s, 1)
	if start.Null || next.Null {
		return Null, true
	}
	// Which of the two is nearer is Polars' affair: any choice is worth a test.
	return Of([]int64{start.V, next.V}[uint64(x)*0x9e3779b97f4a7c15>>63]), true
}

func (v *Env) inMonth(t expr.Type, x int64, move func(time.Time) time.Time) Value {
	day, rest := dayOf(t, x)
	d, ok := dateOf(day)
	if !ok {
		return v.lost()
	}
	return v.atDay(t, move(d), rest)
}

func (v *Env) atDay(t expr.Type, d time.Time, rest int64) Value {
	days := big.NewInt(d.Unix() / 86400)
	return v.wanted(days.Add(days.Mul(days, ticks(t)), big.NewInt(rest)), t)
}

// offset adds months first, then everything else. A Date is taken to microseconds
// and back.
func (v *Env) offset(t expr.Type, x int64, s span) (Value, bool) {
	if t.Kind == expr.Date && (x < -lastMicroDay || x > lastMicroDay) {
		return Null, true
	}
	by, whole := s.ticksIn(t)
	if t.Kind == expr.Date {
		by, _ = s.ticksIn(expr.ParseType("datetime[ns]"))
		by, whole = by.Div(by, big.NewInt(nanosInDay)), true
	}
	moved := Of(x)
	if s.months != 0 {
		moved = v.inMonth(t, x, func(d time.Time) time.Time {
			first := time.Date(d.Year(), d.Month()+time.Month(s.months), 1, 0, 0, 0, 0, time.UTC)
			length := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
			return first.AddDate(0, 0, min(d.Day(), length)-1)
		})
	}
	if moved.Null {
		return moved, whole
	}
	return v.wanted(by.Add(by, big.NewInt(moved.V)), t), whole
}

// truncated is the start of the unit that holds x, or of the one that many later.
func (v *Env) truncated(t expr.Type, x int64, s span, later int64) (Value, bool) {
	if s.months != 0 {
		day, _ := dayOf(t, x)
		d, ok := dateOf(day)
		if !ok {
			return v.lost(), true
		}
		index := int64(d.Year()-1970)*12 + int64(d.Month()) - 1
		for index%s.months != 0 {
			index--
		}
		start := time.Date(1970, time.January+time.Month(index+later*s.months), 1, 0, 0, 0, 0, time.UTC)
		return v.atDay(t, start, 0), s == span{months: s.months}
	}
	step, whole := s.ticksIn(t)
	if step.Sign() <= 0 {
		return Null, false
	}
	origin := new(big.Int)
	if s.weeks != 0 { // weeks begin on Mondays, as 1970-01-05 was
		origin.Mul(big.NewInt(4), ticks(t))
		whole = whole && s == span{weeks: s.weeks}
	}
	start := new(big.Int).Sub(big.NewInt(x), origin)
	start.Mul(start.Div(start, step), step)
	start.Add(start, origin).Add(start, step.Mul(step, big.NewInt(later)))
	return v.wanted(start, t), whole
}
