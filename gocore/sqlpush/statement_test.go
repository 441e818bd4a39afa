package sqlpush_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/sqlpush"
)

func push(dialect, query string) (sqlpush.Answer, error) {
	return sqlpush.Push(sqlpush.Request{Dialect: dialect, Query: query})
}

// TestQueries: the user's text stands in ours as it is, but for a semicolon at its end.
func TestQueries(t *testing.T) {
	tests := []struct{ name, dialect, query, inner string }{
		{"select", "postgresql", "SELECT 1 AS a", ""},
		{"semicolon", "postgresql", "SELECT 1 AS a ; ", "SELECT 1 AS a "},
		{"semicolon and comments", "postgresql", "SELECT 1;-- done\n/* ; */", "SELECT 1"},
		{"with", "duckdb", "with a as (select 1) select * from a", ""},
		{"values", "sqlite", "VALUES (1, 2), (3, 4)", ""},
		{"brackets around", "postgresql", "(SELECT 1) UNION (SELECT 2)", ""},
		{"comment before", "postgresql", "-- what\n/* for /* nested */ */ SELECT 1", ""},
		{"comment after", "postgresql", "SELECT 1 -- ) ; '", ""},
		{"names of verbs", "postgresql", `WITH update AS (SELECT 1), delete(a) AS (SELECT 2) SELECT * FROM update`, ""},
		{"with in brackets", "postgresql", "WITH a AS (SELECT 1) (SELECT * FROM a)", ""},
		{"recursive", "postgresql", "WITH RECURSIVE a(n) AS (VALUES (1)) SELECT n FROM a", ""},
		{"quotes", "postgresql", `SELECT ';' || E'\';' || $$;'$$ || $x$ $$ ; $x$ AS ";"`, ""},
		{"strings that go on", "postgresql", "SELECT E'a\\''\n'b\\';'", ""},
		{"backslash is no escape", "postgresql", `SELECT '\' AS ";"`, ""},
		{"word with a dollar", "postgresql", "SELECT a$b$ FROM c$b$", ""},
		{"jsonb", "postgresql", "SELECT a ? 'x' AND a ?| array['y'] FROM t", ""},
		{"names of SQLite", "sqlite", "SELECT [a;b], `c;d`, \"e;f\" FROM t", ""},
		{"names without strings", "sqlite", "SELECT ']' FROM [t)]", ""},
		{"lists", "duckdb", "SELECT [1, 2], {'a': [3]}", ""},
		{"case", "sqlite", "sElEcT 1", ""},
		{"casts", "postgresql", "SELECT 1::int, a[1:2] FROM t", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := push(tt.dialect, tt.query)
			if err != nil {
				t.Fatal(err)
			}
			inner := tt.inner
			if inner == "" {
				inner = tt.query
			}
			if want := "SELECT * FROM (\n" + inner + "\n) AS piot"; a.SQL != want {
				t.Errorf("got %s\nwant %s", a.SQL, want)
			}
		})
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	tests := []struct{ name, dialect, query, want string }{
		{"nothing", "postgresql", " -- \n", "must be a single SELECT/WITH/VALUES, got nothing"},
		{"delete", "postgresql", "DELETE FROM t RETURNING *", "must be a single SELECT/WITH/VALUES, got DELETE"},
		{"with delete", "postgresql", "WITH a AS (SELECT 1) DELETE FROM t", "got DELETE"},
		{"with insert", "sqlite", "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "got INSERT"},
		{"pragma", "sqlite", "PRAGMA journal_mode", "got PRAGMA"},
		{"copy", "duckdb", "COPY t TO 'x'", "got COPY"},
		{"explain", "postgresql", "explain select 1", "got EXPLAIN"},
		{"semicolon alone", "postgresql", ";", "got ;"},
		{"a string", "postgresql", "'SELECT 1'", "got 'SELECT 1'"},
		{"two statements", "postgresql", "SELECT 1; DROP TABLE t", `"DROP" begins another statement`},
		{"two semicolons", "postgresql", "SELECT 1;;", `";" begins another statement`},
		{"semicolon within", "postgresql", "SELECT (1;)", "a semicolon within brackets"},
		{"bracket that opens", "postgresql", "SELECT (1", `"(" without its counterpart`},
		{"bracket that closes", "postgresql", "SELECT 1) AS a, (SELECT 2", `")" without its counterpart`},
		{"brackets that cross", "duckdb", "SELECT ([1)]", `")" without its counterpart`},
		{"open string", "postgresql", "SELECT 'a", "the string that begins at character 8"},
		{"open string with a backslash", "postgresql", `SELECT E'a\'`, "the string that begins"},
		{"backslash in SQLite", "sqlite", `SELECT 'a\'' `, "the string that begins"},
		{"open name", "postgresql", `SELECT "a`, "the quoted name that begins"},
		{"open name in brackets", "sqlite", "SELECT [a", "the quoted name that begins"},
		{"open comment", "sqlite", "SELECT 1 /* ", "the comment that begins at character 10"},
		{"comments nest", "postgresql", "SELECT 1 /* /* */", "the comment that begins"},
		{"open dollars", "postgresql", "SELECT 'é', $a$ $b$", "the string that begins at character 13"},
		{"zero", "sqlite", "SELECT 1\x00", "a zero byte"},
		{"named parameter", "sqlite", "SELECT :a", "has the parameter :a; write ?"},
		{"named parameter of DuckDB", "duckdb", "SELECT $a", "has the parameter $a; write $1"},
		{"parameters of two kinds", "duckdb", "SELECT $1, ?", "both ? and numbered parameters; write $1"},
		{"parameter zero", "postgresql", "SELECT $0", "has the parameter $0"},
		{"too great a parameter", "postgresql", "SELECT $99999999999", "has the parameter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := push(tt.dialect, tt.query)
			if !errors.Is(err, sqlpush.ErrQuery) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, %v; want an ErrQuery with %q", a.SQL, err, tt.want)
			}
		})
	}
}

// TestUserParams: our parameters come after the user's own.
func TestUserParams(t *testing.T) {
	tests := []struct {
		dialect, query, want string
		params               int
	}{
		{"postgresql", "SELECT i FROM t WHERE i > $2 OR i < $1", `"i" >= $3::int4`, 2},
		{"postgresql", "SELECT i FROM t", `"i" >= $1::int4`, 0},
		{"postgresql", "SELECT i FROM t WHERE a ? 'x'", `"i" >= $1::int4`, 0},
		{"duckdb", "SELECT i FROM t WHERE i > $1", `"i" >= $2::INTEGER`, 1},
		{"duckdb", "SELECT i FROM t WHERE i > ? AND i < ?", `"i" >= ?::INTEGER`, 2},
		{"sqlite", "SELECT i FROM t WHERE i > ? AND i < ?", `piot."i" >= ?`, 2},
		{"sqlite", "SELECT i FROM t WHERE i > ?3", `piot."i" >= ?`, 3},
		{"generic", "SELECT i FROM t WHERE i > ?", `piot."i" >= ?`, 1},
		{"sqlite", "SELECT '?', \"?\", 1 -- ?\n FROM t", `piot."i" >= ?`, 0},
	}
	for _, tt := range tests {
		t.Run(tt.dialect+" "+tt.query, func(t *testing.T) {
			r := request(t, tt.dialect, "(gt i 5i32)")
			r.Query = tt.query
			a, err := sqlpush.Push(r)
			if err != nil {
				t.Fatal(err)
			}
			where := a.SQL[strings.LastIndex(a.SQL, " WHERE ")+len(" WHERE "):]
			if where != tt.want || a.UserParams != tt.params || len(a.Params) != 1 || a.Params[0].Value != "6" {
				t.Errorf("got %s, %d of the user, %v; want %s, %d", where, a.UserParams, a.Params, tt.want, tt.params)
			}
		})
	}
}

// TestVarying: what may differ between runs of one text is found by its words.
func TestVarying(t *testing.T) {
	tests := []struct{ name, dialect, query, want string }{
		{"nothing", "postgresql", "SELECT a, b FROM t WHERE c > 1 ORDER BY a", ""},
		{"limit", "postgresql", "SELECT * FROM t LIMIT 5", "LIMIT without ORDER BY"},
		{"fetch", "postgresql", "SELECT * FROM t FETCH FIRST 5 ROWS ONLY", "LIMIT without ORDER BY"},
		{"ordered limit", "sqlite", "select * from t order by a limit 5", "LIMIT where rows tie in its ORDER BY"},
		{"order elsewhere", "duckdb", "SELECT row_number() OVER (ORDER BY a) FROM t LIMIT 5", "LIMIT without ORDER BY"},
		{"limit within", "duckdb", "SELECT * FROM (SELECT * FROM t LIMIT 5) ORDER BY a", "LIMIT without ORDER BY"},
		{
			"both", "postgresql", "WITH a AS (SELECT 1 LIMIT 1) SELECT * FROM a ORDER BY 1 LIMIT 1",
			"LIMIT without ORDER BY; LIMIT where rows tie in its ORDER BY",
		},
		{"calls", "postgresql", "SELECT Random(), now ( ), random() FROM t", "random(); now()"},
		{"words", "postgresql", "SELECT current_timestamp, localtime", "CURRENT_TIMESTAMP; LOCALTIME"},
		{"words that call nothing", "postgresql", "SELECT random, now, t.uuid FROM t", ""},
		{"quoted", "postgresql", `SELECT "random"(), 'random()', $$ LIMIT $$ -- now()`, ""},
		{"now as text", "sqlite", "SELECT date('now')", "'now'"},
		{"samples", "duckdb", "SELECT * FROM t USING SAMPLE 5", "SAMPLE"},
		{"sample of a table", "postgresql", "SELECT * FROM t TABLESAMPLE system (5);", "TABLESAMPLE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := push(tt.dialect, tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(a.Varies, "; "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzQuery: any text is refused, or stands in ours so that ours ends where it seems
// to: nothing of the text reaches beyond the bracket that closes it.
func FuzzQuery(f *testing.F) {
	seeds := []string{
		"SELECT 1;",                       // what is stripped
		"SELECT 1 --",                     // a comment that would hide the bracket
		"SELECT 1) UNION (SELECT 2",       // a text that closes our bracket
		"SELECT ';' -- '\n, \";\"",        // quotes in comments and comments in quotes
		"SELECT $$ ) $$, $a$ $$ $a$, $1",  // dollars of three kinds
		"SELECT E'\\'', E'a'\n'\\''",      // backslashes, also in a part that follows
		"SELECT [a], `b`, [1, 2]",         // names and lists
		"WITH a AS (SELECT 1) SELECT 2",   // a verb after another one
		"SELECT /* /* */ 1 */ /* ' */",    // comments that nest in some dialects only
		"VALUES (1), (?2), (:a), (@b)",    // parameters
		"\x00\xff'\\\r",                   // no text at all
		"SELECT 1 -- \r ; SELECT 2 \f\v;", // line ends that are none everywhere
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, d := range dialects {
			a, err := push(d, query)
			if err != nil {
				if !errors.Is(err, sqlpush.ErrQuery) {
					t.Errorf("%s: %v is no ErrQuery", d, err)
				}
				continue
			}
			inner, ok := strings.CutPrefix(a.SQL, "SELECT * FROM (\n")
			end := "\n) AS piot"
			if d == "generic" {
				end = "\n) piot"
			}
			inner, closed := strings.CutSuffix(inner, end)
			if !ok || !closed || !strings.HasPrefix(query, inner) {
				t.Fatalf("%s: %q became %q", d, query, a.SQL)
			}
			// The whole is one query too, whose last bracket closes the first one.
			if _, err := push(d, a.SQL); err != nil {
				t.Errorf("%s: %q is refused: %v", d, a.SQL, err)
			}
			if _, err := push(d, "SELECT * FROM (\n"+inner); err == nil {
				t.Errorf("%s: the bracket before %q is closed within it", d, inner)
			}
		}
	})
}
