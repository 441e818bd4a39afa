package oracle

import "math/rand/v2"

// Choice makes the decisions of a generator: from a random source, or from the
// bytes of a fuzz test, which answer 0 when they are used up.
type Choice struct {
	random *rand.Rand
	bytes  []byte
}

// Random returns reproducible decisions.
func Random(seed uint64) *Choice {
	return &Choice{random: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))}
}

// FromBytes returns the decisions that bytes spell.
func FromBytes(b []byte) *Choice { return &Choice{bytes: b} }

// Below returns a number from 0 to n-1.
func (c *Choice) Below(n int) int {
	if c.random != nil {
		return c.random.IntN(n)
	}
	v := 0
	for reach := 1; reach < n && len(c.bytes) > 0; reach *= 256 {
		v = v*256 + int(c.bytes[0])
		c.bytes = c.bytes[1:]
	}
	return v % n
}

// OneIn is true once in n times.
func (c *Choice) OneIn(n int) bool { return c.Below(n) == n-1 }

// Pick returns one of the values.
func Pick[T any](c *Choice, values []T) T { return values[c.Below(len(values))] }
