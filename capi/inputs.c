/*
 * The inputs of a call: Python objects whose bytes Go reads. They live on the heap, since a job
 * that was given up may read them after its call has returned.
 */
#include "call.h"

#include <stdatomic.h>
#include <stdlib.h>

#define MAX_INPUTS 3

struct piot_inputs {
	piot_kept kept; /* comes first */
	piot_bytes bytes[MAX_INPUTS];
	Py_buffer views[MAX_INPUTS];
	Py_ssize_t n;
	PyObject *text;
	struct piot_inputs *next;
};

/* What jobs that were given up have done with; the next call drops it, under the GIL. */
static _Atomic(struct piot_inputs *) over;

/* On any thread, without the GIL, which dropping needs. */
static void inputs_over(piot_kept *kept)
{
	struct piot_inputs *in = (struct piot_inputs *)kept;

	in->next = atomic_load(&over);
	while (!atomic_compare_exchange_weak(&over, &in->next, in))
		;
}

static struct piot_inputs *inputs_new(void)
{
	struct piot_inputs *in = calloc(1, sizeof *in);

	if (in == NULL)
		PyErr_NoMemory();
	else
		in->kept.over = inputs_over;
	return in;
}

/* Lends the memory of n bytes-like objects, at most MAX_INPUTS. */
struct piot_inputs *piot_inputs_of_buffers(PyObject *const *args, Py_ssize_t n)
{
	struct piot_inputs *in = inputs_new();

	for (; in != NULL && in->n < n; in->n++) {
		Py_buffer *view = &in->views[in->n];

		if (PyObject_GetBuffer(args[in->n], view, PyBUF_SIMPLE) < 0) {
			piot_inputs_drop(in);
			return NULL;
		}
		in->bytes[in->n] = (piot_bytes){view->buf, (size_t)view->len};
	}
	return in;
}

/* Lends the UTF-8 form of a str. */
struct piot_inputs *piot_inputs_of_text(PyObject *text)
{
	Py_ssize_t len;
	const char *utf8 = PyUnicode_AsUTF8AndSize(text, &len);
	struct piot_inputs *in = utf8 != NULL ? inputs_new() : NULL;

	if (in == NULL)
		return NULL;
	Py_IncRef(text);
	in->text = text;
	in->bytes[0] = (piot_bytes){(char *)utf8, (size_t)len};
	return in;
}

piot_bytes *piot_inputs_bytes(struct piot_inputs *in)
{
	return in->bytes;
}

piot_kept *piot_inputs_kept(struct piot_inputs *in)
{
	return &in->kept;
}

/* Needs the GIL. */
void piot_inputs_drop(struct piot_inputs *in)
{
	while (in->n > 0)
		PyBuffer_Release(&in->views[--in->n]);
	if (in->text != NULL)
		Py_DecRef(in->text);
	free(in);
}

/* Needs the GIL. */
void piot_inputs_sweep(void)
{
	struct piot_inputs *in;

	if (atomic_load_explicit(&over, memory_order_relaxed) == NULL)
		return;
	for (in = atomic_exchange(&over, NULL); in != NULL;) {
		struct piot_inputs *next = in->next;

		piot_inputs_drop(in);
		in = next;
	}
}
