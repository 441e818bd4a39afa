/* Calls through the function pointers of Arrow structures, which Go cannot make itself. */
#include "abi.h"

#include <stdlib.h>

int piot_stream_schema(struct ArrowArrayStream *s, struct ArrowSchema *out)
{
	return s->get_schema(s, out);
}

const char *piot_stream_error(struct ArrowArrayStream *s)
{
	return s->get_last_error != NULL && s->release != NULL ? s->get_last_error(s) : NULL;
}

void piot_schema_drop(struct ArrowSchema *s)
{
	if (s->release != NULL)
		s->release(s);
}

void piot_result_free(piot_result *r)
{
	free(r->data);
	free(r->error_module);
	free(r->error_class);
	*r = (piot_result){0};
}
