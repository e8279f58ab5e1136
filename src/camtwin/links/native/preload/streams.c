/* fopen: a stream on a device of ours.
 *
 * The C library's streams read by its own calls, which no preloaded object sees. So this one is a stream of functions
 * (fopencookie), which read and write as programs do; its descriptor is the device's, for fileno and ioctl. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static ssize_t stream_read(void *fd, char *to, size_t bytes) { return read((int)(intptr_t)fd, to, bytes); }

/* 0, not -1, says that an error came. */
static ssize_t stream_write(void *fd, const char *from, size_t bytes)
{
	ssize_t done = write((int)(intptr_t)fd, from, bytes);
	return done < 0 ? 0 : done;
}

static int stream_close(void *fd) { return close((int)(intptr_t)fd); }

static FILE *stream_on(const struct device *device, const char *mode)
{
	static const cookie_io_functions_t functions = {stream_read, stream_write, NULL, stream_close};
	const char *close_on_exec = strchr(mode, 'e'), *encoding = strchr(mode, ',');
	if (!*mode || !strchr("rwa", *mode))
		return errno = EINVAL, NULL;
	int fd = device_connect(device, close_on_exec && (!encoding || close_on_exec < encoding) ? O_CLOEXEC : 0);
	FILE *stream = fd < 0 ? NULL : fopencookie((void *)(intptr_t)fd, mode, functions);
	if (stream)
		stream->_fileno = fd; /* a public member of glibc's structure, which nothing else uses in such a stream */
	else if (fd >= 0)
		close(fd);
	return stream;
}

#define FOPEN(name)                                                                                                  \
	FILE *name(const char *restrict path, const char *restrict mode)                                             \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		struct device device;                                                                                \
		if (device_at(path, &device))                                                                        \
			return stream_on(&device, mode);                                                             \
		return REAL(name)(elsewhere(path, place), mode);                                                     \
	}

/* A stream that is open already stays the C library's: on a device it is refused, as its bytes could not come from there. */
#define FREOPEN(name)                                                                                                \
	FILE *name(const char *restrict path, const char *restrict mode, FILE *restrict stream)                      \
	{                                                                                                            \
		char place[PATH];                                                                                    \
		struct device device;                                                                                \
		if (device_at(path, &device)) {                                                                      \
			fclose(stream);                                                                              \
			return errno = ENXIO, NULL;                                                                  \
		}                                                                                                    \
		return REAL(name)(elsewhere(path, place), mode, stream);                                             \
	}

FOPEN(fopen)
FOPEN(fopen64)
FREOPEN(freopen)
FREOPEN(freopen64)
