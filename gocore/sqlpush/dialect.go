package sqlpush

import (
	"fmt"
	"strconv"
	"strings"
)

// Dialect is a database's way to write SQL and to compare values.
type Dialect uint8

// The dialects. Generic is any database behind ADBC or ODBC: only what holds for
// all of them is pushed, and never as exact.
const (
	PostgreSQL Dialect = iota
	DuckDB
	SQLite
	Generic
)

var dialectNames = map[string]Dialect{
	"postgresql": PostgreSQL, "duckdb": DuckDB, "sqlite": SQLite, "generic": Generic,
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

// quote writes a name as an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// reference names a column of the subquery. SQLite takes a quoted name that is no
// column for a string, unless the name of a table is before it.
func (d Dialect) reference(name string) string {
	if d == SQLite {
		return subquery + "." + quote(name)
	}
	return quote(name)
}

// foldsNames reports whether names that differ only in case may name one column,
// quoted or not.
func (d Dialect) foldsNames() bool { return d != PostgreSQL }

// limits reports whether LIMIT is known to be understood.
func (d Dialect) limits() bool { return d != Generic }

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
