/* The rest of libusb: handles, interfaces, strings, what a device is, and the library itself. */
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

int libusb_get_port_path(libusb_context *context, libusb_device *device, uint8_t *numbers, uint8_t count)
{
	(void)context;
	return libusb_get_port_numbers(device, numbers, count);
}

/* What Linux has there: the bus and the address. */
unsigned long libusb_get_session_data(libusb_device *device) { return (unsigned long)device->bus << 8 | (uint8_t)device->as.number; }

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

/* A string descriptor in the device's first language; 0 or an error. */
static int read_string(struct link *link, uint8_t index, uint8_t b[255])
{
	int got = link_control(link, 0x80, 6, LIBUSB_DT_STRING << 8, 0, b, 255, CONTROL_ms);
	if (got < 4)
		return got < 0 ? got : LIBUSB_ERROR_IO;
	uint16_t language = little16(b + 2);
	got = link_control(link, 0x80, 6, (uint16_t)(LIBUSB_DT_STRING << 8 | index), language, b, 255, CONTROL_ms);
	return got < 0 ? got : got < 2 || b[1] != LIBUSB_DT_STRING || b[0] > got ? LIBUSB_ERROR_IO : 0;
}

int libusb_get_string_descriptor_ascii(libusb_device_handle *handle, uint8_t index, unsigned char *text, int length)
{
	uint8_t b[255];
	if (!index || length < 1)
		return LIBUSB_ERROR_INVALID_PARAM;
	int error = read_string(handle->link, index, b), count = 0;
	if (error)
		return error;
	for (int i = 2; i + 1 < b[0] && count < length - 1; i += 2)
		text[count++] = b[i + 1] || b[i] & 0x80 ? '?' : b[i];
	text[count] = 0;
	return count;
}

static int to_utf8(uint32_t code, char bytes[4])
{
	static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	int count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (int i = count - 1; i > 0; i--, code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3F));
	bytes[0] = (char)(leads[count] | code);
	return count;
}

/* A device's string without opening it, as UTF-8 with a NUL: the bytes that the whole of it takes, or an error. */
int libusb_get_device_string(libusb_device *device, enum libusb_device_string_type type, char *text, int length)
{
	uint8_t b[255];
	struct link *link;
	if (!device || (unsigned)type > LIBUSB_DEVICE_STRING_SERIAL_NUMBER || length <= 0)
		return LIBUSB_ERROR_INVALID_PARAM;
	uint8_t index = device->descriptor[14 + type];
	int error = device->gone ? LIBUSB_ERROR_NO_DEVICE : !index ? LIBUSB_ERROR_NOT_FOUND : link_get(device->server, &device->as, &link);
	if (error)
		return error;
	error = read_string(link, index, b);
	link_put(link);
	if (error)
		return error;
	int bytes = 0, kept = 0;
	for (int i = 2; i + 1 < b[0]; i += 2) {
		uint32_t code = little16(b + i);
		if ((code & 0xFC00) == 0xD800 && i + 3 < b[0] && (little16(b + i + 2) & 0xFC00) == 0xDC00) {
			code = 0x10000 + ((code & 0x3FF) << 10) + (little16(b + i + 2) & 0x3FF);
			i += 2;
		}
		char utf8[4];
		int count = to_utf8(code, utf8);
		if (text && kept == bytes && bytes + count < length) {
			memcpy(text + bytes, utf8, (size_t)count);
			kept += count;
		}
		bytes += count;
	}
	if (text)
		text[kept] = 0;
	return bytes + 1;
}

/* -- what a twin has not, or this stand-in: the errors are those that libusb documents for it */
int libusb_wrap_sys_device(libusb_context *context, intptr_t descriptor, libusb_device_handle **handle) { (void)context; (void)descriptor; (void)handle; return LIBUSB_ERROR_NOT_SUPPORTED; }
int libusb_alloc_streams(libusb_device_handle *handle, uint32_t streams, unsigned char *endpoints, int count) { (void)handle; (void)streams; (void)endpoints; (void)count; return LIBUSB_ERROR_NOT_SUPPORTED; }
int libusb_free_streams(libusb_device_handle *handle, unsigned char *endpoints, int count) { (void)handle; (void)endpoints; (void)count; return LIBUSB_ERROR_NOT_SUPPORTED; }
unsigned char *libusb_dev_mem_alloc(libusb_device_handle *handle, size_t length) { (void)handle; (void)length; return NULL; }
int libusb_dev_mem_free(libusb_device_handle *handle, unsigned char *buffer, size_t length) { (void)handle; (void)buffer; (void)length; return LIBUSB_ERROR_NOT_SUPPORTED; }
int libusb_endpoint_supports_raw_io(libusb_device_handle *handle, uint8_t endpoint) { (void)handle; (void)endpoint; return 0; }
int libusb_endpoint_set_raw_io(libusb_device_handle *handle, uint8_t endpoint, int enable) { (void)handle; (void)endpoint; (void)enable; return LIBUSB_ERROR_NOT_SUPPORTED; }
int libusb_get_max_raw_io_transfer_size(libusb_device_handle *handle, uint8_t endpoint) { (void)handle; (void)endpoint; return LIBUSB_ERROR_NOT_SUPPORTED; }

/* -- the library itself */
static const struct { int code; const char *name, *text; } errors[] = {
	{0, "LIBUSB_SUCCESS / LIBUSB_TRANSFER_COMPLETED", "Success"},
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
	{1, "LIBUSB_TRANSFER_ERROR", "The transfer failed"},
	{2, "LIBUSB_TRANSFER_TIMED_OUT", "The transfer timed out"},
	{3, "LIBUSB_TRANSFER_CANCELLED", "The transfer was cancelled"},
	{4, "LIBUSB_TRANSFER_STALL", "The endpoint is halted"},
	{5, "LIBUSB_TRANSFER_NO_DEVICE", "The device has gone"},
	{6, "LIBUSB_TRANSFER_OVERFLOW", "The device sent more than was asked for"},
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
	static const struct libusb_version version = {1, 0, 30, 0, "", "camtwin's stand-in"};
	return &version;
}

int libusb_has_capability(uint32_t capability) { return capability == LIBUSB_CAP_HAS_CAPABILITY || capability == LIBUSB_CAP_HAS_HOTPLUG; }
void libusb_set_debug(libusb_context *context, int level) { (void)context; (void)level; }
void libusb_set_log_cb(libusb_context *context, libusb_log_cb call, int mode) { (void)context; (void)call; (void)mode; }

/* There is nothing to log and no other backend, and devices are always looked for: options are taken without effect. */
static int set_option(int option, int value)
{
	if (option == LIBUSB_OPTION_LOG_LEVEL && (value < LIBUSB_LOG_LEVEL_NONE || value > LIBUSB_LOG_LEVEL_DEBUG))
		return LIBUSB_ERROR_INVALID_PARAM;
	return option < 0 || option > LIBUSB_OPTION_LOG_CB ? LIBUSB_ERROR_INVALID_PARAM : 0;
}

int libusb_set_option(libusb_context *context, enum libusb_option option, ...)
{
	(void)context;
	va_list rest;
	va_start(rest, option);
	int error = set_option((int)option, option == LIBUSB_OPTION_LOG_LEVEL ? va_arg(rest, int) : 0);
	va_end(rest);
	return error;
}

int libusb_init_context(libusb_context **context, const struct libusb_init_option options[], int count)
{
	for (int i = 0; i < count; i++) {
		int error = set_option((int)options[i].option, (int)options[i].value.ival);
		if (error)
			return error;
	}
	return libusb_init(context);
}

int libusb_setlocale(const char *locale) { (void)locale; return 0; }
