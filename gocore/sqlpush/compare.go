package sqlpush

import "strings"

// clause asks for the rows on which the column lies in r.
func (c *column) clause(r ranges) clause {
	all := r.except && len(r.points) == 0
	switch {
	case all && r.null && r.wider == "":
		return always()
	case all && r.null:
		return unknown(r.wider)
	}
	out := c.valuesIn(r)
	if r.wider != "" {
		out = out.wider(r.wider)
	}
	if r.null {
		return either(out, c.missing())
	}
	return out
}

// missing asks for the rows on which Polars reads null.
func (c *column) missing() clause {
	s := c.storage
	if s.isNull == unfit {
		return unknown(noForm)
	}
	null := exactly(c.ref, " IS NULL")
	if s.invalid != "" {
		return either(null, exactly(s.invalid))
	}
	return null
}

// present asks for the rows on which Polars reads a value.
func (c *column) present() clause {
	s := c.storage
	switch {
	case s.notNull == unfit:
		return unknown(noForm)
	case s.valid != "":
		return exactly(s.valid)
	}
	out := exactly(c.ref, " IS NOT NULL")
	if s.notNull == loose {
		return out.wider(s.why)
	}
	return out
}

func (c *column) valuesIn(r ranges) clause {
	if r.except {
		return c.allBut(r.points)
	}
	if c.family == boolean {
		return c.isOneOf(r.points)
	}
	var parts []clause
	if len(r.points) > 0 {
		parts = append(parts, c.oneOf(r.points))
	}
	for _, sp := range r.spans {
		parts = append(parts, c.between(sp))
	}
	return either(parts...)
}

// as says how well a comparison fits; one that does not is replaced by all values.
func (c *column) as(f fitness, comparison clause) clause {
	switch f {
	case fit:
		return comparison
	case loose:
		return comparison.wider(c.storage.why)
	case unfit:
	}
	return c.present().wider(c.storage.why)
}

func (c *column) oneOf(points []string) clause {
	s := c.storage
	return c.as(s.equal, c.compared(s.plain, " = ", " IN ", points))
}

// allBut asks for all values but some.
func (c *column) allBut(points []string) clause {
	s := c.storage
	switch {
	case len(points) == 0:
		return c.present()
	case c.family == boolean:
		return c.isOneOf(otherThan(points))
	}
	differs := c.as(s.differ, c.compared(s.plain, " <> ", " NOT IN ", points))
	return both(differs, c.onlyValid())
}

// onlyValid leaves out the values that Polars reads as null, where a comparison may
// hold for them.
func (c *column) onlyValid() clause {
	if c.storage.valid == "" {
		return always()
	}
	return exactly(c.storage.valid)
}

func (c *column) compared(operand, one, many string, points []string) clause {
	s := c.storage
	if len(points) == 1 {
		return exactly(operand, one, s.param(points[0], s.plainCast))
	}
	parts := []any{operand, many, "("}
	for i, p := range points {
		if i > 0 {
			parts = append(parts, ", ")
		}
		parts = append(parts, s.param(p, s.plainCast))
	}
	return exactly(append(parts, ")")...)
}

func (s storage) param(value, cast string) bound {
	return bound{Param: Param{Type: s.bind, Value: value}, cast: cast}
}

// between asks for a span of values.
func (c *column) between(sp span) clause {
	s := c.storage
	var parts []clause
	if sp.lower != nil {
		parts = append(parts, exactly(s.ordered, operator(">", *sp.lower), s.param(sp.lower.value, s.cast)))
	}
	if sp.upper != nil {
		parts = append(parts, exactly(s.ordered, operator("<", *sp.upper), s.param(sp.upper.value, s.cast)))
	}
	out := c.as(s.order, both(parts...))
	if sp.lower == nil || sp.upper == nil {
		out = both(out, c.onlyValid())
	}
	return out
}

func operator(sign string, e edge) string {
	if e.inclusive {
		sign += "="
	}
	return " " + sign + " "
}

// isOneOf asks for truth values; databases without them keep 0 and 1.
func (c *column) isOneOf(points []string) clause {
	s := c.storage
	if s.equal == unfit {
		return c.present().wider(s.why)
	}
	var parts []clause
	for _, p := range points {
		parts = append(parts, c.as(s.equal, exactly(c.isTruth(p == "true"))))
	}
	if len(points) == 2 {
		return c.present()
	}
	return either(parts...)
}

func (c *column) isTruth(truth bool) string {
	switch {
	case c.dialect == SQLite && truth:
		return c.storage.plain + " = 1"
	case c.dialect == SQLite:
		return c.storage.plain + " = 0"
	case truth:
		return c.storage.plain
	}
	return "NOT " + c.storage.plain
}

func otherThan(points []string) []string {
	var out []string
	for _, v := range []string{"false", "true"} {
		if !strings.Contains(strings.Join(points, " "), v) {
			out = append(out, v)
		}
	}
	return out
}
