package main

// #include "abi.h"
import "C"

// The functions of the module that take bytes and give bytes. C calls each with as many
// inputs as module.c lists for it.

//export piotPlan
func piotPlan(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("plan", out, func() (answer, error) { return planRequest(view(in, 0)) })
}

//export piotFindScans
func piotFindScans(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("find_scans", out, func() (answer, error) { return findScans(view(in, 0)) })
}

//export piotPlanCut
func piotPlanCut(in *C.piot_bytes, out *C.piot_result) {
	guarded("plan_cut", out, func() ([]byte, error) { return planCut(view(in, 0)) })
}

//export piotFindSites
func piotFindSites(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("find_sites", out, func() (answer, error) { return findSites(view(in, 0)) })
}

//export piotReplacePaths
func piotReplacePaths(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("replace_paths", out, func() (answer, error) { return replacePaths(view(in, 0), view(in, 1)) })
}

//export piotCheckUnit
func piotCheckUnit(in *C.piot_bytes, out *C.piot_result) {
	guarded("check_unit", out, func() ([]byte, error) { return checkUnit(view(in, 0), view(in, 1)) })
}

//export piotPruneIndex
func piotPruneIndex(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("prune_index", out, func() (answer, error) { return pruneIndex(view(in, 0)) })
}

//export piotPruneSelect
func piotPruneSelect(in *C.piot_bytes, out *C.piot_result) {
	guarded("prune_select", out, func() ([]byte, error) { return pruneSelect(view(in, 0), view(in, 1), view(in, 2)) })
}

//export piotPruneExtents
func piotPruneExtents(in *C.piot_bytes, out *C.piot_result) {
	guarded("prune_extents", out, func() ([]byte, error) { return pruneExtents(view(in, 0)) })
}

//export piotPruneFooter
func piotPruneFooter(in *C.piot_bytes, out *C.piot_result) {
	guarded("prune_footer", out, func() ([]byte, error) { return pruneFooter(view(in, 0), view(in, 1)) })
}

//export piotPruneVerify
func piotPruneVerify(in *C.piot_bytes, out *C.piot_result) {
	guarded("prune_verify", out, func() ([]byte, error) { return pruneVerify(view(in, 0), view(in, 1)) })
}

//export piotSQLPush
func piotSQLPush(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("sql_push", out, func() (answer, error) { return sqlPush(view(in, 0)) })
}

//export piotGraft
func piotGraft(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("graft", out, func() (answer, error) { return graft(view(in, 0), view(in, 1), view(in, 2)) })
}

//export piotBuildInfo
func piotBuildInfo(_ *C.piot_bytes, out *C.piot_result) {
	guarded("build_info", out, func() ([]byte, error) { return []byte(buildInfo()), nil })
}

//export piotTestPanic
func piotTestPanic(in *C.piot_bytes, out *C.piot_result) {
	guarded("_test_panic", out, func() ([]byte, error) { return nil, panicAt(string(view(in, 0))) })
}

//export piotTestJob
func piotTestJob(in *C.piot_bytes, out *C.piot_result) {
	guardedJob("_test_job", out, func() (answer, error) { return testJob(view(in, 0)), nil })
}
