/* What is known of a buffer: of its frame, its chunks; and what twins do not send: parts, segments, flows. */
#define _GNU_SOURCE
#include "producer.h"

#include <string.h>

static GC_ERROR buffer_info(const struct stream *stream, const struct buffer *b, BUFFER_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	const struct frame *f = &b->frame;
	bool image = f->flags & FRAME_IMAGE, chunks = f->flags & FRAME_CHUNKS;
	switch (cmd) {
	case BUFFER_INFO_BASE: return put_number(INFO_PTR, (uintptr_t)b->base, type, to, size);
	case BUFFER_INFO_SIZE: return put_number(INFO_SIZET, b->size, type, to, size);
	case BUFFER_INFO_USER_PTR: return put_number(INFO_PTR, (uintptr_t)b->user, type, to, size);
	case BUFFER_INFO_NEW_DATA: return put_number(INFO_BOOL8, b->new_data, type, to, size);
	case BUFFER_INFO_IS_QUEUED: return put_number(INFO_BOOL8, b->state != UNQUEUED, type, to, size);
	case BUFFER_INFO_IS_ACQUIRING: return put_number(INFO_BOOL8, b->state == FILLING, type, to, size);
	case BUFFER_INFO_IS_INCOMPLETE: return put_number(INFO_BOOL8, b->overrun, type, to, size);
	case BUFFER_INFO_DATA_LARGER_THAN_BUFFER: return put_number(INFO_BOOL8, b->overrun, type, to, size);
	case BUFFER_INFO_TLTYPE: return put_text(device_with(stream)->about.field[FIELD_TLTYPE], type, to, size);
	case BUFFER_INFO_SIZE_FILLED: case BUFFER_INFO_DATA_SIZE: return put_number(INFO_SIZET, b->filled, type, to, size);
	case BUFFER_INFO_TIMESTAMP: case BUFFER_INFO_TIMESTAMP_NS: /* all twins count nanoseconds */
		return put_number(INFO_UINT64, f->timestamp_ns, type, to, size);
	case BUFFER_INFO_WIDTH: return put_number(INFO_SIZET, f->width, type, to, size);
	case BUFFER_INFO_HEIGHT: case BUFFER_INFO_DELIVERED_IMAGEHEIGHT: return put_number(INFO_SIZET, f->height, type, to, size);
	case BUFFER_INFO_XOFFSET: return put_number(INFO_SIZET, f->x, type, to, size);
	case BUFFER_INFO_YOFFSET: return put_number(INFO_SIZET, f->y, type, to, size);
	case BUFFER_INFO_XPADDING: case BUFFER_INFO_YPADDING: case BUFFER_INFO_IMAGEOFFSET:
		return put_number(INFO_SIZET, 0, type, to, size);
	case BUFFER_INFO_FRAMEID: return put_number(INFO_UINT64, f->frame_id, type, to, size);
	case BUFFER_INFO_IMAGEPRESENT: return put_number(INFO_BOOL8, image, type, to, size);
	case BUFFER_INFO_PAYLOADTYPE:
		return put_number(INFO_SIZET, image ? PAYLOAD_TYPE_IMAGE : chunks ? PAYLOAD_TYPE_CHUNK_ONLY : 0, type, to, size);
	case BUFFER_INFO_PIXELFORMAT: return put_number(INFO_UINT64, f->pixel_format, type, to, size);
	case BUFFER_INFO_PIXELFORMAT_NAMESPACE: return put_number(INFO_UINT64, PIXELFORMAT_NAMESPACE_PFNC_32BIT, type, to, size);
	case BUFFER_INFO_PIXEL_ENDIANNESS: return put_number(INFO_INT32, PIXELENDIANNESS_LITTLE, type, to, size);
	case BUFFER_INFO_CONTAINS_CHUNKDATA: return put_number(INFO_BOOL8, chunks, type, to, size);
	case BUFFER_INFO_DELIVERED_CHUNKPAYLOADSIZE: /* the image is a chunk, too: parsers begin at the end of this */
		return put_number(INFO_SIZET, chunks ? b->filled : 0, type, to, size);
	case BUFFER_INFO_CHUNKLAYOUTID: return put_number(INFO_UINT64, f->chunk_layout, type, to, size);
	case BUFFER_INFO_IS_COMPOSITE: return put_number(INFO_BOOL8, 0, type, to, size);
	case BUFFER_INFO_FILENAME: return fail(GC_ERR_NOT_AVAILABLE, "the buffer has no file");
	default: return fail(GC_ERR_NOT_IMPLEMENTED, "a buffer has no information %d", cmd);
	}
}

GC_API DSGetBufferInfo(DS_HANDLE handle, BUFFER_HANDLE which, BUFFER_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct stream *stream;
	const struct buffer *buffer = buffer_of(handle, which, &stream);
	return buffer ? buffer_info(stream, buffer, cmd, type, to, size) : failed();
}

/* Each entry has a result of its own, which is not the function's, nor the thread's last error (GenTL 1.6, 6.3.5.17). */
GC_API DSGetBufferInfoStacked(DS_HANDLE handle, BUFFER_HANDLE which, DS_BUFFER_INFO_STACKED *entries, size_t count)
{
	LOCKED;
	struct stream *stream;
	const struct buffer *buffer = buffer_of(handle, which, &stream);
	if (!buffer)
		return failed();
	if (!entries || !count)
		return fail(GC_ERR_INVALID_PARAMETER, "%zu entries at %p", count, (void *)entries);
	struct error before = last;
	for (size_t i = 0; i < count; i++) {
		DS_BUFFER_INFO_STACKED *one = &entries[i]; /* packed: its members lie at any address */
		INFO_DATATYPE type = one->iType;
		size_t size = one->iSize;
		one->iResult = buffer_info(stream, buffer, one->iInfoCmd, &type, one->pBuffer, &size);
		one->iType = type;
		one->iSize = size;
	}
	last = before;
	return GC_ERR_SUCCESS;
}

/* -- chunks */
static uint32_t word(const uint8_t *at, bool big)
{
	return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
		: (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* Chunks lie one after the other, each before its id and its length: they are read from the end. */
GC_API DSGetBufferChunkData(DS_HANDLE handle, BUFFER_HANDLE which, SINGLE_CHUNK_DATA *chunks, size_t *count)
{
	LOCKED;
	struct stream *stream;
	const struct buffer *b = buffer_of(handle, which, &stream);
	if (!b)
		return failed();
	if (!count)
		return fail(GC_ERR_INVALID_PARAMETER, "the place for the number is NULL");
	if (!(b->frame.flags & FRAME_CHUNKS)) {
		*count = 0;
		return fail(GC_ERR_NO_DATA, "the buffer has no chunks");
	}
	bool big = !strcmp(device_with(stream)->about.field[FIELD_ORDER], "big");
	size_t found = 0, end = b->filled, room = chunks ? *count : 0;
	while (end) {
		size_t length = end < 8 ? SIZE_MAX : word(b->base + end - 4, big);
		if (b->overrun || end < 8 || length > end - 8)
			return fail(GC_ERR_PARSING_CHUNK_DATA, "no chunk ends at byte %zu", end);
		if (found < room)
			chunks[found] = (SINGLE_CHUNK_DATA){word(b->base + end - 8, big), (ptrdiff_t)(end - 8 - length), length};
		end -= 8 + length;
		found++;
	}
	*count = found;
	if (chunks && found > room)
		return fail(GC_ERR_BUFFER_TOO_SMALL, "%zu chunks do not fit into %zu places", found, room);
	return GC_ERR_SUCCESS;
}

/* -- what twins do not send: consumers take images with parts for multi-part ones, so these must not succeed */
static GC_ERROR no_parts(DS_HANDLE handle, BUFFER_HANDLE which)
{
	struct stream *stream;
	return buffer_of(handle, which, &stream) ? fail(GC_ERR_NO_DATA, "the payload has no parts") : failed();
}

GC_API DSGetNumBufferParts(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t *count)
{
	LOCKED;
	if (count)
		*count = 0;
	return no_parts(handle, which);
}

GC_API DSGetBufferPartInfo(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t part, BUFFER_PART_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	(void)part, (void)cmd, (void)type, (void)to, (void)size;
	return no_parts(handle, which);
}

GC_API DSGetBufferPartInfoStacked(DS_HANDLE handle, BUFFER_HANDLE which, DS_BUFFER_PART_INFO_STACKED *entries, size_t count)
{
	LOCKED;
	(void)entries, (void)count;
	return no_parts(handle, which);
}

static GC_ERROR not_here(DS_HANDLE handle, const char *what)
{
	return find(handle, STREAM) ? fail(GC_ERR_NOT_IMPLEMENTED, "twins have no %s", what) : failed();
}

GC_API DSAnnounceCompositeBuffer(DS_HANDLE handle, size_t count, void **segments, size_t *sizes, void *user, BUFFER_HANDLE *announced)
{
	LOCKED;
	(void)count, (void)segments, (void)sizes, (void)user, (void)announced;
	return not_here(handle, "composite buffers");
}

GC_API DSGetBufferSegmentInfo(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t segment, SEGMENT_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	(void)which, (void)segment, (void)cmd, (void)type, (void)to, (void)size;
	return not_here(handle, "composite buffers");
}

GC_API DSGetNumBufferSegments(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t *count)
{
	LOCKED;
	(void)which, (void)count;
	return not_here(handle, "composite buffers");
}

GC_API DSGetNumFlows(DS_HANDLE handle, uint32_t *count)
{
	LOCKED;
	(void)count;
	return not_here(handle, "flows");
}

GC_API DSGetFlowInfo(DS_HANDLE handle, uint32_t flow, FLOW_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	(void)flow, (void)cmd, (void)type, (void)to, (void)size;
	return not_here(handle, "flows");
}
