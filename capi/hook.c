/* The stream of the test hook: the smallest one whose get_next runs Go. See export_hook.go. */
#include "abi.h"
#include "_cgo_export.h"

#include <stdlib.h>
#include <string.h>

static int hook_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
	return piotHookNext(out, (char **)&self->private_data);
}

static const char *hook_error(struct ArrowArrayStream *self)
{
	return self->private_data;
}

static void hook_release(struct ArrowArrayStream *self)
{
	free(self->private_data);
	self->release = NULL;
}

/* Reads the stream once and gives a copy of its error, NULL if it reports none. */
char *piot_hook_drive(void)
{
	struct ArrowArrayStream s = {
		.get_next = hook_next,
		.get_last_error = hook_error,
		.release = hook_release,
	};
	struct ArrowArray array = {0};
	char *text = NULL;

	if (s.get_next(&s, &array) != 0)
		text = strdup(s.get_last_error(&s));
	s.release(&s);
	return text;
}
