/*
 * Keeps Go's recovery from bad memory accesses in place.
 *
 * Go turns a bad access in Go code into a panic by its handler of SIGSEGV, SIGBUS and
 * SIGFPE. A handler that Python or a library installs later (faulthandler.enable(),
 * which ray.init() calls; another Go library) would get such a signal instead, and end the
 * process. So each call into Go first looks whether that happened; if so, a handler is
 * installed that hands signals from this library's code to Go and all others to the newcomer.
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

/*
 * Newcomers come one after another, and each may hand on to what was there before it, which is a
 * handler of ours. A handler for each newcomer keeps that a line: level n hands on to newcomer n,
 * which can hand on to level n - 1. One handler for all would go round in a circle.
 */
#define LEVELS 8
static struct sigaction go_action[SIGNALS];
static struct sigaction newcomer[SIGNALS][LEVELS];
static int levels[SIGNALS]; /* in use */
static uintptr_t code_start, code_end;

/* A newcomer that was installed twice may make a circle all the same. It ends when this is too deep. */
static __thread int depth __attribute__((tls_model("initial-exec")));

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

static void divide(int level, int sig, siginfo_t *info, void *context)
{
	uintptr_t pc = program_counter(context);
	int ours = pc >= code_start && pc < code_end;
	struct sigaction fatal = {.sa_handler = SIG_DFL};

	depth++;
	for (int i = 0; i < SIGNALS; i++)
		if (signals[i] == sig)
			hand_on(depth > 2 * LEVELS ? &fatal : ours ? &go_action[i] : &newcomer[i][level], sig, info, context);
	depth--;
}

#define DIVIDE(n)                                                        \
	static void divide_##n(int sig, siginfo_t *info, void *context)  \
	{                                                                \
		divide(n, sig, info, context);                           \
	}
DIVIDE(0)
DIVIDE(1)
DIVIDE(2)
DIVIDE(3)
DIVIDE(4)
DIVIDE(5)
DIVIDE(6)
DIVIDE(7)

static void (*const dividers[LEVELS])(int, siginfo_t *, void *) = {
	divide_0, divide_1, divide_2, divide_3, divide_4, divide_5, divide_6, divide_7,
};

/* Finds the code of this library: the executable segment that holds this function. */
static int find_code(struct dl_phdr_info *info, size_t size, void *unused)
{
	uintptr_t here = (uintptr_t)divide_0;

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
	int level = 0;

	sigaction(signals[i], NULL, &now);
	if (same(&now, go_action[i].sa_sigaction))
		return;
	for (int n = 0; n < levels[i]; n++)
		if (same(&now, dividers[n]))
			return;
	/* One that was here before, as after faulthandler.disable() and enable(), gets its level back. */
	while (level < levels[i] && newcomer[i][level].sa_handler != now.sa_handler)
		level++;
	if (level == LEVELS)
		return;
	newcomer[i][level] = now;
	if (level == levels[i])
		levels[i]++;
	mine.sa_sigaction = dividers[level];
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
