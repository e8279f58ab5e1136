/* camtwin.cti: a GenTL producer for the twins that run on this computer. Consumers need no network, no USB, no root.
 *
 *   core.c         the lock, handles, last errors, the size protocol of all ...GetInfo functions, fork
 *   system.c       library, system and interfaces: GC..., TL..., IF...
 *   twins.c        the twins that servers list
 *   spawn.c        twins that this library starts itself, if it was asked to
 *   device.c       devices: Dev...
 *   port.c         ports: registers and descriptions
 *   link.c         a session with a twin: questions, and the thread that hears news
 *   memory.c       frames from the server's memory into buffers
 *   stream.c       data streams, their buffers and queues
 *   buffers.c      what is known of a buffer: DSGetBuffer...
 *   events.c       events: waiting for them, taking them apart
 *   watch.c        devices that come and go while nobody asks
 *   modules.c      registers of the producer's own modules; descriptions.c their GenICam descriptions
 *
 * One mutex guards everything, one condition says that something changed. The mutex is not held while waiting for a
 * server or copying a frame; who does either counts itself in (`uses`, FILLING), and who wants to close waits for it.
 * To close a module: say so (`closing`), take its handle away, close what is open in it, then free it. */
#ifndef CAMTWIN_PRODUCER_H
#define CAMTWIN_PRODUCER_H

#include "gentl.h"
#include "protocol.h"

#include <pthread.h>
#include <stdbool.h>

enum kind { SYSTEM = 1, INTERFACE = 2, DEVICE = 4, REMOTE = 8, STREAM = 16, BUFFER = 32, EVENT = 64 };
enum { ANY_PORT = SYSTEM | INTERFACE | DEVICE | REMOTE | STREAM | BUFFER, EVENT_TYPES = 6, MAX_PATH = 108 };

struct event;

struct module {
	enum kind kind;
	void *handle;
	struct module *parent;
	struct event *events[EVENT_TYPES];
	uint64_t selector; /* of its own features: the child that they tell of */
	unsigned event_selector, muted; /* of its module events; a bit for each that is switched off */
	unsigned uses;     /* calls at work with it that do not hold the lock */
	bool closing;      /* a thread closes it; others that want to wait until it is gone */
};

/* A twin as a server lists it. */
struct record {
	char path[MAX_PATH];
	char *texts;
	const char *field[FIELDS];
};

struct interface {
	struct module module;
	bool open;
	struct record *found;
	size_t count;
};

struct device {
	struct module module, remote;
	struct device *next; /* of all that are open */
	struct record about;
	int32_t access;
	uint64_t session;
	int asks, news, poke;       /* sockets, and what wakes the thread that hears news */
	pthread_mutex_t asking;     /* taken before `lock`, never after */
	pthread_t reader;
	bool lost;
	char why[200];              /* the reason of the loss */
	struct stream *stream;
	uint8_t *memory;            /* frames lie here; the server writes, this library maps it read-only */
	size_t memory_bytes;
	int memory_fd;
	uint64_t ring, slots, slot_bytes;
	unsigned kept;              /* slots that buffers keep */
};

enum state { UNQUEUED, INPUT, FILLING, OUTPUT };

struct buffer {
	struct module module;
	struct buffer *next;   /* of all that are announced */
	struct buffer *behind; /* in the queue that `state` says */
	enum state state;
	uint8_t *base;
	size_t size, filled;
	void *user;
	bool own;              /* allocated here: whole pages, over which a slot can be mapped */
	bool mapped, keeps;    /* a slot lies there; it has not been released */
	uint64_t kept_ring, kept_slot;
	bool new_data, overrun;
	struct frame frame;
};

struct queue { struct buffer *first, **end; size_t count; };

enum handling { OLDEST_FIRST = 1, OLDEST_FIRST_OVERWRITE, NEWEST_ONLY };

struct waiting { struct frame frame; uint64_t ring; };

struct stream {
	struct module module;
	struct buffer *all;
	size_t announced;
	struct queue input, output;
	struct buffer *filling;
	bool grabbing, asking; /* asking: a start or a stop is on its way to the server */
	uint64_t generation, left; /* frames yet to come of those asked for */
	uint64_t delivered, underrun, started, handling;
	struct waiting waiting[MAX_SLOTS]; /* frames without a buffer: only at a pace that lets them wait */
	unsigned waits;
};

struct message { struct message *next; uint64_t id; size_t bytes; uint8_t data[]; };

struct event {
	struct module module;
	EVENT_TYPE type;
	struct message *first, **end;
	size_t count;
	uint64_t fired;
	unsigned waiting, kills;
	bool gone;
};

/* core.c */
extern pthread_mutex_t lock;
extern pthread_cond_t changed;
extern bool initialised;
int enter(void);
void leave(const int *entered);
#define LOCKED __attribute__((cleanup(leave), unused)) const int entered = enter()
bool wait_changed(uint64_t deadline_ns);     /* false once the time has come; 0: never */
uint64_t now_ns(void);
struct error { GC_ERROR code; char text[512]; };
extern _Thread_local struct error last;      /* the last error of this thread */
GC_ERROR fail(GC_ERROR code, const char *format, ...) __attribute__((format(printf, 2, 3)));
GC_ERROR failed(void);                       /* the code of the last error */
void *add(struct module *module, enum kind kind, struct module *parent);
void drop(struct module *module);            /* its handle, then waits until nobody uses it */
void *find(void *handle, unsigned kinds);    /* NULL: `failed` has the reason */
void released(struct module *module);        /* one use less */
GC_ERROR put(INFO_DATATYPE kind, const void *from, size_t bytes, INFO_DATATYPE *type, void *to, size_t *size);
GC_ERROR put_text(const char *text, INFO_DATATYPE *type, void *to, size_t *size);
GC_ERROR put_number(INFO_DATATYPE kind, uint64_t value, INFO_DATATYPE *type, void *to, size_t *size);
GC_ERROR put_handle(void *handle, void **to);
GC_ERROR put_count(uint64_t count, uint32_t *to);
const char *own_path(void);

/* system.c */
enum { INTERFACES = 3 };
extern const struct kind_of_link { const char *id, *name, *tltype; unsigned code; } LINKS[INTERFACES];
struct interface *interfaces(void);
size_t interface_number(const struct module *interface);
void system_forget(void);
void close_library(void);                    /* whatever is open; the lock is let go meanwhile */
GC_ERROR system_info(int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size);
GC_ERROR interface_info(size_t number, int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size);
bool update_devices(struct interface *interface, uint64_t timeout_ms); /* the lock is let go meanwhile */

/* twins.c */
struct record *list_twins(const char *tltype, size_t *count, uint64_t timeout_ms, const struct record *known, size_t n); /* known: what it was before */
void free_records(struct record *records, size_t count);
bool copy_record(struct record *to, const struct record *from);
struct record *copy_records(const struct record *from, size_t *count);
bool same_records(const struct record *a, size_t n, const struct record *b, size_t m);
const struct record *record_of(const struct record *records, size_t count, const char *id);

/* spawn.c */
GC_ERROR spawn_twins(void); /* those that the environment names; the lock is let go meanwhile */
void end_spawned(void);     /* and wait for that; the lock is let go meanwhile */
void spawn_forget(void);

/* device.c */
GC_ERROR device_info(const struct record *about, const struct device *open, int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size);

/* port.c */
const struct record *twin_of(const struct module *module); /* NULL: it belongs to none */

/* link.c */
int connect_to(const char *path, uint64_t timeout_ms);
int exchange(int fd, uint32_t kind, uint64_t number, const void *data, size_t bytes, int32_t *status, void *to, size_t *size);
GC_ERROR ask(struct device *device, uint32_t kind, uint64_t number, const void *data, size_t bytes, void *to, size_t *size);
void tell_server(const struct device *device, uint32_t kind, uint64_t ring, uint64_t slot);
void poke(const struct device *device);
void lose(struct device *device, const char *why);
GC_ERROR link_open(struct device *device, int32_t access);
void link_close(struct device *device);
void link_shut(void);                       /* no server answers any more, to anybody here */
void link_forget(void);
const struct device *open_device(const char *id);
struct device *device_of(const struct module *interface); /* one that is open, or is being closed; NULL if none is */

/* memory.c */
void map_memory(struct device *device, uint64_t ring, const struct memory *memory, int fd);
void unmap_memory(struct device *device);
void got_frame(struct device *device, uint64_t ring, const struct frame *frame);
void serve_frames(struct device *device);
void give_back_waiting(struct device *device, struct stream *stream);
bool allocate(struct buffer *buffer, size_t size);
void release_slot(struct device *device, struct buffer *buffer);
void free_memory(struct device *device, struct buffer *buffer);

/* stream.c */
void queue_init(struct queue *queue);
void queue_add(struct queue *queue, struct buffer *buffer, enum state state);
struct buffer *queue_take(struct queue *queue);
struct device *device_with(const struct stream *stream);
struct buffer *buffer_of(DS_HANDLE handle, BUFFER_HANDLE which, struct stream **stream); /* NULL: `failed` */
GC_ERROR stream_info(const struct stream *stream, int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size);
void close_stream(struct stream *stream);

/* events.c */
void drop_events(struct module *module);
void tell(struct module *module, EVENT_TYPE type, uint64_t id, const void *data, size_t bytes);

/* watch.c */
void watch(bool on);
void watch_forget(void);
enum { MODULE_EVENTS = 0x9100, EVENT_DEVICE_FOUND = MODULE_EVENTS, EVENT_DEVICE_LOST };
void tell_module(struct module *module, uint64_t event, const char *id);

/* modules.c, descriptions.c */
enum { DESCRIPTION = 0x100000, TEXT_BYTES = 256 };
const char *description(enum kind kind, size_t *bytes, const char **name);
GC_ERROR module_read(struct module *module, uint64_t address, void *to, size_t bytes);
GC_ERROR module_write(struct module *module, uint64_t address, const void *from, size_t bytes);
void list_changed(struct interface *interface); /* its features tell of another list now */

#endif
