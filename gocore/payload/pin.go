package payload

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Facts is what the driver knows of a scan.
type Facts struct {
	Cwd         string   // the working directory, absolute
	Directories []bool   // per path of the scan: whether it is a directory
	Expanded    []string // the files Polars expands the scan to
}

// Location says what the paths of a scan are relative to.
type Location string

const (
	Absolute Location = "absolute" // all are absolute, or there are none
	Relative Location = "relative" // one at least is relative to the working directory
	Remote   Location = "remote"   // all are URIs
	Mixed    Location = "mixed"    // URIs and local paths, or an URI of a relative path
)

// uri matches what Polars takes for something else than a plain local path.
var uri = regexp.MustCompile(`^(file:|[A-Za-z][A-Za-z0-9+.-]*://)`)

// Locate returns where the paths point to.
func Locate(paths []string) Location {
	where, uris := Absolute, 0
	for _, p := range paths {
		switch {
		case strings.HasPrefix(p, "file:") && !strings.HasPrefix(p, "file:/"):
			return Mixed
		case uri.MatchString(p):
			uris++
		case !filepath.IsAbs(p):
			where = Relative
		}
	}
	switch {
	case uris == 0:
		return where
	case uris == len(paths):
		return Remote
	}
	return Mixed
}

// Pin returns the edit that makes s read exactly the files it expands to on the
// driver, with the same hive columns, from any working directory.
func Pin(s Scan, f Facts) (Edit, error) {
	where, err := s.movable(f)
	if err != nil {
		return Edit{}, err
	}
	if len(f.Expanded) > 0 && Locate(f.Expanded) != where {
		return Edit{}, inexact("the files are not named the way the scan names them")
	}
	if s.sized && len(f.Expanded) != len(s.Paths) {
		return Edit{}, inexact("sizes are given for another number of files")
	}
	hive := Hive{Mode: s.Hive.Mode, Start: s.Hive.Start}
	if s.hivePossible() && s.hiveOn(f) {
		if hive, err = s.pinnedHive(f, where); err != nil {
			return Edit{}, err
		}
	}
	return Edit{Scan: s.index, Paths: absolute(f.Expanded, f.Cwd), Pinned: &hive}, nil
}

// Anchor returns the edit that makes the paths of s absolute and leaves it to the
// worker to expand them. It is the way out where Pin or its proof fails.
func Anchor(s Scan, f Facts) (Edit, error) {
	where, err := s.movable(f)
	if err != nil {
		return Edit{}, err
	}
	if where == Relative && hasGlob(f.Cwd) {
		return Edit{}, inexact("the working directory would read as a pattern")
	}
	if where == Relative && s.hivePossible() && s.hiveOn(f) {
		if err := s.anchoredHive(f); err != nil {
			return Edit{}, err
		}
	}
	return Edit{Scan: s.index, Paths: absolute(s.Paths, f.Cwd)}, nil
}

// anchoredHive reports why hive columns would change. A directory scan reads them
// behind the directory, any other from the start of the path, where the working
// directory stands after the edit.
func (s Scan) anchoredHive(f Facts) error {
	switch {
	case !s.Expand:
		return inexact("its hive columns start at a fixed byte")
	case !allRelative(s.Paths):
		return inexact("hive columns of relative and absolute paths together")
	case slices.Contains(f.Directories, false) && hasHivePart(f.Cwd):
		return inexact("the working directory would add hive columns")
	}
	return nil
}

// movable returns where s points to, if its paths can be replaced at all.
func (s Scan) movable(f Facts) (Location, error) {
	where := Locate(s.Paths)
	switch {
	case !s.FromFiles():
		return where, inexact("a scan of " + s.Kind + " is not one of files")
	case where == Remote || where == Mixed:
		return where, inexact("its paths are " + string(where))
	case s.FilePaths && where == Relative:
		return where, inexact("its answer holds relative paths")
	case where == Relative && !filepath.IsAbs(f.Cwd):
		return where, inexact("the working directory is not absolute")
	case len(f.Directories) != len(s.Paths):
		return where, inexact("it is not known which paths are directories")
	case !s.hivePossible() && s.Hive.Mode == HiveOn:
		return where, inexact("hive partitions are not known for " + s.Kind)
	}
	return where, nil
}

// hivePossible reports whether Polars looks for hive partitions in this format.
func (s Scan) hivePossible() bool { return s.Kind == "Parquet" || s.Kind == "Ipc" }

// hiveOn reports whether Polars reads hive columns on the driver.
func (s Scan) hiveOn(f Facts) bool {
	if s.Hive.Mode != HiveAuto {
		return s.Hive.Mode == HiveOn
	}
	return s.Hive.Schema || s.Expand && len(s.Paths) == 1 && f.Directories[0] && !hasGlob(s.Paths[0])
}

// pinnedHive returns where hive columns start in the absolute paths.
func (s Scan) pinnedHive(f Facts, where Location) (Hive, error) {
	start, err := s.hiveStart(f)
	if where == Relative {
		if !allRelative(s.Paths) || !allRelative(f.Expanded) {
			return Hive{}, inexact("hive columns of relative and absolute paths together")
		}
		start += len(join(f.Cwd, ""))
	}
	return Hive{Mode: HiveOn, Start: start}, err
}

func allRelative(paths []string) bool { return !slices.ContainsFunc(paths, filepath.IsAbs) }

// hiveStart returns the byte of the expanded paths, as Polars names them, where it
// starts to read hive columns: the end of the shortest directory, or 0 as soon as
// one path is a file or a pattern.
func (s Scan) hiveStart(f Facts) (int, error) {
	start := s.Hive.Start
	if s.Expand {
		start = 0
		for i, p := range s.Paths {
			if !f.Directories[i] {
				start = 0
				break
			}
			if i == 0 || len(p) < start {
				start = len(p)
			}
		}
	}
	for _, p := range f.Expanded {
		inside := func(dir string) bool { return strings.HasPrefix(p, dir) }
		if start > len(p) || s.Expand && start > 0 && !slices.ContainsFunc(s.Paths, inside) {
			return 0, inexact("a file lies outside of the directories of the scan")
		}
	}
	return start, nil
}

func absolute(paths []string, cwd string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = p
		if !filepath.IsAbs(p) {
			out[i] = join(cwd, p)
		}
	}
	return out
}

// join puts path behind cwd as it is: cleaning "link/../x" would change its meaning.
func join(cwd, path string) string { return strings.TrimSuffix(cwd, "/") + "/" + path }

func hasGlob(path string) bool { return strings.ContainsAny(path, "*?[") }

// hasHivePart reports whether Polars would take a folder of path for key=value.
func hasHivePart(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(folder string) bool {
		return strings.Count(folder, "=") == 1
	})
}
