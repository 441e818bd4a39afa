package keyrange

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Key is an encoded tuple of values, or what lies after all keys that begin with one. The empty key
// is the empty tuple, before all others.
type Key string

// What stands before each field, and after the last of a key that is an end.
const (
	fieldMark = 0x01
	afterMark = 0x02
)

// Texts end with a byte that is less than any that goes on, which is escaped where it occurs.
const (
	textEnd   = 0x00
	textNul   = 0xff
	endOfText = "\x00\x00"
)

// After is the end of the keys that begin with k, itself among them.
func (k Key) After() Key { return k + Key([]byte{afterMark}) }

// Encode returns the key of a tuple, or of the first values of one.
func (s Schema) Encode(tuple []string) (Key, error) {
	if len(tuple) > len(s) {
		return "", fmt.Errorf("keyrange: %d values for a key of %d columns: %w", len(tuple), len(s), ErrValue)
	}
	var dst []byte
	for i, text := range tuple {
		var err error
		if dst, err = s[i].Type.encode(dst, text); err != nil {
			return "", fmt.Errorf("keyrange: key column %q: %w", strictjson.Shorten(s[i].Name), err)
		}
	}
	return Key(dst), nil
}

// encode appends the field of a value.
func (t Type) encode(dst []byte, text string) ([]byte, error) {
	switch t.Form {
	case Text:
		if utf8.ValidString(text) {
			return appendText(dst, []byte(text)), nil
		}
	case Binary:
		// Other texts of the same bytes, with line breaks, are refused.
		b, err := base64.StdEncoding.Strict().DecodeString(text)
		if err == nil && base64.StdEncoding.EncodedLen(len(b)) == len(text) {
			return appendText(dst, b), nil
		}
	case Signed, Unsigned:
		if o, ok := t.parse(text); ok {
			return o.append(append(dst, fieldMark), t.Bits), nil
		}
	}
	return nil, fmt.Errorf("%q is no %s, which is %s: %w", strictjson.Shorten(text), t.Name, t.whatIs(), ErrValue)
}

// appendText appends a field of bytes, most of which have nothing to escape.
func appendText(dst, text []byte) []byte {
	dst = append(dst, fieldMark)
	for {
		i := bytes.IndexByte(text, textEnd)
		if i < 0 {
			return append(append(dst, text...), endOfText...)
		}
		dst = append(append(dst, text[:i+1]...), textNul)
		text = text[i+1:]
	}
}

// Decode returns the tuple of a key: every key that Encode gives, and no other.
func (s Schema) Decode(k Key) ([]string, error) {
	tuple, rest, ok := s.decode(string(k))
	if !ok || rest != "" {
		return nil, fmt.Errorf("keyrange: bytes %.40x: %w", string(k), ErrValue)
	}
	return tuple, nil
}

// DecodeEnd returns the tuple of a key, and whether the key stands after all that begin with it.
func (s Schema) DecodeEnd(k Key) (tuple []string, after bool, err error) {
	tuple, rest, ok := s.decode(string(k))
	if after = rest == string([]byte{afterMark}); !ok || rest != "" && !after {
		return nil, false, fmt.Errorf("keyrange: bytes %.40x: %w", string(k), ErrValue)
	}
	return tuple, after, nil
}

// decode reads fields until one does not begin with its mark.
func (s Schema) decode(rest string) (tuple []string, _ string, ok bool) {
	tuple = make([]string, 0, len(s))
	for _, f := range s {
		if rest == "" || rest[0] != fieldMark {
			break
		}
		var text string
		if text, rest, ok = f.Type.decode(rest[1:]); !ok {
			return nil, rest, false
		}
		tuple = append(tuple, text)
	}
	return tuple, rest, true
}

func (t Type) decode(s string) (text, rest string, ok bool) {
	if t.Form == Signed || t.Form == Unsigned {
		o, rest, ok := cut(s, t.Bits)
		return t.text(o), rest, ok && o.compare(t.least) >= 0 && o.compare(t.greatest) <= 0
	}
	if text, rest, ok = cutText(s); !ok {
		return "", rest, false
	}
	if t.Form == Binary {
		return base64.StdEncoding.EncodeToString([]byte(text)), rest, true
	}
	return text, rest, utf8.ValidString(text)
}

// cutText reads the bytes of a field up to its end.
func cutText(s string) (text, rest string, ok bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, textEnd)
		if i < 0 || i+1 == len(s) {
			return "", s, false
		}
		b.WriteString(s[:i])
		next := s[i+1]
		s = s[i+2:]
		switch next {
		case textEnd:
			return b.String(), s, true
		case textNul:
			b.WriteByte(textEnd)
		default:
			return "", s, false
		}
	}
}
