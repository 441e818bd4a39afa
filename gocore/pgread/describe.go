package pgread

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// statement is a query that the server has parsed, not run, in the transaction of a session.
type statement struct {
	session *session
	sql     string
	fields  []pgconn.FieldDescription
	types   []*pgType
	oids    []uint32 // of the parameters
	params  []*pgType
	catalog *catalogue
}

// prepare parses a query and looks up its types.
func prepare(ctx context.Context, s *session, sql string) (*statement, error) {
	described, err := s.conn.Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil, classify(ctx, err)
	}
	if len(described.Fields) == 0 {
		return nil, failf(ErrQuery, "the query gives no columns; write a single SELECT, WITH or VALUES")
	}
	st := &statement{session: s, sql: sql, fields: described.Fields, oids: described.ParamOIDs, catalog: &catalogue{conn: s}}
	oids := slices.Clone(described.ParamOIDs)
	for _, f := range described.Fields {
		oids = append(oids, f.DataTypeOID)
	}
	if err := st.catalog.load(ctx, oids); err != nil {
		return nil, err
	}
	for _, f := range described.Fields {
		st.types = append(st.types, st.catalog.resolve(f.DataTypeOID, f.TypeModifier))
	}
	for _, oid := range described.ParamOIDs {
		st.params = append(st.params, st.catalog.resolve(oid, -1))
	}
	return st, st.declaredDimensions(ctx)
}

// declaredDimensions asks how many dimensions the columns of tables that are arrays were declared with.
func (st *statement) declaredDimensions(ctx context.Context) error {
	var tables, attributes []uint32
	for i, f := range st.fields {
		if st.types[i].form == arrayForm && f.TableOID != 0 {
			tables, attributes = append(tables, f.TableOID), append(attributes, uint32(f.TableAttributeNumber))
		}
	}
	if len(tables) == 0 {
		return nil
	}
	rows, err := st.session.query(ctx, `SELECT attrelid::text, attnum::text, attndims::text FROM pg_catalog.pg_attribute
		WHERE (attrelid, attnum) IN (SELECT * FROM unnest($1::pg_catalog.oid[], $2::pg_catalog.int2[]))`,
		oidArray(tables), oidArray(attributes))
	for _, r := range rows {
		for i, f := range st.fields {
			if t := st.types[i]; t.form == arrayForm && f.TableOID == number(r[0]) && uint32(f.TableAttributeNumber) == number(r[1]) {
				t.dims = min(max(1, int(number(r[2]))), maxDimensions)
			}
		}
	}
	return err
}

// plan decides how each column is read. The error names every column that cannot be.
func (st *statement) plan(overrides map[string]Dtype) ([]columnPlan, error) {
	var plans []columnPlan
	var problems []string
	seen := map[string]bool{}
	for i, f := range st.fields {
		if seen[f.Name] {
			return nil, failf(ErrUnsupported, "column '%s' appears twice; give it an alias", f.Name)
		}
		seen[f.Name] = true
		p, bad := planColumn(f.Name, st.types[i], overrides)
		if bad != nil {
			problems = append(problems, bad.of(f.Name))
		}
		plans = append(plans, p)
	}
	if len(problems) > 0 {
		return nil, failf(ErrUnsupported, "%s", strings.Join(problems, "\n"))
	}
	return plans, nil
}

func planColumn(name string, t *pgType, overrides map[string]Dtype) (p columnPlan, bad *problem) {
	p.name = name
	if want, ok := overrides[name]; ok {
		p.dtype, bad = t.override(want)
	} else {
		p.dtype, bad = t.dtype()
	}
	if bad == nil {
		p.make, p.format, _ = converter(t, p.dtype)
	}
	return p, bad
}

// Description is what is known of a query before it runs.
type Description struct {
	Columns    []Column    `json:"columns"`
	Parameters []Parameter `json:"parameters"`
	// Version is the server's, such as 150018 for 15.18, and Encoding that of its database.
	Version  int    `json:"version"`
	Encoding string `json:"encoding"`
}

// Column is a column of a query.
type Column struct {
	Name string `json:"name"`
	// Dtype is the wire name of the type in Polars, and Labels the labels of an enum, which may be
	// the one inside of lists.
	Dtype  string   `json:"dtype"`
	Labels []string `json:"labels"`
	// Type is the type on the server as it writes it, OID its number, domains replaced by what they
	// are of, and Typmod its modifier, -1 for none.
	Type   string `json:"type"`
	OID    uint32 `json:"oid"`
	Typmod int32  `json:"typmod"`
	// Collation is that of a text column, nil if it is not known.
	Collation *Collation `json:"collation"`
}

// Parameter is a parameter of a query, as the server understands it.
type Parameter struct {
	Type string `json:"type"`
	OID  uint32 `json:"oid"`
}

// Describe asks what a query will give, without running it.
func Describe(ctx context.Context, r *Request) (*Description, error) {
	var out *Description
	err := r.retrying(ctx, func() error {
		s, err := begun(ctx, r.target, "", r.timeout())
		if err != nil {
			return err
		}
		defer release(s, use(r.Once))
		out, err = r.describe(ctx, s)
		return err
	})
	return out, err
}

func (r *Request) describe(ctx context.Context, s *session) (*Description, error) {
	st, err := prepare(ctx, s, r.SQL)
	if err != nil {
		return nil, err
	}
	if err := r.checkOverrides(st.fields); err != nil {
		return nil, err
	}
	plans, err := st.plan(r.overrides)
	if err != nil {
		return nil, err
	}
	out := &Description{
		Columns: make([]Column, len(plans)), Parameters: make([]Parameter, len(st.params)),
		Encoding: s.conn.ParameterStatus("server_encoding"), Version: versionOf(s.conn.ParameterStatus("server_version")),
	}
	for i, t := range st.params {
		out.Parameters[i] = Parameter{Type: t.String(), OID: t.oid}
	}
	isText := make([]bool, len(plans))
	for i, p := range plans {
		t := st.types[i]
		isText[i] = t.isText()
		out.Columns[i] = Column{
			Name: p.name, Dtype: p.dtype.String(), Labels: p.dtype.labels(),
			Type: t.String(), OID: t.oid, Typmod: t.typmod,
		}
	}
	// A failure here ends the transaction, so it comes last.
	for i, c := range st.catalog.collations(ctx, r.SQL, len(st.params), st.fields, isText) {
		out.Columns[i].Collation = c
	}
	return out, ctx.Err()
}

// labels are those of an enum, or of the one inside of lists.
func (d Dtype) labels() []string {
	if d.Kind == List {
		return d.Inner.labels()
	}
	return d.Labels
}

// versionOf reads "15.18 (Debian ...)" or "18beta1" as 150018 and 180000.
func versionOf(text string) int {
	var major, minor int
	_, _ = fmt.Sscanf(text, "%d.%d", &major, &minor)
	return major*10000 + minor
}
