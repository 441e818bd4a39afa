package planning

import (
	"regexp"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/splittable"
)

// exactTypes are the types whose sums, least and greatest values, and groups come out the same
// however rows are put together first. Of floats none do: sums are rounded, NaN and the two zeros
// are chosen among.
var exactTypes = map[splittable.How]*regexp.Regexp{
	splittable.Sum: regexp.MustCompile(`^(u?int\d+|decimal\[.*\])$`),
	splittable.Min: ordered,
	splittable.Max: ordered,
	splittable.Key: ordered,
}

var ordered = regexp.MustCompile(`^(u?int\d+|decimal\[.*\]|date|datetime\[.*\]|duration\[.*\]|boolean|string|binary)$`)

// Combine returns how the result of a request, of the method AtRoot and with the columns of
// its result, follows from the results of parts; nil if it does not.
func Combine(r *plan.Request) []splittable.Combination {
	found := splittable.Partial(r.Root)
	if len(found) != len(r.Columns) {
		return nil
	}
	for i, c := range found {
		if column := r.Columns[i]; column.Name != c.Name || !exactTypes[c.How].MatchString(column.Type) {
			return nil
		}
	}
	return found
}
