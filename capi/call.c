/* Entering Go from Python and coming back with a value or an exception. */
#include "call.h"

#include <pthread.h>

/* Set in the child of a fork: its Go runtime has lost all threads but one. */
static volatile int forked;

static void after_fork(void)
{
	forked = 1;
}

/* For destructors, which cannot raise. */
int piot_forked(void)
{
	return forked;
}

/* The class comes from Go's table or is one of ours; it is looked up only now, so that importing stays cheap. */
static void raise(const char *module, const char *class, const char *text, size_t len)
{
	PyObject *m = PyImport_ImportModule(module);
	PyObject *type = m != NULL ? PyObject_GetAttrString(m, class) : NULL;
	PyObject *message = PyUnicode_FromStringAndSize(text, (Py_ssize_t)len);

	if (type != NULL && message != NULL)
		PyErr_SetObject(type, message);
	if (message != NULL)
		Py_DecRef(message);
	if (type != NULL)
		Py_DecRef(type);
	if (m != NULL)
		Py_DecRef(m);
}

/* Every function of the module starts here: -1 with an exception set, or 0. */
int piot_enter(void)
{
	static const char text[] =
		"polars_io_tools was imported before this process was made by fork(), and its Go part does not "
		"survive a fork. Start worker processes with the \"spawn\" or \"forkserver\" method "
		"(multiprocessing.get_context(\"spawn\")), or as new Python processes.";

	if (forked) {
		raise("polars_io_tools.errors", "ForkedProcessError", text, sizeof text - 1);
		return -1;
	}
	piot_fault_check();
	piot_inputs_sweep();
	return 0;
}

/* Frees the result of a failed call after raising its error; 0 if there is none. */
int piot_failed(piot_result *r)
{
	if (r->error_class == NULL)
		return 0;
	raise(r->error_module, r->error_class, r->data, r->len);
	piot_result_free(r);
	return -1;
}

void piot_kept_over(piot_kept *kept)
{
	kept->over(kept);
}

/* Ends a job whose caller got a signal; the exception of its handler is set, and stays. */
static void give_up(uintptr_t job, piot_kept *kept)
{
	piot_result out = {0};
	PyObject *type, *value, *trace;
	PyThreadState *state;

	/* What is let go may run Python, which must not see the exception. */
	PyErr_Fetch(&type, &value, &trace);
	state = PyEval_SaveThread();
	piotGiveUp(job, kept, &out);
	PyEval_RestoreThread(state);
	/* A job that does not end at once keeps what it uses until it does. */
	if (out.job == 0 && kept != NULL)
		kept->over(kept);
	piot_inputs_sweep();
	piot_result_free(&out);
	PyErr_Restore(type, value, trace);
}

/*
 * Waits for what a call into Go has left to do, which may be nothing. It begins without the GIL and
 * ends with it. While a job goes on, handlers of signals run every slice, as they would between two
 * lines of Python. One that raises ends the call: -1, and what was kept is not the caller's any more.
 */
int piot_call_wait(piot_result *out, piot_kept *kept, PyThreadState *state)
{
	while (out->job != 0) {
		int raised;

		PyEval_RestoreThread(state);
		raised = PyErr_CheckSignals();
		if (forked) {
			/* By a handler; this is the child, where the job is not. */
			if (raised == 0)
				piot_enter();
			return -1;
		}
		if (raised < 0) {
			give_up(out->job, kept);
			return -1;
		}
		state = PyEval_SaveThread();
		piotWait(out->job, out);
	}
	PyEval_RestoreThread(state);
	return 0;
}

/* Calls Go without the GIL and makes a Python value of its result: the one copy of it. Owns the inputs. */
PyObject *piot_call_go(go_function f, struct piot_inputs *in, maker make)
{
	piot_result out = {0};
	PyObject *value;
	PyThreadState *state = PyEval_SaveThread();

	f(in != NULL ? piot_inputs_bytes(in) : NULL, &out);
	if (piot_call_wait(&out, in != NULL ? piot_inputs_kept(in) : NULL, state) < 0)
		return NULL;
	if (in != NULL)
		piot_inputs_drop(in);
	if (piot_failed(&out) < 0)
		return NULL;
	/* A null pointer would ask for uninitialised bytes. */
	value = make(out.data != NULL ? out.data : "", (Py_ssize_t)out.len);
	piot_result_free(&out);
	return value;
}

/* Runs once a process, before any other function here. */
int piot_call_init(void)
{
	piot_result out = {0};
	PyThreadState *state;

	if (pthread_atfork(NULL, NULL, after_fork) != 0) {
		PyErr_NoMemory();
		return -1;
	}
	/* The first call waits until the Go runtime is up and has its signal handlers. */
	state = PyEval_SaveThread();
	piotBuildInfo(NULL, &out);
	PyEval_RestoreThread(state);
	piot_result_free(&out);
	piot_fault_init();
	return 0;
}

/*
 * Ends what the handle in a capsule leads to. The exception that is set, if any, stays set:
 * destructors run at any time.
 */
void piot_capsule_drop(PyObject *capsule, const char *name, void (*end)(uintptr_t, piot_result *))
{
	PyObject *type, *value, *trace;
	PyThreadState *state;
	piot_result out = {0};
	void *handle;

	if (piot_forked())
		return;
	PyErr_Fetch(&type, &value, &trace);
	handle = PyCapsule_GetPointer(capsule, name);
	state = PyEval_SaveThread();
	end((uintptr_t)handle, &out);
	PyEval_RestoreThread(state);
	piot_result_free(&out);
	PyErr_Restore(type, value, trace);
}
