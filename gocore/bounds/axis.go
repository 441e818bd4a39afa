package bounds

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Axis is what the analysis has to know of the type of the column: the one
// place where dates differ from numbers or strings.
type Axis[T any] interface {
	// Domain orders the values of the column.
	Domain() interval.Domain[T]

	// Compare is the outcome of "operand op literal", where operand reads the
	// column. It returns false when operand is not an increasing function of
	// the column that the axis knows, or the literal is of another type.
	Compare(op expr.Op, operand expr.Node, column string, l *expr.Literal) (Outcome[T], bool)

	// Member is the outcome of asking whether operand is in a list, and false as
	// for Compare.
	Member(operand expr.Node, column string, l *expr.List) (Outcome[T], bool)

	// Within is the axis of a column that is known to lie in r, and false when r
	// is not bounded on both sides. It may answer more.
	Within(r Region[T]) (Axis[T], bool)

	// Validity is the outcome of asking whether operand is null, and false when
	// the axis does not know operand.
	Validity(operand expr.Node, column string) (Outcome[T], bool)

	// Point is the region of a column that always holds the literal, and false
	// when the literal is of another type.
	Point(l *expr.Literal) (Region[T], bool)

	// Type is the type of the column.
	Type() expr.Type

	// Literal is the text of a literal for people.
	Literal(l *expr.Literal) string
}

// Asker is an [Axis] that knows the answers to more questions, which are functions of
// one argument such as is_nan.
type Asker[T any] interface {
	// Ask is the outcome of a question about operand, and false when the axis does
	// not know the question or operand.
	Ask(question string, operand expr.Node, column string) (Outcome[T], bool)
}
