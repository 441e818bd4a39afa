/*
 * The stream over a frame that Go laid out.
 *
 * Go runs while the structures are made and never again: the callbacks are C, need no
 * GIL, and work on any thread and in a forked child. A block holds the structures of one
 * batch. A consumer may move children out and release them in any order, so each
 * structure counts as one reference to its block, and the last one frees it.
 */
#include "pack.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct piot_block {
	atomic_size_t left; /* structures that are not released */
	size_t size, nodes;
	piot_held *held;
	_Alignas(16) char memory[];
};

/* What buffers without bytes point to: consumers want an address that is not NULL. */
static const _Alignas(64) char zeros[64];

static piot_block *block_new(size_t size, size_t nodes)
{
	piot_block *b = calloc(1, sizeof *b + size);

	if (b != NULL) {
		b->size = size;
		b->nodes = nodes;
		atomic_init(&b->left, nodes);
	}
	return b;
}

static void block_put(piot_block *b)
{
	if (atomic_fetch_sub(&b->left, 1) != 1)
		return;
	if (b->held != NULL)
		piot_held_put(b->held);
	free(b);
}

static void array_release(struct ArrowArray *a)
{
	piot_block *b = a->private_data;

	for (int64_t i = 0; i < a->n_children; i++)
		if (a->children[i]->release != NULL)
			a->children[i]->release(a->children[i]);
	if (a->dictionary != NULL && a->dictionary->release != NULL)
		a->dictionary->release(a->dictionary);
	a->release = NULL;
	block_put(b);
}

static void schema_release(struct ArrowSchema *s)
{
	piot_block *b = s->private_data;

	for (int64_t i = 0; i < s->n_children; i++)
		if (s->children[i]->release != NULL)
			s->children[i]->release(s->children[i]);
	if (s->dictionary != NULL && s->dictionary->release != NULL)
		s->dictionary->release(s->dictionary);
	s->release = NULL;
	block_put(b);
}

char *piot_block_memory(piot_block *b)
{
	return b->memory;
}

void *piot_schema_release(void)
{
	return (void *)schema_release;
}

void *piot_array_release(void)
{
	return (void *)array_release;
}

void *piot_zeros(void)
{
	return (void *)zeros;
}

piot_block *piot_frame_schema(piot_frame *f, size_t size, size_t nodes)
{
	f->schema = block_new(size, nodes);
	return f->schema;
}

piot_block *piot_frame_batch(piot_frame *f, size_t part, size_t size, size_t nodes)
{
	piot_block **batches = realloc(f->batches, (f->n_batches + 1) * sizeof *batches);
	piot_block *b;

	if (batches == NULL)
		return NULL;
	f->batches = batches;
	b = block_new(size, nodes);
	if (b == NULL)
		return NULL;
	/* A batch that was copied into its block holds nothing else. */
	if (f->n_parts > 0) {
		b->held = f->parts[part].held;
		piot_held_get(b->held);
	}
	batches[f->n_batches++] = b;
	return b;
}

/* Frees a frame. Its blocks hold whole trees here: only those that nobody read are left. */
void piot_frame_drop(piot_frame *f)
{
	for (size_t i = f->at; i < f->n_batches; i++) {
		if (f->batches[i]->held != NULL)
			piot_held_put(f->batches[i]->held);
		free(f->batches[i]);
	}
	free(f->batches);
	free(f->schema);
	free(f);
}

static void *moved_by(const void *pointer, ptrdiff_t delta)
{
	return pointer != NULL ? (char *)pointer + delta : NULL;
}

/* Each consumer gets a schema of its own: a copy of the block with its pointers moved along. */
static int stream_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
	piot_block *from = ((piot_frame *)self->private_data)->schema;
	piot_block *b = block_new(from->size, from->nodes);
	struct ArrowSchema *s;
	ptrdiff_t delta;

	if (b == NULL)
		return ENOMEM;
	memcpy(b->memory, from->memory, from->size);
	delta = b->memory - from->memory;
	s = (struct ArrowSchema *)b->memory;
	for (size_t i = 0; i < b->nodes; i++, s++) {
		s->format = moved_by(s->format, delta);
		s->name = moved_by(s->name, delta);
		s->metadata = moved_by(s->metadata, delta);
		s->children = moved_by(s->children, delta);
		s->dictionary = moved_by(s->dictionary, delta);
		for (int64_t j = 0; j < s->n_children; j++)
			s->children[j] = moved_by(s->children[j], delta);
		s->private_data = b;
	}
	s = (struct ArrowSchema *)b->memory;
	*out = *s;
	s->release = NULL;
	return 0;
}

static int stream_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
	piot_frame *f = self->private_data;
	struct ArrowArray *top;

	out->release = NULL;
	if (f->at == f->n_batches)
		return 0;
	top = (struct ArrowArray *)f->batches[f->at++]->memory;
	*out = *top;
	top->release = NULL;
	return 0;
}

static const char *stream_error(struct ArrowArrayStream *self)
{
	(void)self;
	return "out of memory";
}

static void stream_release(struct ArrowArrayStream *self)
{
	piot_frame_drop(self->private_data);
	self->private_data = NULL;
	self->release = NULL;
}

/* Makes the stream, which then owns the frame; NULL if there is no memory. */
struct ArrowArrayStream *piot_frame_stream(piot_frame *f)
{
	struct ArrowArrayStream *self = malloc(sizeof *self);

	if (self != NULL)
		*self = (struct ArrowArrayStream){
			.get_schema = stream_schema,
			.get_next = stream_next,
			.get_last_error = stream_error,
			.release = stream_release,
			.private_data = f,
		};
	return self;
}
