/* Contexts, the devices they know, and the thread that notices those that arrive and leave. */
#define _GNU_SOURCE
#include "standin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WATCH_ms = 250, CONTROL_ms = 1000 };

static libusb_context *shared; /* what NULL means */
static pthread_mutex_t sharing = PTHREAD_MUTEX_INITIALIZER;

libusb_context *context_or_default(libusb_context *context) { return context ? context : shared; }

int libusb_init(libusb_context **context)
{
	libusb_context *c = NULL;
	pthread_mutex_lock(&sharing);
	if (!context && shared)
		shared->users++;
	else if ((c = calloc(1, sizeof *c))) {
		c->users = 1;
		queue_init(&c->done);
		pthread_mutex_init(&c->refreshing, NULL);
		c->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (context)
			*context = c;
		else
			shared = c;
	}
	bool made = c || (!context && shared);
	pthread_mutex_unlock(&sharing);
	return made ? 0 : LIBUSB_ERROR_NO_MEM;
}

static void stop_watching(libusb_context *c)
{
	pthread_mutex_lock(&lock);
	bool running = c->watching;
	c->stop = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	if (running)
		pthread_join(c->watcher, NULL);
}

void libusb_exit(libusb_context *context)
{
	pthread_mutex_lock(&sharing);
	libusb_context *c = context_or_default(context);
	bool last = c && --c->users == 0;
	if (last && c == shared)
		shared = NULL;
	pthread_mutex_unlock(&sharing);
	if (!last)
		return;
	stop_watching(c);
	for (int i = 0; i < c->count; i++)
		libusb_unref_device(c->devices[i]);
	for (struct notice *n; (n = c->notices);) {
		c->notices = n->next;
		libusb_unref_device(n->device);
		free(n);
	}
	for (struct hotplug *h; (h = c->callbacks);) {
		c->callbacks = h->next;
		free(h);
	}
	pthread_mutex_destroy(&c->refreshing);
	if (c->event >= 0)
		close(c->event);
	free(c);
}

/* -- devices */
libusb_device *libusb_ref_device(libusb_device *device)
{
	pthread_mutex_lock(&lock);
	device->references++;
	pthread_mutex_unlock(&lock);
	return device;
}

void libusb_unref_device(libusb_device *device)
{
	if (!device)
		return;
	pthread_mutex_lock(&lock);
	bool last = --device->references == 0;
	pthread_mutex_unlock(&lock);
	if (last) {
		free(device->config);
		free(device);
	}
}

/* Descriptors of a device: as a kernel does, ask them before anybody opens it. */
static int read_descriptors(libusb_device *d, struct link *link)
{
	uint8_t head[9];
	if (link_control(link, 0x80, 6, 1 << 8, 0, d->descriptor, sizeof d->descriptor, CONTROL_ms) != sizeof d->descriptor
	    || link_control(link, 0x80, 6, LIBUSB_DT_CONFIG << 8, 0, head, sizeof head, CONTROL_ms) != sizeof head)
		return LIBUSB_ERROR_IO;
	int total = little16(head + 2);
	if (total < (int)sizeof head || total > MAX_CONFIG || !(d->config = malloc((size_t)total)))
		return LIBUSB_ERROR_IO;
	d->config_bytes = link_control(link, 0x80, 6, LIBUSB_DT_CONFIG << 8, 0, d->config, (uint16_t)total, CONTROL_ms);
	return d->config_bytes < (int)sizeof head ? LIBUSB_ERROR_IO : 0;
}

static libusb_device *make_device(libusb_context *c, const struct server *server, int bus, const struct exported *as)
{
	struct link *link;
	libusb_device *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->references = 1;
	d->context = c;
	d->server = server;
	d->bus = (uint8_t)bus;
	d->as = *as;
	int error = link_get(server, as, &link);
	if (!error) {
		error = read_descriptors(d, link);
		link_put(link);
	}
	if (!error)
		return d;
	libusb_unref_device(d); /* gone meanwhile */
	return NULL;
}

/* The device has come or gone. `lock` held. */
static void notify(libusb_context *c, libusb_device *device, libusb_hotplug_event event)
{
	struct notice *notice = c->callbacks ? calloc(1, sizeof *notice) : NULL;
	if (!notice)
		return;
	device->references++;
	notice->device = device;
	notice->event = event;
	struct notice **end = &c->notices;
	while (*end)
		end = &(*end)->next;
	*end = notice;
	announce(c);
}

static libusb_device *known(libusb_context *c, const struct server *server, const struct exported *as)
{
	for (int i = 0; i < c->count; i++)
		if (!c->devices[i]->gone && c->devices[i]->server == server && !memcmp(&c->devices[i]->as, as, sizeof *as))
			return c->devices[i];
	return NULL;
}

/* Ask all servers, and take note of what has gone and then of what is new: a device that was reset is both. */
void refresh(libusb_context *c)
{
	static __thread struct { const struct server *server; struct exported as; } found[MAX_DEVICES];
	static __thread struct exported listed[MAX_DEVICES];
	libusb_device *leaving[MAX_DEVICES];
	int servers_count, count = 0, kept = 0, left = 0;
	const struct server *all = servers(&servers_count);
	pthread_mutex_lock(&c->refreshing); /* only whoever has it changes `devices` */
	for (int s = 0; s < servers_count; s++) {
		int more = usbip_list(&all[s], listed, MAX_DEVICES - count);
		for (int i = 0; i < more; i++, count++) {
			found[count].server = &all[s];
			found[count].as = listed[i];
		}
	}
	bool present[MAX_DEVICES] = {false};
	for (int i = 0; i < count; i++) {
		libusb_device *device = known(c, found[i].server, &found[i].as);
		for (int k = 0; device && k < c->count; k++)
			present[k] |= c->devices[k] == device;
	}
	pthread_mutex_lock(&lock);
	for (int i = 0; i < c->count; i++) {
		libusb_device *device = c->devices[i];
		if (present[i]) {
			c->devices[kept++] = device;
			continue;
		}
		device->gone = true;
		notify(c, device, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT);
		leaving[left++] = device;
	}
	c->count = kept;
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < count && c->count < MAX_DEVICES; i++) {
		libusb_device *device = NULL;
		if (!known(c, found[i].server, &found[i].as))
			device = make_device(c, found[i].server, (int)(found[i].server - all) + 1, &found[i].as);
		if (!device)
			continue;
		pthread_mutex_lock(&lock);
		c->devices[c->count++] = device;
		notify(c, device, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED);
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_unlock(&c->refreshing);
	while (left)
		libusb_unref_device(leaving[--left]);
}

ssize_t libusb_get_device_list(libusb_context *context, libusb_device ***list)
{
	libusb_context *c = context_or_default(context);
	refresh(c);
	pthread_mutex_lock(&lock);
	int count = c->count;
	*list = calloc((size_t)count + 1, sizeof **list);
	for (int i = 0; *list && i < count; i++) {
		(*list)[i] = c->devices[i];
		c->devices[i]->references++;
	}
	pthread_mutex_unlock(&lock);
	return *list ? count : LIBUSB_ERROR_NO_MEM;
}

void libusb_free_device_list(libusb_device **list, int unref)
{
	for (libusb_device **d = list; d && unref && *d; d++)
		libusb_unref_device(*d);
	free(list);
}

/* -- arriving and leaving */
bool hotplug_wants(const struct hotplug *h, libusb_device *device)
{
	struct libusb_device_descriptor d;
	libusb_get_device_descriptor(device, &d);
	return !h->removed && (h->vendor < 0 || h->vendor == d.idVendor) && (h->product < 0 || h->product == d.idProduct)
	       && (h->class < 0 || h->class == d.bDeviceClass);
}

static void *watch(void *argument)
{
	libusb_context *c = argument;
	pthread_mutex_lock(&lock);
	while (!c->stop) {
		pthread_mutex_unlock(&lock);
		refresh(c);
		pthread_mutex_lock(&lock);
		int64_t next = now_ms() + WATCH_ms;
		while (!c->stop && wait_changed(next))
			;
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

int libusb_hotplug_register_callback(libusb_context *context, int events, int flags, int vendor, int product, int class,
				     libusb_hotplug_callback_fn call, void *data, libusb_hotplug_callback_handle *handle)
{
	libusb_context *c = context_or_default(context);
	struct hotplug *h = call ? calloc(1, sizeof *h) : NULL;
	if (!h)
		return call ? LIBUSB_ERROR_NO_MEM : LIBUSB_ERROR_INVALID_PARAM;
	refresh(c);
	pthread_mutex_lock(&lock);
	*h = (struct hotplug){c->callbacks, ++c->next_handle, events, vendor, product, class, call, data, false};
	if (handle)
		*handle = h->handle;
	c->callbacks = h;
	/* what is there already is told at once, within this call */
	libusb_device *now[MAX_DEVICES];
	int count = flags & LIBUSB_HOTPLUG_ENUMERATE && events & LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED ? c->count : 0;
	for (int i = 0; i < count; i++) {
		now[i] = c->devices[i];
		now[i]->references++;
	}
	bool start = !c->watching;
	if (start)
		c->watching = pthread_create(&c->watcher, NULL, watch, c) == 0;
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < count; i++) {
		if (hotplug_wants(h, now[i]) && call(c, now[i], LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED, data))
			libusb_hotplug_deregister_callback(c, h->handle);
		libusb_unref_device(now[i]);
	}
	return 0;
}

void libusb_hotplug_deregister_callback(libusb_context *context, libusb_hotplug_callback_handle handle)
{
	libusb_context *c = context_or_default(context);
	pthread_mutex_lock(&lock);
	for (struct hotplug *h = c->callbacks; h; h = h->next)
		h->removed |= h->handle == handle; /* freed by whoever handles events, or at the end */
	pthread_mutex_unlock(&lock);
}

void *libusb_hotplug_get_user_data(libusb_context *context, libusb_hotplug_callback_handle handle)
{
	libusb_context *c = context_or_default(context);
	void *data = NULL;
	pthread_mutex_lock(&lock);
	for (struct hotplug *h = c->callbacks; h; h = h->next)
		if (h->handle == handle && !h->removed)
			data = h->data;
	pthread_mutex_unlock(&lock);
	return data;
}
