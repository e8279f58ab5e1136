/* A preloaded object (LD_PRELOAD) that gives a program the I2C buses of running sensors as /dev/i2c-N.
 *
 *   bus.c    a bus's socket: connect, set the address, carry out a transfer (camtwin/wire/i2c.py)
 *   calls.c  open, ioctl, read and write, as Linux' i2c-dev answers them
 *   files.c  what a program looks at: /dev, /sys/class/i2c-dev, /sys/bus/i2c
 *
 * CAMTWIN_I2C is the folder of the buses (camtwin/links/i2c/folder.py). The descriptor of an open bus is the socket
 * itself, so dup, fork, poll and close are the kernel's, and the address of an open file is kept by the other side;
 * the name of the socket's peer says that a descriptor is a bus. All other calls are passed on as they are. */
#ifndef CAMTWIN_PRELOAD_H
#define CAMTWIN_PRELOAD_H

#include "../common/sockets.h"

#include <dlfcn.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PATH = 4096, OWN = 0xFFFF, MAX_MESSAGE = 8192, I2C_MAJOR = 89 };

/* The C library's own function of that name. */
#define REAL(name)                                                                                                   \
	({                                                                                                           \
		static __typeof__(&name) found;                                                                      \
		if (!found)                                                                                          \
			found = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                          \
		found;                                                                                               \
	})

/* bus.c */
const char *folder(void);                   /* NULL: no buses */
int bus_number(const char *path);           /* N of /dev/i2c-N that is served, or -1 */
int bus_connect(int number, int flags);     /* a descriptor, or -1 */
int bus_of(int fd);                         /* N, or -1 for any other descriptor */
int bus_set_address(int fd, unsigned address);             /* 0, or -1 */
int bus_transfer(int fd, const struct i2c_msg *messages, unsigned count); /* messages done, or -1 */
extern bool any_bus;                        /* whether this process has had one open */

/* files.c */
const char *elsewhere(const char *path, char place[PATH]); /* where a path of ours really is, or the path itself */

#endif
