package interval

type decimalDomain struct{ scale int }

// Decimal returns the discrete domain of decimals with scale digits after the point, given as
// their 128-bit integer multiples of 10^-scale. Decimal(0) is the domain of 128-bit integers.
//
// The extremes are those of Int128 and not of the column's precision: a value that exceeds the
// declared precision is not lost then.
func Decimal(scale int) Domain[Int128] { return decimalDomain{scale: scale} }

func (decimalDomain) Compare(a, b Int128) int { return a.Compare(b) }

func (decimalDomain) Next(v Int128) (Int128, bool) { return v.Next() }

func (decimalDomain) Prev(v Int128) (Int128, bool) { return v.Prev() }

func (decimalDomain) Extremes() (lo, hi Int128, ok bool) { return MinInt128(), MaxInt128(), true }

func (d decimalDomain) Format(v Int128) string { return v.Text(d.scale) }

type integerDomain struct{ decimalDomain }

// Integers returns the discrete domain of all integers, of which those that an Int128 holds can be
// ends: there may be others beyond them, as the greater half of the unsigned integers of 128 bits.
func Integers() Domain[Int128] { return integerDomain{} }

func (integerDomain) Extremes() (lo, hi Int128, ok bool) { return Int128{}, Int128{}, false }
