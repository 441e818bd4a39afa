/* concat: Arrow stream capsules in, one Arrow stream capsule out. */
#include "call.h"

static const char CAPSULE[] = "arrow_array_stream";

/* The exception that is set, if any, stays set: destructors run at any time. */
static void capsule_drop(PyObject *capsule)
{
	PyObject *type, *value, *trace;

	PyErr_Fetch(&type, &value, &trace);
	piot_stream_drop(PyCapsule_GetPointer(capsule, CAPSULE));
	PyErr_Restore(type, value, trace);
}

/*
 * Moves the streams of the capsules into a new chain, under the GIL, so that no other
 * Python thread can move the same one meanwhile. A stream that was gone already leaves
 * an empty place, for Go to report. NULL with an exception set, and everything moved so
 * far released, if an element is no capsule.
 */
static struct ArrowArrayStream *move_streams(PyObject *capsules, Py_ssize_t n)
{
	struct ArrowArrayStream *chain = piot_chain_new((size_t)n);
	struct ArrowArrayStream *inputs, *from;
	Py_ssize_t bad = -1;

	if (chain == NULL) {
		PyErr_NoMemory();
		return NULL;
	}
	inputs = piot_chain_inputs(chain);
	for (Py_ssize_t i = 0; i < n; i++) {
		PyObject *item = PyTuple_GetItem(capsules, i);

		if (!PyCapsule_IsValid(item, CAPSULE)) {
			bad = bad < 0 ? i : bad;
			continue;
		}
		from = PyCapsule_GetPointer(item, CAPSULE);
		inputs[i] = *from;
		from->release = NULL;
	}
	if (bad < 0)
		return chain;
	piot_stream_drop(chain);
	PyErr_Format(PyExc_TypeError, "concat: stream %zd is not a capsule named \"%s\"", bad, CAPSULE);
	return NULL;
}

static PyObject *concat(PyObject *capsules, Py_ssize_t n)
{
	struct ArrowArrayStream *chain = move_streams(capsules, n);
	piot_result out = {0};
	PyThreadState *state;
	PyObject *capsule;

	if (chain == NULL)
		return NULL;
	state = PyEval_SaveThread();
	piotCheckStreams(piot_chain_inputs(chain), (size_t)n, &out);
	if (out.error_class != NULL) {
		piot_stream_drop(chain);
		chain = NULL;
	}
	PyEval_RestoreThread(state);
	if (piot_failed(&out) < 0)
		return NULL;
	capsule = PyCapsule_New(chain, CAPSULE, capsule_drop);
	if (capsule == NULL)
		piot_stream_drop(chain);
	return capsule;
}

PyObject *piot_mod_concat(PyObject *self, PyObject *streams)
{
	PyObject *capsules, *result = NULL;
	Py_ssize_t n;

	if (piot_enter() < 0)
		return NULL;
	capsules = PySequence_Tuple(streams);
	if (capsules == NULL)
		return NULL;
	n = PyTuple_Size(capsules);
	if (n == 0)
		PyErr_SetString(PyExc_ValueError, "concat: no streams");
	else
		result = concat(capsules, n);
	Py_DecRef(capsules);
	return result;
}
