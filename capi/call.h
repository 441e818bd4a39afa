/* One call from Python into Go: what every function of the module goes through. */
#ifndef PIOT_CALL_H
#define PIOT_CALL_H

#include "pyabi.h"

#include "abi.h"
#include "_cgo_export.h"

/* Python objects whose bytes are lent to Go. */
struct piot_inputs;

typedef void (*go_function)(piot_bytes *, piot_result *);
typedef PyObject *(*maker)(const char *, Py_ssize_t);

int piot_call_init(void);
int piot_enter(void);
int piot_forked(void);
int piot_failed(piot_result *);
int piot_call_wait(piot_result *, piot_kept *, PyThreadState *);
PyObject *piot_call_go(go_function, struct piot_inputs *, maker);
void piot_capsule_drop(PyObject *, const char *, void (*)(uintptr_t, piot_result *));

/* inputs.c */
struct piot_inputs *piot_inputs_of_buffers(PyObject *const *, Py_ssize_t);
struct piot_inputs *piot_inputs_of_text(PyObject *);
piot_bytes *piot_inputs_bytes(struct piot_inputs *);
piot_kept *piot_inputs_kept(struct piot_inputs *);
void piot_inputs_drop(struct piot_inputs *);
void piot_inputs_sweep(void);

/* concat.c */
PyObject *piot_mod_concat(PyObject *, PyObject *);

/* pg.c */
PyObject *piot_mod_pg_describe(PyObject *, PyObject *);
PyObject *piot_mod_pg_open(PyObject *, PyObject *);
PyObject *piot_mod_pg_wait(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *piot_mod_pg_next(PyObject *, PyObject *);
PyObject *piot_mod_pg_export(PyObject *, PyObject *);
PyObject *piot_mod_pg_check(PyObject *, PyObject *);
PyObject *piot_mod_pg_close(PyObject *, PyObject *);
PyObject *piot_mod_pg_disconnect(PyObject *, PyObject *);

/* tables.c */
PyObject *piot_mod_table_shard(PyObject *, PyObject *);
PyObject *piot_mod_table_operations(PyObject *, PyObject *);
PyObject *piot_mod_table_asof(PyObject *, PyObject *);
PyObject *piot_mod_table_shards(PyObject *, PyObject *);
PyObject *piot_mod_table_spots(PyObject *, PyObject *);
PyObject *piot_mod_table_cuts(PyObject *, PyObject *);
PyObject *piot_mod_table_conflicts(PyObject *, PyObject *);
PyObject *piot_mod_table_statistics(PyObject *, PyObject *);
PyObject *piot_mod_key_ranges(PyObject *, PyObject *);
PyObject *piot_mod_key_scan(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *piot_mod_tally_open(PyObject *, PyObject *);
PyObject *piot_mod_tally_add(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *piot_mod_tally_next(PyObject *, PyObject *);

#endif
