/*
 * Buffers of Python objects, held for as long as an Arrow array points to them.
 *
 * Giving one back needs the GIL, but an array is released on any thread, which may not
 * wait for the GIL: its holder may be waiting for that thread. So what is let go comes
 * onto a list, and the interpreter is asked to empty it soon; calls of this module that
 * hold the GIL empty it as well. When the interpreter ends, the list is left alone.
 */
#include "call.h"
#include "pack.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "held.h"

static _Atomic(piot_held *) let_go;
static atomic_int asked, ended;

piot_held *piot_held_new(size_t n)
{
	piot_held *h = calloc(1, sizeof *h + n * sizeof h->views[0]);

	if (h != NULL)
		atomic_init(&h->refs, 1);
	return h;
}

void piot_held_get(piot_held *h)
{
	atomic_fetch_add(&h->refs, 1);
}

static int drain_later(void *unused)
{
	(void)unused;
	atomic_store(&asked, 0);
	piot_held_drain();
	return 0;
}

void piot_held_put(piot_held *h)
{
	piot_held *first = atomic_load(&let_go);

	if (atomic_fetch_sub(&h->refs, 1) != 1)
		return;
	do
		h->next = first;
	while (!atomic_compare_exchange_weak(&let_go, &first, h));
	if (atomic_load(&ended) || atomic_exchange(&asked, 1))
		return;
	/* The interpreter's own list may be full: whoever lets go next asks again. */
	if (Py_AddPendingCall(drain_later, NULL) != 0)
		atomic_store(&asked, 0);
}

/* Gives back what was let go. It needs the GIL, and keeps an exception that is set. */
void piot_held_drain(void)
{
	piot_held *h = atomic_exchange(&let_go, NULL);
	PyObject *type, *value, *trace;

	if (h == NULL)
		return;
	PyErr_Fetch(&type, &value, &trace);
	while (h != NULL) {
		piot_held *next = h->next;

		while (h->n > 0)
			PyBuffer_Release(&h->views[--h->n]);
		free(h);
		h = next;
	}
	PyErr_Restore(type, value, trace);
}

static PyObject *interpreter_ends(PyObject *self, PyObject *unused)
{
	(void)self;
	(void)unused;
	atomic_store(&ended, 1);
	piot_held_drain();
	Py_IncRef(Py_None);
	return Py_None;
}

static PyMethodDef exit_method = {"interpreter_ends", interpreter_ends, METH_NOARGS, NULL};

/* Runs once, at the import: asks to be told when the interpreter begins to end. */
int piot_held_init(void)
{
	PyObject *module = PyImport_ImportModule("atexit");
	PyObject *function = PyCFunction_NewEx(&exit_method, NULL, NULL);
	PyObject *done = NULL;

	if (module != NULL && function != NULL)
		done = PyObject_CallMethod(module, "register", "O", function);
	if (done != NULL)
		Py_DecRef(done);
	if (function != NULL)
		Py_DecRef(function);
	if (module != NULL)
		Py_DecRef(module);
	return done != NULL ? 0 : -1;
}
