package strictjson

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

var kindNames = [...]string{"null", "a boolean", "a number", "a text", "a list", "an object"}

// Value is what Parse read. Its methods fail unless it is of the form that they ask for.
type Value struct {
	kind    kind
	text    string
	items   []Value
	members map[string]Value
}

func (v *Value) want(k kind) error {
	if v.kind != k {
		return fmt.Errorf("%s instead of %s: %w", kindNames[v.kind], kindNames[k], ErrJSON)
	}
	return nil
}

// IsNull reports whether v is null, as fields are that are not there.
func (v *Value) IsNull() bool { return v.kind == null }

// IsObject reports whether v is an object.
func (v *Value) IsObject() bool { return v.kind == object }

// IsList reports whether v is a list.
func (v *Value) IsList() bool { return v.kind == list }

// Text returns the text that v is.
func (v *Value) Text() (string, error) { return v.text, v.want(text) }

// Bool returns the boolean that v is.
func (v *Value) Bool() (bool, error) { return v.text == "true", v.want(boolean) }

// Int returns the integer that v is. It has to be written as one: 1.0 and 1e3 are not.
func (v *Value) Int() (int64, error) {
	if err := v.want(number); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if err != nil || v.text == "-0" {
		return 0, fmt.Errorf("%s is no integer of 64 bits: %w", Shorten(v.text), ErrJSON)
	}
	return n, nil
}

// Count returns the integer that v is, which may not be negative.
func (v *Value) Count() (int64, error) {
	n, err := v.Int()
	if err == nil && n < 0 {
		return 0, fmt.Errorf("%d is negative: %w", n, ErrJSON)
	}
	return n, err
}

// List returns the values of the list that v is.
func (v *Value) List() ([]Value, error) { return v.items, v.want(list) }

// Object returns the fields of the object that v is. No others than the named may be there.
func (v *Value) Object(fields ...string) (Object, error) {
	if err := v.want(object); err != nil {
		return nil, err
	}
	known := 0
	for _, name := range fields {
		if _, ok := v.members[name]; ok {
			known++
		}
	}
	if known == len(v.members) {
		return v.members, nil
	}
	unknown := slices.DeleteFunc(slices.Sorted(maps.Keys(v.members)), func(name string) bool {
		return slices.Contains(fields, name)
	})
	return nil, fmt.Errorf("unknown field %q: %w", Shorten(unknown[0]), ErrJSON)
}

// Fields returns the fields of the object that v is, whatever they are called.
func (v *Value) Fields() (Object, error) { return v.members, v.want(object) }

// Object holds fields by their names.
type Object map[string]Value

// Has reports whether a field is there, if only as null.
func (o Object) Has(name string) bool {
	_, ok := o[name]
	return ok
}

// Get returns a field: null if it is not there.
func (o Object) Get(name string) *Value {
	v := o[name]
	return &v
}

// In puts the name of a field before what is wrong with it.
func In(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// At puts a position in a list before what is wrong with it.
func At(name string, i int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s[%d]: %w", name, i, err)
}

// most is how much of a text a message has.
const most = 80

// Shorten returns a text, or its beginning if it is long.
func Shorten(s string) string {
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
