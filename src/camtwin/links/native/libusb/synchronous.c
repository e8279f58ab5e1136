/* Transfers that their caller waits for. */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

int link_exchange(struct link *link, struct flight *flight, unsigned timeout_ms)
{
	flight->transfer.timeout = 0;
	int error = link_submit(link, flight);
	if (error)
		return error;
	int64_t deadline = timeout_ms ? now_ms() + timeout_ms : 0;
	pthread_mutex_lock(&lock);
	while (flight->flying) {
		if (!wait_changed(deadline) && flight->flying) {
			flight->timed_out = true;
			deadline = 0;
			pthread_mutex_unlock(&lock);
			link_cancel(flight);
			pthread_mutex_lock(&lock);
		}
	}
	pthread_mutex_unlock(&lock);
	switch (flight->transfer.status) {
	case LIBUSB_TRANSFER_COMPLETED: return 0;
	case LIBUSB_TRANSFER_TIMED_OUT: return LIBUSB_ERROR_TIMEOUT;
	case LIBUSB_TRANSFER_STALL: return LIBUSB_ERROR_PIPE;
	case LIBUSB_TRANSFER_OVERFLOW: return LIBUSB_ERROR_OVERFLOW;
	case LIBUSB_TRANSFER_NO_DEVICE: return LIBUSB_ERROR_NO_DEVICE;
	default: return flight->busy ? LIBUSB_ERROR_BUSY : LIBUSB_ERROR_IO;
	}
}

int link_control(struct link *link, uint8_t type, uint8_t request, uint16_t value, uint16_t index, void *data, uint16_t bytes, unsigned timeout_ms)
{
	uint8_t setup[8] = {type, request, value & 255, value >> 8, index & 255, index >> 8, bytes & 255, bytes >> 8};
	unsigned char *buffer = malloc(sizeof setup + bytes);
	if (!buffer)
		return LIBUSB_ERROR_NO_MEM;
	memcpy(buffer, setup, sizeof setup);
	if (bytes && !(type & LIBUSB_ENDPOINT_IN))
		memcpy(buffer + sizeof setup, data, bytes);
	struct flight flight = {.transfer = {.type = LIBUSB_TRANSFER_TYPE_CONTROL, .buffer = buffer, .length = (int)sizeof setup + bytes}};
	int error = link_exchange(link, &flight, timeout_ms);
	int actual = flight.transfer.actual_length;
	if (!error && type & LIBUSB_ENDPOINT_IN && actual)
		memcpy(data, buffer + sizeof setup, (size_t)actual);
	free(buffer);
	return error ? error : actual;
}

int libusb_bulk_transfer(libusb_device_handle *handle, unsigned char endpoint, unsigned char *data, int length, int *actual, unsigned int timeout)
{
	if (length < 0)
		return LIBUSB_ERROR_INVALID_PARAM;
	struct flight flight = {.transfer = {.dev_handle = handle, .type = LIBUSB_TRANSFER_TYPE_BULK, .endpoint = endpoint, .buffer = data, .length = length}};
	int error = link_exchange(handle->link, &flight, timeout);
	if (actual)
		*actual = flight.transfer.actual_length;
	return error;
}

int libusb_interrupt_transfer(libusb_device_handle *handle, unsigned char endpoint, unsigned char *data, int length, int *actual, unsigned int timeout)
{
	return libusb_bulk_transfer(handle, endpoint, data, length, actual, timeout);
}
