// Package axes knows the types of columns that have an order, and the axis of each
// for package bounds: dates, integers of any width, decimals, floats, strings, binary,
// booleans, and the labels of an enumeration.
//
// # Invariant
//
// An axis reads a literal only where its value is exactly one of the column's domain;
// any other literal is not understood, which restricts nothing.
//
// # Example
//
//	t := axes.Parse("decimal[2]")   // t.Family is axes.Decimal, t.Scale is 2
//	t.Decimals()                    // knows price >= 1.5 as [1.50, ∞)
//
// It knows no plans, no files and no values of columns.
package axes
