/* A stand-in for libusb-1.0 that finds its devices on USB/IP servers instead of in the kernel.
 *
 *   usbip.c        the wire: connect, list, open, and one URB's header
 *   link.c         one open device: its socket, the thread that reads it, transfers in flight
 *   synchronous.c  transfers that their caller waits for
 *   events.c       asynchronous transfers and whoever handles events
 *   devices.c      contexts, device lists, arrival and leaving
 *   descriptors.c  configuration descriptors as libusb's structures
 *   capabilities.c the Binary Object Store, and interface associations
 *   calls.c        everything else that libusb has: opening, claiming, what a device is
 *
 * The servers are those of ../common/sockets.h. A device is open while any handle in this process is, and each
 * open device has one link, whatever the number of contexts. Other processes may open it, too, as a kernel lets
 * them: one has it, from its first claim until it has released its last interface; the others read descriptors.
 *
 * One mutex guards all lists and states, one condition says that something changed. It is never held while
 * waiting for a socket or calling back into the program. */
#ifndef CAMTWIN_STANDIN_H
#define CAMTWIN_STANDIN_H

#include "../common/sockets.h"
#include "libusb_abi.h"

#include <pthread.h>
#include <stdbool.h>

enum { MAX_DEVICES = 64, MAX_INTERFACES = 32, BUS_ID = 32, MAX_CONFIG = 4096 };

/* A device as a server exports it. */
struct exported {
	char bus_id[BUS_ID];
	uint32_t bus, number, speed;
	uint16_t vendor, product;
};

/* A transfer, and what is kept beside it. */
struct flight {
	struct flight *next;
	struct link *link;          /* set while in flight */
	libusb_context *context;    /* NULL: a synchronous one */
	uint32_t sequence, unlink_sequence;
	int64_t deadline_ms;        /* 0: none */
	bool flying, answered, timed_out;
	bool busy;                  /* another process has the device */
	uint32_t stream;            /* bulk streams: only remembered */
	struct libusb_transfer transfer; /* last: iso descriptors follow it */
};

struct queue { struct flight *first, **end; };

/* An open device. */
struct link {
	struct link *next;
	const struct server *server;
	struct exported as;
	int socket;
	uint32_t device_id, sequence;
	unsigned users;             /* open handles, and whoever reads descriptors */
	bool dead;
	bool attached;              /* this process has it; changed by whoever holds `attaching` */
	pthread_mutex_t attaching;  /* taken before `writing` */
	pthread_t reader;
	pthread_mutex_t writing;    /* taken before `lock`, never after */
	struct queue pending;
	libusb_device_handle *claimed[MAX_INTERFACES];
};

struct libusb_device {
	unsigned references;
	libusb_context *context;
	const struct server *server;
	struct exported as;
	uint8_t bus;                /* the server's place in the list, from 1: unique here */
	uint8_t descriptor[18];
	uint8_t *config;
	int config_bytes;
	bool gone;
};

struct libusb_device_handle { libusb_device *device; struct link *link; };

struct hotplug {
	struct hotplug *next;
	int handle, events, vendor, product, class;
	libusb_hotplug_callback_fn call;
	void *data;
	bool removed;
};

struct notice { struct notice *next; libusb_device *device; libusb_hotplug_event event; };

struct libusb_context {
	unsigned users;
	libusb_device *devices[MAX_DEVICES];
	int count;
	struct queue done;
	struct notice *notices;
	struct hotplug *callbacks;
	int next_handle;
	bool handling, interrupted, watching, stop;
	pthread_t handler, watcher;
	pthread_mutex_t refreshing;
	int event;                  /* readable while there is something to handle; -1: none to be had */
};

extern pthread_mutex_t lock;
extern pthread_cond_t changed;

/* usbip.c: 0 or a libusb error; sockets are -1 where there is none */
int usbip_list(const struct server *server, struct exported *list, int most); /* how many, or an error */
int usbip_open(const struct server *server, const struct exported *as, int *socket);
void usbip_submit(uint8_t head[48], uint32_t sequence, uint32_t device, bool in, int endpoint, int length, const uint8_t setup[8]);
void usbip_unlink(uint8_t head[48], uint32_t sequence, uint32_t device, uint32_t target);

/* link.c */
int64_t now_ms(void);
bool wait_changed(int64_t deadline_ms); /* `lock` held; false once the time has come (0: never) */
void queue_init(struct queue *queue);
void queue_add(struct queue *queue, struct flight *flight);
bool queue_remove(struct queue *queue, struct flight *flight);
int link_get(const struct server *server, const struct exported *as, struct link **link);
void link_put(struct link *link);
void link_abandon(struct link *link, libusb_device_handle *handle);
int link_attach(struct link *link);
void link_detach_if_unclaimed(struct link *link);
int link_submit(struct link *link, struct flight *flight);
int link_cancel(struct flight *flight);
struct link *links(void); /* the first of all; `lock` held */

/* synchronous.c */
int link_exchange(struct link *link, struct flight *flight, unsigned timeout_ms);
int link_control(struct link *link, uint8_t type, uint8_t request, uint16_t value, uint16_t index, void *data, uint16_t bytes, unsigned timeout_ms);

/* devices.c */
libusb_context *context_or_default(libusb_context *context);
void announce(libusb_context *context); /* something is to be handled; `lock` held */
void refresh(libusb_context *context);
bool hotplug_wants(const struct hotplug *callback, libusb_device *device);

static inline struct flight *flight_of(struct libusb_transfer *transfer)
{
	return (struct flight *)((char *)transfer - offsetof(struct flight, transfer));
}

static inline int usbip_send(int socket, const void *head, size_t head_bytes, const void *data, size_t data_bytes)
{
	return send_all(socket, head, head_bytes, data, data_bytes) ? LIBUSB_ERROR_NO_DEVICE : 0;
}

static inline int usbip_receive(int socket, void *data, size_t bytes)
{
	return receive_all(socket, data, bytes) ? LIBUSB_ERROR_NO_DEVICE : 0;
}

static inline uint16_t little16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

#endif
