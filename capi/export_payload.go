package main

import "github.com/polars-io-tools/polars-io-tools-go/gocore/payload"

// findScans lists the file scans of a serialised plan.
func findScans(plan []byte) ([]byte, error) { return payload.Find(plan) }

// replacePaths gives a serialised plan with its file scans rewritten as request says.
func replacePaths(plan, request []byte) ([]byte, error) { return payload.Rewrite(plan, request) }
