package prune

import (
	"fmt"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/guard"
)

// Column is a column of a scan that filters may use.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // see parseType
	// Values are those of a hive partition, one a file; nil for a column in the files.
	Values []*string `json:"values"`
	// Logged are the statistics that the log of a table has; nil for a column that it has none of.
	Logged *Logged `json:"logged"`
}

// Missing says what a scan makes of a file that lacks a column.
type Missing string

// MissingNull is a scan that fills in null; any other fails, in Polars' words.
const MissingNull Missing = "insert"

// maxReads bounds how many files are read at a time.
const maxReads = 16

// gathered is what was read of one file: its row groups, and of each the columns
// asked for.
type gathered struct {
	id     identity
	groups [][]statistic
}

// gather reads all files. A footer that cannot be read makes its file one that may
// hold anything; a file that is not there is an error.
func gather(paths []string, columns []Column, missing Missing) ([]gathered, error) {
	inFiles := slices.ContainsFunc(columns, func(c Column) bool { return c.Values == nil })
	return gatherEach("footer of ", paths, columns, func(i int, types []columnType) (gathered, error) {
		if inFiles {
			return gatherFile(paths[i], columns, types, missing)
		}
		return gatherIdentity(paths[i], len(columns))
	})
}

// gatherEach looks at all files, a few at once: read says what is known of one, and values of
// hive partitions are added to it. What is the work as an error names it.
func gatherEach(
	what string, paths []string, columns []Column, read func(i int, types []columnType) (gathered, error),
) ([]gathered, error) {
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
		group.Go(what+path, func() (err error) {
			if found[i], err = read(i, types); err != nil {
				return err
			}
			for j, c := range columns {
				if c.Values != nil {
					found[i].fix(j, types[j], c.Values[i])
				}
			}
			return nil
		})
	}
	return found, group.Wait()
}

// check fails when c does not have one value for each file.
func (c Column) check(files int) error {
	given := []int{files}
	if c.Values != nil {
		given = append(given, len(c.Values))
	}
	if c.Logged != nil {
		given = append(given, len(c.Logged.Least), len(c.Logged.Greatest), len(c.Logged.Nulls))
	}
	for _, n := range given {
		if n != files {
			return fmt.Errorf("prune: %d values of %s for %d files: %w", n, c.Name, files, ErrRequest)
		}
	}
	return nil
}

func gatherIdentity(path string, columns int) (gathered, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return gathered{}, unreadable(path, err)
	}
	return gathered{id: identityOf(info), groups: unknownGroups(columns)}, nil
}

func unreadable(path string, err error) error {
	if err == nil {
		return fmt.Errorf("prune: %s is not a regular file: %w", path, ErrUnreadable)
	}
	return fmt.Errorf("prune: %w: %w", err, ErrUnreadable)
}

// unknownGroups stands for a file of which nothing is known.
func unknownGroups(columns int) [][]statistic {
	all := make([]statistic, columns)
	for i := range all {
		all[i] = anything
	}
	return [][]statistic{all}
}

func gatherFile(path string, columns []Column, types []columnType, missing Missing) (gathered, error) {
	f, err := os.Open(path)
	if err != nil {
		return gathered{}, unreadable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return gathered{}, unreadable(path, err)
	}
	out := gathered{id: identityOf(info), groups: unknownGroups(len(columns))}
	// What is wrong with a footer, Polars will say when it reads the file.
	_ = guard.Call("footer of "+path, func() error {
		m, err := readFooter(f, info.Size())
		if err == nil {
			out.groups = rowGroups(m, columns, types, missing)
		}
		return err
	})
	return out, nil
}

// rowGroups reads the statistics of the row groups that have rows.
func rowGroups(m *metadata.FileMetaData, columns []Column, types []columnType, missing Missing) [][]statistic {
	leaves := leavesOf(m)
	groups := make([][]statistic, 0, len(m.RowGroups))
	for g, group := range m.RowGroups {
		if group.NumRows == 0 {
			continue
		}
		row := make([]statistic, len(columns))
		for i, c := range columns {
			leaf, ok := leaves[c.Name]
			switch {
			case ok && leaf >= 0:
				row[i] = statisticOf(m, g, leaf, types[i])
			case !ok && missing == MissingNull:
				row[i] = statistic{state: hollow, null: true}
			default:
				row[i] = anything
			}
		}
		groups = append(groups, row)
	}
	return groups
}

// leavesOf finds the columns that are not nested, by name: -1 stands for a nested
// column, and for a name that is there twice.
func leavesOf(m *metadata.FileMetaData) map[string]int {
	leaves := make(map[string]int, m.Schema.NumColumns())
	for i := range m.Schema.NumColumns() {
		path := m.Schema.Column(i).ColumnPath()
		_, twice := leaves[path[0]]
		leaves[path[0]] = i
		if twice || len(path) > 1 {
			leaves[path[0]] = -1
		}
	}
	return leaves
}

// fix gives a column the one value that all rows of the file have.
func (g *gathered) fix(column int, t columnType, value *string) {
	s := statistic{state: hollow, null: true}
	if value != nil {
		key, ok := t.parseKey(*value)
		s = statistic{state: bounded, least: key, greatest: key}
		if !ok {
			s = anything
		}
	}
	for _, row := range g.groups {
		row[column] = s
	}
}
