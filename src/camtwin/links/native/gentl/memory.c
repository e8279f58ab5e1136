/* Frames from the server's memory into buffers.
 *
 * The memory is a ring of slots that the server renders into and that is mapped read-only here. A frame goes into a
 * buffer that the consumer announced by one memcpy, on the thread that hears news, without the lock. Into a buffer that
 * was allocated here it goes without a copy: the slot's pages are mapped over the buffer's, privately, so that what the
 * consumer writes there stays its own. The buffer keeps the slot until it is queued again or revoked. Most slots have to
 * stay the server's, so when many are kept a frame is copied, too. */
#define _GNU_SOURCE
#include "producer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SERVERS_SLOTS = 12 };

static size_t whole_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (bytes + page - 1) / page * page;
}

/* -- the server's memory; on the thread that hears news, or when that has ended */
void map_memory(struct device *device, uint64_t ring, const struct memory *memory, int fd)
{
	struct stat about;
	bool small = memory->slots <= MAX_SLOTS && memory->slot_bytes <= (uint64_t)PTRDIFF_MAX / MAX_SLOTS - MAX_PART;
	size_t bytes = small ? memory->slots * memory->slot_bytes : 0;
	pthread_mutex_lock(&lock);
	if (device->stream) /* frames that wait lie in what is unmapped now */
		give_back_waiting(device, device->stream);
	unmap_memory(device);
	if (device->memory_fd >= 0)
		close(device->memory_fd);
	device->memory_fd = fd;
	bool sound = bytes && memory->slot_bytes == whole_pages(memory->slot_bytes) && !fstat(fd, &about)
		&& (uint64_t)about.st_size >= bytes && fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK; /* the server cannot take it away */
	void *at = sound ? mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (at != MAP_FAILED) {
		device->memory = at;
		device->memory_bytes = bytes;
		device->ring = ring;
		device->slots = memory->slots;
		device->slot_bytes = memory->slot_bytes;
	} else
		lose(device, "its memory for frames cannot be mapped");
	pthread_mutex_unlock(&lock);
}

void unmap_memory(struct device *device)
{
	if (device->memory)
		munmap(device->memory, device->memory_bytes);
	device->memory = NULL;
	device->slots = 0;
}

/* -- memory of buffers that are allocated here */
bool allocate(struct buffer *buffer, size_t size)
{
	size_t bytes = whole_pages(size);
	void *at = bytes < size ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	buffer->base = at == MAP_FAILED ? NULL : at;
	return at != MAP_FAILED;
}

void release_slot(struct device *device, struct buffer *buffer)
{
	if (!buffer->keeps)
		return;
	buffer->keeps = false;
	device->kept--;
	tell_server(device, TELL_RELEASED, buffer->kept_ring, buffer->kept_slot);
}

void free_memory(struct device *device, struct buffer *buffer)
{
	release_slot(device, buffer);
	if (buffer->own)
		munmap(buffer->base, whole_pages(buffer->size));
}

/* Map a slot over the buffer. Pages are mapped to be read first, so that the kernel fills its tables without copying. */
static bool map_slot(const struct device *device, struct buffer *buffer, const struct frame *frame)
{
	size_t bytes = whole_pages(frame->bytes);
	off_t from = (off_t)(frame->slot * device->slot_bytes);
	void *at = mmap(buffer->base, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, device->memory_fd, from);
	buffer->mapped = at != MAP_FAILED;
	return buffer->mapped && !mprotect(at, bytes, PROT_READ | PROT_WRITE);
}

/* Copy a slot into the buffer, which gets memory of its own if a slot lies there. */
static void copy_slot(const struct device *device, struct buffer *buffer, const struct frame *frame, size_t bytes)
{
	if (buffer->mapped)
		mmap(buffer->base, whole_pages(buffer->size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	buffer->mapped = false;
	memcpy(buffer->base, device->memory + frame->slot * device->slot_bytes, bytes);
}

/* Fill a buffer with a frame. The lock is let go meanwhile. */
static void fill(struct device *device, struct stream *stream, struct buffer *buffer, const struct waiting *from)
{
	const struct frame *frame = &from->frame;
	size_t bytes = frame->bytes < buffer->size ? frame->bytes : buffer->size;
	bool whole = bytes == frame->bytes && bytes, keep = buffer->own && whole && device->kept + SERVERS_SLOTS < device->slots;
	buffer->state = FILLING;
	stream->filling = buffer;
	pthread_mutex_unlock(&lock);
	if (keep && !map_slot(device, buffer, frame))
		keep = false;
	if (!keep)
		copy_slot(device, buffer, frame, bytes);
	tell_server(device, keep ? TELL_TAKEN : TELL_RELEASED, from->ring, frame->slot);
	pthread_mutex_lock(&lock);
	stream->filling = NULL;
	buffer->keeps = keep;
	buffer->kept_ring = from->ring;
	buffer->kept_slot = frame->slot;
	device->kept += keep;
	buffer->frame = *frame;
	buffer->filled = bytes;
	buffer->overrun = bytes < frame->bytes;
	buffer->new_data = true;
	if (stream->handling == NEWEST_ONLY)
		for (struct buffer *old; (old = queue_take(&stream->output)); stream->underrun++) {
			release_slot(device, old);
			queue_add(&stream->input, old, INPUT);
		}
	queue_add(&stream->output, buffer, OUTPUT);
	stream->delivered++;
	if (stream->left != GENTL_INFINITE && --stream->left == 0)
		stream->grabbing = false;
	pthread_cond_broadcast(&changed);
}

/* -- frames that came */
void got_frame(struct device *device, uint64_t ring, const struct frame *frame)
{
	struct stream *stream = device->stream;
	bool ours = stream && stream->grabbing && frame->generation == stream->generation && stream->waits < MAX_SLOTS;
	if (!ours || ring != device->ring || frame->slot >= device->slots || frame->bytes > device->slot_bytes) {
		tell_server(device, TELL_RELEASED, ring, frame->slot);
		return;
	}
	stream->started++;
	stream->waiting[stream->waits++] = (struct waiting){*frame, ring};
}

/* Find buffers for the frames that wait. */
void serve_frames(struct device *device)
{
	struct stream *stream;
	while ((stream = device->stream) && stream->waits && !stream->filling) {
		struct waiting first = stream->waiting[0];
		struct buffer *buffer = stream->grabbing ? queue_take(&stream->input) : NULL;
		if (!buffer && stream->grabbing && stream->handling != OLDEST_FIRST && (buffer = queue_take(&stream->output))) {
			release_slot(device, buffer);
			stream->underrun++;
		}
		if (!buffer && stream->grabbing && first.frame.flags & FRAME_PATIENT)
			return;
		memmove(stream->waiting, stream->waiting + 1, --stream->waits * sizeof first);
		if (buffer)
			fill(device, stream, buffer, &first);
		else {
			stream->underrun += stream->grabbing;
			tell_server(device, TELL_RELEASED, first.ring, first.frame.slot);
		}
	}
}

void give_back_waiting(struct device *device, struct stream *stream)
{
	for (; stream->waits; stream->waits--) {
		const struct waiting *last = &stream->waiting[stream->waits - 1];
		tell_server(device, TELL_RELEASED, last->ring, last->frame.slot);
	}
}
