/* Asynchronous transfers, and whoever handles events: callbacks run in the program's own thread, one at a time. */
#include "standin.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { LONG_ms = 60000 };

struct libusb_transfer *libusb_alloc_transfer(int packets)
{
	if (packets < 0)
		return NULL;
	struct flight *flight = calloc(1, sizeof *flight + (size_t)packets * sizeof(struct libusb_iso_packet_descriptor));
	if (!flight)
		return NULL;
	flight->transfer.num_iso_packets = packets;
	return &flight->transfer;
}

void libusb_free_transfer(struct libusb_transfer *transfer)
{
	if (!transfer)
		return;
	if (transfer->flags & LIBUSB_TRANSFER_FREE_BUFFER)
		free(transfer->buffer);
	free(flight_of(transfer));
}

int libusb_submit_transfer(struct libusb_transfer *transfer)
{
	if (!transfer->dev_handle)
		return LIBUSB_ERROR_INVALID_PARAM;
	if (transfer->type == LIBUSB_TRANSFER_TYPE_ISOCHRONOUS || transfer->type == LIBUSB_TRANSFER_TYPE_BULK_STREAM)
		return LIBUSB_ERROR_NOT_SUPPORTED;
	struct flight *flight = flight_of(transfer);
	flight->context = transfer->dev_handle->device->context;
	return link_submit(transfer->dev_handle->link, flight);
}

int libusb_cancel_transfer(struct libusb_transfer *transfer)
{
	return link_cancel(flight_of(transfer));
}

void libusb_transfer_set_stream_id(struct libusb_transfer *transfer, uint32_t stream) { flight_of(transfer)->stream = stream; }
uint32_t libusb_transfer_get_stream_id(struct libusb_transfer *transfer) { return flight_of(transfer)->stream; }

/* -- deadlines of asynchronous transfers */
static struct flight *earliest(const libusb_context *context)
{
	struct flight *found = NULL;
	for (struct link *link = links(); link; link = link->next)
		for (struct flight *f = link->pending.first; f; f = f->next)
			if (f->context == context && f->deadline_ms && !f->unlink_sequence && (!found || f->deadline_ms < found->deadline_ms))
				found = f;
	return found;
}

static int64_t next_deadline(const libusb_context *context)
{
	struct flight *flight = earliest(context);
	return flight ? flight->deadline_ms : 0;
}

static void expire(const libusb_context *context)
{
	for (;;) {
		pthread_mutex_lock(&lock);
		struct flight *flight = earliest(context);
		bool due = flight && flight->deadline_ms <= now_ms();
		if (due)
			flight->timed_out = true;
		pthread_mutex_unlock(&lock);
		if (!due || link_cancel(flight))
			return;
	}
}

/* -- arrival and leaving: `lock` held on entry and on return, released around callbacks */
static void tell(libusb_context *c, struct notice *notice)
{
	for (struct hotplug *h = c->callbacks; h; h = h->next) {
		if (!(h->events & (int)notice->event) || !hotplug_wants(h, notice->device))
			continue;
		pthread_mutex_unlock(&lock);
		bool enough = h->call(c, notice->device, notice->event, h->data);
		pthread_mutex_lock(&lock);
		h->removed |= enough;
	}
}

static void sweep(libusb_context *c)
{
	for (struct hotplug **at = &c->callbacks, *h; (h = *at);) {
		if (h->removed) {
			*at = h->next;
			free(h);
		} else
			at = &h->next;
	}
}

static void run_callbacks(libusb_context *c)
{
	uint64_t announced;
	if (c->event >= 0 && read(c->event, &announced, sizeof announced) < 0 && errno != EAGAIN)
		c->event = -1;
	struct queue done = c->done;
	struct notice *notices = c->notices;
	queue_init(&c->done);
	c->notices = NULL;
	while (notices) {
		struct notice *notice = notices;
		notices = notice->next;
		tell(c, notice);
		pthread_mutex_unlock(&lock);
		libusb_unref_device(notice->device);
		free(notice);
		pthread_mutex_lock(&lock);
	}
	sweep(c);
	while (done.first) {
		struct flight *flight = done.first;
		done.first = flight->next;
		pthread_mutex_unlock(&lock);
		struct libusb_transfer *t = &flight->transfer;
		bool release = t->flags & LIBUSB_TRANSFER_FREE_TRANSFER; /* it may be gone after its callback otherwise */
		if (t->callback)
			t->callback(t);
		if (release)
			libusb_free_transfer(t);
		pthread_mutex_lock(&lock);
	}
}

/* Wait for events and run their callbacks. The caller is the one who handles events; `lock` held. */
static void handle(libusb_context *c, int64_t deadline, const int *completed)
{
	while (!c->done.first && !c->notices && !c->interrupted && !(completed && *completed)) {
		int64_t now = now_ms(), expiry = next_deadline(c);
		if (expiry && expiry <= now) {
			pthread_mutex_unlock(&lock);
			expire(c);
			pthread_mutex_lock(&lock);
			continue;
		}
		if (now >= deadline)
			break;
		wait_changed(expiry && expiry < deadline ? expiry : deadline);
	}
	c->interrupted = false;
	run_callbacks(c);
}

static int handle_events(libusb_context *c, const struct timeval *timeout, const int *completed)
{
	if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0))
		return LIBUSB_ERROR_INVALID_PARAM;
	int64_t deadline = now_ms() + (timeout ? (int64_t)timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000 : LONG_ms);
	int error = 0;
	c = context_or_default(c);
	pthread_mutex_lock(&lock);
	if (c->handling && pthread_equal(c->handler, pthread_self()))
		error = LIBUSB_ERROR_BUSY; /* from within a callback */
	while (!error && c->handling && !(completed && *completed) && wait_changed(deadline))
		;
	if (!error && !c->handling && !(completed && *completed)) {
		c->handling = true;
		c->handler = pthread_self();
		handle(c, deadline, completed);
		c->handling = false;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return error;
}

int libusb_handle_events_timeout_completed(libusb_context *c, struct timeval *timeout, int *completed) { return handle_events(c, timeout, completed); }
int libusb_handle_events_timeout(libusb_context *c, struct timeval *timeout) { return handle_events(c, timeout, NULL); }
int libusb_handle_events_completed(libusb_context *c, int *completed) { return handle_events(c, NULL, completed); }
int libusb_handle_events(libusb_context *c) { return handle_events(c, NULL, NULL); }

void libusb_interrupt_event_handler(libusb_context *c)
{
	c = context_or_default(c);
	pthread_mutex_lock(&lock);
	c->interrupted = true;
	announce(c);
	pthread_mutex_unlock(&lock);
}

/* -- programs that poll: one descriptor a context, from its beginning to its end */
void announce(libusb_context *c)
{
	const uint64_t once = 1;
	if (c->event >= 0 && write(c->event, &once, sizeof once) < 0 && errno != EAGAIN)
		c->event = -1;
	pthread_cond_broadcast(&changed);
}

const struct libusb_pollfd **libusb_get_pollfds(libusb_context *c)
{
	c = context_or_default(c);
	struct { const struct libusb_pollfd *list[2]; struct libusb_pollfd one; } *made = c->event < 0 ? NULL : calloc(1, sizeof *made);
	if (!made)
		return NULL;
	made->one = (struct libusb_pollfd){c->event, POLLIN};
	made->list[0] = &made->one;
	return made->list;
}

void libusb_free_pollfds(const struct libusb_pollfd **list) { free((void *)list); }

/* The descriptors never change. */
void libusb_set_pollfd_notifiers(libusb_context *c, libusb_pollfd_added_cb added, libusb_pollfd_removed_cb removed, void *data) { (void)c; (void)added; (void)removed; (void)data; }
int libusb_pollfds_handle_timeouts(libusb_context *c) { (void)c; return 0; }

/* 1 and the time until the next transfer times out, or 0: none will. */
int libusb_get_next_timeout(libusb_context *c, struct timeval *timeout)
{
	c = context_or_default(c);
	pthread_mutex_lock(&lock);
	int64_t due = next_deadline(c), left = due ? due - now_ms() : 0;
	pthread_mutex_unlock(&lock);
	left = left < 0 ? 0 : left;
	if (due)
		*timeout = (struct timeval){left / 1000, left % 1000 * 1000};
	return due != 0;
}

/* -- programs that take the events lock themselves */
int libusb_try_lock_events(libusb_context *c)
{
	c = context_or_default(c);
	pthread_mutex_lock(&lock);
	int taken = c->handling;
	if (!taken) {
		c->handling = true;
		c->handler = pthread_self();
	}
	pthread_mutex_unlock(&lock);
	return taken;
}

void libusb_lock_events(libusb_context *c)
{
	c = context_or_default(c);
	pthread_mutex_lock(&lock);
	while (c->handling)
		wait_changed(0);
	c->handling = true;
	c->handler = pthread_self();
	pthread_mutex_unlock(&lock);
}

void libusb_unlock_events(libusb_context *c)
{
	c = context_or_default(c);
	pthread_mutex_lock(&lock);
	c->handling = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

int libusb_handle_events_locked(libusb_context *c, struct timeval *timeout)
{
	c = context_or_default(c);
	int64_t deadline = now_ms() + (timeout ? (int64_t)timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000 : LONG_ms);
	pthread_mutex_lock(&lock);
	handle(c, deadline, NULL);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return 0;
}

int libusb_event_handling_ok(libusb_context *c) { (void)c; return 1; }

int libusb_event_handler_active(libusb_context *c)
{
	c = context_or_default(c);
	pthread_mutex_lock(&lock);
	int active = c->handling;
	pthread_mutex_unlock(&lock);
	return active;
}

void libusb_lock_event_waiters(libusb_context *c) { (void)c; pthread_mutex_lock(&lock); }
void libusb_unlock_event_waiters(libusb_context *c) { (void)c; pthread_mutex_unlock(&lock); }

/* Called with the waiters' lock, which is `lock`. */
int libusb_wait_for_event(libusb_context *c, struct timeval *timeout)
{
	(void)c;
	return !wait_changed(timeout ? now_ms() + (int64_t)timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000 : 0);
}
