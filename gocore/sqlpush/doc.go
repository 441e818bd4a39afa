// Package sqlpush writes the SQL of a scan: the user's query, and around it the
// columns, the limit and the filter that Polars asks for.
//
// The invariant: a row on which the predicate is true in Polars is in the result of
// the SQL. The result may have more rows, so that Polars does the whole predicate
// again; whether it has is known, and said for each term of the predicate: the term is
// exact, a superset, or not pushed, with the reason.
//
// # How
//
// A condition has three answers, and a clause of SQL stands for the rows with one of
// them: it is true on all of these, and anything elsewhere. So NOT is never written.
// It asks for the rows with the other answer, down to the leaves, and "wider" means
// the same everywhere:
//
//	rows where            is true                        is false                     is null
//	x > 5                 x > 5                          x <= 5                       x IS NULL
//	s ~ "a.b"             all                            all                          all
//	x > 5 and s ~ "a.b"   x > 5                          all                          all
//	not (x > 5 or s ~ …)  x <= 5                         all                          all
//
// Leaves over one column are sets of values: package bounds says where the column may
// lie for each answer, for functions of dates too, and where the three sets do not
// meet, the answer is certain and the clause exact. The sets are written by what the
// database makes of the column's type (postgresql.go, duckdb.go, sqlite.go,
// generic.go): COLLATE "C" where texts are ordered, a literal rounded to the digits
// that the column has, no value that the column cannot hold. What is not a leaf that
// is known still bounds the columns that it reads.
//
// # Worked example
//
// The predicate
//
//	(date >= 2024-01-01) & ~(name.is_in(["it's", null]) | name.str.to_lowercase() == "x")
//
// over a PostgreSQL table becomes
//
//	SELECT "date", "name" FROM (
//	SELECT * FROM trades -- all of them
//	) AS piot WHERE "date" >= $1::date AND "name" <> $2::text
//
// with the parameters "2024-01-01" and "it's". The first term is exact; the second a
// superset, as only Polars knows its lower case. SQL's own NOT IN ('it”s', NULL)
// would have found no row at all.
//
// # Decisions
//
// Values are parameters, whose type a cast in the text says; what is not a value, such
// as a limit, stands in the text. Behind ODBC, whose clients bind texts only, numbers and
// times do too. Parameters of the user's own text keep their
// numbers, and ours follow. The text itself goes in as it is, after a scanner that
// knows the dialect's strings, names and comments has found it to be one SELECT, WITH
// or VALUES whose brackets close. A limit is done before the predicate, as Polars
// means it when it sends both.
//
// # What it does not do
//
// It opens no connection and knows no catalogue: whoever reads says which types and
// collations the columns have. It does not read what the user's query does, but for
// words such as LIMIT and random(), by which it may give other rows when it runs again,
// and does not say whether an index serves the result.
package sqlpush
