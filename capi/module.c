/*
 * The extension module: arguments in, exceptions out. It decides nothing; doc.go
 * states the rules it keeps.
 */
#include "call.h"
#include "held.h"

#include <string.h>

/* Lends Go the memory of n bytes-like objects for one call. */
static PyObject *call_with_buffers(go_function f, PyObject *const *args, Py_ssize_t n)
{
	struct piot_inputs *in;

	if (piot_enter() < 0)
		return NULL;
	in = piot_inputs_of_buffers(args, n);
	return in != NULL ? piot_call_go(f, in, PyBytes_FromStringAndSize) : NULL;
}

static PyObject *mod_plan(PyObject *self, PyObject *request)
{
	return call_with_buffers(piotPlan, &request, 1);
}

static PyObject *mod_find_scans(PyObject *self, PyObject *payload)
{
	return call_with_buffers(piotFindScans, &payload, 1);
}

static PyObject *mod_plan_cut(PyObject *self, PyObject *request)
{
	return call_with_buffers(piotPlanCut, &request, 1);
}

static PyObject *mod_find_sites(PyObject *self, PyObject *payload)
{
	return call_with_buffers(piotFindSites, &payload, 1);
}

static PyObject *mod_replace_paths(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	if (n != 2)
		return PyErr_Format(PyExc_TypeError, "replace_paths() takes 2 arguments (%zd given)", n);
	return call_with_buffers(piotReplacePaths, args, 2);
}

static PyObject *mod_graft(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	if (n != 3)
		return PyErr_Format(PyExc_TypeError, "graft() takes 3 arguments (%zd given)", n);
	return call_with_buffers(piotGraft, args, 3);
}

static PyObject *mod_prune_index(PyObject *self, PyObject *request)
{
	return call_with_buffers(piotPruneIndex, &request, 1);
}

static PyObject *mod_prune_select(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	if (n != 3)
		return PyErr_Format(PyExc_TypeError, "prune_select() takes 3 arguments (%zd given)", n);
	return call_with_buffers(piotPruneSelect, args, 3);
}

static PyObject *mod_prune_extents(PyObject *self, PyObject *index)
{
	return call_with_buffers(piotPruneExtents, &index, 1);
}

static PyObject *mod_prune_footer(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	if (n != 2)
		return PyErr_Format(PyExc_TypeError, "prune_footer() takes 2 arguments (%zd given)", n);
	return call_with_buffers(piotPruneFooter, args, 2);
}

static PyObject *mod_prune_verify(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	if (n != 2)
		return PyErr_Format(PyExc_TypeError, "prune_verify() takes 2 arguments (%zd given)", n);
	return call_with_buffers(piotPruneVerify, args, 2);
}

static PyObject *mod_sql_push(PyObject *self, PyObject *request)
{
	return call_with_buffers(piotSQLPush, &request, 1);
}

static PyObject *mod_check_unit(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	if (n != 2)
		return PyErr_Format(PyExc_TypeError, "check_unit() takes 2 arguments (%zd given)", n);
	return call_with_buffers(piotCheckUnit, args, 2);
}

static PyObject *mod_build_info(PyObject *self, PyObject *unused)
{
	return piot_enter() < 0 ? NULL : piot_call_go(piotBuildInfo, NULL, PyUnicode_FromStringAndSize);
}

static PyObject *mod_check_process(PyObject *self, PyObject *unused)
{
	if (piot_enter() < 0)
		return NULL;
	Py_IncRef(Py_None);
	return Py_None;
}

static PyObject *mod_test_panic(PyObject *self, PyObject *where)
{
	struct piot_inputs *in;

	if (piot_enter() < 0)
		return NULL;
	in = piot_inputs_of_text(where);
	return in != NULL ? piot_call_go(piotTestPanic, in, PyBytes_FromStringAndSize) : NULL;
}

static PyObject *mod_test_job(PyObject *self, PyObject *how)
{
	return call_with_buffers(piotTestJob, &how, 1);
}

static PyMethodDef methods[] = {
	{"plan", mod_plan, METH_O, "plan(request, /)\n--\n\nAnswer a planning request."},
	{"plan_cut", mod_plan_cut, METH_O, "plan_cut(request, /)\n--\n\nSay whether a query can be cut at its root."},
	{"find_sites", mod_find_sites, METH_O, "find_sites(payload, /)\n--\n\nList the nodes of a serialised plan."},
	{"find_scans", mod_find_scans, METH_O, "find_scans(payload, /)\n--\n\nList the file scans of a serialised plan."},
	{"replace_paths", (PyCFunction)(void (*)(void))mod_replace_paths, METH_FASTCALL,
	 "replace_paths(payload, edits, /)\n--\n\nReplace the paths of the file scans of a serialised plan."},
	{"graft", (PyCFunction)(void (*)(void))mod_graft, METH_FASTCALL,
	 "graft(payload, donor, request, /)\n--\n\nPut nodes of another plan in the place of file scans."},
	{"prune_index", mod_prune_index, METH_O, "prune_index(request, /)\n--\n\nRead the footers of Parquet files into an index."},
	{"prune_select", (PyCFunction)(void (*)(void))mod_prune_select, METH_FASTCALL,
	 "prune_select(index, template, request, /)\n--\n\nSelect the files that a predicate needs."},
	{"prune_extents", mod_prune_extents, METH_O, "prune_extents(index, /)\n--\n\nSay where columns of an index lie."},
	{"prune_footer", (PyCFunction)(void (*)(void))mod_prune_footer, METH_FASTCALL,
	 "prune_footer(footer, request, /)\n--\n\nCompare the footer of a file with what its rows are."},
	{"prune_verify", (PyCFunction)(void (*)(void))mod_prune_verify, METH_FASTCALL,
	 "prune_verify(index, positions, /)\n--\n\nRaise if files are not what they were when indexed."},
	{"sql_push", mod_sql_push, METH_O, "sql_push(request, /)\n--\n\nWrite the SQL of a scan."},
	{"check_unit", (PyCFunction)(void (*)(void))mod_check_unit, METH_FASTCALL,
	 "check_unit(unit, type_name, /)\n--\n\nRaise if a calendar unit is unknown or does not fit a column."},
	{"concat", piot_mod_concat, METH_O, "concat(streams, /)\n--\n\nMake one Arrow stream of several, which are moved."},
	{"pack", (PyCFunction)(void (*)(void))piot_mod_pack, METH_FASTCALL,
	 "pack(stream, limit, /)\n--\n\nDescribe the arrays of an Arrow stream, with buffers over their memory."},
	{"unpack", piot_mod_unpack, METH_O, "unpack(parts, /)\n--\n\nMake one Arrow stream of what pack gave, several times."},
	{"pg_describe", piot_mod_pg_describe, METH_O, "pg_describe(request, /)\n--\n\nAsk what a query will give, without running it."},
	{"pg_open", piot_mod_pg_open, METH_O, "pg_open(request, /)\n--\n\nBegin to read a query."},
	{"pg_wait", (PyCFunction)(void (*)(void))piot_mod_pg_wait, METH_FASTCALL,
	 "pg_wait(stream, milliseconds, /)\n--\n\nWait until pg_next has an answer."},
	{"pg_next", piot_mod_pg_next, METH_O, "pg_next(stream, /)\n--\n\nGive the next batch of a query."},
	{"pg_export", piot_mod_pg_export, METH_O, "pg_export(request, /)\n--\n\nTake a snapshot that other processes can read."},
	{"pg_check", piot_mod_pg_check, METH_O, "pg_check(snapshot, /)\n--\n\nRaise if a snapshot has ended."},
	{"pg_close", piot_mod_pg_close, METH_O, "pg_close(handle, /)\n--\n\nEnd a stream or a snapshot."},
	{"pg_disconnect", piot_mod_pg_disconnect, METH_NOARGS, "pg_disconnect()\n--\n\nClose the connections that are not in use."},
	{"table_shard", piot_mod_table_shard, METH_O, "table_shard(shard, /)\n--\n\nCheck a shard of a table."},
	{"table_operations", piot_mod_table_operations, METH_O,
	 "table_operations(operations, /)\n--\n\nCheck operations of a transaction."},
	{"table_asof", piot_mod_table_asof, METH_O, "table_asof(state, /)\n--\n\nCheck a state of a table."},
	{"table_shards", piot_mod_table_shards, METH_O, "table_shards(request, /)\n--\n\nCut a table where its files begin."},
	{"table_spots", piot_mod_table_spots, METH_O, "table_spots(request, /)\n--\n\nSay which rows of files begin equal parts."},
	{"table_cuts", piot_mod_table_cuts, METH_O, "table_cuts(request, /)\n--\n\nMake shards between keys."},
	{"table_conflicts", piot_mod_table_conflicts, METH_O,
	 "table_conflicts(request, /)\n--\n\nCompare the ranges of keys of two transactions."},
	{"table_statistics", piot_mod_table_statistics, METH_O,
	 "table_statistics(request, /)\n--\n\nWrite the statistics of a file."},
	{"key_ranges", piot_mod_key_ranges, METH_O, "key_ranges(request, /)\n--\n\nCompute with ranges of keys."},
	{"key_scan", (PyCFunction)(void (*)(void))piot_mod_key_scan, METH_FASTCALL,
	 "key_scan(request, streams, /)\n--\n\nLook for keys that are there twice."},
	{"tally_open", piot_mod_tally_open, METH_O, "tally_open(request, /)\n--\n\nBegin to cut rows into equal parts."},
	{"tally_add", (PyCFunction)(void (*)(void))piot_mod_tally_add, METH_FASTCALL,
	 "tally_add(tally, stream, /)\n--\n\nCount keys."},
	{"tally_next", piot_mod_tally_next, METH_O, "tally_next(tally, /)\n--\n\nEnd a pass over the keys."},
	{"check_process", mod_check_process, METH_NOARGS, "check_process()\n--\n\nRaise in a forked child."},
	{"build_info", mod_build_info, METH_NOARGS, "build_info()\n--\n\nName the Go version and platform."},
	{"_test_panic", mod_test_panic, METH_O, "_test_panic(where, /)\n--\n\nPanic in Go, to test that nothing crashes."},
	{"_test_job", mod_test_job, METH_O, "_test_job(how, /)\n--\n\nWork for long in Go, to test that it can be stopped."},
	{NULL, NULL, 0, NULL},
};

static int mod_exec(PyObject *module)
{
	static int ready;

	if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
		PyErr_SetString(PyExc_ImportError, "polars_io_tools works in the main interpreter only, not in a sub-interpreter");
		return -1;
	}
	if (!ready && (piot_call_init() < 0 || piot_held_init() < 0 || piot_pack_init() < 0))
		return -1;
	ready = 1;
	return 0;
}

static PyModuleDef_Slot slots[] = {
	{Py_mod_exec, (void *)mod_exec},
	{0, NULL},
};

static PyModuleDef definition = {
	.m_base = PyModuleDef_HEAD_INIT,
	.m_name = "polars_io_tools._gocore",
	.m_doc = "The Go part of polars_io_tools.",
	.m_methods = methods,
	.m_slots = slots,
};

/* A free-threaded build has another layout of PyObject: it must not see the definition. */
__attribute__((visibility("default"))) PyObject *PyInit__gocore(void)
{
	PyObject *flags = PySys_GetObject("abiflags");
	const char *text = flags != NULL ? PyUnicode_AsUTF8AndSize(flags, NULL) : NULL;

	PyErr_Clear();
	if (text != NULL && strchr(text, 't') != NULL) {
		PyErr_SetString(PyExc_ImportError, "polars_io_tools does not support free-threaded Python");
		return NULL;
	}
	return PyModuleDef_Init(&definition);
}
