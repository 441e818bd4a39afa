// Package payload reads and rewrites the file scans of a serialised Polars plan, and
// takes such a plan apart into its nodes.
//
// A plan that is shipped to worker processes keeps the paths of its file scans as
// they were written, so a relative path or a glob would be expanded in the folder of
// each worker. This package finds the scans in the bytes of
// polars.LazyFrame.serialize and replaces their paths; Polars itself says, on the
// driver, what a scan expands to.
//
// # Layout
//
// A payload is "DSL_VERSION", four version bytes, 64 hex digits of a schema hash and
// one msgpack map {root, dataframes, dsl_plans}. The last two are slot lists whose
// slot 0 is empty; root is the slot of the last plan node. msgpack counts elements,
// not bytes, so a value is replaced without touching what encloses it. Unions hold
// their inputs inside their own slot, therefore a scan is found wherever the node
//
//	{"Scan": {"sources": ..., "unified_scan_args": ..., "scan_type": ...}}
//
// stands, not only as a slot of its own.
//
// # Invariant
//
// A rewritten payload answers what the original answers on the driver, in the
// driver's working directory. [Pin] and [Anchor] refuse with [ErrInexact] what they
// cannot keep; anything laid out differently from the above is [ErrUnknownLayout],
// and nothing panics, whatever the bytes. The work is linear in the payload.
//
// # Example
//
//	scans, _ := payload.Scans(plan)            // [{Kind: "Parquet", Paths: ["h/"], ...}]
//	ask, _ := payload.Listing(plan, 0)         // Polars: this one scans h/k=1/a.parquet
//	edit, _ := payload.Pin(scans[0], payload.Facts{
//	    Expanded:    []string{"h/k=1/a.parquet"},
//	    Directories: []bool{true},
//	    Cwd:         "/data",
//	})                                         // Paths ["/data/h/k=1/a.parquet"], hive on from byte 8
//	plan, _ = payload.Replace(plan, []payload.Edit{edit})
//
// # Hive partitions
//
// Polars reads key=value folders from a byte of each path on: behind the directory
// for a directory scan, from the start for globs and files. A pinned scan carries
// that byte itself, moved by the length of the working directory, so key=value
// folders above the scan stay out of the answer.
//
// # Nodes
//
// [Sites] lists the nodes of a plan, the root first. [Subplan] makes one a plan of its
// own, [Graft] puts another plan in its place, and [StepOf] reads what it does to rows:
//
//	sites, _ := payload.Sites(plan)            // GroupBy[1] Filter[2] Scan[]
//	below, _ := payload.Subplan(plan, 1)       // Filter[1] Scan[]
//	plan, _ = payload.Graft(plan, source, []byte(`{"site": 1}`)) // GroupBy[1] PythonScan[]
//
// # What it does not do
//
// It does not expand globs, look at files, or understand what nodes other than
// scans do; plans inside pickled Python functions stay as they are.
package payload
