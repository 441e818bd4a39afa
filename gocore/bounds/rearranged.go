package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// rearranging are the functions whose result holds values of their first
// argument and no others.
var rearranging = map[string]bool{
	"drop_nulls":   true,
	"filter":       true,
	"gather_every": true,
	"reverse":      true,
	"slice":        true,
	"sort":         true,
	"sort_by":      true,
	"unique":       true,
}

// rearranged returns the column whose values a call puts into another order, or
// takes some of.
func rearranged(e *expr.Call) (string, bool) {
	if !rearranging[e.Name] || len(e.Args) == 0 {
		return "", false
	}
	c, ok := e.Args[0].(*expr.Column)
	if !ok {
		return "", false
	}
	return c.Name, true
}
