/* What a program looks at before it opens a device: /dev has character devices, and sysfs says what they are.
 *
 * The sysfs of our devices lies in their folder as files. Paths below the classes and buses here lead there, and what the
 * kernel has there is not seen meanwhile; so does what /sys/dev/char has of the numbers of our devices. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *const ours[] = {"/sys/class/i2c-dev", "/sys/class/i2c-adapter", "/sys/bus/i2c", "/sys/class/video4linux",
	"/sys/bus/media", "/sys/devices/platform/camtwin"};
static const char numbers[] = "/sys/dev/char/";

/* A path in the folder, if something is there. */
static bool is_there(const char *path, size_t length, char place[PATH])
{
	int before = errno;
	bool fits = snprintf(place, PATH, "%s%.*s", folder(), (int)length, path) < PATH;
	bool there = fits && !REAL(access)(place, F_OK);
	errno = before;
	return there;
}

const char *elsewhere(const char *path, char place[PATH])
{
	const char *there = folder();
	struct device device;
	if (!there || !path)
		return path;
	if (device_at(path, &device))
		return snprintf(place, PATH, "%s/%s", there, device.name) < PATH ? place : path;
	size_t length = 0;
	for (size_t n = 0; n < sizeof ours / sizeof *ours && !length; n++) {
		size_t bytes = strlen(ours[n]);
		if (!strncmp(path, ours[n], bytes) && strchr("/.", path[bytes])) /* or its end */
			length = bytes;
	}
	if (!strncmp(path, numbers, sizeof numbers - 1) && path[sizeof numbers - 1])
		length = sizeof numbers - 1 + strcspn(path + sizeof numbers - 1, "/");
	if (!length)
		return path;
	if (path[length] == '.')
		length += strcspn(path + length, "/");
	if (!is_there(path, length, place))
		return path;
	return snprintf(place, PATH, "%s%s", there, path) < PATH ? place : path;
}

/* -- states of files: the socket of a device is a character device */
#define DISGUISE(state, device)                                                                                      \
	do {                                                                                                         \
		(state)->st_mode = S_IFCHR | 0600;                                                                   \
		(state)->st_rdev = makedev((device).major, (device).minor);                                          \
	} while (0)

/* The device at a path, or, without one, of a descriptor. */
static bool device_in(int at, const char *path, struct device *device)
{
	if (path && *path)
		return device_at(path, device);
	return any_device && device_of(at, device) != OTHER;
}

#define BY_PATH(name, type)                                                                                          \
	int name(const char *path, struct type *state)                                                               \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		struct device device;                                                                                \
		bool known = device_at(path, &device);                                                               \
		int done = REAL(name)(elsewhere(path, place), state);                                                \
		if (!done && known)                                                                                  \
			DISGUISE(state, device);                                                                     \
		return done;                                                                                         \
	}

#define BY_FD(name, type)                                                                                            \
	int name(int fd, struct type *state)                                                                         \
	{                                                                                                            \
		struct device device;                                                                                \
		int done = REAL(name)(fd, state);                                                                    \
		if (!done && device_in(fd, NULL, &device))                                                           \
			DISGUISE(state, device);                                                                     \
		return done;                                                                                         \
	}

#define BY_PLACE(name, type)                                                                                         \
	int name(int at, const char *path, struct type *state, int flags)                                            \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		struct device device;                                                                                \
		bool known = device_in(at, path, &device);                                                           \
		int done = REAL(name)(at, elsewhere(path, place), state, flags);                                     \
		if (!done && known)                                                                                  \
			DISGUISE(state, device);                                                                     \
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
	struct device device;
	bool known = device_in(at, path, &device);
	int done = REAL(statx)(at, elsewhere(path, place), flags, mask, state);
	if (!done && known) {
		state->stx_mode = S_IFCHR | 0600;
		state->stx_rdev_major = device.major;
		state->stx_rdev_minor = device.minor;
	}
	return done;
}

/* The names under which programs built with a glibc before 2.33 know the same. */
#define OLD_BY_PATH(name, type)                                                                                      \
	int name(int version, const char *path, struct type *state);                                                 \
	int name(int version, const char *path, struct type *state)                                                  \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		struct device device;                                                                                \
		bool known = device_at(path, &device);                                                               \
		int done = REAL(name)(version, elsewhere(path, place), state);                                       \
		if (!done && known)                                                                                  \
			DISGUISE(state, device);                                                                     \
		return done;                                                                                         \
	}

#define OLD_BY_FD(name, type)                                                                                        \
	int name(int version, int fd, struct type *state);                                                           \
	int name(int version, int fd, struct type *state)                                                            \
	{                                                                                                            \
		struct device device;                                                                                \
		int done = REAL(name)(version, fd, state);                                                           \
		if (!done && device_in(fd, NULL, &device))                                                           \
			DISGUISE(state, device);                                                                     \
		return done;                                                                                         \
	}

#define OLD_BY_PLACE(name, type)                                                                                     \
	int name(int version, int at, const char *path, struct type *state, int flags);                              \
	int name(int version, int at, const char *path, struct type *state, int flags)                               \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		struct device device;                                                                                \
		bool known = device_at(path, &device);                                                               \
		int done = REAL(name)(version, at, elsewhere(path, place), state, flags);                            \
		if (!done && known)                                                                                  \
			DISGUISE(state, device);                                                                     \
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

/* -- access, links and attributes: a path of ours is looked for where it really is */
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

/* -- names without links: those of our files are told as they are seen */
static char *resolved(const char *path, char *to)
{
	char place[PATH], found[PATH_MAX];
	struct device device;
	const char *there = folder();
	if (device_at(path, &device)) {
		int bytes = snprintf(found, sizeof found, "/dev/%s", device.name);
		return to ? memcpy(to, found, (size_t)bytes + 1) : strdup(found);
	}
	const char *real = elsewhere(path, place);
	if (real == path)
		return REAL(realpath)(path, to);
	char folders[PATH_MAX];
	if (!REAL(realpath)(real, found) || !REAL(realpath)(there, folders))
		return NULL;
	size_t length = strlen(folders);
	const char *seen = strncmp(found, folders, length) ? found : found + length;
	return to ? strcpy(to, seen) : strdup(seen);
}

char *realpath(const char *restrict path, char *restrict to) { return resolved(path, to); }
char *canonicalize_file_name(const char *path) { return resolved(path, NULL); }
char *__realpath_chk(const char *path, char *to, size_t room);
char *__realpath_chk(const char *path, char *to, size_t room)
{
	if (room < PATH_MAX)
		abort();
	return resolved(path, to);
}
