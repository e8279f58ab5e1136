/* The rest of libusb's interface: handles, interfaces, synchronous transfers, and what a device is. */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

enum { CONTROL_ms = 1000, SET_FEATURE = 3, CLEAR_FEATURE = 1, PORT_RESET = 4 };

/* -- what a device is */
uint8_t libusb_get_bus_number(libusb_device *device) { return device->bus; }
uint8_t libusb_get_device_address(libusb_device *device) { return (uint8_t)device->as.number; }
/* Bus ids are BUS-PORT. */
uint8_t libusb_get_port_number(libusb_device *device)
{
	const char *port = strrchr(device->as.bus_id, '-');
	return port ? (uint8_t)atoi(port + 1) : 0;
}

libusb_device *libusb_get_parent(libusb_device *device) { (void)device; return NULL; }

int libusb_get_port_numbers(libusb_device *device, uint8_t *numbers, int count)
{
	if (count < 1)
		return LIBUSB_ERROR_OVERFLOW;
	numbers[0] = libusb_get_port_number(device);
	return 1;
}

int libusb_get_device_speed(libusb_device *device)
{
	switch (device->as.speed) {
	case 1: return LIBUSB_SPEED_LOW;
	case 2: return LIBUSB_SPEED_FULL;
	case 3: return LIBUSB_SPEED_HIGH;
	case 5: case 6: return LIBUSB_SPEED_SUPER;
	default: return LIBUSB_SPEED_UNKNOWN;
	}
}

/* -- handles */
int libusb_open(libusb_device *device, libusb_device_handle **handle)
{
	libusb_device_handle *h = calloc(1, sizeof *h);
	if (!h)
		return LIBUSB_ERROR_NO_MEM;
	int error = device->gone ? LIBUSB_ERROR_NO_DEVICE : link_get(device->server, &device->as, &h->link);
	if (error) {
		free(h);
		return error;
	}
	h->device = libusb_ref_device(device);
	*handle = h;
	return 0;
}

void libusb_close(libusb_device_handle *handle)
{
	if (!handle)
		return;
	link_abandon(handle->link, handle);
	link_put(handle->link);
	libusb_unref_device(handle->device);
	free(handle);
}

libusb_device *libusb_get_device(libusb_device_handle *handle) { return handle->device; }

libusb_device_handle *libusb_open_device_with_vid_pid(libusb_context *context, uint16_t vendor, uint16_t product)
{
	libusb_device **list;
	libusb_device_handle *handle = NULL;
	if (libusb_get_device_list(context, &list) < 0)
		return NULL;
	for (libusb_device **d = list; *d && !handle; d++)
		if ((*d)->as.vendor == vendor && (*d)->as.product == product && libusb_open(*d, &handle))
			handle = NULL;
	libusb_free_device_list(list, 1);
	return handle;
}

int libusb_claim_interface(libusb_device_handle *handle, int number)
{
	if (number < 0 || number >= MAX_INTERFACES || number >= handle->device->config[4])
		return LIBUSB_ERROR_NOT_FOUND;
	pthread_mutex_lock(&lock);
	libusb_device_handle **owner = &handle->link->claimed[number];
	int error = handle->link->dead ? LIBUSB_ERROR_NO_DEVICE : *owner && *owner != handle ? LIBUSB_ERROR_BUSY : 0;
	bool again = *owner == handle;
	if (!error)
		*owner = handle;
	pthread_mutex_unlock(&lock);
	if (error || again || !(error = link_attach(handle->link)))
		return error;
	pthread_mutex_lock(&lock);
	*owner = NULL;
	pthread_mutex_unlock(&lock);
	return error;
}

int libusb_release_interface(libusb_device_handle *handle, int number)
{
	if (number < 0 || number >= MAX_INTERFACES)
		return LIBUSB_ERROR_NOT_FOUND;
	pthread_mutex_lock(&lock);
	bool own = handle->link->claimed[number] == handle;
	if (own)
		handle->link->claimed[number] = NULL;
	pthread_mutex_unlock(&lock);
	if (own)
		link_detach_if_unclaimed(handle->link);
	return own ? 0 : LIBUSB_ERROR_NOT_FOUND;
}

/* There is no kernel driver in the way, nor could there be. */
int libusb_kernel_driver_active(libusb_device_handle *handle, int number) { (void)handle; (void)number; return 0; }
int libusb_detach_kernel_driver(libusb_device_handle *handle, int number) { (void)handle; (void)number; return LIBUSB_ERROR_NOT_FOUND; }
int libusb_attach_kernel_driver(libusb_device_handle *handle, int number) { (void)handle; (void)number; return LIBUSB_ERROR_NOT_FOUND; }
int libusb_set_auto_detach_kernel_driver(libusb_device_handle *handle, int enable) { (void)handle; (void)enable; return 0; }

/* -- requests on endpoint 0 */
static int request(libusb_device_handle *handle, uint8_t type, uint8_t code, uint16_t value, uint16_t index)
{
	int done = link_control(handle->link, type, code, value, index, NULL, 0, CONTROL_ms);
	return done < 0 ? done : 0;
}

int libusb_control_transfer(libusb_device_handle *handle, uint8_t type, uint8_t code, uint16_t value, uint16_t index,
			    unsigned char *data, uint16_t length, unsigned int timeout)
{
	return link_control(handle->link, type, code, value, index, data, length, timeout);
}

int libusb_clear_halt(libusb_device_handle *handle, unsigned char endpoint) { return request(handle, 0x02, CLEAR_FEATURE, 0, endpoint); }
int libusb_set_interface_alt_setting(libusb_device_handle *handle, int number, int setting) { return request(handle, 0x01, 11, (uint16_t)setting, (uint16_t)number); }
int libusb_set_configuration(libusb_device_handle *handle, int value) { return request(handle, 0x00, 9, value < 0 ? 0 : (uint16_t)value, 0); }

int libusb_get_configuration(libusb_device_handle *handle, int *value)
{
	uint8_t now = 0;
	int got = link_control(handle->link, 0x80, 8, 0, 0, &now, 1, CONTROL_ms);
	*value = now;
	return got < 0 ? got : 0;
}

int libusb_reset_device(libusb_device_handle *handle)
{
	int error = request(handle, 0x23, SET_FEATURE, PORT_RESET, 0);
	return error ? error : libusb_set_configuration(handle, 1);
}

int libusb_get_string_descriptor_ascii(libusb_device_handle *handle, uint8_t index, unsigned char *text, int length)
{
	uint8_t b[255];
	if (!index || length < 1)
		return LIBUSB_ERROR_INVALID_PARAM;
	int got = link_control(handle->link, 0x80, 6, LIBUSB_DT_STRING << 8, 0, b, sizeof b, CONTROL_ms);
	if (got < 4)
		return got < 0 ? got : LIBUSB_ERROR_IO;
	uint16_t language = little16(b + 2);
	got = link_control(handle->link, 0x80, 6, (uint16_t)(LIBUSB_DT_STRING << 8 | index), language, b, sizeof b, CONTROL_ms);
	if (got < 2 || b[1] != LIBUSB_DT_STRING || b[0] > got)
		return got < 0 ? got : LIBUSB_ERROR_IO;
	int count = 0;
	for (int i = 2; i + 1 < b[0] && count < length - 1; i += 2)
		text[count++] = b[i + 1] || b[i] & 0x80 ? '?' : b[i];
	text[count] = 0;
	return count;
}

/* -- synchronous transfers */
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

/* -- the library itself */
static const struct { int code; const char *name, *text; } errors[] = {
	{0, "LIBUSB_SUCCESS", "Success"},
	{-1, "LIBUSB_ERROR_IO", "Input/output error"},
	{-2, "LIBUSB_ERROR_INVALID_PARAM", "Invalid parameter"},
	{-3, "LIBUSB_ERROR_ACCESS", "Access denied"},
	{-4, "LIBUSB_ERROR_NO_DEVICE", "The device has gone"},
	{-5, "LIBUSB_ERROR_NOT_FOUND", "Not found"},
	{-6, "LIBUSB_ERROR_BUSY", "In use"},
	{-7, "LIBUSB_ERROR_TIMEOUT", "Timed out"},
	{-8, "LIBUSB_ERROR_OVERFLOW", "Overflow"},
	{-9, "LIBUSB_ERROR_PIPE", "The endpoint is halted, or the request not supported"},
	{-10, "LIBUSB_ERROR_INTERRUPTED", "Interrupted"},
	{-11, "LIBUSB_ERROR_NO_MEM", "Out of memory"},
	{-12, "LIBUSB_ERROR_NOT_SUPPORTED", "Not supported by this stand-in"},
	{-99, "LIBUSB_ERROR_OTHER", "Other error"},
};

const char *libusb_error_name(int code)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].code == code)
			return errors[i].name;
	return "**UNKNOWN**";
}

const char *libusb_strerror(int code)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].code == code)
			return errors[i].text;
	return "Unknown error";
}

const struct libusb_version *libusb_get_version(void)
{
	static const struct libusb_version version = {1, 0, 26, 0, "", "camtwin's stand-in"};
	return &version;
}

int libusb_has_capability(uint32_t capability) { return capability == LIBUSB_CAP_HAS_CAPABILITY || capability == LIBUSB_CAP_HAS_HOTPLUG; }
void libusb_set_debug(libusb_context *context, int level) { (void)context; (void)level; }
int libusb_set_option(libusb_context *context, enum libusb_option option, ...) { (void)context; (void)option; return 0; }
int libusb_setlocale(const char *locale) { (void)locale; return 0; }

/* Descriptors of files to poll: there are none, as on other systems without them; events are handled by calls. */
const struct libusb_pollfd **libusb_get_pollfds(libusb_context *context) { (void)context; return NULL; }
void libusb_free_pollfds(const struct libusb_pollfd **list) { (void)list; }
int libusb_pollfds_handle_timeouts(libusb_context *context) { (void)context; return 0; }
int libusb_get_next_timeout(libusb_context *context, struct timeval *timeout) { (void)context; (void)timeout; return 0; }
