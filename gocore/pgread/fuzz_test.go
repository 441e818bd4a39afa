package pgread

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// fuzzed are the columns that the fuzz test decodes bytes as.
var fuzzed = func() []columnPlan {
	types := []struct {
		typ   *pgType
		dtype Dtype
	}{{arrayType(scalarType(numericOID)), Dtype{Kind: List, Inner: &Dtype{Kind: Decimal, Precision: 18, Scale: 4}}}}
	for c := range conversions {
		d := Dtype{Kind: c.to, Precision: 18, Scale: 4, Unit: 2}
		if c.from == timestamptzOID {
			d.Zone = "UTC"
		}
		types = append(types, struct {
			typ   *pgType
			dtype Dtype
		}{scalarType(c.from), d})
	}
	for _, t := range []*pgType{mood, arrayType(mood), arrayType(scalarType(int4OID)), arrayType(scalarType(textOID))} {
		d, bad := t.dtype()
		if bad != nil {
			panic(bad.why)
		}
		types = append(types, struct {
			typ   *pgType
			dtype Dtype
		}{t, d})
	}
	twice := Dtype{Kind: List, Inner: &Dtype{Kind: Int32}}
	types = append(types, struct {
		typ   *pgType
		dtype Dtype
	}{arrayType(scalarType(int4OID)), Dtype{Kind: List, Inner: &twice}})
	plans := make([]columnPlan, len(types))
	for i, t := range types {
		m, format, ok := converter(t.typ, t.dtype)
		if !ok {
			panic("no conversion to " + t.dtype.String())
		}
		plans[i] = columnPlan{name: "x", dtype: t.dtype, make: m, format: format}
	}
	return plans
}()

// FuzzValues decodes any bytes as a value of every type: that gives one row or an error of this
// package, and text is UTF-8.
func FuzzValues(f *testing.F) {
	seeds := [][]byte{
		{},                       // no bytes at all
		{1},                      // a boolean, and a jsonb that ends after its version
		{0x7f, 0xff, 0xff, 0xff}, // an infinite date
		{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, // an infinite timestamp
		{0xed, 0xa0, 0x80},                                      // a surrogate in what looks like UTF-8
		make([]byte, 16),                                        // a uuid and an interval
		numericBytes(0, positive, 2, 1, 2500),                   // a number
		numericBytes(32767, positive, 0, 1),                     // the greatest number
		numericBytes(-32768, negative, 65535, 9999),             // the finest
		numericBytes(0, notANumber, 0),                          // none
		arrayBytes(int4OID, []uint32{2, 2}, 1, 2, 3, 4),         // an array of two dimensions
		arrayBytes(int4OID, []uint32{1 << 31, 1 << 31}),         // one whose size overflows
		arrayBytes(textOID, []uint32{1}, 1),                     // one of text with control characters
		append(arrayBytes(mood.oid, []uint32{1}), 0, 0, 0, 200), // one whose element ends early
		[]byte("ok"), // a label
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if src == nil {
			src = []byte{}
		}
		for _, p := range fuzzed {
			b := newBatcher([]columnPlan{p}, 10, InfiniteNull)
			if err := b.row([][]byte{src}); err != nil {
				var f *failure
				if !errors.As(err, &f) {
					t.Fatalf("%x as %s gave %v", src, p.dtype, err)
				}
				continue
			}
			record := b.take()
			column := record.Column(0)
			if column.Len() != 1 {
				t.Fatalf("%x as %s gave %d values", src, p.dtype, column.Len())
			}
			if text, ok := column.(*array.StringView); ok && !utf8.ValidString(text.Value(0)) {
				t.Fatalf("%x as %s gave text that is not UTF-8", src, p.dtype)
			}
			record.Release()
		}
	})
}

// FuzzParams reads any text as parameters, and writes them for every type.
func FuzzParams(f *testing.F) {
	seeds := []string{
		`null`,                       // no value
		`["int", "-5"]`,              // a number
		`["int", "--5"]`,             // none
		`["float", "nan"]`,           // the float that is not equal to itself
		`["float", "0x1p1024"]`,      // one that is too large
		`["date", "-99999999999"]`,   // a day before the calendar
		`["datetime", "9e9"]`,        // a number that is no integer
		`["list", [["str", "\"\\"]]`, // JSON that ends early
		`["list", [["list", []]]]`,   // a list of lists
		`["bytes", "0g"]`,            // no hexadecimal digit
		`["nothing", ""]`,            // no kind
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p Param
		if p.UnmarshalJSON(text) != nil {
			return
		}
		for oid := range names {
			for _, typ := range []*pgType{scalarType(oid), arrayType(scalarType(oid))} {
				values, err := bind([]Param{p}, []*pgType{typ})
				if (err == nil) != (values != nil) {
					t.Fatalf("%s for %s gave %q and %v", text, typ, values, err)
				}
			}
		}
	})
}

// FuzzIntervals compares sums with those of floats, which are near enough to tell an overflow.
func FuzzIntervals(f *testing.F) {
	f.Add(int64(math.MaxInt64), int32(1))                              // just too long
	f.Add(int64(math.MinInt64), int32(-1))                             // just too long on the other side
	f.Add(int64(-1), int32(106751992))                                 // days alone are too long
	f.Add(int64(-9223372036854775710), int32(106752017))               // days alone are too long, the sum is not
	f.Add(int64(math.MinInt64), int32(106751991))                      // the signs differ
	f.Add(int64(math.MaxInt64-106751991*microsADay), int32(106751991)) // the longest
	f.Fuzz(func(t *testing.T, micros int64, days int32) {
		src := binary.BigEndian.AppendUint64(nil, uint64(micros))
		src = binary.BigEndian.AppendUint32(src, uint32(days))
		src = binary.BigEndian.AppendUint32(src, 0)
		m, _, _ := converter(scalarType(intervalOID), natural[intervalOID])
		b := newBatcher([]columnPlan{{name: "x", dtype: natural[intervalOID], make: m}}, 10, InfiniteNull)
		if err := b.row([][]byte{src}); err != nil {
			t.Fatal(err)
		}
		column := b.take().Column(0).(*array.Duration)
		sum := float64(days)*microsADay + float64(micros)
		if column.IsNull(0) {
			if math.Abs(sum) < math.MaxInt64-2*microsADay {
				t.Errorf("%d days and %d us: null", days, micros)
			}
		} else if got := float64(column.Value(0)); math.Abs(got-sum) > 1e6 {
			t.Errorf("%d days and %d us: %f, want %f", days, micros, got, sum)
		}
	})
}
