/*
 * Arrow streams of int64 batches, all C, that count what is made and what is released. The counts
 * are written when the process ends, after the interpreter: to the file that COUNTS names.
 */
#include "abi.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_int made[3], released[3];
enum { STREAM, SCHEMA, ARRAY };

static void release_schema(struct ArrowSchema *s)
{
	released[SCHEMA]++;
	s->release = NULL;
}

static void release_array(struct ArrowArray *a)
{
	released[ARRAY]++;
	free(a->private_data);
	a->release = NULL;
}

static int get_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
	made[SCHEMA]++;
	*out = (struct ArrowSchema){.format = "l", .name = "x", .flags = 2, .release = release_schema};
	return 0;
}

/* The private data counts down: batches that are left; -1 is an error, again and again. */
static int get_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
	long *left = self->private_data;
	struct body { const void *buffers[2]; int64_t value; } *body;

	*out = (struct ArrowArray){0};
	if (*left == 0)
		return 0;
	if (*left < 0)
		return ++*left, 5;
	made[ARRAY]++;
	body = calloc(1, sizeof *body);
	body->value = (*left)--;
	body->buffers[1] = &body->value;
	*out = (struct ArrowArray){
		.length = 1, .n_buffers = 2, .buffers = body->buffers, .release = release_array, .private_data = body,
	};
	return 0;
}

static const char *get_last_error(struct ArrowArrayStream *self)
{
	return "no more";
}

static void release_stream(struct ArrowArrayStream *s)
{
	released[STREAM]++;
	free(s->private_data);
	s->release = NULL;
}

/* The structure itself is never freed: the capsule around it has no destructor. */
struct ArrowArrayStream *counted_stream(long batches)
{
	struct ArrowArrayStream *s = malloc(sizeof *s);
	long *left = malloc(sizeof *left);

	made[STREAM]++;
	*left = batches;
	*s = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, left};
	return s;
}

static void *release_here(void *s)
{
	((struct ArrowArrayStream *)s)->release(s);
	return NULL;
}

/* Releases a stream on a thread that Python has never seen. */
void release_elsewhere(struct ArrowArrayStream *s)
{
	pthread_t thread;

	pthread_create(&thread, NULL, release_here, s);
	pthread_join(thread, NULL);
}

int counted(int what, int is_released)
{
	return is_released ? released[what] : made[what];
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("COUNTS");
	FILE *file = path != NULL ? fopen(path, "w") : NULL;

	if (file == NULL)
		return;
	for (int i = 0; i < 3; i++)
		fprintf(file, "%d %d\n", made[i], released[i]);
	fclose(file);
}
