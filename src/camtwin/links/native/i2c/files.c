/* What a program looks at before it opens a bus: /dev/i2c-N is a character device, and sysfs names its adapter.
 *
 * The sysfs of our buses lies in their folder as files, and paths below /sys/class/i2c-dev, /sys/class/i2c-adapter and
 * /sys/bus/i2c lead there; what the kernel has there is not seen meanwhile. */
#define _GNU_SOURCE
#include "preload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *const ours[] = {"/sys/class/i2c-dev", "/sys/class/i2c-adapter", "/sys/bus/i2c"};

const char *elsewhere(const char *path, char place[PATH])
{
	const char *there = folder();
	if (!there || !path)
		return path;
	int number = bus_number(path);
	if (number >= 0)
		return snprintf(place, PATH, "%s/i2c-%d", there, number) < PATH ? place : path;
	for (size_t n = 0; n < sizeof ours / sizeof *ours; n++) {
		size_t length = strlen(ours[n]);
		if (!strncmp(path, ours[n], length) && (!path[length] || path[length] == '/'))
			return snprintf(place, PATH, "%s%s", there, path) < PATH ? place : path;
	}
	return path;
}

/* -- states of files: the socket of a bus is a character device */
#define DISGUISE(state, number)                                                                                      \
	do {                                                                                                         \
		(state)->st_mode = S_IFCHR | 0600;                                                                   \
		(state)->st_rdev = makedev(I2C_MAJOR, (unsigned)(number));                                           \
	} while (0)

/* The bus at a path, or, without one, of a descriptor. */
static int number_at(int at, const char *path)
{
	if (path && *path)
		return bus_number(path);
	return any_bus ? bus_of(at) : -1;
}

#define BY_PATH(name, type)                                                                                          \
	int name(const char *path, struct type *state)                                                               \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		int number = bus_number(path), done = REAL(name)(elsewhere(path, place), state);                     \
		if (!done && number >= 0)                                                                            \
			DISGUISE(state, number);                                                                     \
		return done;                                                                                         \
	}

#define BY_FD(name, type)                                                                                            \
	int name(int fd, struct type *state)                                                                         \
	{                                                                                                            \
		int done = REAL(name)(fd, state), number = any_bus ? bus_of(fd) : -1;                                \
		if (!done && number >= 0)                                                                            \
			DISGUISE(state, number);                                                                     \
		return done;                                                                                         \
	}

#define BY_PLACE(name, type)                                                                                         \
	int name(int at, const char *path, struct type *state, int flags)                                            \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		int number = number_at(at, path);                                   \
		int done = REAL(name)(at, elsewhere(path, place), state, flags);                                     \
		if (!done && number >= 0)                                                                            \
			DISGUISE(state, number);                                                                     \
		return done;                                                                                         \
	}

BY_PATH(stat, stat)
BY_PATH(stat64, stat64)
BY_PATH(lstat, stat)
BY_PATH(lstat64, stat64)
BY_FD(fstat, stat)
BY_FD(fstat64, stat64)
BY_PLACE(fstatat, stat)
BY_PLACE(fstatat64, stat64)

int statx(int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict state)
{
	char place[PATH];
	int number = number_at(at, path);
	int done = REAL(statx)(at, elsewhere(path, place), flags, mask, state);
	if (!done && number >= 0) {
		state->stx_mode = S_IFCHR | 0600;
		state->stx_rdev_major = I2C_MAJOR;
		state->stx_rdev_minor = (unsigned)number;
	}
	return done;
}

/* The names under which programs built with a glibc before 2.33 know the same. */
#define OLD_BY_PATH(name, type)                                                                                      \
	int name(int version, const char *path, struct type *state);                                                 \
	int name(int version, const char *path, struct type *state)                                                  \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		int number = bus_number(path), done = REAL(name)(version, elsewhere(path, place), state);            \
		if (!done && number >= 0)                                                                            \
			DISGUISE(state, number);                                                                     \
		return done;                                                                                         \
	}

#define OLD_BY_FD(name, type)                                                                                        \
	int name(int version, int fd, struct type *state);                                                           \
	int name(int version, int fd, struct type *state)                                                            \
	{                                                                                                            \
		int done = REAL(name)(version, fd, state), number = any_bus ? bus_of(fd) : -1;                       \
		if (!done && number >= 0)                                                                            \
			DISGUISE(state, number);                                                                     \
		return done;                                                                                         \
	}

#define OLD_BY_PLACE(name, type)                                                                                     \
	int name(int version, int at, const char *path, struct type *state, int flags);                              \
	int name(int version, int at, const char *path, struct type *state, int flags)                               \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		int number = bus_number(path), done = REAL(name)(version, at, elsewhere(path, place), state, flags); \
		if (!done && number >= 0)                                                                            \
			DISGUISE(state, number);                                                                     \
		return done;                                                                                         \
	}

OLD_BY_PATH(__xstat, stat)
OLD_BY_PATH(__xstat64, stat64)
OLD_BY_PATH(__lxstat, stat)
OLD_BY_PATH(__lxstat64, stat64)
OLD_BY_FD(__fxstat, stat)
OLD_BY_FD(__fxstat64, stat64)
OLD_BY_PLACE(__fxstatat, stat)
OLD_BY_PLACE(__fxstatat64, stat64)

/* -- access, links, attributes and streams: a path of ours is looked for where it really is */
#define THROUGH(result, name, parameters, ...)                                                                       \
	result name parameters                                                                                       \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		path = elsewhere(path, place);                                                                       \
		return REAL(name)(__VA_ARGS__);                                                                      \
	}

THROUGH(int, access, (const char *path, int how), path, how)
THROUGH(int, eaccess, (const char *path, int how), path, how)
THROUGH(int, euidaccess, (const char *path, int how), path, how)
THROUGH(int, faccessat, (int at, const char *path, int how, int flags), at, path, how, flags)
THROUGH(ssize_t, readlink, (const char *restrict path, char *restrict to, size_t room), path, to, room)
THROUGH(ssize_t, readlinkat, (int at, const char *restrict path, char *restrict to, size_t room), at, path, to, room)
THROUGH(ssize_t, getxattr, (const char *path, const char *name, void *to, size_t room), path, name, to, room)
THROUGH(ssize_t, lgetxattr, (const char *path, const char *name, void *to, size_t room), path, name, to, room)
THROUGH(ssize_t, listxattr, (const char *path, char *to, size_t room), path, to, room)
THROUGH(ssize_t, llistxattr, (const char *path, char *to, size_t room), path, to, room)
THROUGH(FILE *, fopen, (const char *restrict path, const char *restrict mode), path, mode)
THROUGH(FILE *, fopen64, (const char *restrict path, const char *restrict mode), path, mode)

/* -- /dev: after the kernel's devices come our buses */
enum { MAX_LISTINGS = 16 };

static struct listing { DIR *of, *ours; struct dirent entry; struct dirent64 entry64; } listings[MAX_LISTINGS];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static struct listing *listing_of(DIR *of)
{
	struct listing *found = NULL;
	pthread_mutex_lock(&guard);
	for (int n = 0; n < MAX_LISTINGS && !found; n++)
		if (listings[n].of == of)
			found = &listings[n];
	pthread_mutex_unlock(&guard);
	return found;
}

DIR *opendir(const char *path)
{
	char place[PATH];
	DIR *of = REAL(opendir)(elsewhere(path, place));
	if (!of || !folder() || (strcmp(path, "/dev") && strcmp(path, "/dev/")))
		return of;
	pthread_mutex_lock(&guard);
	for (int n = 0; n < MAX_LISTINGS; n++)
		if (!listings[n].of) {
			listings[n] = (struct listing){.of = of, .ours = REAL(opendir)(folder())};
			break;
		}
	pthread_mutex_unlock(&guard);
	return of;
}

int closedir(DIR *of)
{
	struct listing *found = listing_of(of);
	if (found) {
		if (found->ours)
			REAL(closedir)(found->ours);
		found->of = found->ours = NULL;
	}
	return REAL(closedir)(of);
}

/* The next bus of a listing of /dev, as an entry of its own. */
#define READ(name, type, kept)                                                                                       \
	struct type *name(DIR *of)                                                                                   \
	{                                                                                                            \
		int before = errno;                                                                                  \
		struct type *next = REAL(name)(of);                                                                  \
		struct listing *found = next ? NULL : listing_of(of);                                                \
		while (found && found->ours && (next = REAL(name)(found->ours)))                                     \
			if (!strncmp(next->d_name, "i2c-", 4)) {                                                     \
				found->kept = *next;                                                                 \
				found->kept.d_type = DT_CHR;                                                         \
				return errno = before, &found->kept;                                                 \
			}                                                                                            \
		return next;                                                                                         \
	}

READ(readdir, dirent, entry)
READ(readdir64, dirent64, entry64)
