/*
 * What C and Go pass each other to pack and to unpack frames; pack.c and unpack.c tell
 * who owns what.
 */
#ifndef PIOT_PACK_H
#define PIOT_PACK_H

#include "abi.h"

/* A stream that was read to its end, and what Go made of it. */
typedef struct {
	piot_kept kept; /* comes first */
	struct ArrowArrayStream stream;
	struct ArrowSchema schema;
	struct ArrowArray *arrays;
	size_t n_arrays;
	void *arena;
	piot_bytes *blobs;
	size_t n_blobs;
	int64_t pieces;
} piot_source;

/* Several streams that are read together. */
typedef struct {
	piot_kept kept; /* comes first */
	piot_source **items;
	size_t n;
} piot_sources;

struct ArrowArray *piot_source_next(piot_source *, int *);
void *piot_source_arena(piot_source *, size_t);
piot_bytes *piot_source_blobs(piot_source *, size_t);
void piot_source_forget(piot_source *);
void piot_source_drop(piot_source *);

/* Buffers of Python objects that blocks point to, one for each part. */
typedef struct piot_held piot_held;

/* A part that is unpacked: its description, and then its blobs. */
typedef struct {
	piot_held *held;
	piot_bytes *bytes;
	size_t n;
} piot_part;

/* Memory of Arrow structures that is freed when each of them is released. */
typedef struct piot_block piot_block;

/* The stream that Go lays out: a schema and batches. */
typedef struct {
	piot_kept kept; /* comes first */
	piot_part *parts;
	size_t n_parts;
	piot_block *schema;
	piot_block **batches;
	size_t n_batches;
	size_t at;
} piot_frame;

piot_block *piot_frame_schema(piot_frame *, size_t size, size_t nodes);
piot_block *piot_frame_batch(piot_frame *, size_t part, size_t size, size_t nodes);
char *piot_block_memory(piot_block *);
void *piot_schema_release(void);
void *piot_array_release(void);
void *piot_zeros(void);

/* held.c: giving buffers back needs the GIL, which a release may not wait for. */
piot_held *piot_held_new(size_t n);
void piot_held_put(piot_held *);
void piot_held_get(piot_held *);
void piot_held_drain(void);

/* assembled.c */
struct ArrowArrayStream *piot_frame_stream(piot_frame *);
void piot_frame_drop(piot_frame *);

#endif
