package pgread

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/array"
)

func wrongLength(src []byte, want int) error {
	return failf(ErrMalformed, "the server sent %d bytes for a value of %d", len(src), want)
}

func bools(to target) appender {
	b := to.builder.(*array.BooleanBuilder)
	return func(src []byte) error {
		if len(src) != 1 || src[0] > 1 {
			return failf(ErrMalformed, "the server sent %x for a boolean", src)
		}
		b.Append(src[0] == 1)
		return nil
	}
}

// signed is an integer of two's complement in 2, 4 or 8 bytes.
func signed(src []byte, width int) (int64, error) {
	if len(src) != width {
		return 0, wrongLength(src, width)
	}
	switch width {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(src))), nil
	case 4:
		return int64(int32(binary.BigEndian.Uint32(src))), nil
	default:
		return int64(binary.BigEndian.Uint64(src)), nil
	}
}

// integers converts integers of a width to any type that holds them, and fails on one that it does not hold.
func integers(width int) maker {
	return func(to target) appender {
		put := integerInto(to)
		return func(src []byte) error {
			v, err := signed(src, width)
			if err != nil {
				return err
			}
			return put(v)
		}
	}
}

func oids(to target) appender {
	put := integerInto(to)
	return func(src []byte) error {
		if len(src) != 4 {
			return wrongLength(src, 4)
		}
		return put(int64(binary.BigEndian.Uint32(src)))
	}
}

func integerInto(to target) func(int64) error {
	outside := func(v int64) error {
		return failf(ErrValue, "%d does not fit %s", v, to.dtype.python())
	}
	switch b := to.builder.(type) {
	case *array.Int64Builder:
		return func(v int64) error {
			b.Append(v)
			return nil
		}
	case *array.Int32Builder:
		return checked(outside, math.MinInt32, math.MaxInt32, func(v int64) { b.Append(int32(v)) })
	case *array.Int16Builder:
		return checked(outside, math.MinInt16, math.MaxInt16, func(v int64) { b.Append(int16(v)) })
	case *array.Uint32Builder:
		return checked(outside, 0, math.MaxUint32, func(v int64) { b.Append(uint32(v)) })
	case *array.Float64Builder:
		// Up to here every integer is a float.
		return checked(outside, -1<<53, 1<<53, func(v int64) { b.Append(float64(v)) })
	}
	panic("pgread: no integer type")
}

func checked(outside func(int64) error, least, greatest int64, put func(int64)) func(int64) error {
	return func(v int64) error {
		if v < least || v > greatest {
			return outside(v)
		}
		put(v)
		return nil
	}
}

func floats(width int) maker {
	return func(to target) appender {
		return func(src []byte) error {
			if len(src) != width {
				return wrongLength(src, width)
			}
			switch b := to.builder.(type) {
			case *array.Float32Builder:
				b.Append(math.Float32frombits(binary.BigEndian.Uint32(src)))
			case *array.Float64Builder:
				if width == 4 {
					b.Append(float64(math.Float32frombits(binary.BigEndian.Uint32(src))))
				} else {
					b.Append(math.Float64frombits(binary.BigEndian.Uint64(src)))
				}
			}
			return nil
		}
	}
}

// numericFloats gives the nearest float of a numeric.
func numericFloats(to target) appender {
	b := to.builder.(*array.Float64Builder)
	return func(src []byte) error {
		n, err := parseNumeric(src)
		if err != nil {
			return err
		}
		// What is too great for a float is refused: its neighbour infinity is infinitely far away.
		v, err := strconv.ParseFloat(n.String(), 64)
		if err != nil {
			return failf(ErrValue, "%s does not fit pl.Float64", n)
		}
		b.Append(v)
		return nil
	}
}
