/*
 * Keeps Go's recovery from bad memory accesses in place.
 *
 * Go turns a bad access in Go code into a panic by its handler of SIGSEGV, SIGBUS and
 * SIGFPE. A handler that Python or a library installs later (faulthandler.enable(),
 * which ray.init() calls) would get such a signal instead, and end the process. So each
 * call into Go first looks whether that happened; if so, a handler is installed that
 * hands signals from this library's code to Go and all others to the newcomer.
 *
 * The newcomer keeps what it had: a crash elsewhere still ends in its traceback. A
 * handler that is installed while a call runs is seen by the next call.
 */
#include "abi.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <link.h>
#include <signal.h>
#include <ucontext.h>

#define SIGNALS 3
static const int signals[SIGNALS] = {SIGSEGV, SIGBUS, SIGFPE};

static struct sigaction go_action[SIGNALS];
static struct sigaction newcomer[SIGNALS];
static int divided[SIGNALS];
static uintptr_t code_start, code_end;

static uintptr_t program_counter(void *context)
{
	const ucontext_t *u = context;

#ifdef __x86_64__
	return (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
#else
	return (uintptr_t)u->uc_mcontext.pc;
#endif
}

static void hand_on(const struct sigaction *to, int sig, siginfo_t *info, void *context)
{
	if (to->sa_flags & SA_SIGINFO)
		to->sa_sigaction(sig, info, context);
	else if (to->sa_handler != SIG_DFL && to->sa_handler != SIG_IGN)
		to->sa_handler(sig);
	else
		sigaction(sig, to, NULL); /* the access repeats and has its default effect */
}

static void divide(int sig, siginfo_t *info, void *context)
{
	uintptr_t pc = program_counter(context);
	int ours = pc >= code_start && pc < code_end;

	for (int i = 0; i < SIGNALS; i++)
		if (signals[i] == sig)
			hand_on(ours ? &go_action[i] : &newcomer[i], sig, info, context);
}

/* Finds the code of this library: the executable segment that holds this function. */
static int find_code(struct dl_phdr_info *info, size_t size, void *unused)
{
	uintptr_t here = (uintptr_t)divide;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t end = start + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type == PT_LOAD && here >= start && here < end) {
			code_start = start;
			code_end = end;
			return 1;
		}
	}
	return 0;
}

/* Runs when the Go runtime is up: the handlers in place are Go's. */
void piot_fault_init(void)
{
	dl_iterate_phdr(find_code, NULL);
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], NULL, &go_action[i]);
}

static int same(const struct sigaction *a, void (*handler)(int, siginfo_t *, void *))
{
	return (a->sa_flags & SA_SIGINFO) && a->sa_sigaction == handler;
}

static void check(int i)
{
	struct sigaction now, mine = go_action[i];

	sigaction(signals[i], NULL, &now);
	if (same(&now, divide) || same(&now, go_action[i].sa_sigaction))
		return;
	/* A second newcomer may itself hand on to divide: putting divide above it would go round in a circle. */
	if (divided[i] && now.sa_handler != newcomer[i].sa_handler)
		return;
	newcomer[i] = now;
	divided[i] = 1;
	mine.sa_sigaction = divide;
	sigaction(signals[i], &mine, NULL);
}

/* Runs before each call into Go, under the GIL. */
void piot_fault_check(void)
{
	for (int i = 0; i < SIGNALS; i++)
		check(i);
}

#else

void piot_fault_init(void)
{
}

void piot_fault_check(void)
{
}

#endif
