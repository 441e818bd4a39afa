package axes

import (
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

func never(expr.Type) bool { return false }

// Integers is the axis of an [Integer] type.
func (t Type) Integers() bounds.Axis[interval.Int128] {
	value := func(l *expr.Literal) (interval.Int128, bool) {
		switch {
		case l.Exact && l.Type.Kind == expr.Integer && l.Lo == l.Hi:
			return interval.Int128FromInt64(l.Lo), true
		case l.Scalar != nil && l.Scalar.Type == "integer":
			return ParseInt128(l.Scalar.Value)
		}
		return interval.Int128{}, false
	}
	return integers{bounds.NewOrdered(t.Wire, t.numbers(), value, t.widens)}
}

// Decimals is the axis of a [Decimal] type. A literal of another scale counts if it
// is one of the values of this one.
func (t Type) Decimals() bounds.Axis[interval.Int128] {
	value := func(l *expr.Literal) (interval.Int128, bool) {
		if l.Scalar == nil {
			return interval.Int128{}, false
		}
		scale, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(l.Scalar.Type, "decimal["), "]"))
		if err != nil || !strings.HasPrefix(l.Scalar.Type, "decimal[") {
			return interval.Int128{}, false
		}
		return rescaled(l.Scalar.Value, scale, t.Scale)
	}
	return bounds.NewOrdered(t.Wire, t.numbers(), value, t.widens)
}

// maxScale is what a decimal of Polars has at most.
const maxScale = 38

// rescaled reads digits of a scale as a value of another scale, if it is one exactly.
func rescaled(digits string, from, to int) (interval.Int128, bool) {
	v, ok := new(big.Int).SetString(digits, 10)
	if !ok || from < 0 || from > maxScale || to > maxScale {
		return interval.Int128{}, false
	}
	if from <= to {
		return fit(v.Mul(v, Power10(to-from)))
	}
	v, rest := v.QuoRem(v, Power10(from-to), new(big.Int))
	if rest.Sign() != 0 {
		return interval.Int128{}, false
	}
	return fit(v)
}

// Power10 is 10 to the power of n.
func Power10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// ParseInt128 reads decimal digits, and answers false for what does not fit.
func ParseInt128(digits string) (interval.Int128, bool) {
	v, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return interval.Int128{}, false
	}
	return fit(v)
}

func fit(v *big.Int) (interval.Int128, bool) {
	fits := v.BitLen() <= 127 || v.Cmp(interval.MinInt128().Big()) == 0
	if !fits {
		return interval.Int128{}, false
	}
	return Int128(v), true
}

// Int128 returns v, which must fit.
func Int128(v *big.Int) interval.Int128 {
	low := new(big.Int).And(v, new(big.Int).SetUint64(1<<64-1))
	return interval.Int128{Hi: new(big.Int).Rsh(v, 64).Int64(), Lo: low.Uint64()}
}

// Floats is the axis of a [Float] type.
func (t Type) Floats() bounds.Axis[float64] {
	value := func(l *expr.Literal) (float64, bool) {
		if l.Scalar == nil || l.Scalar.Type != "float" {
			return 0, false
		}
		v, err := strconv.ParseFloat(l.Scalar.Value, 64)
		return v, err == nil
	}
	return floats{bounds.NewOrdered(t.Wire, interval.Float64(), value, never)}
}

// Texts is the axis of a [Text] type.
func (t Type) Texts() bounds.Axis[string] {
	value := func(l *expr.Literal) (string, bool) {
		switch {
		case l.Scalar == nil || (l.Scalar.Type == "binary") != (t.Name == "binary"):
			return "", false
		case l.Scalar.Type == "string":
			return l.Scalar.Value, true
		case l.Scalar.Type != "binary":
			return "", false
		}
		v, err := hex.DecodeString(l.Scalar.Value)
		return string(v), err == nil
	}
	return bounds.NewOrdered(t.Wire, interval.String(), value, never)
}

// Booleans is the axis of a [Boolean] type.
func (t Type) Booleans() bounds.Axis[bool] {
	value := func(l *expr.Literal) (bool, bool) {
		return l.Lo != 0, l.Exact && l.Type.Kind == expr.Boolean
	}
	return bounds.NewOrdered(t.Wire, interval.Bool(), value, never)
}

// Positions is the axis of a [Label] type: of the position of each label.
func (t Type) Positions() bounds.Axis[int64] {
	position := make(map[string]int64, len(t.Labels))
	for i, l := range t.Labels {
		position[l] = int64(i)
	}
	value := func(l *expr.Literal) (int64, bool) {
		if l.Scalar == nil || l.Scalar.Type != "string" {
			return 0, false
		}
		p, ok := position[l.Scalar.Value]
		return p, ok
	}
	return bounds.NewOrdered(t.Wire, interval.Labels(t.Labels), value, never)
}
