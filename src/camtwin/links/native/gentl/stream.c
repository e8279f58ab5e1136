/* Data streams: buffers and their queues. A buffer is in one state at a time: UNQUEUED (announced, or with the
 * consumer), INPUT (waits for a frame), FILLING (a frame is put into it), OUTPUT (waits to be fetched). */
#define _GNU_SOURCE
#include "producer.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNKS_MAX = 64 };

void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
	queue->count = 0;
}

void queue_add(struct queue *queue, struct buffer *buffer, enum state state)
{
	buffer->behind = NULL;
	buffer->state = state;
	*queue->end = buffer;
	queue->end = &buffer->behind;
	queue->count++;
}

struct buffer *queue_take(struct queue *queue)
{
	struct buffer *buffer = queue->first;
	if (!buffer)
		return NULL;
	queue->first = buffer->behind;
	if (!queue->first)
		queue->end = &queue->first;
	queue->count--;
	buffer->state = UNQUEUED;
	return buffer;
}

struct device *device_with(const struct stream *stream) { return (struct device *)stream->module.parent; }

static void to_input(struct stream *stream, struct buffer *buffer)
{
	release_slot(device_with(stream), buffer);
	buffer->new_data = false;
	queue_add(&stream->input, buffer, INPUT);
}

/* Wait until no frame is being put into a buffer. */
static void settle(const struct stream *stream)
{
	while (stream->filling)
		wait_changed(0);
}

struct buffer *buffer_of(DS_HANDLE handle, BUFFER_HANDLE which, struct stream **stream)
{
	*stream = find(handle, STREAM);
	struct buffer *buffer = *stream ? find(which, BUFFER) : NULL;
	if (buffer && buffer->module.parent != &(*stream)->module) {
		fail(GC_ERR_INVALID_HANDLE, "buffer %p belongs to another stream", which);
		return NULL;
	}
	return buffer;
}

/* -- announcing */
static GC_ERROR announce(struct stream *stream, void *base, size_t size, void *user, BUFFER_HANDLE *announced)
{
	struct buffer *buffer = calloc(1, sizeof *buffer);
	if (!buffer)
		return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a buffer");
	buffer->base = base;
	buffer->size = size;
	buffer->user = user;
	buffer->own = !base;
	if (buffer->own && !allocate(buffer, size)) {
		free(buffer);
		return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a buffer of %zu bytes", size);
	}
	if (!add(&buffer->module, BUFFER, &stream->module)) {
		free_memory(device_with(stream), buffer);
		free(buffer);
		return failed();
	}
	struct buffer **end = &stream->all;
	while (*end)
		end = &(*end)->next;
	*end = buffer;
	stream->announced++;
	return put_handle(buffer->module.handle, announced);
}

GC_API DSAnnounceBuffer(DS_HANDLE handle, void *base, size_t size, void *user, BUFFER_HANDLE *announced)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	if (!stream)
		return failed();
	if (!base || !size)
		return fail(GC_ERR_INVALID_PARAMETER, "a buffer of %zu bytes at %p", size, base);
	if (!announced)
		return put_handle(NULL, announced);
	for (const struct buffer *b = stream->all; b; b = b->next)
		if (b->base == base)
			return fail(GC_ERR_RESOURCE_IN_USE, "the buffer at %p is announced", base);
	return announce(stream, base, size, user, announced);
}

GC_API DSAllocAndAnnounceBuffer(DS_HANDLE handle, size_t size, void *user, BUFFER_HANDLE *announced)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	if (!stream)
		return failed();
	if (!size)
		return fail(GC_ERR_INVALID_PARAMETER, "a buffer of 0 bytes");
	return announced ? announce(stream, NULL, size, user, announced) : put_handle(NULL, announced);
}

static void forget(struct stream *stream, struct buffer *buffer)
{
	for (struct buffer **at = &stream->all; *at; at = &(*at)->next)
		if (*at == buffer) {
			*at = buffer->next;
			break;
		}
	stream->announced--;
	drop(&buffer->module);
	drop_events(&buffer->module);
	free_memory(device_with(stream), buffer);
	free(buffer);
}

GC_API DSRevokeBuffer(DS_HANDLE handle, BUFFER_HANDLE which, void **base, void **user)
{
	LOCKED;
	struct stream *stream;
	struct buffer *buffer = buffer_of(handle, which, &stream);
	if (!buffer)
		return failed();
	if (buffer->state != UNQUEUED)
		return fail(GC_ERR_BUSY, "the buffer is queued");
	if (base)
		*base = buffer->own ? NULL : buffer->base;
	if (user)
		*user = buffer->user;
	stream->module.uses++; /* whoever waits for an event of the buffer is waited for */
	forget(stream, buffer);
	released(&stream->module);
	return GC_ERR_SUCCESS;
}

GC_API DSGetBufferID(DS_HANDLE handle, uint32_t index, BUFFER_HANDLE *which)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	if (!stream)
		return failed();
	const struct buffer *buffer = stream->all;
	for (uint32_t i = 0; buffer && i < index; i++)
		buffer = buffer->next;
	if (!buffer)
		return fail(GC_ERR_INVALID_INDEX, "buffer %u is not one of %zu", index, stream->announced);
	return put_handle(buffer->module.handle, which);
}

/* -- queues */
GC_API DSQueueBuffer(DS_HANDLE handle, BUFFER_HANDLE which)
{
	LOCKED;
	struct stream *stream;
	struct buffer *buffer = buffer_of(handle, which, &stream);
	if (!buffer)
		return failed();
	if (buffer->state != UNQUEUED)
		return fail(GC_ERR_RESOURCE_IN_USE, "the buffer is queued");
	to_input(stream, buffer);
	if (stream->waits)
		poke(device_with(stream));
	return GC_ERR_SUCCESS;
}

static void empty(struct queue *queue)
{
	while (queue_take(queue))
		;
}

GC_API DSFlushQueue(DS_HANDLE handle, ACQ_QUEUE_TYPE type)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	if (!stream)
		return failed();
	if (type < ACQ_QUEUE_INPUT_TO_OUTPUT || type > ACQ_QUEUE_ALL_DISCARD)
		return fail(GC_ERR_INVALID_PARAMETER, "operation %d is not one of 0 to %d", type, ACQ_QUEUE_ALL_DISCARD);
	stream->module.uses++;
	settle(stream);
	if (type == ACQ_QUEUE_INPUT_TO_OUTPUT)
		for (struct buffer *buffer; (buffer = queue_take(&stream->input));)
			queue_add(&stream->output, buffer, OUTPUT);
	if (type == ACQ_QUEUE_ALL_DISCARD || type == ACQ_QUEUE_ALL_TO_INPUT)
		empty(&stream->input);
	if (type == ACQ_QUEUE_ALL_DISCARD || type == ACQ_QUEUE_ALL_TO_INPUT || type == ACQ_QUEUE_OUTPUT_DISCARD)
		empty(&stream->output);
	if (type == ACQ_QUEUE_ALL_TO_INPUT || type == ACQ_QUEUE_UNQUEUED_TO_INPUT) {
		for (struct buffer *buffer = stream->all; buffer; buffer = buffer->next)
			if (buffer->state == UNQUEUED)
				to_input(stream, buffer);
		poke(device_with(stream));
	}
	released(&stream->module);
	return GC_ERR_SUCCESS;
}

/* -- acquisition: one start or stop after the other, as the server has to hear them in this order */
static void begin_asking(struct stream *stream)
{
	stream->module.uses++;
	while (stream->asking)
		wait_changed(0);
	stream->asking = true;
}

static void end_asking(struct stream *stream)
{
	stream->asking = false;
	released(&stream->module);
}

GC_API DSStartAcquisition(DS_HANDLE handle, ACQ_START_FLAGS flags, uint64_t count)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	if (!stream)
		return failed();
	if (flags != ACQ_START_FLAGS_DEFAULT || !count)
		return fail(GC_ERR_INVALID_PARAMETER, "flags %d, %llu frames", flags, (unsigned long long)count);
	uint64_t generation = 0;
	size_t size = sizeof generation;
	GC_ERROR error = GC_ERR_SUCCESS;
	begin_asking(stream);
	if (stream->grabbing)
		error = fail(GC_ERR_RESOURCE_IN_USE, "the acquisition runs");
	else
		error = ask(device_with(stream), ASK_START, 0, NULL, 0, &generation, &size);
	if (!error) {
		give_back_waiting(device_with(stream), stream);
		stream->generation = generation;
		stream->left = count;
		stream->delivered = stream->underrun = stream->started = 0;
		stream->grabbing = true;
	}
	end_asking(stream);
	return error;
}

/* End the acquisition, between `begin_asking` and `end_asking`. */
static GC_ERROR stop(struct stream *stream)
{
	struct device *device = device_with(stream);
	size_t none = 0;
	if (!stream->generation)
		return fail(GC_ERR_RESOURCE_IN_USE, "no acquisition runs");
	stream->generation = 0;
	stream->grabbing = false;
	settle(stream);
	give_back_waiting(device, stream);
	GC_ERROR error = ask(device, ASK_STOP, 0, NULL, 0, NULL, &none);
	return device->lost ? GC_ERR_SUCCESS : error; /* it has ended, one way or the other */
}

GC_API DSStopAcquisition(DS_HANDLE handle, ACQ_STOP_FLAGS flags)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	if (!stream)
		return failed();
	if (flags != ACQ_STOP_FLAGS_DEFAULT && flags != ACQ_STOP_FLAGS_KILL)
		return fail(GC_ERR_INVALID_PARAMETER, "flags %d are not %d or %d", flags, ACQ_STOP_FLAGS_DEFAULT, ACQ_STOP_FLAGS_KILL);
	begin_asking(stream);
	GC_ERROR error = stop(stream);
	end_asking(stream);
	return error;
}

void close_stream(struct stream *stream)
{
	struct device *device = device_with(stream);
	drop(&stream->module); /* which waits for starts and stops */
	if (stream->generation)
		stop(stream);
	settle(stream);
	give_back_waiting(device, stream);
	drop_events(&stream->module);
	while (stream->all)
		forget(stream, stream->all);
	device->stream = NULL;
	free(stream);
	pthread_cond_broadcast(&changed);
}

GC_API DSClose(DS_HANDLE handle)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	if (!stream)
		return failed();
	close_stream(stream);
	return GC_ERR_SUCCESS;
}

/* -- information */
GC_API DSGetParentDev(DS_HANDLE handle, DEV_HANDLE *parent)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	return stream ? put_handle(stream->module.parent->handle, parent) : failed();
}

GC_ERROR stream_info(const struct stream *s, int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	switch (cmd) {
	case STREAM_INFO_ID: return put_text("Stream0", type, to, size);
	case STREAM_INFO_NUM_DELIVERED: return put_number(INFO_UINT64, s->delivered, type, to, size);
	case STREAM_INFO_NUM_UNDERRUN: return put_number(INFO_UINT64, s->underrun, type, to, size);
	case STREAM_INFO_NUM_ANNOUNCED: return put_number(INFO_SIZET, s->announced, type, to, size);
	case STREAM_INFO_NUM_QUEUED: return put_number(INFO_SIZET, s->input.count, type, to, size);
	case STREAM_INFO_NUM_AWAIT_DELIVERY: return put_number(INFO_SIZET, s->output.count, type, to, size);
	case STREAM_INFO_NUM_STARTED: return put_number(INFO_UINT64, s->started, type, to, size);
	case STREAM_INFO_IS_GRABBING: return put_number(INFO_BOOL8, s->grabbing, type, to, size);
	case STREAM_INFO_DEFINES_PAYLOADSIZE: return put_number(INFO_BOOL8, 0, type, to, size);
	case STREAM_INFO_TLTYPE: return put_text(device_with(s)->about.field[FIELD_TLTYPE], type, to, size);
	case STREAM_INFO_NUM_CHUNKS_MAX: return put_number(INFO_SIZET, CHUNKS_MAX, type, to, size);
	case STREAM_INFO_BUF_ANNOUNCE_MIN: return put_number(INFO_SIZET, 1, type, to, size);
	case STREAM_INFO_BUF_ALIGNMENT: return put_number(INFO_SIZET, 1, type, to, size);
	case STREAM_INFO_PAYLOAD_SIZE: return fail(GC_ERR_NOT_AVAILABLE, "the camera's feature PayloadSize has it");
	default: return fail(GC_ERR_NOT_IMPLEMENTED, "a stream has no information %d", cmd);
	}
}

GC_API DSGetInfo(DS_HANDLE handle, STREAM_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct stream *stream = find(handle, STREAM);
	return stream ? stream_info(stream, cmd, type, to, size) : failed();
}
