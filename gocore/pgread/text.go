package pgread

import (
	"encoding/hex"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// texts appends what is text already. A server whose encoding is SQL_ASCII sends any bytes.
func texts(to target) appender {
	b := to.builder.(*array.StringViewBuilder).BinaryViewBuilder
	return func(src []byte) error {
		if !utf8.Valid(src) {
			return notUTF8(src)
		}
		b.Append(src)
		return nil
	}
}

func notUTF8(src []byte) error {
	at := 0
	for at < len(src) {
		r, n := utf8.DecodeRune(src[at:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		at += n
	}
	return failf(ErrValue, "the text is not UTF-8 at byte %d (%x); read it as pl.Binary, or convert it in the query: "+
		"convert_from(...::bytea, 'LATIN1')", at, src[at:min(at+4, len(src))])
}

func blobs(to target) appender {
	b := to.builder.(*array.BinaryViewBuilder)
	return func(src []byte) error {
		b.Append(src)
		return nil
	}
}

// sized is blobs of one length.
func sized(n int) maker {
	return func(to target) appender {
		put := blobs(to)
		return func(src []byte) error {
			if len(src) != n {
				return wrongLength(src, n)
			}
			return put(src)
		}
	}
}

func jsonbs(to target) appender {
	put := texts(to)
	return func(src []byte) error {
		if len(src) == 0 || src[0] != 1 {
			return failf(ErrMalformed, "the server sent a jsonb that is not of version 1")
		}
		return put(src[1:])
	}
}

func uuids(to target) appender {
	b := to.builder.(*array.StringViewBuilder).BinaryViewBuilder
	var text [36]byte
	return func(src []byte) error {
		if len(src) != 16 {
			return wrongLength(src, 16)
		}
		at := 0
		for i, n := range []int{4, 2, 2, 2, 6} {
			if i > 0 {
				text[at] = '-'
				at++
			}
			at += hex.Encode(text[at:], src[:n])
			src = src[n:]
		}
		b.Append(text[:])
		return nil
	}
}

func numericTexts(to target) appender {
	b := to.builder.(*array.StringViewBuilder).BinaryViewBuilder
	return func(src []byte) error {
		n, err := parseNumeric(src)
		if err != nil {
			return err
		}
		b.Append(n.text())
		return nil
	}
}

// enums appends the places of labels.
func enums(to target) appender {
	places := make(map[string]int, len(to.labels))
	for i, label := range to.labels {
		places[label] = i
	}
	put := func(int) {}
	switch b := to.builder.(type) {
	case *array.Uint8Builder:
		put = func(i int) { b.Append(uint8(i)) }
	case *array.Uint16Builder:
		put = func(i int) { b.Append(uint16(i)) }
	case *array.Uint32Builder:
		put = func(i int) { b.Append(uint32(i)) }
	}
	return func(src []byte) error {
		i, ok := places[string(src)]
		if !ok {
			return failf(ErrDrift, "'%s' is not a label of the enum as it was when the query began", src)
		}
		put(i)
		return nil
	}
}
