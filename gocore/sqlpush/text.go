package sqlpush

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// literalText writes a literal for people.
func literalText(l *expr.Literal) string {
	switch {
	case l.Null:
		return "null"
	case l.Exact && l.Type.Kind == expr.Date:
		return dayText(" BC")(l.Lo)
	case l.Exact && l.Type.Kind == expr.Datetime && l.Type.Zone != "":
		return instantText(l.Type.Unit, "Z", " BC")(l.Lo)
	case l.Exact && l.Type.Kind == expr.Datetime:
		return instantText(l.Type.Unit, "", " BC")(l.Lo)
	case l.Exact && l.Text == "":
		return decimalText(l.Lo)
	}
	return l.Text
}
