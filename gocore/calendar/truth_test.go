package calendar_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
)

func readTruth(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestTruncateTruth compares units with what Polars' dt.truncate said of each value: the unit that
// holds the value must begin there, so a set from the tick before that start up to the value is two
// periods.
func TestTruncateTruth(t *testing.T) {
	var truth []struct {
		Resolution string
		Values     []int64
		Truncated  map[string][]int64
	}
	readTruth(t, "truncate.json", &truth)
	resolutions := map[string]calendar.Resolution{"d": days, "ms": ms, "us": us, "ns": ns}
	compared := 0
	for _, of := range truth {
		r := resolutions[of.Resolution]
		for text, starts := range of.Truncated {
			for i, v := range of.Values {
				start := starts[i]
				periods, err := calendar.Split(set(r, start-1, v), r, unit(text), 2)
				if err != nil || len(periods) != 2 || periods[1].Start != start || periods[1].End != v+1 {
					t.Errorf("%s of %s: %v, %v; Polars: %s",
						text, calendar.Format(v, r), periods, err, calendar.Format(start, r))
				}
				compared++
			}
		}
	}
	if len(truth) != 4 || compared < 5000 {
		t.Errorf("only %d values in %d resolutions", compared, len(truth))
	}
}
