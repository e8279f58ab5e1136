/* Devices: what is known of them, their port, their one stream. */
#define _GNU_SOURCE
#include "producer.h"

#include <stdlib.h>
#include <string.h>

static const char STREAM_ID[] = "Stream0";

GC_ERROR device_info(const struct record *about, const struct device *open, int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	switch (cmd) {
	case DEVICE_INFO_ID: case DEVICE_INFO_VENDOR: case DEVICE_INFO_MODEL: case DEVICE_INFO_TLTYPE:
	case DEVICE_INFO_DISPLAYNAME: case DEVICE_INFO_USER_DEFINED_NAME: case DEVICE_INFO_SERIAL_NUMBER:
	case DEVICE_INFO_VERSION: /* the fields of a record are in their order */
		return put_text(about->field[cmd], type, to, size);
	case DEVICE_INFO_ACCESS_STATUS: {
		uint64_t status = strtoull(about->field[FIELD_STATUS], NULL, 10);
		if (open)
			status = open->access == DEVICE_ACCESS_READONLY ? DEVICE_ACCESS_STATUS_OPEN_READONLY : DEVICE_ACCESS_STATUS_OPEN_READWRITE;
		return put_number(INFO_INT32, status, type, to, size);
	}
	case DEVICE_INFO_TIMESTAMP_FREQUENCY:
		return put_number(INFO_UINT64, strtoull(about->field[FIELD_FREQUENCY], NULL, 10), type, to, size);
	default:
		return fail(GC_ERR_NOT_IMPLEMENTED, "a device has no information %d", cmd);
	}
}

GC_API DevClose(DEV_HANDLE handle)
{
	LOCKED;
	struct device *device = find(handle, DEVICE);
	if (!device)
		return failed();
	link_close(device);
	return GC_ERR_SUCCESS;
}

GC_API DevGetInfo(DEV_HANDLE handle, DEVICE_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct device *device = find(handle, DEVICE);
	return device ? device_info(&device->about, device, cmd, type, to, size) : failed();
}

GC_API DevGetPort(DEV_HANDLE handle, PORT_HANDLE *port)
{
	LOCKED;
	struct device *device = find(handle, DEVICE);
	return device ? put_handle(device->remote.handle, port) : failed();
}

GC_API DevGetParentIF(DEV_HANDLE handle, IF_HANDLE *parent)
{
	LOCKED;
	struct device *device = find(handle, DEVICE);
	return device ? put_handle(device->module.parent->handle, parent) : failed();
}

GC_API DevGetNumDataStreams(DEV_HANDLE handle, uint32_t *count)
{
	LOCKED;
	return find(handle, DEVICE) ? put_count(1, count) : failed();
}

GC_API DevGetDataStreamID(DEV_HANDLE handle, uint32_t index, char *id, size_t *size)
{
	LOCKED;
	if (!find(handle, DEVICE))
		return failed();
	if (index)
		return fail(GC_ERR_INVALID_INDEX, "stream %u: a device has one, 0", index);
	return put_text(STREAM_ID, NULL, id, size);
}

GC_API DevOpenDataStream(DEV_HANDLE handle, const char *id, DS_HANDLE *opened)
{
	LOCKED;
	struct device *device = find(handle, DEVICE);
	if (!device)
		return failed();
	if (!id)
		return fail(GC_ERR_INVALID_PARAMETER, "the stream's id is NULL");
	if (!opened)
		return put_handle(NULL, opened);
	if (strcmp(id, STREAM_ID))
		return fail(GC_ERR_INVALID_ID, "there is no stream %s; a device has one, %s", id, STREAM_ID);
	if (device->stream)
		return fail(GC_ERR_RESOURCE_IN_USE, "stream %s is open", id);
	struct stream *stream = calloc(1, sizeof *stream);
	if (!stream)
		return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a stream");
	queue_init(&stream->input);
	queue_init(&stream->output);
	stream->handling = OLDEST_FIRST;
	if (!add(&stream->module, STREAM, &device->module)) {
		free(stream);
		return failed();
	}
	device->stream = stream;
	return put_handle(stream->module.handle, opened);
}
