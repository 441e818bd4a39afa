package tablewire

import (
	"errors"
	"fmt"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// ErrPath says that a path is not one of a file of the table.
var ErrPath = errors.New("no path of a file in the table")

// ErrForm says that JSON is well-formed, but not what it is to be.
var ErrForm = errors.New("not as it is to be")

func malformed(format string, arguments ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, arguments...), ErrForm)
}

// version is that of all forms here.
const version = 1

// maxDepth is how deep the values nest that are read here: requests hold lists of ranges of lists.
const maxDepth = 8

// parse reads an object with the given fields, whose "v", if it is one of them, has to be known.
func parse(what string, data []byte, fields ...string) (strictjson.Object, error) {
	v, err := strictjson.Parse(data, maxDepth)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	// Before the fields, of which another version may have more.
	if all, err := v.Fields(); err == nil && fields[0] == "v" {
		if err := checkVersion(all.Get("v")); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	o, err := v.Object(fields...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return o, nil
}

func checkVersion(v *strictjson.Value) error {
	n, err := v.Int()
	if err != nil {
		return strictjson.In("v", err)
	}
	if n != version {
		return malformed("version %d, where this release knows %d: use the release that wrote it, or a later one", n, version)
	}
	return nil
}

// each calls f for each item of a list.
func each(name string, v *strictjson.Value, f func(i int, item *strictjson.Value) error) error {
	items, err := v.List()
	if err != nil {
		return strictjson.In(name, err)
	}
	for i := range items {
		if err := f(i, &items[i]); err != nil {
			return strictjson.At(name, i, err)
		}
	}
	return nil
}
