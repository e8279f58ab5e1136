/* A preloaded object (LD_PRELOAD) that gives a program the devices of running sensors: I2C buses as /dev/i2c-N, and
 * cameras as /dev/videoN with /dev/v4l-subdevN and /dev/mediaN.
 *
 *   devices.c  which path and which descriptor is a device of ours; its socket
 *   bus.c      requests to a bus: set the address, carry out a transfer (camtwin/wire/i2c.py)
 *   smbus.c    ioctls on a bus, as Linux' i2c-dev answers them
 *   video.c    requests to a camera's node: ioctls, mmap, read (camtwin/wire/v4l2/messages.py)
 *   wait.c     poll and select on a camera's node
 *   epoll.c    epoll on it
 *   calls.c    open, ioctl, read, write, mmap
 *   streams.c  fopen
 *   files.c    what a program looks at: states, links and attributes of /dev and /sys
 *   listings.c what it finds in /dev
 *
 * CAMTWIN_DEVICES is the folder of the sockets (camtwin/links/base/devices.py). The descriptor of an open device is the
 * socket itself, so dup, fork, exec and close are the kernel's, and what an open file has is kept by the other side;
 * the name of the socket's peer says that a descriptor is a device. All other calls are passed on as they are. */
#ifndef CAMTWIN_PRELOAD_H
#define CAMTWIN_PRELOAD_H

#include "../common/sockets.h"

#include <dlfcn.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

enum { PATH = 4096, NAME = 32, OWN = 0xFFFF, MAX_MESSAGE = 8192 };

/* The C library's own function of that name. */
#define REAL(name)                                                                                                   \
	({                                                                                                           \
		static __typeof__(&name) found;                                                                      \
		if (!found)                                                                                          \
			found = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                          \
		found;                                                                                               \
	})

/* devices.c */
enum kind { OTHER, BUS, CAMERA };
struct device { enum kind kind; unsigned major, minor; char name[NAME]; };
extern bool any_device;                       /* whether this process has had one open */
const char *folder(void);                     /* NULL: no devices */
bool device_at(const char *path, struct device *found);  /* a device that is served, by its path in /dev */
enum kind device_of(int fd, struct device *found); /* OTHER for any other descriptor; `found` may be NULL */
bool device_named(const char *name, struct device *found); /* by its name in the folder */
int device_connect(const struct device *device, int flags); /* a descriptor, or -1 */

/* bus.c, smbus.c */
int bus_set_address(int fd, unsigned address);             /* 0, or -1 */
int bus_transfer(int fd, const struct i2c_msg *messages, unsigned count); /* messages done, or -1 */
int bus_ioctl(int fd, unsigned long request, unsigned long what);
ssize_t bus_move(int fd, void *data, size_t bytes, unsigned short flags);

/* video.c */
int video_ioctl(int fd, unsigned long request, void *argument);
void *video_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
ssize_t video_read(int fd, void *to, size_t bytes);
enum how { WATCH, WATCH_AND_KEEP };
int video_watch(int fd, short events, enum how how, short *now); /* a socket that becomes readable at one of the events; -1:
	there is one now, or no camera. Kept, it is readable with those that are there now */
bool video_kept(int watch);                   /* whether the socket of a watch tells an event, which it keeps */
short video_watched(int watch);               /* the events that the socket of a watch tells; closes it */

/* epoll.c */
void epoll_fetched(int fd);                   /* an event has been fetched from a camera: look whether there is another */

/* wait.c */
int wait_for(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);

/* files.c */
const char *elsewhere(const char *path, char place[PATH]); /* where a path of ours really is, or the path itself */

#endif
