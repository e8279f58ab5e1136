/* A session with a twin: questions and answers on one socket, news on another one, which a thread hears. */
#define _GNU_SOURCE
#include "producer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_s = 30 };

static struct device *open_devices;

/* -- questions and answers */
int connect_to(const char *path, uint64_t timeout_ms)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timeval wait = {(time_t)(timeout_ms / 1000), (suseconds_t)(timeout_ms % 1000 * 1000)};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Ask and wait. -1: nobody answers. Else 0; *size: bytes of the answer, of which as many as fit are at `to`. */
int exchange(int fd, uint32_t kind, uint64_t number, const void *data, size_t bytes, int32_t *status, void *to, size_t *size)
{
	struct ask head = {kind, (uint32_t)bytes, number};
	struct iovec out[] = {{&head, sizeof head}, {(void *)data, bytes}};
	struct answer answer = {0, 0};
	struct iovec in[] = {{&answer, sizeof answer}, {to, *size}};
	struct msghdr question = {.msg_iov = out, .msg_iovlen = 2}, reply = {.msg_iov = in, .msg_iovlen = 2};
	ssize_t got;
	do
		got = sendmsg(fd, &question, MSG_NOSIGNAL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	do
		got = recvmsg(fd, &reply, 0);
	while (got < 0 && errno == EINTR);
	if (got < (ssize_t)sizeof answer)
		return -1;
	*status = answer.status;
	*size = (size_t)got - sizeof answer;
	return 0;
}

void lose(struct device *device, const char *why)
{
	const char *id = device->about.field[FIELD_ID];
	if (device->lost)
		return;
	device->lost = true;
	snprintf(device->why, sizeof device->why, "%.80s: %.100s", id, why);
	tell_module(&device->module, EVENT_DEVICE_LOST, id);
	pthread_cond_broadcast(&changed);
}

/* Ask a question of an open twin. The lock is let go meanwhile; the caller has counted itself in. At most *size bytes
 * of the answer go to `to`; *size: as many as did. */
GC_ERROR ask(struct device *device, uint32_t kind, uint64_t number, const void *data, size_t bytes, void *to, size_t *size)
{
	uint8_t reply[MAX_PART + 1];
	size_t got = sizeof reply - 1;
	int32_t status = 0;
	if (device->lost)
		return fail(GC_ERR_IO, "%s", device->why);
	pthread_mutex_unlock(&lock);
	pthread_mutex_lock(&device->asking);
	int gone = exchange(device->asks, kind, number, data, bytes, &status, reply, &got);
	pthread_mutex_unlock(&device->asking);
	pthread_mutex_lock(&lock);
	if (gone) {
		lose(device, "its server does not answer");
		return fail(GC_ERR_IO, "%s", device->why);
	}
	reply[got] = 0;
	if (status)
		return fail(status, "%s", (const char *)reply);
	if (got < *size)
		*size = got;
	if (to)
		memcpy(to, reply, *size);
	return GC_ERR_SUCCESS;
}

/* -- news */
void poke(const struct device *device)
{
	uint64_t one = 1;
	(void)!write(device->poke, &one, sizeof one);
}

void tell_server(const struct device *device, uint32_t kind, uint64_t ring, uint64_t slot)
{
	struct ask head = {kind, 0, ring << 32 | slot};
	send(device->news, &head, sizeof head, MSG_NOSIGNAL);
}

static void features_changed(struct device *device, const char *names, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += strlen(names + at) + 1) {
		tell(&device->remote, EVENT_FEATURE_INVALIDATE, 0, names + at, strlen(names + at) + 1);
		tell(&device->module, EVENT_FEATURE_INVALIDATE, 0, names + at, strlen(names + at) + 1);
	}
}

/* Take one message; false: it was the last one. */
static bool hear(struct device *device)
{
	union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control;
	struct { struct news head; uint8_t data[4096 + 1]; } in;
	struct iovec iov = {&in, sizeof in - 1};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	int fd = -1;
	ssize_t got = recvmsg(device->news, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	struct cmsghdr *rights = got < 0 ? NULL : CMSG_FIRSTHDR(&message);
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(rights), sizeof fd);
	bool closed = got < (ssize_t)sizeof in.head;
	size_t bytes = closed ? 0 : (size_t)got - sizeof in.head;
	in.data[bytes] = 0;
	if (!closed && in.head.kind == NEWS_MEMORY && bytes == sizeof(struct memory) && fd >= 0) {
		map_memory(device, in.head.number, (struct memory *)in.data, fd); /* which keeps the descriptor */
		fd = -1;
	}
	if (fd >= 0)
		close(fd);
	pthread_mutex_lock(&lock);
	if (closed)
		lose(device, "its server has gone");
	else if (in.head.kind == NEWS_FRAME && bytes == sizeof(struct frame))
		got_frame(device, in.head.number, (struct frame *)in.data);
	else if (in.head.kind == NEWS_EVENT) {
		tell(&device->module, EVENT_REMOTE_DEVICE, in.head.number, in.data, bytes);
		tell(&device->remote, EVENT_REMOTE_DEVICE, in.head.number, in.data, bytes);
	} else if (in.head.kind == NEWS_CHANGED)
		features_changed(device, (const char *)in.data, bytes);
	else if (in.head.kind == NEWS_GONE)
		lose(device, (const char *)in.data);
	bool there = !device->lost;
	pthread_mutex_unlock(&lock);
	return there;
}

static void *hears_news(void *given)
{
	struct device *device = given;
	struct pollfd on[] = {{.fd = device->news, .events = POLLIN}, {.fd = device->poke, .events = POLLIN}};
	uint64_t pokes;
	bool there = true;
	while (there) {
		if (poll(on, 2, -1) < 0)
			continue; /* a signal came */
		if (on[1].revents)
			(void)!read(device->poke, &pokes, sizeof pokes);
		if (on[0].revents)
			there = hear(device);
		pthread_mutex_lock(&lock);
		serve_frames(device);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* -- sessions */
static void close_all(const struct device *device)
{
	const int all[] = {device->asks, device->news, device->poke, device->memory_fd};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] >= 0)
			close(all[i]);
}

void link_shut(void)
{
	for (const struct device *device = open_devices; device; device = device->next) {
		shutdown(device->asks, SHUT_RDWR);
		shutdown(device->news, SHUT_RDWR);
	}
}

void link_forget(void)
{
	for (const struct device *device = open_devices; device; device = device->next)
		close_all(device);
	open_devices = NULL;
}

const struct device *open_device(const char *id)
{
	for (const struct device *device = open_devices; device; device = device->next)
		if (!strcmp(device->about.field[FIELD_ID], id))
			return device;
	return NULL;
}

struct device *device_of(const struct module *interface)
{
	for (struct device *device = open_devices; device; device = device->next)
		if (device->module.parent == interface)
			return device;
	return NULL;
}

static void discard(struct device *device)
{
	for (struct device **at = &open_devices; *at; at = &(*at)->next)
		if (*at == device) {
			*at = device->next;
			break;
		}
	unmap_memory(device);
	close_all(device);
	pthread_mutex_destroy(&device->asking);
	free(device->about.texts);
	free(device);
	pthread_cond_broadcast(&changed);
}

/* Open the session's two sockets. The first question about news goes out on the second one. */
static GC_ERROR begin(struct device *device, int32_t access)
{
	const char *id = device->about.field[FIELD_ID];
	size_t size = sizeof device->session, none = 0;
	device->asks = connect_to(device->about.path, ANSWER_s * 1000);
	device->news = connect_to(device->about.path, ANSWER_s * 1000);
	device->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (device->asks < 0 || device->news < 0 || device->poke < 0)
		return fail(GC_ERR_IO, "the server of %s has gone", id);
	GC_ERROR error = ask(device, ASK_OPEN, (uint64_t)access, id, strlen(id) + 1, &device->session, &size);
	if (error)
		return error;
	int asks = device->asks;
	device->asks = device->news;
	error = ask(device, ASK_NEWS, device->session, NULL, 0, NULL, &none);
	device->asks = asks;
	return error;
}

GC_ERROR link_open(struct device *device, int32_t access)
{
	pthread_mutex_init(&device->asking, NULL);
	device->access = access;
	device->asks = device->news = device->poke = device->memory_fd = -1;
	device->next = open_devices;
	open_devices = device; /* nobody else opens it meanwhile */
	GC_ERROR error = begin(device, access);
	if (!error && (!add(&device->module, DEVICE, device->module.parent) || !add(&device->remote, REMOTE, &device->module)))
		error = failed();
	if (!error && pthread_create(&device->reader, NULL, hears_news, device))
		error = fail(GC_ERR_RESOURCE_EXHAUSTED, "no thread for %s", device->about.field[FIELD_ID]);
	if (error) {
		device->module.closing = true;
		if (device->remote.handle)
			drop(&device->remote);
		if (device->module.handle)
			drop(&device->module);
		discard(device);
	}
	return error;
}

void link_close(struct device *device)
{
	device->module.closing = true;
	drop(&device->remote);
	drop(&device->module);
	while (device->stream)
		if (device->stream->module.closing)
			wait_changed(0);
		else
			close_stream(device->stream);
	drop_events(&device->remote);
	drop_events(&device->module);
	shutdown(device->news, SHUT_RDWR);
	pthread_mutex_unlock(&lock);
	pthread_join(device->reader, NULL);
	pthread_mutex_lock(&lock);
	discard(device);
}
