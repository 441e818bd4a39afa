/*
 * Reading from PostgreSQL: streams and snapshots are capsules around handles of Go, batches are
 * capsules of Arrow streams in C memory.
 *
 * Dropping the capsule of a stream or a snapshot ends it, without waiting. In a forked child it does
 * nothing: what Go held belongs to the parent.
 */
#include "call.h"
#include "held.h"

#include <stdlib.h>
#include <string.h>

static const char STREAM[] = "polars_io_tools.pg_stream";
static const char SNAPSHOT[] = "polars_io_tools.pg_snapshot";

static void drop_stream(PyObject *capsule)
{
	piot_capsule_drop(capsule, STREAM, piotPgDrop);
}

static void drop_snapshot(PyObject *capsule)
{
	piot_capsule_drop(capsule, SNAPSHOT, piotPgDrop);
}

/* The handle in a capsule, 0 with an exception set if it is none of the kind. */
static uintptr_t handle_of(PyObject *object, const char *name, const char *function)
{
	if (PyCapsule_IsValid(object, name))
		return (uintptr_t)PyCapsule_GetPointer(object, name);
	PyErr_Format(PyExc_TypeError, "%s: not a capsule named \"%s\"", function, name);
	return 0;
}

/* The handle at the head of a result. */
static uintptr_t handle_in(const char *data)
{
	uintptr_t handle;

	memcpy(&handle, data, sizeof handle);
	return handle;
}

static PyObject *stream_of(const char *data, Py_ssize_t len)
{
	(void)len;
	return PyCapsule_New((void *)handle_in(data), STREAM, drop_stream);
}

/* A snapshot and its name. */
static PyObject *snapshot_of(const char *data, Py_ssize_t len)
{
	PyObject *pair = PyTuple_New(2);
	PyObject *capsule = PyCapsule_New((void *)handle_in(data), SNAPSHOT, drop_snapshot);
	PyObject *name = PyUnicode_FromStringAndSize(data + sizeof(uintptr_t), len - (Py_ssize_t)sizeof(uintptr_t));

	if (pair != NULL && capsule != NULL && name != NULL) {
		PyTuple_SetItem(pair, 0, capsule);
		PyTuple_SetItem(pair, 1, name);
		return pair;
	}
	if (pair != NULL)
		Py_DecRef(pair);
	if (capsule != NULL)
		Py_DecRef(capsule);
	if (name != NULL)
		Py_DecRef(name);
	return NULL;
}

static PyObject *with_request(go_function f, PyObject *request, maker make)
{
	struct piot_inputs *in;

	if (piot_enter() < 0)
		return NULL;
	in = piot_inputs_of_buffers(&request, 1);
	return in != NULL ? piot_call_go(f, in, make) : NULL;
}

PyObject *piot_mod_pg_describe(PyObject *self, PyObject *request)
{
	(void)self;
	return with_request(piotPgDescribe, request, PyBytes_FromStringAndSize);
}

PyObject *piot_mod_pg_open(PyObject *self, PyObject *request)
{
	(void)self;
	return with_request(piotPgOpen, request, stream_of);
}

PyObject *piot_mod_pg_export(PyObject *self, PyObject *request)
{
	(void)self;
	return with_request(piotPgExport, request, snapshot_of);
}

/* Waits for what a call has left to do; -1 with an exception set, or 0 with its result. */
static int finish(piot_result *out, piot_kept *kept, PyThreadState *state)
{
	return piot_call_wait(out, kept, state) < 0 ? -1 : piot_failed(out);
}

static PyObject *none_after(piot_result *out, PyThreadState *state)
{
	if (finish(out, NULL, state) < 0)
		return NULL;
	piot_result_free(out);
	Py_IncRef(Py_None);
	return Py_None;
}

PyObject *piot_mod_pg_wait(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	piot_result out = {0};
	PyThreadState *state;
	uintptr_t handle;
	long long milliseconds;
	PyObject *ready;

	(void)self;
	if (piot_enter() < 0)
		return NULL;
	if (n != 2)
		return PyErr_Format(PyExc_TypeError, "pg_wait() takes 2 arguments (%zd given)", n);
	handle = handle_of(args[0], STREAM, "pg_wait");
	milliseconds = handle != 0 ? PyLong_AsLongLong(args[1]) : 0;
	if (PyErr_Occurred() != NULL)
		return NULL;
	state = PyEval_SaveThread();
	piotPgWait(handle, milliseconds, &out);
	/* The capsule, and with it the handle, lives as long as this call. */
	if (finish(&out, NULL, state) < 0)
		return NULL;
	ready = PyBool_FromLong(out.len > 0);
	piot_result_free(&out);
	return ready;
}

static void frame_over(piot_kept *kept)
{
	piot_frame_drop((piot_frame *)kept);
}

PyObject *piot_mod_pg_next(PyObject *self, PyObject *stream)
{
	piot_result out = {0};
	PyThreadState *state;
	uintptr_t handle;
	piot_frame *frame;

	(void)self;
	if (piot_enter() < 0)
		return NULL;
	handle = handle_of(stream, STREAM, "pg_next");
	if (handle == 0)
		return NULL;
	frame = calloc(1, sizeof *frame);
	if (frame == NULL)
		return PyErr_NoMemory();
	frame->kept.over = frame_over;
	state = PyEval_SaveThread();
	piotPgNext(handle, frame, &out);
	/* A job that is given up keeps the frame. */
	if (piot_call_wait(&out, &frame->kept, state) < 0)
		return NULL;
	if (piot_failed(&out) < 0) {
		piot_frame_drop(frame);
		return NULL;
	}
	piot_result_free(&out);
	if (frame->schema != NULL)
		return piot_frame_capsule(frame);
	piot_frame_drop(frame);
	Py_IncRef(Py_None);
	return Py_None;
}

PyObject *piot_mod_pg_check(PyObject *self, PyObject *snapshot)
{
	piot_result out = {0};
	PyThreadState *state;
	uintptr_t handle;

	(void)self;
	if (piot_enter() < 0)
		return NULL;
	handle = handle_of(snapshot, SNAPSHOT, "pg_check");
	if (handle == 0)
		return NULL;
	state = PyEval_SaveThread();
	piotPgCheck(handle, &out);
	return none_after(&out, state);
}

PyObject *piot_mod_pg_close(PyObject *self, PyObject *object)
{
	piot_result out = {0};
	PyThreadState *state;
	uintptr_t handle;

	(void)self;
	if (piot_enter() < 0)
		return NULL;
	handle = handle_of(object, PyCapsule_IsValid(object, SNAPSHOT) ? SNAPSHOT : STREAM, "pg_close");
	if (handle == 0)
		return NULL;
	state = PyEval_SaveThread();
	piotPgClose(handle, &out);
	return none_after(&out, state);
}

PyObject *piot_mod_pg_disconnect(PyObject *self, PyObject *unused)
{
	piot_result out = {0};
	PyThreadState *state;

	(void)self;
	(void)unused;
	if (piot_enter() < 0)
		return NULL;
	state = PyEval_SaveThread();
	piotPgDisconnect(&out);
	return none_after(&out, state);
}
