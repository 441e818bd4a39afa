/*
 * What C and Go pass each other: the Arrow C Data and Stream interfaces as the
 * specification lays them out, and the two structures of a call.
 */
#ifndef PIOT_ABI_H
#define PIOT_ABI_H

#include <stddef.h>
#include <stdint.h>

struct ArrowSchema {
	const char *format;
	const char *name;
	const char *metadata;
	int64_t flags;
	int64_t n_children;
	struct ArrowSchema **children;
	struct ArrowSchema *dictionary;
	void (*release)(struct ArrowSchema *);
	void *private_data;
};

struct ArrowArray {
	int64_t length;
	int64_t null_count;
	int64_t offset;
	int64_t n_buffers;
	int64_t n_children;
	const void **buffers;
	struct ArrowArray **children;
	struct ArrowArray *dictionary;
	void (*release)(struct ArrowArray *);
	void *private_data;
};

struct ArrowArrayStream {
	int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
	int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
	const char *(*get_last_error)(struct ArrowArrayStream *);
	void (*release)(struct ArrowArrayStream *);
	void *private_data;
};

/* Bytes lent to Go for the time of one call, or of the job that it started. */
typedef struct {
	char *data;
	size_t len;
} piot_bytes;

/*
 * What a call into Go gives back, all of it malloc'd by Go and freed by C with
 * piot_result_free. With error_class NULL, data is the result; else data is the
 * message and error_module and error_class name the Python exception. With job
 * not 0, there is nothing yet: piotWait goes on waiting, piotGiveUp ends it.
 */
typedef struct {
	char *data;
	size_t len;
	char *error_module;
	char *error_class;
	uintptr_t job;
} piot_result;

/*
 * The head of whatever a job uses. A job that goes on after its caller has left keeps it, and calls
 * over at its end: on any thread, without the GIL.
 */
typedef struct piot_kept {
	void (*over)(struct piot_kept *);
} piot_kept;

/* call.c: calls over, which Go cannot. */
void piot_kept_over(piot_kept *);

void piot_result_free(piot_result *);

/* chain.c: several streams as one, in C memory, without Go and without the GIL. */
struct ArrowArrayStream *piot_chain_new(size_t n);
struct ArrowArrayStream *piot_chain_inputs(struct ArrowArrayStream *);
void piot_stream_drop(struct ArrowArrayStream *);

/* stream.c: calls of a stream's function pointers, which Go cannot make. */
int piot_stream_schema(struct ArrowArrayStream *, struct ArrowSchema *);
const char *piot_stream_error(struct ArrowArrayStream *);
void piot_schema_drop(struct ArrowSchema *);

/* hook.c: drives a stream whose get_next is Go; see export_hook.go. */
char *piot_hook_drive(void);

/* fault.c: keeps Go's recovery from bad memory accesses in place. */
void piot_fault_init(void);
void piot_fault_check(void);

#endif
