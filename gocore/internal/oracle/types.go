package oracle

import (
	"math"
	"math/big"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// TypeOf is the type of an expression. A call that is none of those of times is
// boolean unless its name says "number" or "time", the names with which [Gen]
// marks the others.
func TypeOf(e expr.Node) expr.Type {
	switch e := e.(type) {
	case *expr.Column:
		return e.Type
	case *expr.Literal:
		if e.Null && e.Type.Kind == expr.Other {
			return boolean // as far as logical operators care
		}
		return e.Type
	case *expr.List:
		return e.Type
	case *expr.Cast:
		return e.To
	case *expr.Ternary:
		if l, ok := e.Then.(*expr.Literal); ok && l.Null {
			return TypeOf(e.Otherwise)
		}
		return TypeOf(e.Then)
	case *expr.Binary:
		switch e.Op {
		case expr.Arithmetic:
			return typeOfSum(e.Symbol, TypeOf(e.Left), TypeOf(e.Right))
		case expr.And, expr.Or, expr.Xor:
			if l, ok := e.Left.(*expr.Literal); ok && l.Null {
				return TypeOf(e.Right)
			}
			return TypeOf(e.Left)
		}
	case *expr.Call:
		return typeOfCall(e)
	}
	return boolean
}

func typeOfSum(symbol string, l, r expr.Type) expr.Type {
	switch {
	case symbol == "-" && l.Kind == expr.Datetime && l == r:
		return expr.Type{Kind: expr.Duration, Unit: l.Unit}
	case symbol == "-" && l.Kind == expr.Date && l == r:
		return expr.ParseType("duration[us]")
	case symbol == "+" && l.Kind == expr.Duration && isTime(r):
		return typeOfSum(symbol, r, l)
	case (symbol == "+" || symbol == "-") && r.Kind == expr.Duration && (isTime(l) || l == r):
		if l.Kind == expr.Datetime {
			l.Unit = min(l.Unit, r.Unit) // the coarser one
		}
		return l
	case l == r && l.Kind == expr.Integer:
		return l
	}
	return expr.Type{}
}

func typeOfCall(e *expr.Call) expr.Type {
	switch e.Name {
	case "number":
		return expr.Type{}
	case "time":
		return expr.ParseType(e.Option)
	case "not":
		if TypeOf(e.Args[0]).Kind == expr.Other {
			return expr.Type{}
		}
	case "dt.date":
		return expr.Type{Kind: expr.Date}
	case "dt.year", "dt.iso_year":
		return expr.ParseType("int32")
	case "dt.month", "dt.quarter", "dt.week":
		return expr.ParseType("int8")
	case "dt.time_stamp":
		return expr.ParseType("int64")
	case "dt.cast_time_unit":
		unit := expr.ParseType("datetime[" + e.Option + "]").Unit
		return expr.Type{Kind: expr.Datetime, Unit: unit, Zone: TypeOf(e.Args[0]).Zone}
	case "dt.convert_time_zone", "dt.replace_time_zone":
		return expr.Type{Kind: expr.Datetime, Unit: TypeOf(e.Args[0]).Unit, Zone: e.Option}
	case "fill_null", "coalesce":
		return TypeOf(e.Args[0])
	case "to_physical":
		return physicalType(TypeOf(e.Args[0]))
	}
	if strings.HasPrefix(e.Name, "dt.total_") {
		return expr.ParseType("int64")
	}
	if strings.HasPrefix(e.Name, "dt.") {
		return TypeOf(e.Args[0])
	}
	return boolean
}

func physicalType(t expr.Type) expr.Type {
	switch t.Kind {
	case expr.Date:
		return expr.ParseType("int32")
	case expr.Datetime, expr.Duration:
		return expr.ParseType("int64")
	}
	return t
}

// fits reports whether a value is one of the type.
func fits(v *big.Int, t expr.Type) bool {
	switch {
	case t.Kind == expr.Date:
		return v.IsInt64() && v.Int64() >= math.MinInt32 && v.Int64() <= math.MaxInt32
	case t.Kind == expr.Integer && t.Int.Unsigned:
		return v.Sign() >= 0 && v.BitLen() <= int(t.Int.Bits)
	case t.Kind == expr.Integer:
		least := new(big.Int).Lsh(big.NewInt(-1), uint(t.Int.Bits)-1)
		return v.Cmp(least) >= 0 && v.Cmp(least.Neg(least)) < 0
	}
	return v.IsInt64()
}
