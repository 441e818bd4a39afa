package calendar_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

var zonedUnits = []string{
	"daily", "hourly", "weekly", "monthly", "quarterly", "yearly",
	"3d", "2w", "15m", "30m", "90m", "2h", "6h", "7h", "36h",
}

// bruteZone walks through the minutes of a zone whose offsets and changes are whole minutes.
type bruteZone struct {
	begin, end  int64 // minutes
	transitions []calendar.Transition
}

func (b bruteZone) local(minute int64) int64 {
	offset := b.transitions[0].Offset
	for _, t := range b.transitions {
		if t.At <= minute*60 {
			offset = t.Offset
		}
	}
	return minute + offset/60
}

// starts returns the minutes in which a unit begins, with the labels that local time gives them. In
// each minute, zone-less split says in which unit its local time is and whether that begins there.
func (b bruteZone) starts(t *testing.T, u calendar.Unit) map[int64]string {
	t.Helper()
	starts := map[int64]string{}
	back := int64(370 * 1440)
	if u.Check(days) != nil {
		back = 2 * 1440
	}
	around := func(local int64) (start, until int64, label string) {
		periods, err := calendar.Split(set(ms, (local-back)*60_000, (local+back)*60_000), ms, u, math.MaxInt)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range periods {
			if p.End > local*60_000 {
				return p.Start / 60_000, p.End / 60_000, p.Label
			}
		}
		panic("no period holds the middle of the set")
	}
	subDay := u.Check(days) != nil
	reached := int64(math.MinInt64)
	unitStart, unitUntil, label := around(0)
	for m := b.begin; m < b.end; m++ {
		local := b.local(m)
		if local < unitStart || local >= unitUntil {
			unitStart, unitUntil, label = around(local)
		}
		if unitStart > reached || subDay && unitStart == local {
			starts[m] = label
		}
		reached = max(reached, unitStart)
	}
	return starts
}

// TestZonedOracle compares with brute force over random zones with many changes, some of them by
// more than half a day.
func TestZonedOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	centre := utc("2023-12-31 00:00:00") / 60
	for i := range 100 {
		b := bruteZone{begin: centre - 4*1440, end: centre + 4*1440}
		at := b.begin - 1
		for at < b.end {
			offset := (rng.Int64N(9) - 4) * []int64{15, 30, 60, 170}[rng.IntN(4)]
			b.transitions = append(b.transitions, calendar.Transition{At: at * 60, Offset: offset * 60})
			at += rng.Int64N(3*1440) + 1
		}
		z, err := calendar.NewZone("oracle", b.transitions)
		if err != nil {
			t.Fatal(err)
		}
		u := unit(zonedUnits[i%len(zonedUnits)])
		starts := b.starts(t, u)
		// Before begin nothing is known of what was reached; the first two days are for that.
		from := b.begin + 2*1440
		s := set(ms, from*60_000, b.end*60_000-1)
		periods, err := calendar.SplitZoned(s, ms, u, z, math.MaxInt)
		if err != nil {
			t.Fatal(err)
		}
		compareStarts(t, u, starts, periods, from, b.end)
		checkZonedCover(t, s, ms, u, z)
		if t.Failed() {
			t.Fatalf("zone %v", b.transitions)
		}
	}
}

// compareStarts compares periods with what is known of the minutes from one to another.
func compareStarts(
	t *testing.T, u calendar.Unit, starts map[int64]string, periods []calendar.Period, from, to int64,
) {
	t.Helper()
	found := map[int64]bool{}
	for i, p := range periods {
		m := p.Start / 60_000
		found[m] = true
		want, ok := starts[m]
		switch {
		case !ok && i > 0:
			t.Errorf("%v: %v does not begin a unit", u, p)
		case ok && p.Label != want && !strings.HasPrefix(p.Label, want+"+") && !strings.HasPrefix(p.Label, want+"-"):
			t.Errorf("%v: %v should be %s", u, p, want)
		}
	}
	for m, name := range starts {
		if m >= from && m < to && !found[m] {
			t.Errorf("%v: %s begins at minute %d, and no period", u, name, m)
		}
	}
}

// checkZonedCover checks what must hold of any split: the periods are disjoint, ascending, hold all
// of the set, have labels of their own, and do not depend on what else is in the set.
func checkZonedCover(
	t *testing.T, s interval.Set[int64], r calendar.Resolution, u calendar.Unit, z calendar.Zone,
) {
	t.Helper()
	const limit = 50_000
	periods, err := calendar.SplitZoned(s, r, u, z, limit)
	var many *calendar.TooManyError
	if errors.As(err, &many) {
		if many.Suggested != u {
			if _, err := calendar.SplitZoned(s, r, many.Suggested, z, limit); err != nil {
				t.Errorf("%v: %v, but: %v", s, many, err)
			}
		}
		return
	}
	if err != nil {
		t.Fatalf("%v by %v: %v", s, u, err)
	}
	covered := make([]interval.Interval[int64], len(periods))
	labels := map[string]bool{}
	for i, p := range periods {
		if p.Start >= p.End || !s.Contains(p.Start) || !s.Contains(p.End-1) {
			t.Errorf("%v: %v period %v does not begin and end with a value", s, u, p)
		}
		if i > 0 && periods[i-1].End > p.Start {
			t.Errorf("%v: %v periods %v and %v overlap", s, u, periods[i-1], p)
		}
		if labels[p.Label] {
			t.Errorf("%v: label %s twice", s, p.Label)
		}
		labels[p.Label] = true
		for _, tick := range []int64{p.Start, p.End - 1} {
			alone, err := calendar.SplitZoned(set(r, tick, tick), r, u, z, 1)
			if err != nil || len(alone) != 1 || alone[0].Label != p.Label {
				t.Errorf("%v: %v of %d is %v, %v; in the set it is %v", s, u, tick, alone, err, p)
			}
		}
		covered[i] = interval.Interval[int64]{Lo: interval.Incl(p.Start), Hi: interval.Excl(p.End)}
	}
	if lost := s.Intersect(interval.Of(s.Domain(), covered...).Complement()); !lost.IsEmpty() {
		t.Errorf("%v: values %v are in no %v period", s, lost, u)
	}
	if n, err := calendar.CountZoned(s, r, u, z); err != nil || n != int64(len(periods)) {
		t.Errorf("%v: counted %d, %v; split into %d", s, n, err, len(periods))
	}
}

// FuzzSplitZonedCover checks any bounded set in any zone. Two bytes of changes are the time to the
// next change, in units of gap seconds, and the offset after it; begin, step and shape are those of
// FuzzSplitCover.
func FuzzSplitZonedCover(f *testing.F) {
	// St. John's: the clocks are set back over midnight
	f.Add(int64(1162000000000), int64(3_600_000), []byte{48}, int64(1162089060), int64(60), []byte{100, 20}, uint8(0), uint8(0))
	// Samoa: a day is missing
	f.Add(int64(1325000000000), int64(3_600_000), []byte{99}, int64(1325239000), int64(10), []byte{100, 220}, uint8(0), uint8(0))
	// an hour comes twice
	f.Add(int64(1729980000000), int64(600_000), []byte{99}, int64(1729990000), int64(100), []byte{10, 140}, uint8(0), uint8(1))
	// changes come faster than local days do
	f.Add(int64(0), int64(900_000), []byte{9, 9, 99}, int64(0), int64(999), []byte{10, 250, 9, 3, 7, 200, 2, 90}, uint8(0), uint8(12))
	// an offset with seconds, in nanoseconds
	f.Add(int64(-2422054500e9), int64(1e11), []byte{9, 1, 200}, int64(-2422054500), int64(1), []byte{92, 131}, uint8(2), uint8(3))
	// the least tick
	f.Add(int64(math.MinInt64+1), int64(3_600_000_000), []byte{200}, int64(0), int64(1), []byte{1, 1}, uint8(1), uint8(6))
	// a change at the ends of int64 seconds
	f.Add(int64(5), int64(5), []byte{5}, int64(math.MaxInt64-2), int64(1), []byte{1, 1, 1, 99}, uint8(0), uint8(5))
	f.Fuzz(func(t *testing.T, begin, step int64, shape []byte, at, gap int64, changes []byte, res, unitIndex uint8) {
		list := []calendar.Transition{{At: math.MinInt64, Offset: 3607}}
		for i := 0; i+1 < len(changes); i += 2 {
			next := at + int64(changes[i])*max(1, gap%86400)
			if next <= list[len(list)-1].At {
				break
			}
			list = append(list, calendar.Transition{At: next, Offset: (int64(changes[i+1]) - 128) * 670})
			at = next
		}
		z, err := calendar.NewZone("fuzz", list)
		if err != nil {
			t.Fatal(err)
		}
		r := []calendar.Resolution{ms, us, ns}[int(res)%3]
		s := runs(begin, step, shape, r)
		if s.BoundedBelow() && s.BoundedAbove() {
			checkZonedCover(t, s, r, unit(zonedUnits[int(unitIndex)%len(zonedUnits)]), z)
		}
	})
}
