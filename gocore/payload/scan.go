package payload

import (
	"maps"
	"slices"
	"strings"
)

// Scan is one file scan of a plan.
type Scan struct {
	Kind   string   // Polars' name of the format: "Parquet", "Csv", "Ipc", "NDJson", "Lines", ...
	Paths  []string // as written by the user; nil when the sources are not paths
	Glob   bool     // whether "*", "?" and "[" in a path are patterns
	Expand bool     // whether Polars expands directories and globs at all
	Hive   Hive
	// FilePaths is set when a column of the answer holds the paths (include_file_paths).
	FilePaths bool
	// Obstacle says what keeps the answer from being that of fewer files under the
	// same filter, such as a row index; "" when nothing is known to.
	Obstacle string
	// Missing is what the scan makes of a file that lacks a column: "insert" or "raise".
	Missing string
	// Twin is the index of the first scan of the payload with the same bytes: itself,
	// unless the plan reads the same thing twice.
	Twin int

	index int // position in the list that Scans returns
	at    places
	sized bool // per-file sizes are given: the number of files may not change
}

// Hive says how a scan reads key=value folders.
type Hive struct {
	Mode HiveMode
	// Start is the byte of each path where the reading starts. Polars sets it while
	// it expands a scan, and believes it when it does not.
	Start int
	// Schema is set when the user named the columns, which switches HiveAuto on.
	Schema bool
}

// HiveMode is the user's choice of hive partitioning.
type HiveMode string

const (
	HiveAuto HiveMode = "auto" // on for a scan of one directory
	HiveOn   HiveMode = "on"
	HiveOff  HiveMode = "off"
)

// places are the byte ranges of a scan that are replaced.
type places struct {
	node, kind, paths, expand, hiveMode, hiveStart span
	schema                                         span // of a Parquet scan, as the user gave it
}

// FromFiles reports whether s reads files named by paths, in a format that is known
// here to do nothing else with them.
func (s Scan) FromFiles() bool {
	switch s.Kind {
	case "Parquet", "Ipc", "Csv", "NDJson", "Lines":
		return s.Paths != nil
	}
	return false
}

// Scans returns every scan of the plan, in the order of its bytes.
func Scans(payload []byte) ([]Scan, error) {
	_, found, err := read(payload)
	return found, err
}

func read(payload []byte) (envelope, []Scan, error) {
	e, err := open(payload)
	if err != nil {
		return e, nil, err
	}
	var found []Scan
	first := map[string]int{}
	c := cursor{payload, e.plans.start}
	err = c.walk(func(at int) (int, error) {
		s, end, err := scanAt(payload, at)
		if err != nil || end == at {
			return end, err
		}
		s.index = len(found)
		node := string(s.at.node.of(payload))
		if _, seen := first[node]; !seen {
			first[node] = s.index
		}
		s.Twin = first[node]
		found = append(found, s)
		return end, nil
	})
	return e, found, err
}

// scanAt reads the scan node at byte at and returns its end, or at itself when
// another node stands there.
func scanAt(payload []byte, at int) (Scan, int, error) {
	c := cursor{payload, at}
	if _, err := c.header(mapHeader); err != nil {
		return Scan{}, at, err
	}
	if name, err := c.text(); err != nil || name != "Scan" {
		return Scan{}, at, nil
	}
	if !c.beginsScan() {
		return Scan{}, at, nil
	}
	f, err := c.fields()
	if err != nil {
		return Scan{}, at, err
	}
	if len(f) != len(scanFields) || !has(f, scanFields...) {
		return Scan{}, at, unknown(at, "a scan of sources, unified_scan_args and scan_type")
	}
	s := Scan{at: places{node: span{at, c.at}}}
	if err := s.readKind(payload, f["scan_type"]); err != nil {
		return Scan{}, at, err
	}
	if err := s.readSources(payload, f["sources"]); err != nil {
		return Scan{}, at, err
	}
	if err := s.readArgs(payload, f["unified_scan_args"]); err != nil {
		return Scan{}, at, err
	}
	return s, c.at, nil
}

var scanFields = []string{"sources", "unified_scan_args", "scan_type"}

// beginsScan looks whether a map that starts like a scan comes next. A look at its
// first key is enough to tell it from user data, and keeps nested maps linear.
func (c *cursor) beginsScan() bool {
	ahead := *c
	if _, err := ahead.header(mapHeader); err != nil {
		return false
	}
	key, err := ahead.text()
	return err == nil && slices.Contains(scanFields, key)
}

func has(f map[string]span, names ...string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { _, ok := f[n]; return !ok })
}

// readKind reads {"Parquet": options}.
func (s *Scan) readKind(payload []byte, at span) error {
	c := cursor{payload, at.start}
	f, err := c.fields()
	if err != nil {
		return err
	}
	names := slices.Collect(maps.Keys(f))
	if len(names) != 1 {
		return unknown(at.start, "one scan type")
	}
	s.Kind, s.at.kind = names[0], at
	if s.Kind == "Parquet" {
		return s.readParquet(payload, f["Parquet"])
	}
	return nil
}

// readParquet reads {"options": {"schema": ..., ...}}.
func (s *Scan) readParquet(payload []byte, at span) error {
	c := cursor{payload, at.start}
	f, err := c.fields()
	if err != nil || !has(f, "options") {
		return unknown(at.start, "the options of a Parquet scan")
	}
	c.at = f["options"].start
	options, err := c.fields()
	if err != nil || !has(options, "schema") {
		return unknown(at.start, "a Parquet scan with the option schema")
	}
	s.at.schema = options["schema"]
	if at, ok := options["decryption_properties"]; ok && !isNil(payload, at) {
		s.Obstacle = "its files are encrypted"
	}
	return nil
}

// readSources reads {"Paths": [{"inner": path}, ...]}, or leaves Paths nil for
// sources of another sort.
func (s *Scan) readSources(payload []byte, at span) error {
	c := cursor{payload, at.start}
	f, err := c.fields()
	if err != nil {
		return err
	}
	if !has(f, "Paths") {
		return nil
	}
	s.at.paths = f["Paths"]
	c.at = s.at.paths.start
	n, err := c.header(arrayHeader)
	if err != nil {
		return err
	}
	s.Paths = make([]string, 0, n)
	for range n {
		start := c.at
		path, err := c.fields()
		if err != nil {
			return err
		}
		if len(path) != 1 || !has(path, "inner") {
			return unknown(start, `a path {"inner": text}`)
		}
		inner := cursor{payload, path["inner"].start}
		text, err := inner.text()
		if err != nil {
			return err
		}
		s.Paths = append(s.Paths, text)
	}
	return nil
}

// readArgs reads the options that decide how the paths are expanded.
func (s *Scan) readArgs(payload []byte, at span) error {
	c := cursor{payload, at.start}
	f, err := c.fields()
	if err != nil {
		return err
	}
	if !has(f, "glob", "hive_options", "include_file_paths") {
		return unknown(at.start, "scan options glob, hive_options and include_file_paths")
	}
	if s.Glob, err = boolAt(payload, f["glob"]); err != nil {
		return err
	}
	s.Expand = true
	if has(f, "expand_paths") {
		s.at.expand = f["expand_paths"]
		if s.Expand, err = boolAt(payload, s.at.expand); err != nil {
			return err
		}
	}
	s.FilePaths = !isNil(payload, f["include_file_paths"])
	s.readObstacles(payload, f)
	s.sized = has(f, "source_sizes") && !isNil(payload, f["source_sizes"])
	return s.readHive(payload, f["hive_options"])
}

// obstacles are the options that bind the answer to the list of files.
var obstacles = map[string]string{
	"row_index":             "its rows are numbered",
	"pre_slice":             "it reads a number of rows",
	"deletion_files":        "it has deletion files",
	"column_mapping":        "its columns are mapped",
	"default_values":        "it has default values",
	"table_statistics":      "it has statistics of its own",
	"row_count":             "its rows are counted",
	"source_sizes":          "its file sizes are given",
	"resolve_heavy_sources": "it looks at its files by itself",
	"projection":            "it has a projection",
}

// harmless are the options that hold for each file by itself.
var harmless = []string{
	"cache", "cast_columns_policy", "cloud_options", "expand_paths", "extra_columns_policy", "glob",
	"hidden_file_prefix", "hive_options", "include_file_paths", "missing_columns_policy", "rechunk", "schema",
}

func (s *Scan) readObstacles(payload []byte, f map[string]span) {
	for name, at := range f {
		if slices.Contains(harmless, name) || isNil(payload, at) {
			continue
		}
		s.Obstacle = "the option " + name + " is not known"
		if why, ok := obstacles[name]; ok {
			s.Obstacle = why
		}
	}
	if at, ok := f["missing_columns_policy"]; ok {
		c := cursor{payload, at.start}
		if text, err := c.text(); err == nil {
			s.Missing = strings.ToLower(text)
		}
	}
}

func (s *Scan) readHive(payload []byte, at span) error {
	c := cursor{payload, at.start}
	f, err := c.fields()
	if err != nil {
		return err
	}
	if !has(f, "enabled", "hive_start_idx", "schema") {
		return unknown(at.start, "hive options enabled, hive_start_idx and schema")
	}
	s.at.hiveMode, s.at.hiveStart = f["enabled"], f["hive_start_idx"]
	s.Hive.Mode = HiveAuto
	if !isNil(payload, s.at.hiveMode) {
		on, err := boolAt(payload, s.at.hiveMode)
		if err != nil {
			return err
		}
		s.Hive.Mode = map[bool]HiveMode{true: HiveOn, false: HiveOff}[on]
	}
	if s.Hive.Start, err = uintAt(payload, s.at.hiveStart); err != nil {
		return err
	}
	s.Hive.Schema, err = namesColumns(payload, f["schema"])
	return err
}

// namesColumns reads nil or {"fields": {name: dtype, ...}, ...}.
func namesColumns(payload []byte, at span) (bool, error) {
	if isNil(payload, at) {
		return false, nil
	}
	c := cursor{payload, at.start}
	f, err := c.fields()
	if err != nil || !has(f, "fields") {
		return false, unknown(at.start, "a schema with fields")
	}
	c.at = f["fields"].start
	n, err := c.header(mapHeader)
	return n > 0, err
}

func isNil(payload []byte, at span) bool { return payload[at.start] == 0xc0 }

func boolAt(payload []byte, at span) (bool, error) {
	switch payload[at.start] {
	case 0xc2:
		return false, nil
	case 0xc3:
		return true, nil
	}
	return false, unknown(at.start, "a boolean")
}

// uintAt reads an unsigned integer that fits an offset in a path.
func uintAt(payload []byte, at span) (int, error) {
	v := at.of(payload)
	if v[0] < 0x80 {
		return int(v[0]), nil
	}
	if v[0] < 0xcc || v[0] > 0xce {
		return 0, unknown(at.start, "a small unsigned integer")
	}
	n := 0
	for _, d := range v[1:] {
		n = n<<8 | int(d)
	}
	return n, nil
}
