package bounds_test

import (
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
)

// FuzzPredicateSound lets the bytes choose a column type, a predicate and rows.
// Byte by byte they answer the generator's questions; see oracle.Gen.Predicate.
func FuzzPredicateSound(f *testing.F) {
	seeds := []string{
		"",                                     // every choice is the first one: date == the least Date
		"\x01\x02\x00\x05\x07\x09\x0b\x0d",     // milliseconds, which reach beyond Date; is_between with crossed ends
		"\x01\x0e\x05\x06",                     // is_null
		"\x00\x29\x06\x69\x06",                 // xor of one comparison with itself
		"\x03\x01\x05\x02\xdf\x0e\x0e",         // a cast of another column, near the end of nanoseconds
		"\xdf\x0c\x0f\x6e\x06\x53\x0f\x0a\x08", // an opaque function of two casts
		"\x05\x4b\x05\x09\x05\x03\x97\x08",     // a window over a condition
		"\x0c\x06\x0a\x0a\x0f\x0d\x0f\xd1",     // eq_missing of another column
		"\x38\xb5\x05\x0b\xd7\x0c\x09\x05",     // a computed time against a literal
		"\x02\x04\x09\x09\x09\x09\x09\x09\x09", // when/then/otherwise within each other
		"\x00\x00\x04\x01\x07\x01\x07\x01\x07", // not of not of not
		"\x00\x00\x04\x01\x0a\x00\x0a\x00\x0a", // shared subtrees at every level
		"\xf6\xaf\xffs\xa9\xd3\xd1\x1f4*\xdcM", // the date, filled where it is null, against a literal
		"'I\x15\x9cE{\xe8\xa2$\x8f\xab;",       // when/then/otherwise over a window
		"]\x8d\xb0\xb5f\x16\xa1\xd1v\xccj\xa2", // xor with a constant
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := oracle.FromBytes(b)
		typ := axisTypes[c.Below(4)]
		forms := oracle.AnyForm
		if c.OneIn(3) {
			forms = oracle.ColumnOnly
		}
		e := predicateGen(c, typ, forms).Predicate(c.Below(5))
		if err := checkPredicate(typ, e, c, forms); err != nil {
			t.Errorf("column of type %s: %v", typ, err)
		}
	})
}

// FuzzFunctionSound lets the bytes choose a column type, functions of the column,
// and what is asked of them; see oracle.Gen.Function and oracle.Gen.Relation.
func FuzzFunctionSound(f *testing.F) {
	seeds := []string{
		"",                                      // dt.date of a Date, in the empty list
		"\x00\x00\x07\x04\x05",                  // dt.offset_by "1mo" of a Date, at the end of the type
		"\x03\x01\x05\x08\x04\x02",              // dt.truncate of dt.round of nanoseconds, in the empty list
		"\x02\x02\x0b\x01\x03\x00\x03",          // the date of the hour of a sum with a duration
		"\x01\x00\x0d\x01\x03\x04",              // a difference of times, turned round
		"111010$00",                             // a difference that no time is as far away as
		"\x00\x01\x0a\x00\x02\x01\x02",          // a cast to a narrow integer, doubled
		"s\x0ct\\\x04e\x01\xf5\x18\xad\xf3\x14", // whole days since the start of a fortnight
		"\x98\xda\xb1\xd4\x15\xc3\x98\x96\x1e\xc0\x02q", // the physical value of a Date moved by an hour
		"\x13\xf6\x05\xc7&d\xef1C\x9e\xf6\x92",          // dt.round against null
		"\x11\xed\xafP\x94\xcb\xcemW*\x94p",             // a difference beyond the reach of ticks
		"a|Hk\xef!\x10\x18EDo\x8e",                      // an ISO year as a narrow integer, in a list
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := oracle.FromBytes(b)
		typ := axisTypes[c.Below(4)]
		g := predicateGen(c, typ, oracle.Functions)
		e := g.Relation(g.Function())
		if err := soundOutcome(typ, e, bounds.Predicate(e, "date", axisOf(typ)), c); err != nil {
			t.Errorf("column of type %s: %v", typ, err)
		}
	})
}

// FuzzPlanSound does the same for plans.
func FuzzPlanSound(f *testing.F) {
	seeds := []string{
		"",                 // every choice is the first one: an inner join on the date
		"\x4b\x0b\x0f\x03", // joins beside each other, padded with null
		// with_columns that redefines the date
		"\x06\x0a\x0f\x08\x10\x08\x0b\x0f\x01\xfe\x08\x6b\x03\x45\x00\x0e\x00\x0e\xd0\x00\xe2\x04\x08\x0d\xac\x0c\x0b\x05",
		// an as-of join of a plan with itself
		"\x08\x0f\x04\x01\x06\x0a\x0d\x04\x5e\x2e\xd0\xdb\x01\x03\x03\x01\x7a\x06\x75\x03\x08\x0c\x75\x0c\x0a\xd5\x0d\x02\x02\x07\x07\x07\x01",
		// a full join below a union
		"\x02\x09\xab\x02\x03\x01\xe5\x60\x5a\xe9\x06\x03\x02\x48\x0b\x05\x07\x54\x02\x07\x01\x3f\x07\x03\x05\x2d\x14\x0d\xb4\x0e\x0c\x07\x0b",
		// a right join, whose left side is padded
		"\x04\x03\x03\x02\x04\x09\x8b\x08\x96\x0f\x0b\x04\x09\x00\x06\x03\x71\x09\x0e\x79\x01\x09\x0e\x02\x08\x0d\x0f\xa3\x4a\x0a\x06\x02\x06\x0f\x29",
		// explode of the date
		"\x00\x01\x03\x0c\x68\x06\x0e\x0d\x0e\x0e\x10\x32\x08\x0e\x08\x0b\x01\x0d\x0f\x0e\x0b\x0b\x0f\x55\x02\x01\x7e\x04\x08\x08\x0b\x07",
		// an opaque node
		"\x0c\x05\x24\x06\x08\x0a\x01\x37\x8c\x0f\x08\x04\x04\x00\x06\x0a\x0a\x11\x06\x0a\x06\xbc\xaf\x06\x00\x05\x0a\x6e\x01\x0b\x62",
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := oracle.FromBytes(b)
		g := oracle.NewPlanGen(c, axisTypes[c.Below(4)])
		g.Query.Env.Unseen = unseen(c)
		rel := g.Plan(1 + c.Below(5))
		table, err := g.Query.Run(rel.Node)
		if err != nil {
			t.Skip(err)
		}
		for _, column := range rel.Times() {
			r := bounds.Plan(rel.Node, column, axisOf(g.Type)).Region
			if err := checkColumn(r, table, column, g.Type); err != nil {
				t.Errorf("column of type %s: %v in\n%s", g.Type, err, planText(rel.Node, g.Type))
			}
		}
	})
}
