package payload

import (
	"encoding/json"
	"fmt"
)

// Find returns the scans of the plan for Python, as JSON:
//
//	{"scans": [{"kind": "Parquet", "paths": ["d/*.parquet"], "files": true,
//	            "location": "relative", "file_paths": false, "twin": 0,
//	            "obstacle": "", "missing": "raise"}]}
func Find(payload []byte) ([]byte, error) {
	scans, err := Scans(payload)
	if err != nil {
		return nil, err
	}
	out := struct {
		Scans []wireScan `json:"scans"`
	}{make([]wireScan, len(scans))}
	for i, s := range scans {
		out.Scans[i] = wireScan{s.Kind, s.Paths, s.FromFiles(), Locate(s.Paths), s.FilePaths, s.Twin, s.Obstacle, s.Missing}
	}
	return json.Marshal(out)
}

type wireScan struct {
	Kind      string   `json:"kind"`
	Paths     []string `json:"paths"`
	Files     bool     `json:"files"`
	Location  Location `json:"location"`
	FilePaths bool     `json:"file_paths"`
	Twin      int      `json:"twin"`
	Obstacle  string   `json:"obstacle"`
	Missing   string   `json:"missing"`
}

// Rewrite returns another payload, as the JSON request says; exactly one of
//
//	{"bare": true}    see Bare
//	{"isolate": 2}    see Isolate
//	{"listing": 2}    see Listing
//	{"subplan": 2}    see Subplan
//	{"step": 2}       not a payload, see StepOf
//	{"empty": 2}      the scan of that index without its paths, for Replace
//	{"cwd": "/data", "edits": [
//	    {"action": "pin", "scan": 0, "directories": [true], "expanded": ["h/k=1/a.parquet"]},
//	    {"action": "anchor", "scan": 1, "directories": [false]}]}
func Rewrite(payload, request []byte) ([]byte, error) {
	var r wireRequest
	if err := json.Unmarshal(request, &r); err != nil {
		return nil, fmt.Errorf("payload: %w: %w", ErrEdit, err)
	}
	switch {
	case r.Bare:
		return Bare(payload)
	case r.Isolate != nil:
		return Isolate(payload, *r.Isolate)
	case r.Listing != nil:
		return Listing(payload, *r.Listing)
	case r.Subplan != nil:
		return Subplan(payload, *r.Subplan)
	case r.Step != nil:
		return StepOf(payload, *r.Step)
	case r.Empty != nil:
		return Replace(payload, []Edit{{Scan: *r.Empty, Paths: []string{}}})
	}
	scans, err := Scans(payload)
	if err != nil {
		return nil, err
	}
	edits := make([]Edit, len(r.Edits))
	for i, w := range r.Edits {
		if edits[i], err = w.edit(scans, r.Cwd); err != nil {
			return nil, err
		}
	}
	return Replace(payload, edits)
}

type wireRequest struct {
	Bare    bool       `json:"bare"`
	Isolate *int       `json:"isolate"`
	Listing *int       `json:"listing"`
	Empty   *int       `json:"empty"`
	Subplan *int       `json:"subplan"`
	Step    *int       `json:"step"`
	Cwd     string     `json:"cwd"`
	Edits   []wireEdit `json:"edits"`
}

type wireEdit struct {
	Action      string   `json:"action"`
	Scan        int      `json:"scan"`
	Directories []bool   `json:"directories"`
	Expanded    []string `json:"expanded"`
}

func (w wireEdit) edit(scans []Scan, cwd string) (Edit, error) {
	if w.Scan < 0 || w.Scan >= len(scans) {
		return Edit{}, fmt.Errorf("payload: scan %d of %d: %w", w.Scan, len(scans), ErrEdit)
	}
	f := Facts{Cwd: cwd, Directories: w.Directories, Expanded: w.Expanded}
	switch w.Action {
	case "pin":
		return Pin(scans[w.Scan], f)
	case "anchor":
		return Anchor(scans[w.Scan], f)
	}
	return Edit{}, fmt.Errorf("payload: action %q: %w", w.Action, ErrEdit)
}
