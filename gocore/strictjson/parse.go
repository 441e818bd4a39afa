package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrJSON says that bytes are not JSON of the form that was asked for.
var ErrJSON = errors.New("refused JSON")

// Parse reads one value, with nothing after it, that nests at most so deep: a value without others
// in it has depth 1.
func Parse(data []byte, depth int) (*Value, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("not UTF-8: %w", ErrJSON)
	}
	p := &parser{data: data}
	p.space()
	v := p.value(depth)
	p.space()
	if p.err == nil && p.at < len(p.data) {
		p.fail("text after the value")
	}
	if p.err != nil {
		return nil, p.err
	}
	return &v, nil
}

// parser stands at a byte. After an error it reads nothing more.
type parser struct {
	data []byte
	at   int
	err  error
}

func (p *parser) fail(format string, arguments ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%s at byte %d: %w", fmt.Sprintf(format, arguments...), p.at, ErrJSON)
	}
}

// peek is the next byte, or 0 at the end and after an error.
func (p *parser) peek() byte {
	if p.err != nil || p.at >= len(p.data) {
		return 0
	}
	return p.data[p.at]
}

func (p *parser) space() {
	for {
		switch p.peek() {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// take passes a byte if it is the next one.
func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

func (p *parser) value(depth int) Value {
	if depth < 1 {
		p.fail("nested too deep")
		return Value{}
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.list(depth)
	case c == '"':
		return Value{kind: text, text: p.text()}
	case c == '-' || c >= '0' && c <= '9':
		return Value{kind: number, text: p.number()}
	}
	return p.word()
}

// words are the values that are written as words.
var words = []struct {
	word  string
	value Value
}{
	{"null", Value{}},
	{"true", Value{kind: boolean, text: "true"}},
	{"false", Value{kind: boolean, text: "false"}},
}

func (p *parser) word() Value {
	for _, w := range words {
		if p.err == nil && bytes.HasPrefix(p.data[p.at:], []byte(w.word)) {
			p.at += len(w.word)
			return w.value
		}
	}
	p.fail("no value")
	return Value{}
}

func (p *parser) list(depth int) Value {
	v := Value{kind: list}
	p.at++
	p.space()
	if p.take(']') {
		return v
	}
	for p.err == nil {
		v.items = append(v.items, p.value(depth-1))
		p.space()
		if p.take(']') {
			return v
		}
		if !p.take(',') {
			p.fail("no comma and no end of a list")
		}
		p.space()
	}
	return v
}

func (p *parser) object(depth int) Value {
	v := Value{kind: object, members: map[string]Value{}}
	p.at++
	p.space()
	if p.take('}') {
		return v
	}
	for p.err == nil {
		p.member(v.members, depth)
		p.space()
		if p.take('}') {
			return v
		}
		if !p.take(',') {
			p.fail("no comma and no end of an object")
		}
		p.space()
	}
	return v
}

func (p *parser) member(members map[string]Value, depth int) {
	if p.peek() != '"' {
		p.fail("no name of a field")
		return
	}
	name := p.text()
	if _, twice := members[name]; twice {
		p.fail("field %q is given twice", Shorten(name))
	}
	p.space()
	if !p.take(':') {
		p.fail("no colon")
	}
	p.space()
	members[name] = p.value(depth - 1)
}

// number passes over a number as the specification has it, and returns its text.
func (p *parser) number() string {
	start := p.at
	p.take('-')
	if !p.take('0') {
		p.digits()
	}
	if p.take('.') {
		p.digits()
	}
	if p.take('e') || p.take('E') {
		if !p.take('-') {
			p.take('+')
		}
		p.digits()
	}
	return string(p.data[start:p.at])
}

func (p *parser) digits() {
	start := p.at
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.at++
	}
	if p.at == start {
		p.fail("no digit")
	}
}

// text reads a string. Most have no escapes and are copied at once.
func (p *parser) text() string {
	p.at++
	start := p.at
	for c := p.peek(); c != '"' && c != '\\' && c >= ' '; c = p.peek() {
		p.at++
	}
	if end := p.at; p.take('"') {
		return string(p.data[start:end])
	}
	out := append([]byte(nil), p.data[start:p.at]...)
	for p.err == nil {
		c := p.peek()
		switch {
		case c == '"':
			p.at++
			return string(out)
		case c == '\\':
			p.at++
			out = p.escape(out)
		case c < ' ':
			p.fail("a text without an end, or a control character in it")
		default:
			out = append(out, c)
			p.at++
		}
	}
	return ""
}

var escapes = map[byte]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape appends what stands after a backslash.
func (p *parser) escape(out []byte) []byte {
	c := p.peek()
	if plain, ok := escapes[c]; ok {
		p.at++
		return append(out, plain)
	}
	if c != 'u' {
		p.fail("unknown escape")
		return out
	}
	r := p.unit()
	if utf16.IsSurrogate(r) {
		if p.peek() != '\\' {
			p.fail("half of a surrogate pair")
			return out
		}
		p.at++
		second := rune(-1)
		if p.peek() == 'u' {
			second = p.unit()
		}
		if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
			p.fail("half of a surrogate pair")
		}
	}
	return utf8.AppendRune(out, r)
}

// unit reads the u and the four digits of an escape.
func (p *parser) unit() rune {
	p.at++
	r := rune(0)
	for range 4 {
		c := p.peek()
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			p.fail("no hexadecimal digit")
			return 0
		}
		p.at++
	}
	return r
}
