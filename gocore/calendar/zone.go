package calendar

import (
	"fmt"
	"slices"
)

// Transition says that a zone's clocks are Offset seconds ahead of UTC from the instant At on, in
// seconds since 1970-01-01 00:00:00 UTC.
type Transition struct {
	At, Offset int64
}

// Zone is an immutable table of the UTC offsets of a time zone. The zero value is UTC.
type Zone struct {
	name string
	// transitions are in ascending order; each changes the offset.
	transitions []Transition
}

// NewZone returns the zone of a list of transitions in ascending order. The offset of the first one
// holds before it too, and that of the last one for ever after. It returns an error that is
// [ErrBadZone] when the list is empty or not in order, or an offset is a day or more.
func NewZone(name string, transitions []Transition) (Zone, error) {
	if len(transitions) == 0 {
		return Zone{}, fmt.Errorf("calendar: %w %q: it has no offset", ErrBadZone, name)
	}
	for i, t := range transitions {
		if i > 0 && t.At <= transitions[i-1].At {
			return Zone{}, fmt.Errorf("calendar: %w %q: the change at %d follows that at %d",
				ErrBadZone, name, t.At, transitions[i-1].At)
		}
		if t.Offset <= -secondsPerDay || t.Offset >= secondsPerDay {
			return Zone{}, fmt.Errorf("calendar: %w %q: an offset of %d seconds", ErrBadZone, name, t.Offset)
		}
	}
	same := func(a, b Transition) bool { return a.Offset == b.Offset }
	return Zone{name: name, transitions: slices.CompactFunc(slices.Clone(transitions), same)}, nil
}

// String returns the name of the zone.
func (z Zone) String() string {
	if z.transitions == nil {
		return "UTC"
	}
	return z.name
}

// isUTC reports whether local time is UTC throughout, whatever the name.
func (z Zone) isUTC() bool {
	return len(z.transitions) == 0 || len(z.transitions) == 1 && z.transitions[0].Offset == 0
}

// formatOffset returns an offset as ISO 8601 writes it, with seconds where there are any.
func formatOffset(seconds int64) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf(":%02d", seconds%60)
	}
	return text
}
