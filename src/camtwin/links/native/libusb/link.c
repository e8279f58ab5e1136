/* One open device: transfers go out as URBs, a thread reads what comes back. */
#define _GNU_SOURCE
#include "standin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RET_SUBMIT = 3, RET_UNLINK = 4, ATTACH_TRIES = 20, ATTACH_PAUSE_ms = 20, CLOSE_ms = 1000 };

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed;
static struct link *all;

__attribute__((constructor)) static void init(void)
{
	pthread_condattr_t how;
	pthread_condattr_init(&how);
	pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &how);
	pthread_condattr_destroy(&how);
}

int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool wait_changed(int64_t deadline_ms)
{
	if (!deadline_ms)
		return pthread_cond_wait(&changed, &lock) == 0;
	struct timespec t = {deadline_ms / 1000, deadline_ms % 1000 * 1000000};
	return pthread_cond_timedwait(&changed, &lock, &t) != ETIMEDOUT;
}

/* -- queues of flights, `lock` held */
void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

void queue_add(struct queue *queue, struct flight *flight)
{
	flight->next = NULL;
	*queue->end = flight;
	queue->end = &flight->next;
}

bool queue_remove(struct queue *queue, struct flight *flight)
{
	for (struct flight **at = &queue->first; *at; at = &(*at)->next) {
		if (*at != flight)
			continue;
		*at = flight->next;
		if (queue->end == &flight->next)
			queue->end = at;
		return true;
	}
	return false;
}

/* -- what comes back */
static enum libusb_transfer_status status_of(int error)
{
	switch (-error) {
	case 0: return LIBUSB_TRANSFER_COMPLETED;
	case EPIPE: return LIBUSB_TRANSFER_STALL;
	case EOVERFLOW: return LIBUSB_TRANSFER_OVERFLOW;
	case ECONNRESET: return LIBUSB_TRANSFER_CANCELLED;
	case ENODEV: case ESHUTDOWN: return LIBUSB_TRANSFER_NO_DEVICE;
	default: return LIBUSB_TRANSFER_ERROR;
	}
}

/* A flight has ended: whoever waits for it is told. `lock` held. */
static void land(struct flight *flight, enum libusb_transfer_status status, int actual)
{
	struct libusb_transfer *t = &flight->transfer;
	if (status == LIBUSB_TRANSFER_CANCELLED && flight->timed_out)
		status = LIBUSB_TRANSFER_TIMED_OUT;
	if (status == LIBUSB_TRANSFER_COMPLETED && t->flags & LIBUSB_TRANSFER_SHORT_NOT_OK && actual < t->length)
		status = LIBUSB_TRANSFER_ERROR;
	t->status = status;
	t->actual_length = actual;
	flight->flying = false;
	if (flight->context) {
		queue_add(&flight->context->done, flight);
		announce(flight->context);
	} else
		pthread_cond_broadcast(&changed);
}

static bool is_in(const struct libusb_transfer *t)
{
	return (t->type == LIBUSB_TRANSFER_TYPE_CONTROL ? t->buffer[0] : t->endpoint) & LIBUSB_ENDPOINT_IN;
}

/* Where a transfer's data are, and how many: those of a control transfer follow its setup. */
static unsigned char *data_of(const struct libusb_transfer *t, int *bytes)
{
	bool control = t->type == LIBUSB_TRANSFER_TYPE_CONTROL;
	*bytes = control ? little16(t->buffer + 6) : t->length;
	return control ? t->buffer + LIBUSB_CONTROL_SETUP_SIZE : t->buffer;
}

/* One answer to a URB. Its flight belongs to this thread alone from when it leaves `pending`. */
static int answered(struct link *link, uint32_t sequence, int error, int actual)
{
	pthread_mutex_lock(&lock);
	struct flight *flight = link->pending.first;
	while (flight && flight->sequence != sequence)
		flight = flight->next;
	if (flight) {
		queue_remove(&link->pending, flight);
		flight->answered = true;
	}
	pthread_mutex_unlock(&lock);
	if (!flight)
		return LIBUSB_ERROR_IO; /* how many bytes would follow? */
	int room, failed = 0;
	unsigned char *data = data_of(&flight->transfer, &room);
	if (actual < 0 || actual > room)
		failed = LIBUSB_ERROR_IO;
	else if (is_in(&flight->transfer) && actual)
		failed = usbip_receive(link->socket, data, (size_t)actual);
	pthread_mutex_lock(&lock);
	flight->busy = error == -EBUSY;
	land(flight, failed ? LIBUSB_TRANSFER_NO_DEVICE : status_of(error), failed ? 0 : actual);
	pthread_mutex_unlock(&lock);
	return failed;
}

static void unlinked(struct link *link, uint32_t sequence, int error)
{
	pthread_mutex_lock(&lock);
	struct flight *flight = link->pending.first;
	while (flight && flight->unlink_sequence != sequence)
		flight = flight->next;
	if (flight && error && queue_remove(&link->pending, flight))
		land(flight, LIBUSB_TRANSFER_CANCELLED, 0);
	pthread_mutex_unlock(&lock);
}

static void *read_link(void *argument)
{
	struct link *link = argument;
	uint8_t head[48];
	while (usbip_receive(link->socket, head, sizeof head) == 0) {
		uint32_t command = big32(head), sequence = big32(head + 4);
		int error = (int)big32(head + 20), actual = (int)big32(head + 24);
		if (command == RET_UNLINK)
			unlinked(link, sequence, error);
		else if (command != RET_SUBMIT || answered(link, sequence, error, actual))
			break;
	}
	pthread_mutex_lock(&lock);
	link->dead = true;
	for (struct flight *flight; (flight = link->pending.first);) {
		queue_remove(&link->pending, flight);
		land(flight, LIBUSB_TRANSFER_NO_DEVICE, 0);
	}
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* -- opening and closing */
struct link *links(void) { return all; }

/* `lock` held. */
static struct link *link_find(const struct server *server, const struct exported *as)
{
	for (struct link *link = all; link; link = link->next)
		if (!link->dead && link->server == server && !memcmp(&link->as, as, sizeof *as))
			return link;
	return NULL;
}

static int link_open(const struct server *server, const struct exported *as, struct link **made)
{
	struct link *link = calloc(1, sizeof *link);
	if (!link)
		return LIBUSB_ERROR_NO_MEM;
	link->server = server;
	link->as = *as;
	link->device_id = as->bus << 16 | as->number;
	link->users = 1;
	queue_init(&link->pending);
	int error = usbip_open(server, as, &link->socket);
	if (error) {
		free(link);
		return error;
	}
	pthread_mutex_init(&link->writing, NULL);
	pthread_mutex_init(&link->attaching, NULL);
	if (pthread_create(&link->reader, NULL, read_link, link)) {
		close(link->socket);
		pthread_mutex_destroy(&link->attaching);
		pthread_mutex_destroy(&link->writing);
		free(link);
		return LIBUSB_ERROR_NO_MEM;
	}
	*made = link;
	return 0;
}

int link_get(const struct server *server, const struct exported *as, struct link **found)
{
	static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER; /* two threads must not make two links */
	int error = 0;
	pthread_mutex_lock(&opening);
	pthread_mutex_lock(&lock);
	struct link *link = link_find(server, as);
	if (link)
		link->users++;
	pthread_mutex_unlock(&lock);
	if (!link && !(error = link_open(server, as, &link))) {
		pthread_mutex_lock(&lock);
		link->next = all;
		all = link;
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_unlock(&opening);
	*found = link;
	return error;
}

void link_put(struct link *link)
{
	pthread_mutex_lock(&lock);
	bool last = --link->users == 0;
	for (struct link **at = &all; last && *at; at = &(*at)->next)
		if (*at == link) {
			*at = link->next;
			break;
		}
	pthread_mutex_unlock(&lock);
	if (!last)
		return;
	shutdown(link->socket, SHUT_RDWR);
	pthread_join(link->reader, NULL); /* it lands what is in flight */
	close(link->socket);
	pthread_mutex_destroy(&link->attaching);
	pthread_mutex_destroy(&link->writing);
	free(link);
}

/* -- which process has it */
static int configure(struct link *link, uint16_t value) { return link_control(link, 0x00, 9, value, 0, NULL, 0, 1000); }

/* Have the device, configured as by a kernel that finds it. */
int link_attach(struct link *link)
{
	pthread_mutex_lock(&link->attaching);
	int error = link->attached ? 0 : configure(link, 1);
	/* a program that ended a moment ago may not have been noticed yet */
	for (int i = 0; error == LIBUSB_ERROR_BUSY && i < ATTACH_TRIES; i++) {
		nanosleep(&(struct timespec){0, ATTACH_PAUSE_ms * 1000000L}, NULL);
		error = configure(link, 1);
	}
	link->attached = !error;
	pthread_mutex_unlock(&link->attaching);
	return error;
}

/* Let others have the device once nothing of it is claimed here. */
void link_detach_if_unclaimed(struct link *link)
{
	pthread_mutex_lock(&link->attaching);
	bool claimed = false;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MAX_INTERFACES; i++)
		claimed |= link->claimed[i] != NULL;
	pthread_mutex_unlock(&lock);
	if (!claimed && link->attached) {
		link->attached = false;
		configure(link, 0);
	}
	pthread_mutex_unlock(&link->attaching);
}

/* What a handle that closes still has in flight is cancelled; its callbacks will not come. */
void link_abandon(struct link *link, libusb_device_handle *handle)
{
	int64_t deadline = now_ms() + CLOSE_ms;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MAX_INTERFACES; i++)
		if (link->claimed[i] == handle)
			link->claimed[i] = NULL;
	for (;;) {
		struct flight *flight = link->pending.first;
		while (flight && (flight->transfer.dev_handle != handle || flight->unlink_sequence))
			flight = flight->next;
		if (!flight)
			break;
		pthread_mutex_unlock(&lock);
		link_cancel(flight);
		pthread_mutex_lock(&lock);
	}
	for (;;) {
		struct flight *flight = link->pending.first;
		while (flight && flight->transfer.dev_handle != handle)
			flight = flight->next;
		if (!flight || !wait_changed(deadline))
			break;
	}
	struct queue *done = &handle->device->context->done;
	for (struct flight *flight = done->first, *next; flight; flight = next) {
		next = flight->next;
		if (flight->transfer.dev_handle == handle)
			queue_remove(done, flight);
	}
	pthread_mutex_unlock(&lock);
	link_detach_if_unclaimed(link);
}

/* -- transfers */
int link_submit(struct link *link, struct flight *flight)
{
	struct libusb_transfer *t = &flight->transfer;
	bool control = t->type == LIBUSB_TRANSFER_TYPE_CONTROL, in = is_in(t);
	uint8_t head[48];
	int bytes, error = 0;
	unsigned char *data = data_of(t, &bytes);
	pthread_mutex_lock(&link->writing);
	pthread_mutex_lock(&lock);
	if (link->dead)
		error = LIBUSB_ERROR_NO_DEVICE;
	else if (flight->flying)
		error = LIBUSB_ERROR_BUSY;
	else {
		flight->link = link;
		flight->sequence = ++link->sequence;
		flight->unlink_sequence = 0;
		flight->flying = true;
		flight->answered = flight->timed_out = false;
		flight->deadline_ms = t->timeout ? now_ms() + t->timeout : 0;
		usbip_submit(head, flight->sequence, link->device_id, in, control ? 0 : t->endpoint & 15, bytes, control ? t->buffer : NULL);
		queue_add(&link->pending, flight);
		pthread_cond_broadcast(&changed); /* a deadline may be nearer now */
	}
	pthread_mutex_unlock(&lock);
	/* one that cannot be sent lands as any other does that the device's end overtakes */
	if (!error && usbip_send(link->socket, head, sizeof head, data, in ? 0 : (size_t)bytes))
		shutdown(link->socket, SHUT_RDWR);
	pthread_mutex_unlock(&link->writing);
	return error;
}

int link_cancel(struct flight *flight)
{
	uint8_t head[48];
	pthread_mutex_lock(&lock);
	struct link *link = flight->flying ? flight->link : NULL;
	if (link)
		link->users++; /* it may land, and its handle be closed, any moment */
	pthread_mutex_unlock(&lock);
	if (!link)
		return LIBUSB_ERROR_NOT_FOUND;
	bool ask = false;
	pthread_mutex_lock(&link->writing);
	pthread_mutex_lock(&lock);
	if (flight->flying && !flight->answered && !flight->unlink_sequence) {
		ask = true;
		flight->unlink_sequence = ++link->sequence;
		usbip_unlink(head, flight->unlink_sequence, link->device_id, flight->sequence);
	}
	pthread_mutex_unlock(&lock);
	if (ask && usbip_send(link->socket, head, sizeof head, NULL, 0))
		shutdown(link->socket, SHUT_RDWR);
	pthread_mutex_unlock(&link->writing);
	link_put(link);
	return 0;
}
