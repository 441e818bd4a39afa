package prune

import (
	"bytes"
	"fmt"
	"os"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/axes"
)

// Logged holds what the log of a table says of a column, one value a file. Least and
// Greatest are written as values of hive partitions are, nil where they are not known;
// every value but null and NaN lies between them.
type Logged struct {
	Least    []*string `json:"least"`
	Greatest []*string `json:"greatest"`
	Nulls    []Nulls   `json:"nulls"`
}

// Nulls says how many values of a file are null.
type Nulls string

// SomeNulls is any number of nulls, none and all included.
const (
	NoNulls   Nulls = "none"
	SomeNulls Nulls = "some"
	AllNulls  Nulls = "all"
)

// gatherLogged gives each file one entry with the statistics of the log. The files are
// not opened; one that cannot be found here has no identity.
func gatherLogged(paths []string, columns []Column) ([]gathered, error) {
	return gatherEach("identity of ", paths, columns, func(i int, types []columnType) (gathered, error) {
		file := gathered{id: identityIfFound(paths[i]), groups: unknownGroups(len(columns))}
		for j, c := range columns {
			if c.Values != nil || c.Logged == nil {
				continue
			}
			s, err := c.Logged.statistic(i, types[j])
			if err != nil {
				return gathered{}, fmt.Errorf("prune: column %s: %w", c.Name, err)
			}
			file.groups[0][j] = s
		}
		return file, nil
	})
}

func identityIfFound(path string) identity {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return unwatched
	}
	return identityOf(info)
}

// statistic returns what is known of the values of one file.
func (l *Logged) statistic(file int, t columnType) (statistic, error) {
	s := statistic{null: true, nan: t.Family == axes.Float}
	switch l.Nulls[file] {
	case NoNulls:
		s.null = false
	case AllNulls:
		s.state, s.nan = hollow, false
		return s, nil
	case SomeNulls:
	default:
		return s, fmt.Errorf("nulls %q: %w", l.Nulls[file], ErrRequest)
	}
	least, greatest := l.Least[file], l.Greatest[file]
	if least == nil || greatest == nil {
		return s, nil
	}
	var ok, also bool
	s.least, ok = t.parseKey(*least)
	s.greatest, also = t.parseKey(*greatest)
	if ok && also && bytes.Compare(s.least, s.greatest) <= 0 {
		s.state, s.cut = bounded, t.isCut(*greatest)
	}
	return s, nil
}
