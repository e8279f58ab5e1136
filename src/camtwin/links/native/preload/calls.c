/* open, ioctl, read, write and mmap: a device of ours answers for itself, all else is the system's. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { I2C_IOCTL = 0x07 };

int ioctl(int fd, unsigned long request, ...)
{
	va_list more;
	va_start(more, request);
	unsigned long what = va_arg(more, unsigned long);
	va_end(more);
	unsigned type = _IOC_TYPE(request);
	if (request >> 8 == I2C_IOCTL && device_of(fd, NULL) == BUS)
		return bus_ioctl(fd, request, what);
	if ((type == 'V' || type == '|') && device_of(fd, NULL) == CAMERA)
		return video_ioctl(fd, request & 0xFFFFFFFF, (void *)what);
	return REAL(ioctl)(fd, request, what);
}

ssize_t read(int fd, void *to, size_t bytes)
{
	switch (any_device ? device_of(fd, NULL) : OTHER) {
	case BUS: return bus_move(fd, to, bytes, I2C_M_RD);
	case CAMERA: return video_read(fd, to, bytes);
	default: return REAL(read)(fd, to, bytes);
	}
}

ssize_t __read_chk(int fd, void *to, size_t bytes, size_t room);
ssize_t __read_chk(int fd, void *to, size_t bytes, size_t room)
{
	if (bytes > room)
		abort();
	return read(fd, to, bytes);
}

ssize_t write(int fd, const void *from, size_t bytes)
{
	switch (any_device ? device_of(fd, NULL) : OTHER) {
	case BUS: return bus_move(fd, (void *)from, bytes, 0);
	case CAMERA: return errno = EINVAL, -1; /* it captures */
	default: return REAL(write)(fd, from, bytes);
	}
}

/* The kernel's own call, as memory is mapped before there is a way to find the library's. */
#define MMAP(name, type)                                                                                             \
	void *name(void *address, size_t length, int protection, int flags, int fd, type offset)                     \
	{                                                                                                            \
		if (any_device && fd >= 0 && device_of(fd, NULL) == CAMERA)                                          \
			return video_mmap(address, length, protection, flags, fd, offset);                           \
		return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);                    \
	}

MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

/* -- open */
#define MODE(flags)                                                                                                  \
	mode_t mode = 0;                                                                                             \
	if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                     \
		va_list more;                                                                                        \
		va_start(more, flags);                                                                               \
		mode = va_arg(more, mode_t);                                                                         \
		va_end(more);                                                                                        \
	}

#define OPEN(name)                                                                                                   \
	int name(const char *path, int flags, ...)                                                                   \
	{                                                                                                            \
		MODE(flags)                                                                                          \
		char place[PATH];                                                                                    \
		struct device device;                                                                                \
		if (device_at(path, &device))                                                                        \
			return device_connect(&device, flags);                                                       \
		return REAL(name)(elsewhere(path, place), flags, mode);                                              \
	}

#define OPENAT(name)                                                                                                 \
	int name(int at, const char *path, int flags, ...)                                                           \
	{                                                                                                            \
		MODE(flags)                                                                                          \
		char place[PATH];                                                                                    \
		struct device device;                                                                                \
		if (device_at(path, &device))                                                                        \
			return device_connect(&device, flags);                                                       \
		return REAL(name)(at, elsewhere(path, place), flags, mode);                                          \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* What programs call that are built with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags);
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }
int __openat_2(int at, const char *path, int flags) { return openat(at, path, flags); }
int __openat64_2(int at, const char *path, int flags) { return openat64(at, path, flags); }
