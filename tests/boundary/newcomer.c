/*
 * A library that takes over SIGSEGV and hands on to whoever had it before, as crash reporters do.
 * Installed twice it forgets what was there the first time.
 */
#include <signal.h>
#include <stddef.h>

static struct sigaction previous;

static void report(int sig, siginfo_t *info, void *context)
{
	if (previous.sa_flags & SA_SIGINFO)
		previous.sa_sigaction(sig, info, context);
	else
		sigaction(sig, &previous, NULL);
}

void install(void)
{
	struct sigaction mine = {.sa_sigaction = report, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigaction(SIGSEGV, &mine, &previous);
}
