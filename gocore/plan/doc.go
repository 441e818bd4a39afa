// Package plan is the tree of plan nodes that a query is made of, read from
// wire bytes: which rows a node takes, drops, joins or makes anew.
//
// Nodes arrive like expressions do (see package expr): a flat list in which
// inputs come first, so a shared subplan is one node.
//
//	{"exprs": [...], "plan": [
//	    {"op":"scan","name":"parquet","detail":"366 files"},
//	    {"op":"filter","in":[0],"predicate":2},
//	    {"op":"group_by","in":[1],"keys":[{"name":"date","expr":3}],"aggs":[...]}],
//	 "root": 2, "pushed": -1, "column": "date", "type": "date", "unit": "monthly", "max_periods": 100000}
//
// The invariant: a node that this package does not know is an [Opaque] with its
// inputs, never an error and never silently one of the known nodes.
//
// The package decides nothing; bounds and splittable read it.
package plan
