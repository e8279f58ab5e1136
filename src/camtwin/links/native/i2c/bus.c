/* A bus's socket. A request and its answer belong together, so threads take turns. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SET_ADDRESS = 1, TRANSFER = 2, SIZE = 4, HEAD = 6 };

bool any_bus;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

const char *folder(void)
{
	const char *there = getenv("CAMTWIN_I2C");
	return there && *there ? there : NULL;
}

static bool address_of(int number, struct sockaddr_un *at)
{
	const char *there = folder();
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	return there && snprintf(at->sun_path, sizeof at->sun_path, "%s/i2c-%d", there, number) < (int)sizeof at->sun_path;
}

int bus_number(const char *path)
{
	struct sockaddr_un at;
	int number, end = 0;
	if (!path || strncmp(path, "/dev/i2c", 8) || !folder())
		return -1;
	if (sscanf(path, "/dev/i2c-%d%n", &number, &end) != 1 && sscanf(path, "/dev/i2c/%d%n", &number, &end) != 1)
		return -1;
	if (path[end] || number < 0 || !address_of(number, &at))
		return -1;
	int before = errno, there = REAL(access)(at.sun_path, F_OK);
	errno = before;
	return there ? -1 : number;
}

int bus_connect(int number, int flags)
{
	struct sockaddr_un at;
	if (!address_of(number, &at))
		return errno = ENOENT, -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0), 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&at, sizeof at)) {
		int why = errno == EACCES ? EACCES : ENODEV; /* its server has died */
		close(fd);
		return errno = why, -1;
	}
	any_bus = true;
	return fd;
}

int bus_of(int fd)
{
	struct sockaddr_un peer = {0};
	socklen_t size = sizeof peer;
	const char *there = folder();
	int before = errno, number, end = 0, named = getpeername(fd, (struct sockaddr *)&peer, &size);
	errno = before;
	if (!there || named || peer.sun_family != AF_UNIX || size >= sizeof peer)
		return -1;
	size_t length = strlen(there);
	if (strncmp(peer.sun_path, there, length) || sscanf(peer.sun_path + length, "/i2c-%d%n", &number, &end) != 1)
		return -1;
	return peer.sun_path[length + end] ? -1 : number;
}

static void put16(uint8_t *bytes, unsigned value)
{
	bytes[0] = value >> 8 & 0xFF;
	bytes[1] = value & 0xFF;
}

/* One request and its answer: the result, or -1 with errno. `answer` has room for `most` bytes. */
static int ask(int fd, const uint8_t *request, size_t bytes, uint8_t *answer, size_t most)
{
	uint8_t head[2 * SIZE];
	int result = -1, why = EIO;
	bool sound = false;
	pthread_mutex_lock(&turn);
	if (!send_all(fd, request, bytes, NULL, 0) && !receive_all(fd, head, sizeof head)) {
		size_t follow = big32(head) - SIZE;
		result = (int)big32(head + SIZE);
		if (result < 0) {
			sound = !follow;
			why = -result;
		} else
			sound = follow == most && !receive_all(fd, answer, most);
	}
	if (!sound) /* its server has died, or says what it may not: what comes next would be no answer */
		shutdown(fd, SHUT_RDWR);
	pthread_mutex_unlock(&turn);
	if (sound && result >= 0)
		return result;
	errno = sound ? why : EIO;
	return -1;
}

int bus_set_address(int fd, unsigned address)
{
	uint8_t request[SIZE + 3] = {[SIZE] = SET_ADDRESS};
	put32(request, 3);
	put16(request + SIZE + 1, address);
	return ask(fd, request, sizeof request, NULL, 0);
}

int bus_transfer(int fd, const struct i2c_msg *messages, unsigned count)
{
	size_t bytes = SIZE + 1, reads = 0;
	for (unsigned n = 0; n < count; n++) {
		bool reading = messages[n].flags & I2C_M_RD;
		if (messages[n].len > MAX_MESSAGE)
			return errno = EINVAL, -1;
		bytes += HEAD + (reading ? 0 : messages[n].len);
		reads += reading ? messages[n].len : 0;
	}
	uint8_t *request = malloc(bytes + reads), *to = request;
	if (!request)
		return errno = ENOMEM, -1;
	put32(to, (uint32_t)(bytes - SIZE));
	to[SIZE] = TRANSFER;
	to += SIZE + 1;
	for (unsigned n = 0; n < count; n++, to += HEAD) {
		put16(to, messages[n].addr);
		put16(to + 2, messages[n].flags);
		put16(to + 4, messages[n].len);
		if (messages[n].flags & I2C_M_RD || !messages[n].len)
			continue;
		memcpy(to + HEAD, messages[n].buf, messages[n].len);
		to += messages[n].len;
	}
	uint8_t *from = request + bytes;
	int result = ask(fd, request, bytes, from, reads);
	for (unsigned n = 0; result >= 0 && n < count; n++)
		if (messages[n].flags & I2C_M_RD && messages[n].len) {
			memcpy(messages[n].buf, from, messages[n].len);
			from += messages[n].len;
		}
	int why = errno;
	free(request);
	errno = why;
	return result;
}
