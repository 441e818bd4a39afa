/*
 * Keys of tables: JSON in, JSON out; streams of keys that are counted or merged. A tally is a capsule
 * around a handle of Go; in a forked child, dropping it does nothing.
 */
#include "call.h"
#include "held.h"

#include <stdlib.h>
#include <string.h>

static const char TALLY[] = "polars_io_tools.tally";

static PyObject *with_request(go_function f, PyObject *request, maker make)
{
	struct piot_inputs *in;

	if (piot_enter() < 0)
		return NULL;
	in = piot_inputs_of_buffers(&request, 1);
	return in != NULL ? piot_call_go(f, in, make) : NULL;
}

#define REWRITE(name, function)                                                        \
	PyObject *piot_mod_##name(PyObject *self, PyObject *request)                   \
	{                                                                              \
		(void)self;                                                            \
		return with_request(function, request, PyBytes_FromStringAndSize);     \
	}
REWRITE(table_shard, piotTableShard)
REWRITE(table_operations, piotTableOperations)
REWRITE(table_asof, piotTableAsof)
REWRITE(table_shards, piotTableShards)
REWRITE(table_spots, piotTableSpots)
REWRITE(table_cuts, piotTableCuts)
REWRITE(table_conflicts, piotTableConflicts)
REWRITE(table_statistics, piotTableStatistics)
REWRITE(key_ranges, piotKeyRanges)

static void drop_tally(PyObject *capsule)
{
	piot_capsule_drop(capsule, TALLY, piotTallyDrop);
}

static PyObject *tally_of(const char *data, Py_ssize_t len)
{
	uintptr_t handle;

	(void)len;
	memcpy(&handle, data, sizeof handle);
	return PyCapsule_New((void *)handle, TALLY, drop_tally);
}

PyObject *piot_mod_tally_open(PyObject *self, PyObject *request)
{
	(void)self;
	return with_request(piotTallyOpen, request, tally_of);
}

/* The handle in a capsule, 0 with an exception set if it is none. */
static uintptr_t handle_of(PyObject *object, const char *function)
{
	if (PyCapsule_IsValid(object, TALLY))
		return (uintptr_t)PyCapsule_GetPointer(object, TALLY);
	PyErr_Format(PyExc_TypeError, "%s: not a capsule named \"%s\"", function, TALLY);
	return 0;
}

/* Without the GIL, which a producer may want. */
static void drop_source(piot_source *source)
{
	PyThreadState *state = PyEval_SaveThread();

	piot_source_drop(source);
	PyEval_RestoreThread(state);
}

PyObject *piot_mod_tally_add(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	piot_result out = {0};
	PyThreadState *state;
	piot_source *source;
	uintptr_t handle;

	(void)self;
	if (n != 2)
		return PyErr_Format(PyExc_TypeError, "tally_add() takes 2 arguments (%zd given)", n);
	if (piot_enter() < 0)
		return NULL;
	handle = handle_of(args[0], "tally_add");
	source = handle != 0 ? piot_source_take(args[1], "tally_add") : NULL;
	if (source == NULL)
		return NULL;
	state = PyEval_SaveThread();
	piotTallyAdd(handle, source, &out);
	/* A job keeps the source, also when this call is given up before its end. */
	if (piot_call_wait(&out, &source->kept, state) < 0)
		return NULL;
	drop_source(source);
	if (piot_failed(&out) < 0)
		return NULL;
	piot_result_free(&out);
	Py_IncRef(Py_None);
	return Py_None;
}

/* The result of a call as bytes, unless it failed. */
static PyObject *bytes_of(piot_result *out)
{
	PyObject *value;

	if (piot_failed(out) < 0)
		return NULL;
	value = PyBytes_FromStringAndSize(out->data != NULL ? out->data : "", (Py_ssize_t)out->len);
	piot_result_free(out);
	return value;
}

PyObject *piot_mod_tally_next(PyObject *self, PyObject *tally)
{
	piot_result out = {0};
	PyThreadState *state;
	uintptr_t handle;

	(void)self;
	if (piot_enter() < 0)
		return NULL;
	handle = handle_of(tally, "tally_next");
	if (handle == 0)
		return NULL;
	state = PyEval_SaveThread();
	piotTallyNext(handle, &out);
	return piot_call_wait(&out, NULL, state) < 0 ? NULL : bytes_of(&out);
}

static void sources_over(piot_kept *kept)
{
	piot_sources *sources = (piot_sources *)kept;

	for (size_t i = 0; i < sources->n; i++)
		piot_source_drop(sources->items[i]);
	free(sources->items);
	free(sources);
}

/* Moves the streams out of the capsules; NULL with an exception set, and those moved so far released. */
static piot_sources *take_all(PyObject *capsules, Py_ssize_t n)
{
	piot_sources *sources = calloc(1, sizeof *sources);
	PyObject *type, *value, *trace;

	if (sources != NULL)
		sources->items = calloc((size_t)n + 1, sizeof *sources->items);
	if (sources == NULL || sources->items == NULL) {
		free(sources);
		PyErr_NoMemory();
		return NULL;
	}
	sources->kept.over = sources_over;
	while ((Py_ssize_t)sources->n < n) {
		piot_source *one = piot_source_take(PyTuple_GetItem(capsules, (Py_ssize_t)sources->n), "key_scan");

		if (one == NULL) {
			/* A producer may run Python, which must not see the exception. */
			PyErr_Fetch(&type, &value, &trace);
			sources_over(&sources->kept);
			PyErr_Restore(type, value, trace);
			return NULL;
		}
		sources->items[sources->n++] = one;
	}
	return sources;
}

static PyObject *key_scan(Py_buffer *request, PyObject *capsules)
{
	piot_sources *sources = take_all(capsules, PyTuple_Size(capsules));
	piot_bytes in = {request->buf, (size_t)request->len};
	piot_result out = {0};
	PyThreadState *state;

	if (sources == NULL)
		return NULL;
	state = PyEval_SaveThread();
	/* The request is read at once, and no job looks at it any more. */
	piotKeyScan(&in, sources, &out);
	if (piot_call_wait(&out, &sources->kept, state) < 0)
		return NULL;
	state = PyEval_SaveThread();
	sources_over(&sources->kept);
	PyEval_RestoreThread(state);
	return bytes_of(&out);
}

PyObject *piot_mod_key_scan(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	PyObject *capsules, *result;
	Py_buffer request;

	(void)self;
	if (n != 2)
		return PyErr_Format(PyExc_TypeError, "key_scan() takes 2 arguments (%zd given)", n);
	if (piot_enter() < 0)
		return NULL;
	capsules = PySequence_Tuple(args[1]);
	if (capsules == NULL)
		return NULL;
	if (PyObject_GetBuffer(args[0], &request, PyBUF_SIMPLE) < 0) {
		Py_DecRef(capsules);
		return NULL;
	}
	result = key_scan(&request, capsules);
	PyBuffer_Release(&request);
	Py_DecRef(capsules);
	return result;
}
