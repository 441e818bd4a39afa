package pgread

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// convertOne decodes one value, and writes what became of it as text.
func convertOne(t *testing.T, typ *pgType, name string, src []byte, infinite Infinite) string {
	t.Helper()
	d, err := ParseDtype(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := convert(typ, d.withLabels(typ), src, infinite)
	if err != nil {
		return err.Error()
	}
	return text
}

func convert(typ *pgType, d Dtype, src []byte, infinite Infinite) (string, error) {
	m, format, ok := converter(typ, d)
	if !ok {
		return "", failf(ErrUnsupported, "no conversion")
	}
	b := newBatcher([]columnPlan{{name: "x", dtype: d, make: m, format: format}}, 10, infinite)
	if err := b.row([][]byte{src}); err != nil {
		return "", err
	}
	record := b.take()
	defer record.Release()
	return record.Column(0).ValueStr(0), nil
}

// bytesOf reads hex with spaces.
func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{}, b...)
}

func scalarType(oid uint32) *pgType { return &pgType{oid: oid, typmod: -1, name: names[oid]} }

var mood = &pgType{oid: 70000, name: "mood", form: enumForm, labels: []string{"sad", "ok", "ü;x"}}

func arrayType(elem *pgType) *pgType {
	return &pgType{oid: 70001, form: arrayForm, elem: elem, dims: 1}
}

func TestConversions(t *testing.T) {
	const at = "column 'x' row 1: "
	tests := []struct {
		name   string
		typ    *pgType
		dtype  string
		src    string
		want   string
		orNull bool
	}{
		{"true", scalarType(boolOID), "boolean", "01", "true", false},
		{"a boolean of 2", scalarType(boolOID), "boolean", "02", at + "the server sent 02 for a boolean", false},
		{"no boolean", scalarType(boolOID), "boolean", "", at + "the server sent  for a boolean", false},
		{"least int2", scalarType(int2OID), "int16", "8000", "-32768", false},
		{"int2 as int64", scalarType(int2OID), "int64", "ffff", "-1", false},
		{"int4", scalarType(int4OID), "int32", "7fffffff", "2147483647", false},
		{"a short int4", scalarType(int4OID), "int32", "7fffff", at + "the server sent 3 bytes for a value of 4", false},
		{"least int8", scalarType(int8OID), "int64", "8000000000000000", "-9223372036854775808", false},
		{"int8 as int32", scalarType(int8OID), "int32", "0000000080000000", at + "2147483648 does not fit pl.Int32", false},
		{"int8 as float", scalarType(int8OID), "float64", "0020000000000000", "9.007199254740992e+15", false},
		{"int8 beyond floats", scalarType(int8OID), "float64", "0020000000000001", at + "9007199254740993 does not fit pl.Float64", false},
		{"negative as uint32", scalarType(int4OID), "uint32", "ffffffff", at + "-1 does not fit pl.UInt32", false},
		{"greatest oid", scalarType(oidOID), "uint32", "ffffffff", "4294967295", false},
		{"float4", scalarType(float4OID), "float32", "3dcccccd", "0.1", false},
		{"float4 as float8", scalarType(float4OID), "float64", "3dcccccd", "0.10000000149011612", false},
		{"negative zero", scalarType(float8OID), "float64", "8000000000000000", "-0", false},
		{"NaN", scalarType(float8OID), "float64", "7ff8000000000000", "NaN", false},
		{"text", scalarType(textOID), "string", "c3bc 00", "ü\x00", false},
		{"empty text", scalarType(textOID), "string", "", "", false},
		{"text of latin1", scalarType(textOID), "string", "6166 fc 61", at + "the text is not UTF-8 at byte 2 (fc61); read it as pl.Binary, or convert it in the query: convert_from(\"x\"::bytea, 'LATIN1')", false},
		{"an encoded surrogate", scalarType(textOID), "string", "eda080", at + "the text is not UTF-8 at byte 0 (eda080); read it as pl.Binary, or convert it in the query: convert_from(\"x\"::bytea, 'LATIN1')", false},
		{"padded char", scalarType(bpcharOID), "string", "61622020", "ab  ", false},
		{"text as bytes", scalarType(textOID), "binary", "ff", "/w==", false},
		{"bytea", scalarType(byteaOID), "binary", "00ff", "AP8=", false},
		{"json", scalarType(jsonOID), "string", "7b 20 7d", "{ }", false},
		{"jsonb", scalarType(jsonbOID), "string", "01 7b7d", "{}", false},
		{"jsonb of version 2", scalarType(jsonbOID), "string", "02 7b7d", at + "the server sent a jsonb that is not of version 1", false},
		{"empty jsonb", scalarType(jsonbOID), "string", "", at + "the server sent a jsonb that is not of version 1", false},
		{"uuid", scalarType(uuidOID), "string", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", false},
		{"a short uuid", scalarType(uuidOID), "string", "a0", at + "the server sent 1 bytes for a value of 16", false},
		{"uuid as bytes", scalarType(uuidOID), "binary", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "oO68mZwLTvi7bWu5vTgKEQ==", false},
		{"first of 2000", scalarType(dateOID), "date", "00000000", "2000-01-01", false},
		{"date infinity", scalarType(dateOID), "date", "7fffffff", at + `infinity has no place in pl.Date; pass on_infinity='null', or cast it in the query: "x"::text`, false},
		{"date -infinity", scalarType(dateOID), "date", "80000000", at + `-infinity has no place in pl.Date; pass on_infinity='null', or cast it in the query: "x"::text`, false},
		{"infinite date as null", scalarType(dateOID), "date", "7fffffff", "(null)", true},
		{"last date of Polars", scalarType(dateOID), "date", "05a9d16f", "262142-12-31", false},
		{"a day later", scalarType(dateOID), "date", "05a9d170", at + `a date after the year 262142 has no place in pl.Date; pass on_infinity='null', or cast it in the query: "x"::text`, false},
		{"date as ms", scalarType(dateOID), "datetime[ms]", "00000001", "2000-01-02T00:00:00", false},
		{"date too far for ns", scalarType(dateOID), "datetime[ns]", "01000000", "(null)", true},
		{"a microsecond before 2000", scalarType(timestampOID), "datetime[us]", "ffffffffffffffff", "1999-12-31T23:59:59.999999", false},
		{"timestamp infinity", scalarType(timestampOID), "datetime[us]", "7fffffffffffffff", at + `infinity has no place in pl.Datetime('us'); pass on_infinity='null', or cast it in the query: "x"::text`, false},
		{"timestamp -infinity", scalarType(timestamptzOID), "datetime[us, UTC]", "8000000000000000", "(null)", true},
		{"greatest timestamp", scalarType(timestampOID), "datetime[us]", "7fff a3cd 4f45 ffff", "(null)", true},
		{"timestamp as ms", scalarType(timestampOID), "datetime[ms]", "00000000000003e8", "2000-01-01T00:00:00.001", false},
		{"timestamp not of ms", scalarType(timestampOID), "datetime[ms]", "00000000000003e9", at + "a time with microseconds does not fit pl.Datetime('ms') exactly", false},
		{"timestamp as ns", scalarType(timestampOID), "datetime[ns]", "0000000000000001", "2000-01-01T00:00:00.000001", false},
		{"an instant as local time", scalarType(timestamptzOID), "datetime[us]", "0000000000000000", "no conversion", false},
		{"a local time as instant", scalarType(timestampOID), "datetime[us, UTC]", "0000000000000000", "no conversion", false},
		{"last time of a day", scalarType(timeOID), "time", "000000141dd75fff", "23:59:59.999999000", false},
		{"24:00", scalarType(timeOID), "time", "000000141dd76000", at + `24:00:00 has no place in pl.Time; cast it in the query: "x"::text or "x"::interval`, false},
		{"a negative time", scalarType(timeOID), "time", "ffffffffffffffff", at + "the server sent a time of -1 us", false},
		{"interval", scalarType(intervalOID), "duration[us]", "0000000000000001 00000001 00000000", "86400000001us", false},
		{"interval of a month", scalarType(intervalOID), "duration[us]", "0000000000000000 00000000 00000001", at + `an interval with months (1) has no fixed length; cast it in the query: "x"::text, or extract(epoch FROM "x")`, false},
		{"infinite interval", scalarType(intervalOID), "duration[us]", "7fffffffffffffff 7fffffff 7fffffff", "(null)", true},
		{"interval that overflows", scalarType(intervalOID), "duration[us]", "7fffffffffffffff 00000001 00000000", at + `an interval that long has no place in pl.Duration('us'); pass on_infinity='null', or cast it in the query: "x"::text`, false},
		{"interval of too many days", scalarType(intervalOID), "duration[us]", "0000000000000000 7fffffff 00000000", "(null)", true},
		{"least interval", scalarType(intervalOID), "duration[us]", "8000000000000000 ffffffff 00000000", "(null)", true},
		{"enum", mood, "enum", "6f6b", "ok", false},
		{"unknown label", mood, "enum", "6f", at + "'o' is not a label of the enum as it was when the query began", false},
		{"enum as text", mood, "string", "6f6b", "ok", false},
		{"inet as text", &pgType{oid: 869, name: "inet", form: otherForm}, "string", "312e322e332e34", "1.2.3.4", false},
		{"inet as number", &pgType{oid: 869, name: "inet", form: otherForm}, "int64", "00", "no conversion", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			infinite := InfiniteError
			if tt.orNull {
				infinite = InfiniteNull
			}
			if got := convertOne(t, tt.typ, tt.dtype, bytesOf(t, tt.src), infinite); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// numericBytes lays out a numeric as the server does.
func numericBytes(weight int16, sign uint16, scale int, groups ...uint16) []byte {
	out := binary.BigEndian.AppendUint16(nil, uint16(len(groups)))
	out = binary.BigEndian.AppendUint16(out, uint16(weight))
	out = binary.BigEndian.AppendUint16(out, sign)
	out = binary.BigEndian.AppendUint16(out, uint16(scale))
	for _, g := range groups {
		out = binary.BigEndian.AppendUint16(out, g)
	}
	return out
}

func TestNumerics(t *testing.T) {
	const at, exactly = "column 'x' row 1: ", " exactly"
	numericType := scalarType(numericOID)
	tests := []struct {
		name, dtype string
		src         []byte
		want        string
	}{
		{"zero", "decimal[5, 2]", numericBytes(0, positive, 2), "0"},
		{"1.2", "decimal[5, 2]", numericBytes(0, positive, 1, 1, 2000), "1.2"},
		{"-12345.6789", "decimal[9, 4]", numericBytes(1, negative, 4, 1, 2345, 6789), "-12345.6789"},
		{"0.0001", "decimal[4, 4]", numericBytes(-1, positive, 4, 1), "0.0001"},
		{"0.00000001", "decimal[8, 8]", numericBytes(-2, positive, 8, 1), "1e-08"},
		{"10000", "decimal[5, 0]", numericBytes(1, positive, 0, 1), "10000"},
		{"too wide", "decimal[4, 0]", numericBytes(1, positive, 0, 1), at + "10000 does not fit pl.Decimal(4, 0)" + exactly},
		{"too fine", "decimal[5, 3]", numericBytes(0, positive, 4, 1, 2345), at + "1.2345 does not fit pl.Decimal(5, 3)" + exactly},
		{"much too fine", "decimal[5, 3]", numericBytes(0, positive, 8, 1, 2000, 1), at + "1.20000001 does not fit pl.Decimal(5, 3)" + exactly},
		{"zeros do not count", "decimal[2, 1]", numericBytes(0, positive, 8, 1, 2000), "1.2"},
		{"38 digits", "decimal[38, 1]", numericBytes(9, negative, 1, 9, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9000), "-9999999999999999999999999999999999999.9"},
		{"39 digits", "decimal[38, 0]", numericBytes(9, positive, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0), at + "100" + strings.Repeat("0", 36) + " does not fit pl.Decimal(38, 0)" + exactly},
		{"10^40 in one group", "decimal[38, 0]", numericBytes(10, positive, 0, 1), at + "1" + strings.Repeat("0", 40) + " does not fit pl.Decimal(38, 0)" + exactly},
		{"NaN", "decimal[5, 2]", numericBytes(0, notANumber, 0), at + `NaN has no place in pl.Decimal(5, 2); pass on_infinity='null', or cast it in the query: "x"::text`},
		{"infinity", "decimal[5, 2]", numericBytes(0, minusInfine, 0), at + `-Infinity has no place in pl.Decimal(5, 2); pass on_infinity='null', or cast it in the query: "x"::text`},
		{"NaN as float", "float64", numericBytes(0, notANumber, 0), "NaN"},
		{"infinity as float", "float64", numericBytes(0, plusInfine, 0), "+Inf"},
		{"nearest float", "float64", numericBytes(0, positive, 1, 0, 1000), "0.1"},
		{"as text, with its zeros", "string", numericBytes(0, negative, 6, 1, 5000), "-1.500000"},
		{"as text, small", "string", numericBytes(-3, positive, 12, 12), "0.000000000012"},
		{"unknown sign", "decimal[5, 2]", numericBytes(0, 0x1234, 0), at + "the server sent a numeric of sign 1234"},
		{"a group of five digits", "decimal[5, 2]", numericBytes(0, positive, 0, 10000), at + "the server sent a numeric with the digits 10000"},
		{"fewer groups than it says", "decimal[5, 2]", numericBytes(0, positive, 0, 1)[:8], at + "the server sent 8 bytes for a numeric"},
		{"no head", "decimal[5, 2]", []byte{0, 0}, at + "the server sent 2 bytes for a numeric"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := convertOne(t, numericType, tt.dtype, tt.src, InfiniteError); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestNumericsAgainstBig compares with arithmetic of any precision.
func TestNumericsAgainstBig(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	exact := 0
	for range 20_000 {
		groups := make([]uint16, random.IntN(12))
		for i := range groups {
			groups[i] = []uint16{0, 1, 10, 1000, 9999, uint16(random.IntN(10000))}[random.IntN(6)]
		}
		weight := int16(random.IntN(14) - 5)
		precision := 1 + random.IntN(maxPrecision)
		scale := random.IntN(precision + 1)
		n, err := parseNumeric(numericBytes(weight, positive, 0, groups...))
		if err != nil {
			t.Fatal(err)
		}

		want := new(big.Rat)
		for i, g := range groups {
			e := 4*(int(weight)-i) + scale
			term := new(big.Rat).SetInt(new(big.Int).Mul(big.NewInt(int64(g)), power(max(e, 0))))
			want.Add(want, term.Quo(term, new(big.Rat).SetInt(power(max(-e, 0)))))
		}
		v, ok := n.scaled(scale)
		limit := power(maxPrecision)
		if !want.IsInt() || want.Num().Cmp(limit) >= 0 {
			if got := bigOf(v); ok && got.Cmp(limit) < 0 {
				t.Fatalf("%v by %d of scale %d: got %s, want %s", groups, weight, scale, got, want)
			}
			continue
		}
		exact++
		if !ok || bigOf(v).Cmp(want.Num()) != 0 {
			t.Fatalf("%v by %d of scale %d: got %s (%v), want %s", groups, weight, scale, bigOf(v), ok, want)
		}
	}
	if exact < 1000 {
		t.Errorf("only %d exact values", exact)
	}
}

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func bigOf(v magnitude) *big.Int {
	out := new(big.Int).SetUint64(v.hi)
	return out.Or(out.Lsh(out, 64), new(big.Int).SetUint64(v.lo))
}

// arrayBytes lays out an array of int4 as the server does; -1 is null.
func arrayBytes(oid uint32, sizes []uint32, values ...int32) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(sizes)))
	out = binary.BigEndian.AppendUint32(out, 1)
	out = binary.BigEndian.AppendUint32(out, oid)
	for _, s := range sizes {
		out = binary.BigEndian.AppendUint32(out, s)
		out = binary.BigEndian.AppendUint32(out, 1)
	}
	for _, v := range values {
		if v == -1 {
			out = binary.BigEndian.AppendUint32(out, math.MaxUint32)
			continue
		}
		out = binary.BigEndian.AppendUint32(out, 4)
		out = binary.BigEndian.AppendUint32(out, uint32(v))
	}
	return out
}

func TestArrays(t *testing.T) {
	const at = "column 'x' row 1: "
	ints := arrayType(scalarType(int4OID))
	tests := []struct {
		name, dtype string
		src         []byte
		want        string
	}{
		{"empty", "list[int32]", arrayBytes(int4OID, nil), "[]"},
		{"one dimension", "list[int32]", arrayBytes(int4OID, []uint32{3}, 1, -1, 3), "[1,null,3]"},
		{"wider", "list[int64]", arrayBytes(int4OID, []uint32{1}, 1), "[1]"},
		{"two dimensions", "list[list[int32]]", arrayBytes(int4OID, []uint32{2, 3}, 1, 2, 3, 4, 5, 6), "[[1,2,3],[4,5,6]]"},
		{"empty, of two", "list[list[int32]]", arrayBytes(int4OID, nil), "[]"},
		{"two for one", "list[int32]", arrayBytes(int4OID, []uint32{1, 1}, 1), at + `an array of 2 dimensions has no place in pl.List(pl.Int32); pass schema_overrides with 2 times pl.List if all have that many, or cast it in the query: "x"::text`},
		{"one for two", "list[list[int32]]", arrayBytes(int4OID, []uint32{1}, 1), at + `an array of 1 dimensions has no place in pl.List(pl.List(pl.Int32)); pass schema_overrides with 1 times pl.List if all have that many, or cast it in the query: "x"::text`},
		{"of another type", "list[int32]", arrayBytes(int8OID, []uint32{1}, 1), at + "the server sent an array of type 20, not 23"},
		{"more elements than bytes", "list[int32]", arrayBytes(int4OID, []uint32{1 << 31, 1 << 31}, 1), at + "the server sent 36 bytes for an array of 2147483648 elements and more"},
		{"sizes whose product overflows", "list[list[int32]]", arrayBytes(int4OID, []uint32{2, 2}, 1, 2, 3), at + "the server sent an array that ends early"},
		{"an element that ends early", "list[int32]", arrayBytes(int4OID, []uint32{1}, 1)[:22], at + "the server sent 22 bytes for an array of 1 elements and more"},
		{"bytes at the end", "list[int32]", append(arrayBytes(int4OID, []uint32{1}, 1), 0), at + "the server sent 1 bytes after an array"},
		{"seven dimensions", "list[int32]", arrayBytes(int4OID, []uint32{1, 1, 1, 1, 1, 1, 1}, 1), at + "the server sent 76 bytes for an array"},
		{"a bad element", "list[int16]", arrayBytes(int4OID, []uint32{1}, 1<<16), at + "65536 does not fit pl.Int16"},
		{"as text", "string", []byte("{1,2}"), "{1,2}"},
		{"as a number", "int64", nil, "no conversion"},
		{"of texts that the server would have to write", "list[string]", nil, "no conversion"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := tt.src
			if src == nil {
				src = []byte{}
			}
			if got := convertOne(t, ints, tt.dtype, src, InfiniteError); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestArraysOfEnumsHaveItsLabels(t *testing.T) {
	src := arrayBytes(mood.oid, []uint32{1})
	src = append(src, 0, 0, 0, 2, 'o', 'k')
	if got := convertOne(t, arrayType(mood), "list[enum]", src, InfiniteError); got != `["ok"]` {
		t.Errorf("got %s", got)
	}
}

func TestTheKindOfAnErrorOfAValueStays(t *testing.T) {
	_, err := convert(scalarType(int8OID), Dtype{Kind: Int16}, []byte{0, 0, 0, 0, 0, 1, 0, 0}, InfiniteError)
	if !errors.Is(err, ErrValue) {
		t.Errorf("%v is no ErrValue", err)
	}
	_, err = convert(scalarType(int8OID), Dtype{Kind: Int16}, []byte{0}, InfiniteError)
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("%v is no ErrMalformed", err)
	}
}

func TestBatches(t *testing.T) {
	number := columnPlan{name: "n", dtype: Dtype{Kind: Int64}, make: integers(8)}
	text := columnPlan{name: "t", dtype: Dtype{Kind: String}, make: texts}
	b := newBatcher([]columnPlan{number, text}, 3, InfiniteError)
	var sizes []int64
	for i := range 10 {
		if err := b.row([][]byte{binary.BigEndian.AppendUint64(nil, uint64(i)), nil}); err != nil {
			t.Fatal(err)
		}
		if b.full() {
			record := b.take()
			sizes = append(sizes, record.NumRows())
			if got := record.Column(0).(*array.Int64).Value(0); got != int64(i-2) {
				t.Errorf("batch begins with %d, want %d", got, i-2)
			}
			if record.Column(1).NullN() != 3 {
				t.Errorf("%d nulls, want 3", record.Column(1).NullN())
			}
			record.Release()
		}
	}
	if fmt.Sprint(sizes, b.rows) != "[3 3 3] 1" {
		t.Errorf("batches of %v rows and %d left", sizes, b.rows)
	}
	if err := b.row([][]byte{nil}); err == nil || !strings.Contains(err.Error(), "a row of 1 values for 2 columns") {
		t.Errorf("a short row gave %v", err)
	}
}

func TestABatchOfLongRowsIsShort(t *testing.T) {
	b := newBatcher([]columnPlan{{name: "t", dtype: Dtype{Kind: String}, make: texts}}, defaultRows, InfiniteError)
	long := []byte(strings.Repeat("x", mostBytes/4))
	for !b.full() {
		if err := b.row([][]byte{long}); err != nil {
			t.Fatal(err)
		}
	}
	if b.rows != 4 {
		t.Errorf("the batch has %d rows, want 4", b.rows)
	}
}

// A null has no bytes on the wire, but a place in its column.
func TestABatchOfWideRowsOfNullsIsShort(t *testing.T) {
	plans := make([]columnPlan, 1000)
	for i := range plans {
		plans[i] = columnPlan{name: fmt.Sprint(i), dtype: Dtype{Kind: Int64}, make: integers(8)}
	}
	b := newBatcher(plans, defaultRows, InfiniteError)
	for row := make([][]byte, len(plans)); !b.full(); {
		if err := b.row(row); err != nil {
			t.Fatal(err)
		}
	}
	if b.rows > 300 {
		t.Errorf("the batch has %d rows of a thousand columns", b.rows)
	}
}

func TestRecycler(t *testing.T) {
	var r recycler
	a := r.Allocate(10_000)
	if len(a) != 10_000 {
		t.Fatalf("%d bytes", len(a))
	}
	for i := range a {
		a[i] = 1
	}
	r.Free(a)
	b := r.Allocate(9_000)
	if &a[0] != &b[0] {
		t.Error("memory of the same class is not used again")
	}
	for i, x := range b {
		if x != 0 {
			t.Fatalf("byte %d of used memory is %d", i, x)
		}
	}
	for i := range b {
		b[i] = 2
	}
	c := r.Reallocate(12_000, b)
	if c[8_999] != 2 || c[9_000] != 0 || len(c) != 12_000 {
		t.Error("a grown buffer is not its beginning and zeros")
	}
	d := r.Reallocate(40_000, c)
	if d[8_999] != 2 || d[12_000] != 0 {
		t.Error("a moved buffer is not its beginning and zeros")
	}
	for range 100 {
		r.Free(make([]byte, 1<<20))
	}
	if n := len(r.free[20]); n != keep>>20 {
		t.Errorf("%d MiB are kept, want %d", n, keep>>20)
	}
	r.Free(make([]byte, 5000))
	if len(r.free[13]) != 0 {
		t.Error("memory of another size is kept as one of its class")
	}
	_ = memory.Allocator(&r)
}
