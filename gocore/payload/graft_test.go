package payload

import (
	"errors"
	"fmt"
	"testing"
)

func TestGraft(t *testing.T) {
	tests := []struct {
		plan, donor, request, want string
	}{
		{"glob", "list", `{"nodes": [0]}`, `Parquet ["d/a1.parquet" "/abs/d/ä 2.parquet"] no-glob`},
		{"nested", "ipc", `{"nodes": [1]}`, `Parquet ["h/"]; Ipc ["d/*.ipc"] hive=off`},
		{"join", "ndjson", `{"nodes": [1, 0]}`, `NDJson ["d/*.ndjson"] hive=off; NDJson ["d/*.ndjson"] hive=off as 0`},
		{"glob", "directory", `{"schema": 0}`, `Parquet ["d/*.parquet"]`},
	}
	for _, tt := range tests {
		for _, v := range versions {
			t.Run(fmt.Sprintf("%s %s/%s", tt.plan, tt.request, v), func(t *testing.T) {
				got, err := Graft(load(t, tt.plan, v), load(t, tt.donor, v), []byte(tt.request))
				if err != nil {
					t.Fatal(err)
				}
				if shown := showAll(t, got); shown != tt.want {
					t.Errorf("scans %s, want %s", shown, tt.want)
				}
			})
		}
	}
}

func TestGraftRefuses(t *testing.T) {
	glob, csv, union := load(t, "glob", "2.1.0"), load(t, "file_paths", "2.1.0"), load(t, "union", "2.1.0")
	tests := []struct {
		name        string
		plan, donor []byte
		request     string
		want        error
	}{
		{"no JSON", glob, glob, `{`, ErrEdit},
		{"a scan that is not there", glob, glob, `{"nodes": [1]}`, ErrEdit},
		{"a scan twice", glob, glob, `{"nodes": [0, 0]}`, ErrEdit},
		{"another version", glob, load(t, "glob", "2.0.0"), `{"nodes": [0]}`, ErrEdit},
		{"a donor of more than one node", glob, union, `{"schema": 0}`, ErrEdit},
		{"a donor without a schema", glob, csv, `{"schema": 0}`, ErrEdit},
		{"a scan without a schema", csv, glob, `{"schema": 0}`, ErrEdit},
		{"no plan", []byte("x"), glob, `{"nodes": [0]}`, ErrUnknownLayout},
		{"no donor", glob, nil, `{"nodes": [0]}`, ErrEdit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Graft(tt.plan, tt.donor, []byte(tt.request)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}
