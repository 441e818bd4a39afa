package sqlpush

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// castOf is what a comparison does to a column before it compares.
type castOf uint8

const (
	noCast    castOf = iota // nothing, or a cast that changes no value
	asFloat                 // numbers as floats, each of which is the same number
	asRounded               // numbers as floats, of which some are rounded
	asText                  // labels as texts
)

// under reads an operand as the column or as casts of it that keep the order of its
// values, and says what they do.
func (c *column) under(operand expr.Node, name string) (castOf, bool) {
	var casts []*expr.Cast
	for {
		if e, ok := operand.(*expr.Cast); ok {
			casts = append(casts, e)
			operand = e.Arg
			continue
		}
		break
	}
	if e, ok := operand.(*expr.Column); !ok || e.Name != name {
		return noCast, false
	}
	typ, does := c.typ, noCast
	for i := len(casts) - 1; i >= 0; i-- {
		step, ok := castStep(typ, casts[i].Name)
		if !ok {
			return noCast, false
		}
		typ, does = casts[i].Name, max(does, step)
	}
	return does, true
}

// castStep says what a cast does, and false if it does not keep the order or may
// give null.
func castStep(from, to string) (castOf, bool) {
	f, t := expr.ParseType(from), expr.ParseType(to)
	wide := to == "float64"
	switch {
	case from == to:
		return noCast, true
	case f.Kind == expr.Decimal && t.Kind == expr.Decimal:
		return noCast, t.Digits.Scale >= f.Digits.Scale &&
			t.Digits.Precision-t.Digits.Scale >= f.Digits.Precision-f.Digits.Scale
	case f.Kind == expr.Integer && t.Kind == expr.Integer:
		return noCast, widens(f.Int, t.Int)
	case f.Kind == expr.Integer && wide && f.Int.Bits <= 32:
		return asFloat, true
	case f.Kind == expr.Integer && to == "float32" && f.Int.Bits <= 16:
		return asFloat, true
	case f.Kind == expr.Integer && wide, f.Kind == expr.Decimal && wide:
		return asRounded, true
	case from == "float32" && wide:
		return noCast, true
	case strings.HasPrefix(from, "enum[") && to == "string":
		return asText, true
	}
	return noCast, false
}

// widens reports whether every value of one integer type is one of another.
func widens(from, to expr.Int) bool {
	if from.Unsigned == to.Unsigned {
		return to.Bits >= from.Bits
	}
	return from.Unsigned && to.Bits > from.Bits
}

// readNumber reads a literal that integers or decimals are compared with. Where the
// cast rounds, all numbers that may become the literal are a range.
func readNumber(cast castOf, l *expr.Literal) (lo, hi *big.Rat, ok bool) {
	switch cast {
	case noCast:
		v, ok := exactNumber(l)
		return v, v, ok
	case asFloat, asRounded:
		v, ok := readFloat(l)
		if !ok || math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, nil, false
		}
		r := new(big.Rat).SetFloat64(v)
		if cast == asFloat {
			return r, r, true
		}
		lo, hi = around(r)
		return lo, hi, true
	case asText:
	}
	return nil, nil, false
}

// around is the range of numbers that rounding to a float may turn into v, and some
// more.
func around(v *big.Rat) (lo, hi *big.Rat) {
	slack := new(big.Rat).Abs(v)
	slack.Mul(slack, big.NewRat(1, 1<<48))
	return new(big.Rat).Sub(v, slack), new(big.Rat).Add(v, slack)
}

// exactNumber reads an integer or a decimal.
func exactNumber(l *expr.Literal) (*big.Rat, bool) {
	switch {
	case l.Exact && l.Type.Kind == expr.Integer && l.Lo == l.Hi:
		return new(big.Rat).SetInt64(l.Lo), true
	case l.Scalar == nil:
		return nil, false
	}
	v, ok := new(big.Int).SetString(l.Scalar.Value, 10)
	if !ok {
		return nil, false
	}
	if l.Scalar.Type == "integer" {
		return new(big.Rat).SetInt(v), true
	}
	digits, isDecimal := strings.CutPrefix(l.Scalar.Type, "decimal[")
	scale, err := strconv.Atoi(strings.TrimSuffix(digits, "]"))
	if !isDecimal || err != nil || scale < 0 || scale > maxDigits {
		return nil, false
	}
	return new(big.Rat).SetFrac(v, axes.Power10(scale)), true
}

func readFloat(l *expr.Literal) (float64, bool) {
	if l.Scalar == nil || l.Scalar.Type != "float" {
		return 0, false
	}
	v, err := strconv.ParseFloat(l.Scalar.Value, 64)
	return v, err == nil
}

// readText reads a text, or the bytes of a binary as one.
func readText(kind string, l *expr.Literal) (string, bool) {
	if l.Scalar == nil || l.Scalar.Type != kind {
		return "", false
	}
	if kind == "string" {
		return l.Scalar.Value, true
	}
	v, err := hex.DecodeString(l.Scalar.Value)
	return string(v), err == nil
}
