package coverage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/internal/oracle"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

var scope = oracle.Scope{"date": "date", "ts": "datetime[us, Europe/Berlin]", "id": "int64", "flag": "boolean", "n": "int64"}

// reader knows the columns date, id, flag and ts, in this order, and not n.
func reader(t testing.TB) Reader {
	t.Helper()
	date, _ := bounds.NewTemporal(expr.ParseType("date"))
	ts, _ := bounds.NewTemporal(expr.ParseType(scope["ts"]))
	never := func(expr.Type) bool { return false }
	number := func(l *expr.Literal) (int64, bool) { return l.Lo, l.Exact && l.Lo == l.Hi }
	id := bounds.NewOrdered(expr.ParseType("int64"), wide, number, never)
	truth := func(l *expr.Literal) (bool, bool) { return l.Lo != 0, l.Exact }
	flag := bounds.NewOrdered(expr.ParseType("boolean"), interval.Bool(), truth, never)
	return func(condition expr.Node) []Reading {
		var out []Reading
		if expr.Mentions(condition, "date") {
			out = append(out, Read(condition, 0, "date", bounds.Axis[int64](date)))
		}
		if expr.Mentions(condition, "id") {
			out = append(out, Read(condition, 1, "id", bounds.Axis[int64](id)))
		}
		if expr.Mentions(condition, "flag") {
			out = append(out, Read(condition, 2, "flag", bounds.Axis[bool](flag)))
		}
		if expr.Mentions(condition, "ts") {
			out = append(out, Read(condition, 3, "ts", bounds.Axis[int64](ts)))
		}
		if _, constant := condition.(*expr.Literal); constant {
			out = append(out, Read(condition, 0, "date", bounds.Axis[int64](date)))
		}
		return out
	}
}

func boxOf(t testing.TB, predicate string) Box {
	t.Helper()
	n, err := oracle.ParseExpr(predicate, scope)
	if err != nil {
		t.Fatal(err)
	}
	return FromConjunction(4, Conditions(n), reader(t))
}

func TestFromConjunction(t *testing.T) {
	tests := []struct{ predicate, want string }{
		{
			"(and (ge date 2024-01-01) (lt date 2024-02-01) (is_in id [1i64 2i64 5i64]))",
			"exactly date in [2024-01-01, 2024-01-31], id in [1, 2] ∪ [5, 5]",
		},
		{
			"(all_horizontal (ge date 2024-01-01) (and (lt date 2024-02-01) flag))",
			"exactly date in [2024-01-01, 2024-01-31], flag in [true, ∞)",
		},
		{"true", "exactly date in (-∞, ∞) or null"},
		{"false", "exactly date in {}"},
		{"null:boolean", "exactly date in {}"},
		{"(is_null date)", "exactly date in null"},
		{"(not (is_null id))", "exactly id in (-∞, ∞)"},
		{"(is_between id 1i64 5i64)", "exactly id in [1, 5]"},
		{"(or (eq id 1i64) (is_null id))", "exactly id in [1, 1] or null"},
		{"(and (eq id 1i64) (eq id 2i64))", "exactly id in {}"},

		// Parts of boxes: what is known bounds them.
		{"(and (eq id 1i64) (eq n 2i64))", "part of id in [1, 1]"},
		{"(eq n 2i64)", "part of "},
		{"(or (eq id 1i64) (and (eq id 3i64) (eq n 2i64)))", "part of id in [1, 1] ∪ [3, 3]"},
		{"(or (eq id 1i64) (ge date 2024-01-01))", "part of date in (-∞, ∞) or null, id in (-∞, ∞) or null"},
		{ // never false, but null for many an id
			"(or (eq id 1i64) (when (eq n 1i64) true null:boolean))", "part of id in (-∞, ∞) or null",
		},
		{"(eq (+ id n) 2i64)", "part of id in (-∞, ∞) or null"},
		{"(and (or (eq id 1i64) (eq n 1i64)) (eq date 2024-01-01))", "part of date in [2024-01-01, 2024-01-01], id in (-∞, ∞) or null"},
		{
			// On a zoned column a day is widened by the offset that is not known.
			"(eq (dt.date ts) 2024-01-02)",
			"part of ts in [2024-01-01 00:00:00Z, 2024-01-03 23:59:59.999999Z]",
		},
	}
	names := []string{"date", "id", "flag", "ts"}
	for _, test := range tests {
		b := boxOf(t, test.predicate)
		var parts []string
		for i, s := range b.Spaces {
			if s != (Space{}) {
				parts = append(parts, fmt.Sprintf("%s in %s", names[i], s))
			}
		}
		got := "part of " + strings.Join(parts, ", ")
		if b.Exact {
			got = "exactly " + strings.Join(parts, ", ")
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.predicate, got, test.want)
		}
	}
}

// A column whose conditions are read as two types is not understood.
func TestFromConjunctionOfTwoTypes(t *testing.T) {
	flags := FromOutcome(0, bounds.Outcome[bool]{
		True: bounds.Region[bool]{Values: interval.Point(interval.Bool(), true)}, False: bounds.Region[bool]{Values: interval.Point(interval.Bool(), false)},
		Null: bounds.Region[bool]{Values: interval.Empty(interval.Bool()), Null: true},
	})
	full := bounds.Region[string]{Values: interval.Full(interval.String()), Null: true}
	none := bounds.Region[string]{Values: interval.Empty(interval.String())}
	texts := FromOutcome(0, bounds.Outcome[string]{True: full, False: none, Null: none})
	readings := map[expr.Node]Reading{}
	var conditions []expr.Node
	for _, r := range []Reading{flags, texts} {
		n := &expr.Column{}
		readings[n] = r
		conditions = append(conditions, n)
	}
	b := FromConjunction(1, conditions, func(n expr.Node) []Reading { return []Reading{readings[n]} })
	if b.Exact || b.Spaces[0].String() != "[true, ∞)" {
		t.Errorf("box %s, exact %v, want [true, ∞) and not exact", b.Spaces[0], b.Exact)
	}
}

// The conditions of one row decide like the row itself: on integers and null, the box of
// random conjunctions is compared with the oracle's evaluation of them.
func TestFromConjunctionEqualsEvaluation(t *testing.T) {
	terms := []string{
		"(ge id 1i64)", "(lt id 3i64)", "(ne id 2i64)", "(is_null id)", "(is_not_null id)", "(is_in id [1i64 3i64])",
		"(not (gt id 2i64))", "(or (eq id 0i64) (eq n 1i64))", "(and (ge n 0i64) (le id 3i64))", "(eq n id)", "flag",
		"(not flag)", "(or flag (eq id 2i64))", "(is_null (eq id 2i64))", "(eq_missing flag null:boolean)", "true",
	}
	exact := 0
	for seed := range uint64(400) {
		c := oracle.Random(seed)
		text := "(and true true"
		for range 1 + c.Below(3) {
			text += " " + oracle.Pick(c, terms)
		}
		text += ")"
		n, err := oracle.ParseExpr(text, scope)
		if err != nil {
			t.Fatal(err)
		}
		b := boxOf(t, text)
		if b.Exact {
			exact++
		}
		forEachRow(func(row map[string]oracle.Value) {
			in := contains[int64](b.Spaces[1], row["id"].V, row["id"].Null) &&
				contains[bool](b.Spaces[2], row["flag"].V != 0, row["flag"].Null) && !b.on(0).IsEmpty()
			env := oracle.Env{Row: func(column string) oracle.Value { return row[column] }}
			v := env.Eval(n)
			if is := !v.Null && v.True(); is && !in || b.Exact && in && !is {
				t.Errorf("%s is %v on %v, whose being in the box (exact: %v) is %v", text, is, row, b.Exact, in)
			}
		})
	}
	if exact < 50 || exact > 350 {
		t.Errorf("%d of 400 boxes are exact: the conditions are too much alike", exact)
	}
}

func forEachRow(visit func(map[string]oracle.Value)) {
	numbers := []oracle.Value{oracle.Null, oracle.Of(0), oracle.Of(1), oracle.Of(2), oracle.Of(3), oracle.Of(4)}
	for _, id := range numbers {
		for _, n := range numbers[:3] {
			for _, flag := range []oracle.Value{oracle.Null, oracle.Truth(false), oracle.Truth(true)} {
				visit(map[string]oracle.Value{"id": id, "n": n, "flag": flag, "date": oracle.Of(0)})
			}
		}
	}
}

func contains[T any](s Space, v T, null bool) bool {
	r, ok := s.region.(*typed[T])
	if !ok {
		return true
	}
	if null {
		return r.Null
	}
	return r.Values.Contains(v)
}
