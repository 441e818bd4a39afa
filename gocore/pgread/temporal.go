package pgread

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// The server counts from 2000-01-01, Polars from 1970-01-01.
const (
	epochDays   = 10957
	secondsADay = 86400
	microsADay  = secondsADay * 1_000_000
	epochMicros = epochDays * microsADay
)

// Polars fails on days outside of its calendar, from -262143-01-01 to 262142-12-31. The server's ends later.
const (
	firstDay = -96465292
	lastDay  = 95026236
)

// infinity appends a value that the column has no place for.
func (t target) infinity(what string) error {
	if t.infinite != InfiniteNull {
		return failf(ErrValue, "%s has no place in %s; pass on_infinity='null', or cast it in the query: ...::text",
			what, t.dtype.python())
	}
	t.builder.AppendNull()
	return nil
}

// day reads a date as days since 1970; false if it was appended as what is outside of the calendar.
func (t target) day(src []byte) (day int64, inside bool, err error) {
	v, err := signed(src, 4)
	switch {
	case err != nil:
		return 0, false, err
	case v == math.MaxInt32:
		return 0, false, t.infinity("infinity")
	case v == math.MinInt32:
		return 0, false, t.infinity("-infinity")
	case v > lastDay-epochDays:
		return 0, false, t.infinity("a date after the year 262142")
	case v < firstDay-epochDays:
		return 0, false, t.infinity("a date before the year -262143")
	}
	return v + epochDays, true, nil
}

func dates(to target) appender {
	b := to.builder.(*array.Date32Builder)
	return func(src []byte) error {
		day, inside, err := to.day(src)
		if inside {
			b.Append(arrow.Date32(day))
		}
		return err
	}
}

func datesAsTimes(to target) appender {
	b := to.builder.(*array.TimestampBuilder)
	return func(src []byte) error {
		day, inside, err := to.day(src)
		if !inside {
			return err
		}
		v, ok := inUnit(day*microsADay, to.dtype.Unit)
		if !ok {
			return to.infinity("a date that far")
		}
		b.Append(arrow.Timestamp(v))
		return nil
	}
}

func timestamps(to target) appender {
	b := to.builder.(*array.TimestampBuilder)
	return func(src []byte) error {
		v, err := signed(src, 8)
		switch {
		case err != nil:
			return err
		case v == math.MaxInt64:
			return to.infinity("infinity")
		case v == math.MinInt64:
			return to.infinity("-infinity")
		case v >= (lastDay+1-epochDays)*microsADay:
			return to.infinity("a time after the year 262142")
		case v < (firstDay-epochDays)*microsADay:
			return to.infinity("a time before the year -262143")
		}
		v += epochMicros
		if to.dtype.Unit != arrow.Microsecond {
			return to.otherUnit(v, func(v int64) { b.Append(arrow.Timestamp(v)) })
		}
		b.Append(arrow.Timestamp(v))
		return nil
	}
}

// otherUnit appends microseconds to a column of another unit.
func (t target) otherUnit(micros int64, put func(int64)) error {
	if t.dtype.Unit == arrow.Millisecond && micros%1000 != 0 {
		return failf(ErrValue, "a time with microseconds does not fit %s exactly", t.dtype.python())
	}
	v, ok := inUnit(micros, t.dtype.Unit)
	if !ok {
		return t.infinity("a time that far")
	}
	put(v)
	return nil
}

// inUnit is a number of microseconds in another unit, false if it has no room there.
func inUnit(micros int64, unit arrow.TimeUnit) (int64, bool) {
	switch unit {
	case arrow.Nanosecond:
		return micros * 1000, micros <= math.MaxInt64/1000 && micros >= math.MinInt64/1000
	case arrow.Millisecond:
		return micros / 1000, true
	default:
		return micros, true
	}
}

func times(to target) appender {
	b := to.builder.(*array.Time64Builder)
	return func(src []byte) error {
		v, err := signed(src, 8)
		switch {
		case err != nil:
			return err
		case v == microsADay:
			return failf(ErrValue, "24:00:00 has no place in pl.Time; cast it in the query: ...::text or ...::interval")
		case v < 0 || v > microsADay:
			return failf(ErrMalformed, "the server sent a time of %d us", v)
		}
		b.Append(arrow.Time64(v * 1000))
		return nil
	}
}

func intervals(to target) appender {
	b := to.builder.(*array.DurationBuilder)
	return func(src []byte) error {
		if len(src) != 16 {
			return wrongLength(src, 16)
		}
		micros := int64(binary.BigEndian.Uint64(src))
		days := int64(int32(binary.BigEndian.Uint32(src[8:])))
		months := int32(binary.BigEndian.Uint32(src[12:]))
		switch {
		case months == math.MaxInt32 && days == math.MaxInt32 && micros == math.MaxInt64:
			return to.infinity("infinity")
		case months == math.MinInt32 && days == math.MinInt32 && micros == math.MinInt64:
			return to.infinity("-infinity")
		case months != 0:
			return failf(ErrValue, "an interval with months (%d) has no fixed length; cast it in the query: ...::text, or "+
				"extract(epoch FROM ...)", months)
		}
		total, ok := addDays(micros, days)
		if !ok {
			return to.infinity("an interval that long")
		}
		return to.otherUnit(total, func(v int64) { b.Append(arrow.Duration(v)) })
	}
}

// addDays adds days to microseconds, false if the sum has no room.
func addDays(micros, days int64) (int64, bool) {
	whole, rest := micros/microsADay, micros%microsADay
	if rest < 0 {
		whole, rest = whole-1, rest+microsADay
	}
	days += whole
	// This far, the sum wraps around at most once, and its sign shows that it did.
	if days > math.MaxInt64/microsADay || days < math.MinInt64/microsADay-1 {
		return 0, false
	}
	sum := days*microsADay + rest
	return sum, (sum < 0) == (days < 0)
}
