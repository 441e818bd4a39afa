package prune

import (
	"bytes"
	"fmt"
	"os"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
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
	types := make([]columnType, len(columns))
	for i, c := range columns {
		types[i] = parseType(c.Type)
		if err := c.check(len(paths)); err != nil {
			return nil, err
		}
	}
	found := make([]gathered, len(paths))
	var group guard.Group
	group.Limit(maxReads)
	for i, path := range paths {
		group.Go("identity of "+path, func() (err error) {
			found[i] = gathered{id: identityIfFound(path), groups: unknownGroups(len(columns))}
			for j, c := range columns {
				switch {
				case c.Values != nil:
					found[i].fix(j, types[j], c.Values[i])
				case c.Logged != nil:
					found[i].groups[0][j], err = c.Logged.statistic(i, types[j])
				}
				if err != nil {
					return fmt.Errorf("prune: column %s: %w", c.Name, err)
				}
			}
			return nil
		})
	}
	return found, group.Wait()
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
	s := statistic{null: true, nan: t.family == float}
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
		s.state = bounded
	}
	return s, nil
}
