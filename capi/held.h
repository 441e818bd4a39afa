/* Inside of what holds Python buffers: for the files that may use Python. */
#ifndef PIOT_HELD_H
#define PIOT_HELD_H

#include "pack.h"
#include "pyabi.h"

#include <stdatomic.h>

struct piot_held {
	atomic_size_t refs;
	piot_held *next; /* on the list of what was let go */
	size_t n;        /* views that are filled */
	Py_buffer views[];
};

int piot_held_init(void);

/* pack.c and unpack.c */
int piot_pack_init(void);
piot_source *piot_source_take(PyObject *, const char *function);
PyObject *piot_mod_pack(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *piot_mod_unpack(PyObject *, PyObject *);
PyObject *piot_frame_capsule(piot_frame *);

#endif
