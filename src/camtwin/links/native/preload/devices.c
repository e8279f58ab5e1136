/* Which path, and which descriptor, is a device of ours. Each has a socket in the folder by the name it has in /dev. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Numbers as camtwin/links/base/devices.py gives them; minors of one major must differ. */
static const struct { const char *prefix; enum kind kind; unsigned major, minor; int type; } kinds[] = {
	{"i2c-", BUS, 89, 0, SOCK_STREAM},
	{"video", CAMERA, 81, 0, SOCK_SEQPACKET},
	{"v4l-subdev", CAMERA, 81, 128, SOCK_SEQPACKET},
	{"media", CAMERA, 510, 0, SOCK_SEQPACKET},
};
enum { KINDS = sizeof kinds / sizeof *kinds, MAX_DIGITS = 3 };

bool any_device;

const char *folder(void)
{
	const char *there = getenv("CAMTWIN_DEVICES");
	return there && *there ? there : NULL;
}

bool device_named(const char *name, struct device *found)
{
	for (int n = 0; n < KINDS; n++) {
		size_t length = strlen(kinds[n].prefix), digits = strspn(name + (strncmp(name, kinds[n].prefix, length) ? 0 : length), "0123456789");
		if (strncmp(name, kinds[n].prefix, length) || !digits || digits > MAX_DIGITS || name[length + digits])
			continue;
		*found = (struct device){kinds[n].kind, kinds[n].major, kinds[n].minor + (unsigned)atoi(name + length), ""};
		memcpy(found->name, name, length + digits);
		return true;
	}
	return false;
}

static bool address_of(const struct device *device, struct sockaddr_un *at)
{
	const char *there = folder();
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	return there && snprintf(at->sun_path, sizeof at->sun_path, "%s/%s", there, device->name) < (int)sizeof at->sun_path;
}

bool device_at(const char *path, struct device *found)
{
	struct sockaddr_un at;
	char name[NAME];
	if (!path || strncmp(path, "/dev/", 5) || !folder() || strlen(path + 5) >= NAME)
		return false;
	strcpy(name, path + 5);
	if (!strncmp(name, "i2c/", 4)) /* an older name of the same */
		name[3] = '-';
	if (!device_named(name, found) || !address_of(found, &at))
		return false;
	int before = errno, there = REAL(access)(at.sun_path, F_OK);
	errno = before;
	return !there;
}

enum kind device_of(int fd, struct device *found)
{
	struct sockaddr_un peer = {0};
	struct device device;
	socklen_t size = sizeof peer;
	const char *there = folder();
	int before = errno, named = there ? getpeername(fd, (struct sockaddr *)&peer, &size) : -1;
	errno = before;
	if (named || peer.sun_family != AF_UNIX || size >= sizeof peer)
		return OTHER;
	size_t length = strlen(there);
	if (strncmp(peer.sun_path, there, length) || peer.sun_path[length] != '/' ||
	    !device_named(peer.sun_path + length + 1, found ? found : &device))
		return OTHER;
	any_device = true;
	return found ? found->kind : device.kind;
}

int device_connect(const struct device *device, int flags)
{
	struct sockaddr_un at;
	int type = SOCK_STREAM;
	for (int n = 0; n < KINDS; n++)
		if (!strncmp(device->name, kinds[n].prefix, strlen(kinds[n].prefix)))
			type = kinds[n].type;
	if (!address_of(device, &at))
		return errno = ENOENT, -1;
	int fd = socket(AF_UNIX, type | (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0), 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&at, sizeof at)) {
		int why = errno == EACCES ? EACCES : ENODEV; /* its server has died */
		close(fd);
		return errno = why, -1;
	}
	if (device->kind == CAMERA && flags & O_NONBLOCK)
		fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	any_device = true;
	return fd;
}
