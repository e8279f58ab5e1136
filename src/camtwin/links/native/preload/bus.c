/* Requests to a bus. A request and its answer belong together, so threads take turns. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SET_ADDRESS = 1, TRANSFER = 2, SIZE = 4, HEAD = 6 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

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
