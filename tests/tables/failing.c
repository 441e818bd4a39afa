/* Preloaded into a process: counts the calls that concern files below one folder, and lets some of
 * them fail. Native code is reached as well as Python's, as long as it calls the C library.
 *
 * A call is one of a path below the folder, or of a descriptor that was opened by such a path.
 * Closing is left alone, so that nothing leaks, and so is what goes through a mapping. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode {
	COUNT,  /* nothing fails */
	ONCE,   /* the N-th call */
	AFTER,  /* the N-th call and all after it */
	EVERY,  /* each N-th call */
	UNTOLD, /* the N-th call is done, and reported as failed */
	KILLED, /* the process ends at the N-th call */
};

enum { DESCRIPTORS = 1 << 16, SEEN_BYTES = 1 << 27 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static size_t folder_bytes;
static enum mode mode;
static long nth, calls, failed;
static int reported;
static _Atomic char below[DESCRIPTORS];

/* Paths that were used, and after "=" what was opened; each ends with a newline. */
static char seen[SEEN_BYTES];
static size_t seen_bytes;
static int seeing;

void piot_watch(const char *path)
{
	folder_bytes = strlen(path);
	memcpy(folder, path, folder_bytes + 1);
}

void piot_fail(int how, long number, int error)
{
	pthread_mutex_lock(&lock);
	mode = (enum mode)how;
	nth = number;
	reported = error;
	calls = failed = 0;
	pthread_mutex_unlock(&lock);
}

long piot_calls(void) { return calls; }

long piot_failed(void) { return failed; }

void piot_see(int on)
{
	pthread_mutex_lock(&lock);
	seeing = on;
	if (on)
		seen_bytes = 0;
	pthread_mutex_unlock(&lock);
}

/* NULL if they were too many. */
const char *piot_seen(void)
{
	return seen_bytes + PATH_MAX < SEEN_BYTES ? seen : NULL;
}

static void note(const char *path)
{
	if (!seeing || path == NULL)
		return;
	pthread_mutex_lock(&lock);
	size_t bytes = strnlen(path, PATH_MAX);
	if (seen_bytes + bytes + 2 < SEEN_BYTES) {
		memcpy(seen + seen_bytes, path, bytes);
		seen_bytes += bytes;
		seen[seen_bytes++] = '\n';
		seen[seen_bytes] = 0;
	}
	pthread_mutex_unlock(&lock);
}

static ssize_t readlink_unseen(const char *path, char *to)
{
	static __typeof__(&readlink) real;
	if (real == NULL)
		real = (__typeof__(&readlink))dlsym(RTLD_NEXT, "readlink");
	return real(path, to, PATH_MAX - 1);
}

static int of_path(const char *path)
{
	note(path);
	return folder_bytes && path != NULL && strncmp(path, folder, folder_bytes) == 0 &&
	       (path[folder_bytes] == '/' || path[folder_bytes] == 0);
}

static int of_descriptor(int fd) { return fd >= 0 && fd < DESCRIPTORS && below[fd]; }

static int of_place(int dir, const char *path)
{
	if (path != NULL && path[0] != '/' && dir != AT_FDCWD) {
		note(path);
		return of_descriptor(dir);
	}
	return of_path(path);
}

/* What was opened, wherever the links of the path led. */
static void note_opened(int fd)
{
	char link[64], target[PATH_MAX + 1];
	if (!seeing || fd < 0)
		return;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t bytes = readlink_unseen(link, target + 1);
	if (bytes <= 0)
		return;
	target[0] = '=';
	target[bytes + 1] = 0;
	note(target);
}

static void mark(int fd, int is_below)
{
	note_opened(fd);
	if (fd >= 0 && fd < DESCRIPTORS)
		below[fd] = (char)is_below;
}

enum fate { DONE, REFUSED, DENIED };

/* What becomes of a call: it is done, refused, or done and denied. */
static enum fate fate(int concerned)
{
	if (!concerned)
		return DONE;
	pthread_mutex_lock(&lock);
	long number = ++calls;
	if (mode == KILLED && number == nth)
		kill(getpid(), SIGKILL);
	int fails = (mode == ONCE || mode == UNTOLD) ? number == nth
		    : mode == AFTER                  ? number >= nth
		    : mode == EVERY                  ? number % nth == 0
						     : mode == KILLED && number >= nth;
	failed += fails;
	enum mode how = mode;
	pthread_mutex_unlock(&lock);
	return !fails ? DONE : how == UNTOLD ? DENIED : REFUSED;
}

#define NEXT(name)                                                                                 \
	static __typeof__(&name) real;                                                             \
	if (real == NULL)                                                                          \
		real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);

/* CALL is made or not; RESULT holds what it returns. */
#define JUDGED(type, concerned, call)                                                              \
	enum fate f = fate(concerned);                                                             \
	type result = -1;                                                                          \
	if (f != REFUSED)                                                                          \
		result = call;                                                                     \
	if (f != DONE) {                                                                           \
		result = -1;                                                                       \
		errno = reported;                                                                  \
	}                                                                                          \
	return result;

#define OPENED(concerned, call)                                                                    \
	int ours = concerned;                                                                      \
	enum fate f = fate(ours);                                                                  \
	int fd = -1;                                                                               \
	if (f != REFUSED)                                                                          \
		fd = call;                                                                         \
	mark(fd, ours);                                                                            \
	if (f != DONE) {                                                                           \
		if (fd >= 0)                                                                       \
			close(fd);                                                                 \
		fd = -1;                                                                           \
		errno = reported;                                                                  \
	}                                                                                          \
	return fd;

#define MODE_ARGUMENT                                                                              \
	mode_t perms = 0;                                                                          \
	if (flags & (O_CREAT | O_TMPFILE)) {                                                       \
		va_list rest;                                                                      \
		va_start(rest, flags);                                                             \
		perms = va_arg(rest, mode_t);                                                      \
		va_end(rest);                                                                      \
	}

int open(const char *path, int flags, ...)
{
	NEXT(open) MODE_ARGUMENT OPENED(of_path(path), real(path, flags, perms))
}

int open64(const char *path, int flags, ...)
{
	NEXT(open64) MODE_ARGUMENT OPENED(of_path(path), real(path, flags, perms))
}

int openat(int dir, const char *path, int flags, ...)
{
	NEXT(openat) MODE_ARGUMENT OPENED(of_place(dir, path), real(dir, path, flags, perms))
}

int openat64(int dir, const char *path, int flags, ...)
{
	NEXT(openat64) MODE_ARGUMENT OPENED(of_place(dir, path), real(dir, path, flags, perms))
}

int close(int fd)
{
	NEXT(close)
	if (fd >= 0 && fd < DESCRIPTORS)
		below[fd] = 0;
	return real(fd);
}

int closedir(DIR *dir)
{
	NEXT(closedir)
	int fd = dirfd(dir);
	if (fd >= 0 && fd < DESCRIPTORS)
		below[fd] = 0;
	return real(dir);
}

DIR *opendir(const char *path)
{
	NEXT(opendir)
	int ours = of_path(path);
	if (fate(ours) != DONE) {
		errno = reported;
		return NULL;
	}
	DIR *dir = real(path);
	if (dir != NULL)
		mark(dirfd(dir), ours);
	return dir;
}

DIR *fdopendir(int fd)
{
	NEXT(fdopendir)
	if (fate(of_descriptor(fd)) != DONE) {
		errno = reported;
		return NULL;
	}
	return real(fd);
}

struct dirent64 *readdir64(DIR *dir)
{
	NEXT(readdir64)
	if (fate(of_descriptor(dirfd(dir))) != DONE) {
		errno = reported;
		return NULL;
	}
	return real(dir);
}

ssize_t read(int fd, void *to, size_t bytes)
{
	NEXT(read) JUDGED(ssize_t, of_descriptor(fd), real(fd, to, bytes))
}

ssize_t readv(int fd, const struct iovec *to, int count)
{
	NEXT(readv) JUDGED(ssize_t, of_descriptor(fd), real(fd, to, count))
}

ssize_t pread64(int fd, void *to, size_t bytes, off64_t at)
{
	NEXT(pread64) JUDGED(ssize_t, of_descriptor(fd), real(fd, to, bytes, at))
}

ssize_t write(int fd, const void *from, size_t bytes)
{
	NEXT(write) JUDGED(ssize_t, of_descriptor(fd), real(fd, from, bytes))
}

ssize_t writev(int fd, const struct iovec *from, int count)
{
	NEXT(writev) JUDGED(ssize_t, of_descriptor(fd), real(fd, from, count))
}

ssize_t pwrite64(int fd, const void *from, size_t bytes, off64_t at)
{
	NEXT(pwrite64) JUDGED(ssize_t, of_descriptor(fd), real(fd, from, bytes, at))
}

int fsync(int fd) { NEXT(fsync) JUDGED(int, of_descriptor(fd), real(fd)) }

int fdatasync(int fd) { NEXT(fdatasync) JUDGED(int, of_descriptor(fd), real(fd)) }

int ftruncate64(int fd, off64_t bytes)
{
	NEXT(ftruncate64) JUDGED(int, of_descriptor(fd), real(fd, bytes))
}

off64_t lseek64(int fd, off64_t at, int whence)
{
	NEXT(lseek64) JUDGED(off64_t, of_descriptor(fd), real(fd, at, whence))
}

int link(const char *from, const char *to)
{
	NEXT(link) JUDGED(int, of_path(to), real(from, to))
}

int linkat(int old, const char *from, int dir, const char *to, int flags)
{
	NEXT(linkat) JUDGED(int, of_place(dir, to), real(old, from, dir, to, flags))
}

int rename(const char *from, const char *to)
{
	NEXT(rename) JUDGED(int, of_path(to), real(from, to))
}

int unlink(const char *path) { NEXT(unlink) JUDGED(int, of_path(path), real(path)) }

int unlinkat(int dir, const char *path, int flags)
{
	NEXT(unlinkat) JUDGED(int, of_place(dir, path), real(dir, path, flags))
}

int mkdir(const char *path, mode_t perms) { NEXT(mkdir) JUDGED(int, of_path(path), real(path, perms)) }

int stat(const char *path, struct stat *to) { NEXT(stat) JUDGED(int, of_path(path), real(path, to)) }

int stat64(const char *path, struct stat64 *to)
{
	NEXT(stat64) JUDGED(int, of_path(path), real(path, to))
}

int lstat(const char *path, struct stat *to)
{
	NEXT(lstat) JUDGED(int, of_path(path), real(path, to))
}

int lstat64(const char *path, struct stat64 *to)
{
	NEXT(lstat64) JUDGED(int, of_path(path), real(path, to))
}

int fstat64(int fd, struct stat64 *to)
{
	NEXT(fstat64) JUDGED(int, of_descriptor(fd), real(fd, to))
}

int statx(int dir, const char *path, int flags, unsigned int mask, struct statx *to)
{
	NEXT(statx)
	/* Whoever asks whether there is statx at all gives none, which its declaration rules out. */
	const char *volatile given = path;
	const char *asked = given;
	int ours = asked != NULL && asked[0] == 0 ? of_descriptor(dir) : of_place(dir, asked);
	JUDGED(int, ours, real(dir, path, flags, mask, to))
}

char *realpath(const char *path, char *to)
{
	NEXT(realpath)
	if (fate(of_path(path)) != DONE) {
		errno = reported;
		return NULL;
	}
	return real(path, to);
}

ssize_t readlink(const char *path, char *to, size_t bytes)
{
	NEXT(readlink) JUDGED(ssize_t, of_path(path), real(path, to, bytes))
}
