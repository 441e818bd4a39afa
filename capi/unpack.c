/* unpack: descriptions and buffers in, one Arrow stream capsule over their memory out. */
#include "call.h"
#include "held.h"

#include <stdlib.h>

static const char CAPSULE[] = "arrow_array_stream";

static void capsule_drop(PyObject *capsule)
{
	PyObject *type, *value, *trace;

	PyErr_Fetch(&type, &value, &trace);
	piot_stream_drop(PyCapsule_GetPointer(capsule, CAPSULE));
	PyErr_Restore(type, value, trace);
}

/* Holds the buffer of one object; -1 with an exception set. */
static int hold(piot_part *part, PyObject *item)
{
	Py_buffer *view = &part->held->views[part->held->n];

	if (PyObject_GetBuffer(item, view, PyBUF_SIMPLE) < 0)
		return -1;
	part->held->n++;
	part->bytes[part->n++] = (piot_bytes){view->buf, (size_t)view->len};
	return 0;
}

/* Holds the description and the buffers of one part; -1 with an exception set. */
static int fill_part(piot_part *part, PyObject *item)
{
	PyObject *pair = PySequence_Tuple(item);
	PyObject *buffers = NULL;
	Py_ssize_t n;
	int failed = -1;

	if (pair != NULL && PyTuple_Size(pair) != 2)
		PyErr_SetString(PyExc_ValueError, "unpack: a part is a description and a sequence of buffers");
	else if (pair != NULL)
		buffers = PySequence_Tuple(PyTuple_GetItem(pair, 1));
	if (buffers != NULL) {
		n = PyTuple_Size(buffers);
		part->held = piot_held_new((size_t)n + 1);
		part->bytes = calloc((size_t)n + 1, sizeof *part->bytes);
		if (part->held == NULL || part->bytes == NULL)
			PyErr_NoMemory();
		else
			failed = hold(part, PyTuple_GetItem(pair, 0));
		for (Py_ssize_t i = 0; i < n && failed == 0; i++)
			failed = hold(part, PyTuple_GetItem(buffers, i));
		Py_DecRef(buffers);
	}
	if (pair != NULL)
		Py_DecRef(pair);
	return failed;
}

/* Lets go of the parts: what a batch points to stays held by its block. */
static void drop_parts(piot_frame *frame)
{
	for (size_t i = 0; i < frame->n_parts; i++) {
		free(frame->parts[i].bytes);
		if (frame->parts[i].held != NULL)
			piot_held_put(frame->parts[i].held);
	}
	free(frame->parts);
	frame->parts = NULL;
	frame->n_parts = 0;
}

static void frame_over(piot_kept *kept)
{
	piot_frame *frame = (piot_frame *)kept;

	drop_parts(frame);
	piot_frame_drop(frame);
}

static piot_frame *hold_all(PyObject *items, Py_ssize_t n)
{
	piot_frame *frame = calloc(1, sizeof *frame);

	if (frame != NULL)
		frame->parts = calloc((size_t)n, sizeof *frame->parts);
	if (frame == NULL || frame->parts == NULL) {
		free(frame);
		PyErr_NoMemory();
		return NULL;
	}
	frame->kept.over = frame_over;
	for (Py_ssize_t i = 0; i < n; i++) {
		frame->n_parts++;
		if (fill_part(&frame->parts[i], PyTuple_GetItem(items, i)) == 0)
			continue;
		frame_over(&frame->kept);
		return NULL;
	}
	return frame;
}

/* Makes a capsule of the stream over a frame, which it then owns, also when it fails. */
PyObject *piot_frame_capsule(piot_frame *frame)
{
	struct ArrowArrayStream *stream = piot_frame_stream(frame);
	PyObject *capsule;

	if (stream == NULL) {
		piot_frame_drop(frame);
		return PyErr_NoMemory();
	}
	capsule = PyCapsule_New(stream, CAPSULE, capsule_drop);
	if (capsule == NULL)
		piot_stream_drop(stream);
	return capsule;
}

static PyObject *unpack(PyObject *items, Py_ssize_t n)
{
	piot_frame *frame = hold_all(items, n);
	piot_result out = {0};
	PyThreadState *state;

	if (frame == NULL)
		return NULL;
	state = PyEval_SaveThread();
	piotUnpack(frame, &out);
	/* A job keeps the frame and what it holds, also when this call is given up before its end. */
	if (piot_call_wait(&out, &frame->kept, state) < 0)
		return NULL;
	drop_parts(frame);
	if (piot_failed(&out) < 0) {
		piot_frame_drop(frame);
		return NULL;
	}
	return piot_frame_capsule(frame);
}

PyObject *piot_mod_unpack(PyObject *self, PyObject *parts)
{
	PyObject *items, *result = NULL;

	(void)self;
	if (piot_enter() < 0)
		return NULL;
	items = PySequence_Tuple(parts);
	if (items == NULL)
		return NULL;
	if (PyTuple_Size(items) == 0)
		PyErr_SetString(PyExc_ValueError, "unpack: no parts");
	else
		result = unpack(items, PyTuple_Size(items));
	Py_DecRef(items);
	/* What was let go meanwhile, by this call as well, is given back now. */
	piot_held_drain();
	return result;
}
