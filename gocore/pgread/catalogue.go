package pgread

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// catalogue looks up the types of one statement.
type catalogue struct {
	conn *session
	// rows are those of pg_type, and labels those of its enums.
	rows   map[uint32]typeRow
	labels map[uint32][]string
}

// typeRow is a row of pg_type.
type typeRow struct {
	name   string
	typ    string // b base, d domain, e enum, c composite, r range, m multirange, p pseudo
	elem   uint32
	base   uint32
	typmod int32
}

const typeQuery = `SELECT t.oid::text, pg_catalog.format_type(t.oid, NULL), t.typtype::text,
	CASE WHEN t.typcategory = 'A' AND t.typlen = -1 THEN t.typelem ELSE 0 END::text, t.typbasetype::text, t.typtypmod::text
	FROM pg_catalog.pg_type t WHERE t.oid = ANY($1::pg_catalog.oid[])`

const labelQuery = `SELECT enumtypid::text, enumlabel::text FROM pg_catalog.pg_enum
	WHERE enumtypid = ANY($1::pg_catalog.oid[]) ORDER BY enumtypid, enumsortorder`

// maxLookups bounds how far domains and arrays of them are followed.
const maxLookups = 8

// load looks up types that are not known by their number, and what they are made of.
func (c *catalogue) load(ctx context.Context, oids []uint32) error {
	c.rows, c.labels = map[uint32]typeRow{}, map[uint32][]string{}
	var enums []uint32
	for range maxLookups {
		var unknown []uint32
		for _, oid := range oids {
			if _, seen := c.rows[oid]; !seen && names[oid] == "" && oid != 0 {
				unknown = append(unknown, oid)
			}
		}
		if len(unknown) == 0 {
			break
		}
		rows, err := c.conn.query(ctx, typeQuery, oidArray(unknown))
		if err != nil {
			return err
		}
		oids = oids[:0]
		for _, r := range rows {
			oid, row := number(r[0]), typeRow{name: r[1], typ: r[2], elem: number(r[3]), base: number(r[4]), typmod: int32(number(r[5]))}
			c.rows[oid] = row
			oids = append(oids, row.elem, row.base)
			if row.typ == "e" {
				enums = append(enums, oid)
			}
		}
	}
	return c.loadLabels(ctx, enums)
}

func (c *catalogue) loadLabels(ctx context.Context, enums []uint32) error {
	if len(enums) == 0 {
		return nil
	}
	rows, err := c.conn.query(ctx, labelQuery, oidArray(enums))
	for _, r := range rows {
		oid := number(r[0])
		c.labels[oid] = append(c.labels[oid], r[1])
	}
	return err
}

// resolve is the type of a number with a modifier, domains replaced by what they are of.
func (c *catalogue) resolve(oid uint32, typmod int32) *pgType {
	return c.resolveBelow(oid, typmod, maxLookups)
}

func (c *catalogue) resolveBelow(oid uint32, typmod int32, depth int) *pgType {
	if name, ok := names[oid]; ok {
		return &pgType{oid: oid, typmod: typmod, name: name}
	}
	row, ok := c.rows[oid]
	t := &pgType{oid: oid, typmod: typmod, name: row.name, form: otherForm}
	switch {
	case !ok:
		t.name = fmt.Sprintf("of type %d", oid)
	case depth == 0:
	case row.typ == "d":
		if typmod < 0 {
			typmod = row.typmod
		}
		return c.resolveBelow(row.base, typmod, depth-1)
	case row.typ == "e":
		t.form, t.labels = enumForm, c.labels[oid]
	case row.elem != 0:
		// A modifier of an array is that of its elements; the binary form names a domain, not its base.
		t.form, t.dims = arrayForm, 1
		t.elem = c.resolveBelow(row.elem, typmod, depth-1)
		t.elem = t.elem.sentAs(row.elem)
	}
	return t
}

// sent is the number under which the elements of an array arrive.
func (t *pgType) sent() uint32 {
	if t.wire != 0 {
		return t.wire
	}
	return t.oid
}

// sentAs is a type that arrives under another number.
func (t *pgType) sentAs(oid uint32) *pgType {
	if t.oid == oid {
		return t
	}
	copied := *t
	copied.wire = oid
	return &copied
}

func oidArray(oids []uint32) []byte {
	texts := make([]string, len(oids))
	for i, oid := range oids {
		texts[i] = strconv.FormatUint(uint64(oid), 10)
	}
	return []byte("{" + strings.Join(texts, ",") + "}")
}

// number reads what the server wrote as a number; -1 becomes what it is of 32 bits.
func number(text string) uint32 {
	v, _ := strconv.ParseInt(text, 10, 64)
	return uint32(v)
}

// Collation is how the values of a text column are compared.
type Collation struct {
	Name string `json:"name"`
	// Deterministic tells whether only equal bytes are equal.
	Deterministic bool `json:"deterministic"`
}

// collations asks for those of text columns. The query is named, never run: nothing is joined on false.
// The answer is empty if the server does not know.
func (c *catalogue) collations(ctx context.Context, sql string, params int, fields []pgconn.FieldDescription, isText []bool) []*Collation {
	out := make([]*Collation, len(fields))
	var aliases, asked []string
	var places []int
	for i := range fields {
		aliases = append(aliases, fmt.Sprintf("c%d", i))
		if isText[i] {
			asked = append(asked, fmt.Sprintf("pg_catalog.pg_collation_for(q.c%d)::pg_catalog.regcollation::pg_catalog.oid::text", i))
			places = append(places, i)
		}
	}
	if len(asked) == 0 {
		return out
	}
	text := "SELECT " + strings.Join(asked, ", ") + " FROM (VALUES (1)) v LEFT JOIN (\n" + withoutSemicolon(sql) +
		"\n) AS q(" + strings.Join(aliases, ", ") + ") ON false"
	found, err := c.conn.query(ctx, text, make([][]byte, params)...)
	if err != nil || len(found) != 1 {
		return out
	}
	var oids []uint32
	for _, oid := range found[0] {
		oids = append(oids, number(oid))
	}
	rows, err := c.conn.query(ctx, `SELECT oid::text, collname::text, collisdeterministic::text
		FROM pg_catalog.pg_collation WHERE oid = ANY($1::pg_catalog.oid[])`, oidArray(oids))
	if err != nil {
		return out
	}
	for i, oid := range oids {
		for _, r := range rows {
			if number(r[0]) == oid {
				out[places[i]] = &Collation{Name: r[1], Deterministic: strings.HasPrefix(r[2], "t")}
			}
		}
	}
	return out
}

// withoutSemicolon leaves out what ends a statement. A comment after it makes the text invalid as a
// part of another: then the collations are not known.
func withoutSemicolon(sql string) string {
	return strings.TrimSuffix(strings.TrimRight(sql, " \t\r\n\f"), ";")
}
