package sqlpush

import (
	"fmt"
	"strconv"
	"strings"
)

// Dialect is a database's way to write SQL and to compare values.
type Dialect uint8

// The dialects. Generic is any database that is not known: only what holds for all of
// them is pushed, and never as exact. ODBC is the same behind ODBC, whose clients bind
// every value as a text: numbers and times stand in the SQL, in the forms that ODBC has
// drivers translate.
const (
	PostgreSQL Dialect = iota
	DuckDB
	SQLite
	Generic
	ODBC
)

var dialectNames = map[string]Dialect{
	"postgresql": PostgreSQL, "duckdb": DuckDB, "sqlite": SQLite, "generic": Generic,
	"odbc": ODBC,
}

// ParseDialect reads the wire name of a dialect.
func ParseDialect(s string) (Dialect, error) {
	d, ok := dialectNames[s]
	if !ok {
		return 0, fmt.Errorf("sqlpush: unknown dialect %q: %w", s, ErrRequest)
	}
	return d, nil
}

// String is the wire name of the dialect.
func (d Dialect) String() string {
	for name, v := range dialectNames {
		if v == d {
			return name
		}
	}
	return "dialect " + strconv.Itoa(int(d))
}

// quoting is how a database quotes names.
type quoting struct{ open, closing string }

// quotings are those of databases, by the character that begins them.
var quotings = map[string]quoting{"": {`"`, `"`}, `"`: {`"`, `"`}, "`": {"`", "`"}, "[": {"[", "]"}}

// name writes a name as an identifier.
func (q quoting) name(name string) string {
	return q.open + strings.ReplaceAll(name, q.closing, q.closing+q.closing) + q.closing
}

// unknown reports whether the database is not known.
func (d Dialect) unknown() bool { return d == Generic || d == ODBC }

// alias names the subquery. Not every database has AS there.
func (d Dialect) alias() string {
	if d.unknown() {
		return ") " + subquery
	}
	return ") AS " + subquery
}

// reference names a column of the subquery. SQLite takes a quoted name that is no
// column for a string, as MySQL takes every name in double quotes, unless the name of a
// table is before it.
func (o options) reference(name string) string {
	if o.dialect == SQLite || o.dialect.unknown() {
		return subquery + "." + o.quoting.name(name)
	}
	return o.quoting.name(name)
}

// folded is what tells a column from others: names that differ only in case may name
// one column, quoted or not, on all databases but PostgreSQL.
func (d Dialect) folded(name string) string {
	if d == PostgreSQL {
		return name
	}
	return strings.ToLower(name)
}

// limits reports whether LIMIT is known to be understood.
func (d Dialect) limits() bool { return !d.unknown() }

// placeholders writes parameters in the order in which they stand in the text.
type placeholders uint8

const (
	numbered placeholders = iota // $1, $2
	unnamed                      // ?
)

func (p placeholders) write(number int) string {
	if p == numbered {
		return "$" + strconv.Itoa(number)
	}
	return "?"
}
