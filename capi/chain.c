/*
 * A chain: one ArrowArrayStream that yields the arrays of several, in order.
 *
 * The chain owns its inputs. Nothing here runs Go or needs the GIL, so a consumer
 * may call it from any thread, after interpreter shutdown, and in a forked child.
 */
#include "abi.h"

#include <stdlib.h>

struct chain {
	size_t n;
	size_t at;   /* the input that get_next reads */
	size_t last; /* the input that answered last: get_last_error asks it */
	struct ArrowArrayStream inputs[];
};

/* The first input is kept until the end, so that this works at any time. */
static int chain_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
	struct chain *c = self->private_data;

	c->last = 0;
	return c->inputs[0].get_schema(&c->inputs[0], out);
}

static int chain_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
	struct chain *c = self->private_data;

	for (; c->at < c->n; c->at++) {
		struct ArrowArrayStream *in = &c->inputs[c->at];
		int rc;

		c->last = c->at;
		out->release = NULL;
		rc = in->get_next(in, out);
		if (rc != 0 || out->release != NULL)
			return rc;
		/* An exhausted input gives its memory back before the next one is read. */
		if (c->at > 0)
			in->release(in);
	}
	out->release = NULL;
	return 0;
}

static const char *chain_error(struct ArrowArrayStream *self)
{
	struct chain *c = self->private_data;

	return piot_stream_error(&c->inputs[c->last]);
}

static void chain_release(struct ArrowArrayStream *self)
{
	struct chain *c = self->private_data;

	for (size_t i = 0; i < c->n; i++)
		if (c->inputs[i].release != NULL)
			c->inputs[i].release(&c->inputs[i]);
	free(c);
	self->private_data = NULL;
	self->release = NULL;
}

/* piot_chain_new makes a chain of n empty inputs, to be filled through piot_chain_inputs. */
struct ArrowArrayStream *piot_chain_new(size_t n)
{
	struct ArrowArrayStream *self = malloc(sizeof *self);
	struct chain *c = calloc(1, sizeof *c + n * sizeof c->inputs[0]);

	if (self == NULL || c == NULL) {
		free(self);
		free(c);
		return NULL;
	}
	c->n = n;
	*self = (struct ArrowArrayStream){
		.get_schema = chain_schema,
		.get_next = chain_next,
		.get_last_error = chain_error,
		.release = chain_release,
		.private_data = c,
	};
	return self;
}

struct ArrowArrayStream *piot_chain_inputs(struct ArrowArrayStream *self)
{
	return ((struct chain *)self->private_data)->inputs;
}

/* piot_stream_drop releases a stream that nobody consumed and frees its structure. */
void piot_stream_drop(struct ArrowArrayStream *s)
{
	if (s == NULL)
		return;
	if (s->release != NULL)
		s->release(s);
	free(s);
}
