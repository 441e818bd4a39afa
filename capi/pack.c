/* pack: an Arrow stream capsule in, a description and buffers over its memory out. */
#include "call.h"
#include "held.h"

#include <stdlib.h>

static const char CAPSULE[] = "arrow_array_stream";
static const char OWNER[] = "polars_io_tools packed arrays";

/* A Python object with the buffer protocol over memory that its owner keeps. */
typedef struct {
	PyObject ob_base;
	PyObject *owner;
	piot_bytes bytes;
} packed_buffer;

static PyTypeObject *buffer_type;

static int buffer_get(PyObject *self, Py_buffer *view, int flags)
{
	piot_bytes *b = &((packed_buffer *)self)->bytes;
	void *data = b->len > 0 ? b->data : piot_zeros();

	return PyBuffer_FillInfo(view, self, data, (Py_ssize_t)b->len, 1, flags);
}

static void buffer_dealloc(PyObject *self)
{
	PyObject *type = (PyObject *)self->ob_type;

	Py_DecRef(((packed_buffer *)self)->owner);
	PyObject_Free(self);
	Py_DecRef(type);
}

static PyType_Slot buffer_slots[] = {
	{Py_bf_getbuffer, (void *)buffer_get},
	{Py_tp_dealloc, (void *)buffer_dealloc},
	{0, NULL},
};

static PyType_Spec buffer_spec = {
	.name = "polars_io_tools._gocore.PackedBuffer",
	.basicsize = sizeof(packed_buffer),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = buffer_slots,
};

int piot_pack_init(void)
{
	buffer_type = (PyTypeObject *)PyType_FromSpec(&buffer_spec);
	return buffer_type != NULL ? 0 : -1;
}

static void owner_drop(PyObject *capsule)
{
	PyObject *type, *value, *trace;

	PyErr_Fetch(&type, &value, &trace);
	piot_source_drop(PyCapsule_GetPointer(capsule, OWNER));
	PyErr_Restore(type, value, trace);
}

static PyObject *buffer_new(PyObject *owner, piot_bytes bytes)
{
	PyObject *self = PyType_GenericAlloc(buffer_type, 0);

	if (self != NULL) {
		Py_IncRef(owner);
		((packed_buffer *)self)->owner = owner;
		((packed_buffer *)self)->bytes = bytes;
	}
	return self;
}

/* A list of buffers, all of which keep the source. It owns the source, also on failure. */
static PyObject *buffers_of(piot_source *source)
{
	PyObject *owner = PyCapsule_New(source, OWNER, owner_drop);
	PyObject *list;

	if (owner == NULL) {
		piot_source_drop(source);
		return NULL;
	}
	list = PyList_New((Py_ssize_t)source->n_blobs);
	for (size_t i = 0; list != NULL && i < source->n_blobs; i++) {
		PyObject *buffer = buffer_new(owner, source->blobs[i]);

		if (buffer == NULL || PyList_SetItem(list, (Py_ssize_t)i, buffer) < 0) {
			Py_DecRef(list);
			list = NULL;
		}
	}
	Py_DecRef(owner);
	return list;
}

static void source_over(piot_kept *kept)
{
	piot_source_drop((piot_source *)kept);
}

/* Moves the stream out of its capsule, under the GIL; NULL with an exception set. */
piot_source *piot_source_take(PyObject *capsule, const char *function)
{
	struct ArrowArrayStream *from;
	piot_source *source;

	if (!PyCapsule_IsValid(capsule, CAPSULE)) {
		PyErr_Format(PyExc_TypeError, "%s: the stream is not a capsule named \"%s\"", function, CAPSULE);
		return NULL;
	}
	source = calloc(1, sizeof *source);
	if (source == NULL) {
		PyErr_NoMemory();
		return NULL;
	}
	source->kept.over = source_over;
	from = PyCapsule_GetPointer(capsule, CAPSULE);
	source->stream = *from;
	from->release = NULL;
	return source;
}

/* Makes a tuple of three new references, which it takes; one may be NULL after a failure. */
static PyObject *tuple_of(PyObject *items[3])
{
	PyObject *tuple = PyTuple_New(3);

	for (Py_ssize_t i = 0; i < 3; i++) {
		if (tuple != NULL && items[i] != NULL) {
			PyTuple_SetItem(tuple, i, items[i]);
			continue;
		}
		if (items[i] != NULL)
			Py_DecRef(items[i]);
		if (tuple != NULL)
			Py_DecRef(tuple);
		tuple = NULL;
	}
	return tuple;
}

static PyObject *pack(PyObject *capsule, long long limit)
{
	piot_source *source = piot_source_take(capsule, "pack");
	piot_result out = {0};
	PyThreadState *state;
	PyObject *items[3];

	if (source == NULL)
		return NULL;
	state = PyEval_SaveThread();
	piotPack(source, limit, &out);
	/* A job keeps the source, also when this call is given up before its end. */
	if (piot_call_wait(&out, &source->kept, state) < 0)
		return NULL;
	if (out.error_class != NULL) {
		/* Before the exception is set, for a producer may run Python. */
		state = PyEval_SaveThread();
		piot_source_drop(source);
		PyEval_RestoreThread(state);
		piot_failed(&out);
		return NULL;
	}
	items[0] = PyLong_FromLongLong(source->pieces);
	items[1] = PyBytes_FromStringAndSize(out.data != NULL ? out.data : "", (Py_ssize_t)out.len);
	items[2] = buffers_of(source);
	piot_result_free(&out);
	return tuple_of(items);
}

PyObject *piot_mod_pack(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	long long limit;

	(void)self;
	if (n != 2)
		return PyErr_Format(PyExc_TypeError, "pack() takes 2 arguments (%zd given)", n);
	if (piot_enter() < 0)
		return NULL;
	piot_held_drain();
	limit = PyLong_AsLongLong(args[1]);
	return limit == -1 && PyErr_Occurred() != NULL ? NULL : pack(args[0], limit);
}
