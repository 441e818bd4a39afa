package sqlpush_test

import (
	"fmt"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/sqlpush"
)

// The worked example of the package comment.
func Example() {
	wires, root, err := oracle.ParseWire(
		`(and (ge date 2024-01-01) (not (or (is_in name ["it's" null]) (eq (str.to_lowercase name) "x"))))`,
		oracle.Scope{"date": "date"},
	)
	if err != nil {
		panic(err)
	}
	answer, err := sqlpush.Push(sqlpush.Request{
		Dialect: "postgresql",
		Query:   "SELECT * FROM trades -- all of them",
		Columns: []sqlpush.Column{
			{Name: "date", Type: "date", DB: sqlpush.Stored{Type: "date"}},
			{Name: "name", Type: "string", DB: sqlpush.Stored{Type: "text", Collation: "deterministic"}},
		},
		Select: []string{"date", "name"},
		Exprs:  wires, Root: root,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.SQL)
	fmt.Println(answer.Params)
	for _, c := range answer.Conjuncts {
		fmt.Println(strings.TrimSpace(fmt.Sprintf("%s: %s %s", c.Status, c.SQL, c.Reason)))
	}
	// Output:
	// SELECT "date", "name" FROM (
	// SELECT * FROM trades -- all of them
	// ) AS piot WHERE "date" >= $1::date AND "name" <> $2::text
	// [{text 2024-01-01} {text it's}]
	// exact: "date" >= '2024-01-01'::date
	// superset: "name" <> 'it''s'::text str.to_lowercase is only done by Polars
}
