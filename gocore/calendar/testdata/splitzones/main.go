// Splitzones splits instants by the calendar of a zone, for tests that compare with Polars. It reads
// a request from standard input and writes the periods to standard output, both in JSON.
package main

import (
	"encoding/json"
	"log"
	"math"
	"os"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

type request struct {
	Zone    string
	Offsets [][2]int64
	Unit    string
	// Windows are inclusive ranges of seconds.
	Windows [][2]int64
}

type answer struct {
	Starts, Ends []int64
	Labels       []string
}

const perSecond = 1000

func split(req request) (answer, error) {
	transitions := make([]calendar.Transition, len(req.Offsets))
	for i, o := range req.Offsets {
		transitions[i] = calendar.Transition{At: o[0], Offset: o[1]}
	}
	zone, err := calendar.NewZone(req.Zone, transitions)
	if err != nil {
		return answer{}, err
	}
	unit, err := calendar.ParseUnit(req.Unit)
	if err != nil {
		return answer{}, err
	}
	windows := make([]interval.Interval[int64], len(req.Windows))
	for i, w := range req.Windows {
		windows[i] = interval.Interval[int64]{Lo: interval.Incl(w[0] * perSecond), Hi: interval.Incl(w[1] * perSecond)}
	}
	r := calendar.Milliseconds
	periods, err := calendar.SplitZoned(interval.Of(r.Domain(), windows...), r, unit, zone, math.MaxInt)
	if err != nil {
		return answer{}, err
	}
	var out answer
	for _, p := range periods {
		out.Starts = append(out.Starts, p.Start)
		out.Ends = append(out.Ends, p.End)
		out.Labels = append(out.Labels, p.Label)
	}
	return out, nil
}

func main() {
	log.SetFlags(0)
	var req request
	if err := json.NewDecoder(os.Stdin).Decode(&req); err != nil {
		log.Fatal(err)
	}
	out, err := split(req)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		log.Fatal(err)
	}
}
