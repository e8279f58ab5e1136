/* Events. New buffers are the output queue of a stream; all others are kept as messages until they are fetched.
 *
 *   EVENT_NEW_BUFFER          streams
 *   EVENT_REMOTE_DEVICE       devices and their ports: the camera's own events, as its link sends them
 *   EVENT_FEATURE_INVALIDATE  interfaces (the list of devices), devices and their ports (another host has written)
 *   EVENT_FEATURE_CHANGE      interfaces: DeviceSelector, when its device has gone
 *   EVENT_MODULE              interfaces: a device was found or lost; devices: lost
 *   EVENT_ERROR               all modules; none comes, as every call returns its own error */
#define _GNU_SOURCE
#include "producer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MESSAGES = 1024, MAX_DATA = 4096 };

static struct stream *stream_of(const struct event *event) { return (struct stream *)event->module.parent; }

static const struct device *device_above(const struct module *module)
{
	while (module && module->kind != DEVICE)
		module = module->parent;
	return (const struct device *)module;
}

static bool has_event(const struct module *module, EVENT_TYPE type)
{
	static const unsigned SOURCES[EVENT_TYPES] = {
		[EVENT_ERROR] = ANY_PORT,
		[EVENT_NEW_BUFFER] = STREAM,
		[EVENT_FEATURE_INVALIDATE] = INTERFACE | DEVICE | REMOTE,
		[EVENT_FEATURE_CHANGE] = INTERFACE,
		[EVENT_REMOTE_DEVICE] = DEVICE | REMOTE,
		[EVENT_MODULE] = INTERFACE | DEVICE,
	};
	return type >= 0 && type < EVENT_TYPES && SOURCES[type] & module->kind;
}

static size_t waiting_for(const struct event *event)
{
	return event->type == EVENT_NEW_BUFFER ? stream_of(event)->output.count : event->count;
}

static void empty(struct event *event)
{
	if (event->type == EVENT_NEW_BUFFER)
		while (queue_take(&stream_of(event)->output))
			;
	for (struct message *message; (message = event->first); free(message))
		event->first = message->next;
	event->end = &event->first;
	event->count = 0;
}

static void unregister(struct event *event)
{
	event->module.parent->events[event->type] = NULL;
	event->gone = true; /* who waits sees it, and goes */
	drop(&event->module);
	pthread_cond_broadcast(&changed);
	while (event->waiting)
		wait_changed(0);
	if (event->type != EVENT_NEW_BUFFER)
		empty(event);
	free(event);
}

void drop_events(struct module *module)
{
	for (int type = 0; type < EVENT_TYPES; type++)
		if (module->events[type])
			unregister(module->events[type]);
}

/* Keep a message for the event, if it is registered. When nobody fetches them the newest ones are lost. */
void tell(struct module *module, EVENT_TYPE type, uint64_t id, const void *data, size_t bytes)
{
	struct event *event = module->events[type];
	struct message *message = event && event->count < MAX_MESSAGES ? malloc(sizeof *message + bytes) : NULL;
	if (!message)
		return;
	message->next = NULL;
	message->id = id;
	message->bytes = bytes;
	memcpy(message->data, data, bytes);
	*event->end = message;
	event->end = &message->next;
	event->count++;
	pthread_cond_broadcast(&changed);
}

GC_API GCRegisterEvent(EVENTSRC_HANDLE source, EVENT_TYPE type, EVENT_HANDLE *registered)
{
	LOCKED;
	struct module *module = find(source, ANY_PORT);
	if (!module)
		return failed();
	if (!registered)
		return put_handle(NULL, registered);
	if (!has_event(module, type))
		return fail(GC_ERR_NOT_IMPLEMENTED, "this module has no event %d", type);
	if (module->events[type])
		return fail(GC_ERR_RESOURCE_IN_USE, "event %d is registered", type);
	struct event *event = calloc(1, sizeof *event);
	if (!event)
		return fail(GC_ERR_OUT_OF_MEMORY, "no memory for an event");
	event->type = type;
	event->end = &event->first;
	if (!add(&event->module, EVENT, module)) {
		free(event);
		return failed();
	}
	module->events[type] = event;
	if (module->kind == INTERFACE && type == EVENT_MODULE)
		watch(true);
	return put_handle(event->module.handle, registered);
}

GC_API GCUnregisterEvent(EVENTSRC_HANDLE source, EVENT_TYPE type)
{
	LOCKED;
	struct module *module = find(source, ANY_PORT);
	if (!module)
		return failed();
	if (type < 0 || type >= EVENT_TYPES || !module->events[type])
		return fail(GC_ERR_INVALID_PARAMETER, "event %d is not registered", type);
	unregister(module->events[type]);
	return GC_ERR_SUCCESS;
}

/* Take the first one that waits; without room for it only its size is told. */
static GC_ERROR fetch(struct event *event, void *to, size_t *size)
{
	if (event->type == EVENT_NEW_BUFFER) {
		struct buffer *buffer = stream_of(event)->output.first;
		EVENT_NEW_BUFFER_DATA data = {buffer->module.handle, buffer->user};
		GC_ERROR error = put(INFO_BUFFER, &data, sizeof data, NULL, to, size);
		if (to && !error) {
			queue_take(&stream_of(event)->output);
			event->fired++;
		}
		return error;
	}
	struct message *message = event->first;
	GC_ERROR error = put(INFO_BUFFER, message->data, message->bytes, NULL, to, size);
	if (to && !error) {
		if (!(event->first = message->next))
			event->end = &event->first;
		event->count--;
		event->fired++;
		free(message);
	}
	return error;
}

GC_API EventGetData(EVENT_HANDLE handle, void *to, size_t *size, uint64_t timeout_ms)
{
	LOCKED;
	struct event *event = find(handle, EVENT);
	if (!event)
		return failed();
	if (!size)
		return fail(GC_ERR_INVALID_PARAMETER, "the size is NULL");
	const struct device *device = device_above(&event->module);
	bool forever = timeout_ms > UINT64_MAX / 2000000, in_time = true;
	uint64_t deadline = now_ns() + (forever ? 0 : timeout_ms * 1000000);
	event->waiting++;
	while (!event->gone && !event->kills && !waiting_for(event) && !(device && device->lost) && in_time)
		in_time = wait_changed(forever ? 0 : deadline);
	event->waiting--;
	pthread_cond_broadcast(&changed); /* for who waits for nobody to wait */
	if (event->gone)
		return fail(GC_ERR_ABORT, "the event is not registered any more");
	if (event->kills) {
		event->kills--;
		return fail(GC_ERR_ABORT, "the wait was ended by EventKill");
	}
	if (waiting_for(event))
		return fetch(event, to, size);
	if (device && device->lost)
		return fail(GC_ERR_IO, "%s", device->why);
	return fail(GC_ERR_TIMEOUT, "no event came within %llu ms", (unsigned long long)timeout_ms);
}

GC_API EventGetInfo(EVENT_HANDLE handle, EVENT_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct event *event = find(handle, EVENT);
	if (!event)
		return failed();
	size_t largest = event->type == EVENT_NEW_BUFFER ? sizeof(EVENT_NEW_BUFFER_DATA) : MAX_DATA;
	switch (cmd) {
	case EVENT_EVENT_TYPE: return put_number(INFO_INT32, (uint32_t)event->type, type, to, size);
	case EVENT_NUM_IN_QUEUE: return put_number(INFO_SIZET, waiting_for(event), type, to, size);
	case EVENT_NUM_FIRED: return put_number(INFO_UINT64, event->fired, type, to, size);
	case EVENT_SIZE_MAX: return put_number(INFO_SIZET, largest, type, to, size);
	case EVENT_INFO_DATA_SIZE_MAX:
		return put_number(INFO_SIZET, event->type == EVENT_NEW_BUFFER ? sizeof(void *) : MAX_DATA, type, to, size);
	default: return fail(GC_ERR_NOT_IMPLEMENTED, "an event has no information %d", cmd);
	}
}

/* -- what EventGetData gave, taken apart */
static GC_ERROR of_buffer(const EVENT_NEW_BUFFER_DATA *new, size_t bytes, int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	if (bytes < sizeof *new)
		return fail(GC_ERR_INVALID_PARAMETER, "%zu bytes are not a new buffer's data", bytes);
	if (cmd == EVENT_DATA_ID)
		return put_number(INFO_PTR, (uintptr_t)new->BufferHandle, type, to, size);
	if (cmd == EVENT_DATA_VALUE)
		return put_number(INFO_PTR, (uintptr_t)new->pUserPointer, type, to, size);
	return fail(GC_ERR_NOT_IMPLEMENTED, "a new buffer has no information %d", cmd);
}

/* A feature's name, and in EVENT_FEATURE_CHANGE its value behind it: texts, each of which ends with a zero. */
static GC_ERROR of_feature(const char *name, size_t bytes, int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	size_t length = strnlen(name, bytes) + 1;
	if (length > bytes)
		return fail(GC_ERR_INVALID_PARAMETER, "%zu bytes are not the name of a feature", bytes);
	if (cmd == EVENT_DATA_ID)
		return put_text(name, type, to, size);
	if (cmd == EVENT_DATA_VALUE && strnlen(name + length, bytes - length) < bytes - length)
		return put_text(name + length, type, to, size);
	return fail(GC_ERR_NOT_AVAILABLE, "a feature's event has no information %d", cmd);
}

/* The id of a message: of GVCP's EVENT or EVENTDATA (big-endian), of GenCP's EVENT, or of a module's. */
static bool id_of(const struct event *event, const uint8_t *at, size_t bytes, unsigned *id)
{
	bool gvcp = event->type == EVENT_REMOTE_DEVICE && bytes && at[0] == 0x42;
	size_t needed = event->type == EVENT_MODULE ? 8 : gvcp ? 12 : 16;
	if (bytes < needed)
		return false;
	if (event->type == EVENT_MODULE)
		*id = (unsigned)at[0] | (unsigned)at[1] << 8;
	else
		*id = gvcp ? (unsigned)at[10] << 8 | at[11] : (unsigned)at[14] | (unsigned)at[15] << 8;
	return true;
}

GC_API EventGetDataInfo(EVENT_HANDLE handle, const void *data, size_t bytes, EVENT_DATA_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct event *event = find(handle, EVENT);
	unsigned id;
	char text[8];
	if (!event)
		return failed();
	if (!data)
		return fail(GC_ERR_INVALID_PARAMETER, "the event's data are NULL");
	if (event->type == EVENT_NEW_BUFFER)
		return of_buffer(data, bytes, cmd, type, to, size);
	if (event->type == EVENT_FEATURE_INVALIDATE || event->type == EVENT_FEATURE_CHANGE)
		return of_feature(data, bytes, cmd, type, to, size);
	if (!id_of(event, data, bytes, &id))
		return fail(GC_ERR_INVALID_PARAMETER, "%zu bytes are not an event's data", bytes);
	snprintf(text, sizeof text, "%04X", id);
	switch (cmd) {
	case EVENT_DATA_ID: return put_text(text, type, to, size);
	case EVENT_DATA_VALUE: return put(INFO_BUFFER, data, bytes, type, to, size);
	case EVENT_DATA_NUMID: return put_number(INFO_UINT64, id, type, to, size);
	default: return fail(GC_ERR_NOT_IMPLEMENTED, "an event has no information %d", cmd);
	}
}

GC_API EventFlush(EVENT_HANDLE handle)
{
	LOCKED;
	struct event *event = find(handle, EVENT);
	if (!event)
		return failed();
	empty(event);
	return GC_ERR_SUCCESS;
}

GC_API EventKill(EVENT_HANDLE handle)
{
	LOCKED;
	struct event *event = find(handle, EVENT);
	if (!event)
		return failed();
	event->kills++;
	pthread_cond_broadcast(&changed);
	return GC_ERR_SUCCESS;
}
