package pgread

import (
	"fmt"
	"slices"
	"strings"
)

// form is what kind of type a type of the server is.
type form uint8

const (
	baseForm form = iota
	enumForm
	arrayForm
	otherForm // records, ranges, and what else is made of other types
)

// pgType is a type of the server with its modifier, such as numeric(18,4).
type pgType struct {
	oid    uint32
	typmod int32
	form   form
	name   string
	labels []string // of an enum, in its order
	elem   *pgType  // of an array
	dims   int      // of the declaration of an array, 1 if it has none
	wire   uint32   // under which the elements of an array arrive, if not oid
}

// String is the type as the server writes it.
func (t *pgType) String() string {
	switch {
	case t.form == arrayForm:
		return t.elem.String() + strings.Repeat("[]", max(1, t.dims))
	case t.oid == numericOID && t.typmod >= 0:
		p, s := t.numeric()
		return fmt.Sprintf("numeric(%d,%d)", p, s)
	case (t.oid == bpcharOID || t.oid == varcharOID) && t.typmod >= 4:
		return fmt.Sprintf("%s(%d)", t.name, t.typmod-4)
	}
	return t.name
}

// numeric is the precision and the scale of a numeric with a modifier; a scale may be negative,
// or greater than the precision.
func (t *pgType) numeric() (precision, scale int) {
	m := t.typmod - 4
	return int(m >> 16 & 0xffff), int((m&0x7ff)^1024) - 1024
}

// isText tells whether values are compared by a collation.
func (t *pgType) isText() bool {
	return t.oid == textOID || t.oid == varcharOID || t.oid == bpcharOID || t.oid == nameOID
}

// problem says why a column cannot be read, and what to write: a cast, and types that would do.
type problem struct {
	why  string
	cast string
	want []string
}

// of words the problem for a column.
func (p *problem) of(name string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "column '%s' %s", name, p.why)
	if len(p.want) > 0 {
		fmt.Fprintf(&out, "; pass schema_overrides={'%s': %s}", name, strings.Join(p.want, " or "))
	}
	if p.cast != "" {
		fmt.Fprintf(&out, ", or cast it in the query: %s::%s", identifier(name), p.cast)
	}
	return out.String()
}

// identifier is the name of a column as SQL has it.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// dtype is the type of a column, unless an override says otherwise.
func (t *pgType) dtype() (Dtype, *problem) {
	switch {
	case t.form == arrayForm:
		return t.list()
	case t.form == enumForm:
		return Dtype{Kind: Enum, Labels: t.labels}, nil
	case t.oid == numericOID:
		return t.decimal()
	}
	d, ok := natural[t.oid]
	if !ok {
		return d, t.foreign()
	}
	return d, nil
}

func (t *pgType) foreign() *problem {
	return &problem{
		why:  fmt.Sprintf("is %s, which has no counterpart in Polars", t),
		cast: "text", want: []string{"pl.String"},
	}
}

func (t *pgType) list() (Dtype, *problem) {
	inner, bad := t.elem.dtype()
	switch _, format, ok := converter(t.elem, inner); {
	case bad != nil && t.elem.oid == numericOID:
		bad.why = fmt.Sprintf("is %s%s", t, strings.TrimPrefix(bad.why, "is "+t.elem.String()))
		bad.cast += "[]"
		for i, w := range bad.want {
			bad.want[i] = "pl.List(" + w + ")"
		}
	case bad != nil || !ok || format != binaryFormat:
		bad = t.foreign()
	}
	for range max(1, t.dims) {
		copied := inner
		inner = Dtype{Kind: List, Inner: &copied}
	}
	return inner, bad
}

func (t *pgType) decimal() (Dtype, *problem) {
	want := []string{"pl.Float64", "pl.String"}
	if t.typmod < 0 {
		return Dtype{}, &problem{
			why: "is numeric without precision", cast: "numeric(p, s)", want: append([]string{"pl.Decimal(p, s)"}, want...),
		}
	}
	p, s := t.numeric()
	// numeric(3,-2) has five digits and none after the point, numeric(2,4) four of which all are.
	d := Dtype{Kind: Decimal, Precision: max(p-min(s, 0), s), Scale: max(s, 0)}
	if d.Precision > maxPrecision {
		return d, &problem{
			why: fmt.Sprintf("is %s, of more than the %d digits of pl.Decimal", t, maxPrecision), cast: "numeric(p, s)", want: want,
		}
	}
	return d, nil
}

// override is the type that a user wants for a column.
func (t *pgType) override(want Dtype) (Dtype, *problem) {
	if _, _, ok := converter(t, want); ok {
		return want.withLabels(t), nil
	}
	return want, &problem{why: fmt.Sprintf("is %s and cannot be read as %s, only as %s; or cast it in the query",
		t, want.python(), t.possible())}
}

// withLabels puts the labels of the server into an enum, also inside of lists.
func (d Dtype) withLabels(t *pgType) Dtype {
	switch {
	case d.Kind == Enum:
		d.Labels = t.labels
	case d.Kind == List && d.Inner.Kind == List:
		inner := d.Inner.withLabels(t)
		d.Inner = &inner
	case d.Kind == List:
		inner := d.Inner.withLabels(t.elem)
		d.Inner = &inner
	}
	return d
}

// possible lists the types that a column can be read as.
func (t *pgType) possible() string {
	var out []string
	if t.form == arrayForm {
		return "pl.List of what " + t.elem.String() + " can be, pl.String"
	}
	for c := range conversions {
		if c.from == t.oid {
			out = append(out, c.to.python())
		}
	}
	if t.form == enumForm {
		out = append(out, "pl.Enum")
	}
	if !slices.Contains(out, "pl.String") {
		out = append(out, "pl.String")
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
