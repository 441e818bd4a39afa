package main

import (
	"context"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/payload"
)

// largePlan is how many bytes of a plan are read in a few milliseconds; frames in memory can make a
// plan of gigabytes.
const largePlan = 4 << 20

// findScans lists the file scans of a serialised plan.
func findScans(plan []byte) (answer, error) {
	return bySize(len(plan), largePlan, func(context.Context) ([]byte, error) { return payload.Find(plan) })
}

// findSites lists the nodes of a serialised plan.
func findSites(plan []byte) (answer, error) {
	return bySize(len(plan), largePlan, func(context.Context) ([]byte, error) { return payload.FindSites(plan) })
}

// replacePaths gives a serialised plan with its file scans rewritten as request says.
func replacePaths(plan, request []byte) (answer, error) {
	return bySize(len(plan), largePlan, func(context.Context) ([]byte, error) { return payload.Rewrite(plan, request) })
}

// graft puts nodes of another plan in the place of scans, as request says.
func graft(plan, donor, request []byte) (answer, error) {
	return bySize(len(plan), largePlan, func(context.Context) ([]byte, error) { return payload.Graft(plan, donor, request) })
}
