package oracle

import (
	"math/big"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// lost is the answer where Polars ends the query, or wraps around at the end of
// a type: nothing is asked of bounds there.
func (v *Env) lost() Value {
	v.Failed = true
	return Null
}

// wanted is the value, unless it does not fit the type.
func (v *Env) wanted(x *big.Int, t expr.Type) Value {
	if !fits(x, t) {
		return v.lost()
	}
	return Of(x.Int64())
}

// arithmetic knows sums of times, and integers with integers.
func (v *Env) arithmetic(e *expr.Binary, l, r *big.Int) (Value, bool) {
	from, by, to := TypeOf(e.Left), TypeOf(e.Right), TypeOf(e)
	switch {
	case to.Kind == expr.Other:
		return Null, false
	case e.Symbol == "+" && from.Kind == expr.Duration && isTime(by):
		l, r, from, by = r, l, by, from
	}
	if from.Kind == expr.Datetime && by.Kind == expr.Duration {
		l = scaled(l, from, to, 0)
		// How Polars rounds a duration is its affair: any choice is worth a test.
		down := scaled(r, by, to, 0)
		r = scaled(r, by, to, int64(r.Bit(0)))
		if !fits(new(big.Int).Add(l, down), to) || !fits(new(big.Int).Sub(l, down), to) {
			return v.lost(), true
		}
	}
	if e.Symbol == "-" {
		r = new(big.Int).Neg(r)
	}
	out := new(big.Int)
	switch {
	case from.Kind == expr.Date && by.Kind == expr.Date:
		if l.CmpAbs(big.NewInt(lastMicroDay)) > 0 || r.CmpAbs(big.NewInt(lastMicroDay)) > 0 {
			return Null, true
		}
		out.Mul(out.Add(l, r), big.NewInt(ticksPerDay[expr.Microseconds]))
	case from.Kind == expr.Date: // midnight, in microseconds at the finest
		if l.CmpAbs(big.NewInt(lastMicroDay)) > 0 {
			return Null, true
		}
		day := big.NewInt(ticksPerDay[by.Unit])
		out.Div(out.Add(out.Mul(l, day), r), day)
	case e.Symbol == "+" || e.Symbol == "-":
		out.Add(l, r)
	case e.Symbol == "*":
		out.Mul(l, r)
	case e.Symbol == "//" && r.Sign() > 0:
		out.Div(l, r)
	default:
		return Null, false
	}
	return v.wanted(out, to), true
}

// scaled changes the ticks: rounded down, or up where odd is 1.
func scaled(v *big.Int, from, to expr.Type, odd int64) *big.Int {
	n := new(big.Int).Mul(v, ticks(to))
	if odd != 0 {
		n.Add(n, ticks(from)).Sub(n, big.NewInt(1))
	}
	return n.Div(n, ticks(from))
}

// lastMicroDay is the last day that microseconds reach, and its negative the
// first whole one.
const lastMicroDay = 106_751_991

// member is is_in: a null is in the list only with nulls_equal, and only if the
// list has one. A null in the list makes no difference otherwise.
func (v *Env) member(e *expr.Call, args []Value) (Value, bool) {
	if e.Name != "is_in" || len(e.Args) != 2 {
		return Null, false
	}
	list, ok := e.Args[1].(*expr.List)
	switch {
	case !ok || !list.Exact:
		return Null, false
	case args[0].Null && e.Option == "nulls_equal":
		return Truth(list.Null), true
	case args[0].Null:
		return Null, true
	}
	for i, item := range list.Items {
		if args[0].V == v.item(list, i, item) {
			return Truth(true), true
		}
	}
	return Truth(false), true
}

// item is an item of a list, of which the last digits may be unseen: as with
// literals, the same ones for every row.
func (v *Env) item(list *expr.List, i int, item expr.Range) int64 {
	if item.Lo == item.Hi {
		return item.Lo
	}
	return arbitraryIn(list, i, item)
}

func arbitraryIn(list *expr.List, i int, item expr.Range) int64 {
	width := uint64(item.Hi-item.Lo) + 1
	return item.Lo + int64(uint64(len(list.Items)+7*i)%width)
}

// ofTime knows the functions of times without a zone.
func (v *Env) ofTime(e *expr.Call, args []Value) (Value, bool) {
	if len(args) == 0 || TypeOf(e.Args[0]).Zone != "" {
		return Null, false
	}
	from, to, x := TypeOf(e.Args[0]), TypeOf(e), args[0]
	if from.Kind == expr.Duration && totals[e.Name] != 0 {
		return v.total(from, x, totals[e.Name])
	}
	if !isTime(from) && e.Name != "to_physical" {
		return Null, false
	}
	every := text(e)
	switch e.Name {
	case "to_physical", "dt.replace_time_zone":
		return x, to.Zone == ""
	case "dt.date", "dt.cast_time_unit", "dt.time_stamp":
		if e.Name == "dt.time_stamp" {
			to = expr.ParseType("datetime[" + e.Option + "]")
		}
		failed := v.Failed
		out := v.cast(&expr.Cast{To: to, Strict: e.Name == "dt.cast_time_unit", Arg: constant(from, x)})
		v.Failed = v.Failed || failed
		return out, true
	case "dt.year", "dt.iso_year", "dt.month", "dt.quarter", "dt.week":
		return field(e.Name, from, x), true
	case "dt.month_start", "dt.month_end", "dt.truncate", "dt.round", "dt.offset_by":
		if x.Null {
			return Null, true
		}
		return v.moved(e.Name, from, x.V, every)
	}
	return Null, false
}

// totals are the nanoseconds of the units that a duration is counted in.
var totals = map[string]int64{
	"dt.total_days": 86400e9, "dt.total_hours": 3600e9, "dt.total_minutes": 60e9, "dt.total_seconds": 1e9,
	"dt.total_milliseconds": 1e6, "dt.total_microseconds": 1e3, "dt.total_nanoseconds": 1,
}

func (v *Env) total(t expr.Type, x Value, nanos int64) (Value, bool) {
	if x.Null {
		return Null, true
	}
	n := new(big.Int).Mul(big.NewInt(x.V), big.NewInt(nanosInDay))
	n.Div(n, ticks(t))
	return v.wanted(n.Quo(n, big.NewInt(nanos)), expr.ParseType("int64")), true
}

func constant(t expr.Type, x Value) *expr.Literal {
	return &expr.Literal{Type: t, Null: x.Null, Exact: !x.Null, Lo: x.V, Hi: x.V}
}

// text is the duration string that is the second argument.
func text(e *expr.Call) string {
	if len(e.Args) < 2 {
		return ""
	}
	l, ok := e.Args[1].(*expr.Literal)
	if !ok || len(l.Text) < 2 {
		return ""
	}
	return l.Text[1 : len(l.Text)-1]
}

// dayOf takes a time apart: its day and the ticks since midnight.
func dayOf(t expr.Type, x int64) (day, rest int64) {
	d, r := new(big.Int).DivMod(big.NewInt(x), ticks(t), new(big.Int))
	return d.Int64(), r.Int64()
}

// dateOf is the date of a day, and false outside of Polars' calendar.
func dateOf(day int64) (time.Time, bool) {
	if day < -200_000_000 || day > 200_000_000 {
		return time.Time{}, false
	}
	d := time.Unix(day*86400, 0).UTC()
	return d, d.Year() >= -262143 && d.Year() <= 262142
}

func field(name string, t expr.Type, x Value) Value {
	if x.Null {
		return Null
	}
	day, _ := dayOf(t, x.V)
	d, ok := dateOf(day)
	if !ok {
		return Null
	}
	isoYear, week := d.ISOWeek()
	return Of(int64(map[string]int{
		"dt.year": d.Year(), "dt.iso_year": isoYear, "dt.month": int(d.Month()),
		"dt.quarter": (int(d.Month()) + 2) / 3, "dt.week": week,
	}[name]))
}
