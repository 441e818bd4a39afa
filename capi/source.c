/*
 * A source: the arrays of one stream, kept until the last Python buffer over their
 * memory is gone, and then released once.
 */
#include "pack.h"

#include <errno.h>
#include <stdlib.h>

/* Reads one more array; NULL at the end of the stream, or with the error in rc. */
struct ArrowArray *piot_source_next(piot_source *s, int *rc)
{
	struct ArrowArray *arrays = realloc(s->arrays, (s->n_arrays + 1) * sizeof *arrays);

	*rc = ENOMEM;
	if (arrays == NULL)
		return NULL;
	s->arrays = arrays;
	arrays[s->n_arrays] = (struct ArrowArray){0};
	*rc = s->stream.get_next(&s->stream, &arrays[s->n_arrays]);
	if (*rc != 0 || arrays[s->n_arrays].release == NULL)
		return NULL;
	return &arrays[s->n_arrays++];
}

void *piot_source_arena(piot_source *s, size_t n)
{
	return posix_memalign(&s->arena, 64, n) == 0 ? s->arena : NULL;
}

piot_bytes *piot_source_blobs(piot_source *s, size_t n)
{
	s->blobs = calloc(n, sizeof *s->blobs);
	s->n_blobs = s->blobs != NULL ? n : 0;
	return s->blobs;
}

/* Releases what nothing points to any more once everything is packed. */
void piot_source_forget(piot_source *s)
{
	if (s->schema.release != NULL)
		s->schema.release(&s->schema);
	if (s->stream.release != NULL)
		s->stream.release(&s->stream);
	s->schema.release = NULL;
	s->stream.release = NULL;
}

void piot_source_drop(piot_source *s)
{
	if (s == NULL)
		return;
	piot_source_forget(s);
	for (size_t i = 0; i < s->n_arrays; i++)
		if (s->arrays[i].release != NULL)
			s->arrays[i].release(&s->arrays[i]);
	free(s->arrays);
	free(s->arena);
	free(s->blobs);
	free(s);
}
