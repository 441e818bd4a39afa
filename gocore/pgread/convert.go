package pgread

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// The types of the server that are read, by the numbers that they have on every server.
const (
	boolOID        = 16
	byteaOID       = 17
	charOID        = 18 // "char", one byte
	nameOID        = 19
	int8OID        = 20
	int2OID        = 21
	int4OID        = 23
	textOID        = 25
	oidOID         = 26
	jsonOID        = 114
	float4OID      = 700
	float8OID      = 701
	bpcharOID      = 1042 // char(n)
	varcharOID     = 1043
	dateOID        = 1082
	timeOID        = 1083
	timestampOID   = 1114
	timestamptzOID = 1184
	intervalOID    = 1186
	numericOID     = 1700
	uuidOID        = 2950
	jsonbOID       = 3802
)

// Infinite says what becomes of values that the type of their column has no place for: infinite dates
// and timestamps, those outside of what Polars can hold, and NaN and infinity of a numeric.
type Infinite string

// They are an error, or a null.
const (
	InfiniteError Infinite = "error"
	InfiniteNull  Infinite = "null"
)

// appender decodes one value that is not null, and appends it to a builder.
type appender func(src []byte) error

// target is where a conversion puts its values.
type target struct {
	builder  array.Builder
	dtype    Dtype
	infinite Infinite
	labels   []string
}

// maker makes the appender of a column.
type maker func(to target) appender

// conversion is from a type of the server to a kind of column.
type conversion struct {
	from uint32
	to   Kind
}

// conversions holds every sound one: values arrive whole, or not at all with an error.
var conversions = map[conversion]maker{
	{boolOID, Boolean}: bools,

	{int2OID, Int16}: integers(2), {int2OID, Int32}: integers(2), {int2OID, Int64}: integers(2), {int2OID, UInt32}: integers(2),
	{int4OID, Int16}: integers(4), {int4OID, Int32}: integers(4), {int4OID, Int64}: integers(4), {int4OID, UInt32}: integers(4),
	{int8OID, Int16}: integers(8), {int8OID, Int32}: integers(8), {int8OID, Int64}: integers(8), {int8OID, UInt32}: integers(8),
	{oidOID, UInt32}: oids, {oidOID, Int64}: oids,
	{int2OID, Float64}: integers(2), {int4OID, Float64}: integers(4), {int8OID, Float64}: integers(8),

	{float4OID, Float32}: floats(4), {float4OID, Float64}: floats(4), {float8OID, Float64}: floats(8),
	{numericOID, Decimal}: decimals, {numericOID, Float64}: numericFloats, {numericOID, String}: numericTexts,

	{textOID, String}: texts, {varcharOID, String}: texts, {bpcharOID, String}: texts, {nameOID, String}: texts,
	{jsonOID, String}: texts, {jsonbOID, String}: jsonbs, {uuidOID, String}: uuids,
	{textOID, Binary}: blobs, {varcharOID, Binary}: blobs, {bpcharOID, Binary}: blobs, {nameOID, Binary}: blobs,
	{byteaOID, Binary}: blobs, {uuidOID, Binary}: sized(16),

	{dateOID, Date}: dates, {dateOID, Datetime}: datesAsTimes,
	{timestampOID, Datetime}: timestamps, {timestamptzOID, Datetime}: timestamps,
	{timeOID, Time}: times, {intervalOID, Duration}: intervals,
}

// natural is the type of a column whose type on the server needs no more than its number.
var natural = map[uint32]Dtype{
	boolOID: {Kind: Boolean},
	int2OID: {Kind: Int16}, int4OID: {Kind: Int32}, int8OID: {Kind: Int64}, oidOID: {Kind: UInt32},
	float4OID: {Kind: Float32}, float8OID: {Kind: Float64},
	textOID: {Kind: String}, varcharOID: {Kind: String}, bpcharOID: {Kind: String}, nameOID: {Kind: String},
	jsonOID: {Kind: String}, jsonbOID: {Kind: String}, uuidOID: {Kind: String},
	charOID: {Kind: String}, byteaOID: {Kind: Binary}, dateOID: {Kind: Date}, timeOID: {Kind: Time},
	timestampOID:   {Kind: Datetime, Unit: arrow.Microsecond},
	timestamptzOID: {Kind: Datetime, Unit: arrow.Microsecond, Zone: "UTC"},
	intervalOID:    {Kind: Duration, Unit: arrow.Microsecond},
}

// names of the types above, as their users write them.
var names = map[uint32]string{
	boolOID: "boolean", byteaOID: "bytea", charOID: `"char"`, nameOID: "name", int8OID: "bigint", int2OID: "smallint",
	int4OID: "integer", textOID: "text", oidOID: "oid", jsonOID: "json", float4OID: "real", float8OID: "double precision",
	bpcharOID: "character", varcharOID: "character varying", dateOID: "date", timeOID: "time",
	timestampOID: "timestamp", timestamptzOID: "timestamptz", intervalOID: "interval", numericOID: "numeric",
	uuidOID: "uuid", jsonbOID: "jsonb",
}

// The formats in which the server sends values.
const (
	textFormat   int16 = 0
	binaryFormat int16 = 1
)

// converter finds how values of t become ones of d, and in which format the server has to send them.
func converter(t *pgType, d Dtype) (m maker, format int16, ok bool) {
	if t.form == arrayForm {
		return arrayConverter(t, d)
	}
	if t.form == enumForm && d.Kind == Enum {
		return enums, binaryFormat, true
	}
	if d.Kind == Datetime && (d.Zone != "") != (t.oid == timestamptzOID) {
		return nil, textFormat, false
	}
	if m, ok = conversions[conversion{t.oid, d.Kind}]; ok {
		return m, binaryFormat, true
	}
	// Whatever it is, the server can write it down.
	return texts, textFormat, d.Kind == String
}
