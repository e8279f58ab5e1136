/* The part of libusb-1.0's binary interface that programs are compiled against: numbers, and layouts of the
 * structures that cross it. Names and values are libusb's, as its API documentation has them.
 * -DCAMTWIN_CHECK_ABI compiles against the real header instead: what disagrees does not compile. */
#ifndef CAMTWIN_LIBUSB_ABI_H
#define CAMTWIN_LIBUSB_ABI_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

#ifdef CAMTWIN_CHECK_ABI
#include <libusb-1.0/libusb.h>
#else

enum libusb_error {
	LIBUSB_SUCCESS = 0,
	LIBUSB_ERROR_IO = -1,
	LIBUSB_ERROR_INVALID_PARAM = -2,
	LIBUSB_ERROR_ACCESS = -3,
	LIBUSB_ERROR_NO_DEVICE = -4,
	LIBUSB_ERROR_NOT_FOUND = -5,
	LIBUSB_ERROR_BUSY = -6,
	LIBUSB_ERROR_TIMEOUT = -7,
	LIBUSB_ERROR_OVERFLOW = -8,
	LIBUSB_ERROR_PIPE = -9,
	LIBUSB_ERROR_INTERRUPTED = -10,
	LIBUSB_ERROR_NO_MEM = -11,
	LIBUSB_ERROR_NOT_SUPPORTED = -12,
	LIBUSB_ERROR_OTHER = -99,
};

enum libusb_transfer_status {
	LIBUSB_TRANSFER_COMPLETED,
	LIBUSB_TRANSFER_ERROR,
	LIBUSB_TRANSFER_TIMED_OUT,
	LIBUSB_TRANSFER_CANCELLED,
	LIBUSB_TRANSFER_STALL,
	LIBUSB_TRANSFER_NO_DEVICE,
	LIBUSB_TRANSFER_OVERFLOW,
};

enum libusb_transfer_flags {
	LIBUSB_TRANSFER_SHORT_NOT_OK = 1,
	LIBUSB_TRANSFER_FREE_BUFFER = 2,
	LIBUSB_TRANSFER_FREE_TRANSFER = 4,
};

enum libusb_transfer_type { LIBUSB_TRANSFER_TYPE_CONTROL = 0, LIBUSB_TRANSFER_TYPE_ISOCHRONOUS = 1, LIBUSB_TRANSFER_TYPE_BULK = 2, LIBUSB_TRANSFER_TYPE_BULK_STREAM = 4 };
enum libusb_speed { LIBUSB_SPEED_UNKNOWN = 0, LIBUSB_SPEED_LOW, LIBUSB_SPEED_FULL, LIBUSB_SPEED_HIGH, LIBUSB_SPEED_SUPER };
enum libusb_capability { LIBUSB_CAP_HAS_CAPABILITY = 0, LIBUSB_CAP_HAS_HOTPLUG = 1 };
enum libusb_option { LIBUSB_OPTION_LOG_LEVEL = 0, LIBUSB_OPTION_USE_USBDK = 1 };
enum libusb_log_level { LIBUSB_LOG_LEVEL_NONE = 0, LIBUSB_LOG_LEVEL_DEBUG = 4 };
enum libusb_bos_type { LIBUSB_BT_USB_2_0_EXTENSION = 2, LIBUSB_BT_SS_USB_DEVICE_CAPABILITY = 3, LIBUSB_BT_CONTAINER_ID = 4 };
enum { LIBUSB_ENDPOINT_IN = 0x80, LIBUSB_CONTROL_SETUP_SIZE = 8 };
enum { LIBUSB_DT_CONFIG = 2, LIBUSB_DT_STRING = 3, LIBUSB_DT_INTERFACE = 4, LIBUSB_DT_ENDPOINT = 5, LIBUSB_DT_BOS = 15, LIBUSB_DT_DEVICE_CAPABILITY = 16, LIBUSB_DT_SS_ENDPOINT_COMPANION = 0x30 };
enum { LIBUSB_HOTPLUG_MATCH_ANY = -1 };
typedef enum { LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED = 1, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT = 2 } libusb_hotplug_event;
typedef enum { LIBUSB_HOTPLUG_ENUMERATE = 1 } libusb_hotplug_flag;
typedef int libusb_hotplug_callback_handle;

typedef struct libusb_context libusb_context;
typedef struct libusb_device libusb_device;
typedef struct libusb_device_handle libusb_device_handle;
typedef int (*libusb_hotplug_callback_fn)(libusb_context *, libusb_device *, libusb_hotplug_event, void *);

struct libusb_version { const uint16_t major, minor, micro, nano; const char *rc, *describe; };

struct libusb_device_descriptor {
	uint8_t bLength, bDescriptorType;
	uint16_t bcdUSB;
	uint8_t bDeviceClass, bDeviceSubClass, bDeviceProtocol, bMaxPacketSize0;
	uint16_t idVendor, idProduct, bcdDevice;
	uint8_t iManufacturer, iProduct, iSerialNumber, bNumConfigurations;
};

struct libusb_endpoint_descriptor {
	uint8_t bLength, bDescriptorType, bEndpointAddress, bmAttributes;
	uint16_t wMaxPacketSize;
	uint8_t bInterval, bRefresh, bSynchAddress;
	const unsigned char *extra;
	int extra_length;
};

struct libusb_interface_descriptor {
	uint8_t bLength, bDescriptorType, bInterfaceNumber, bAlternateSetting, bNumEndpoints;
	uint8_t bInterfaceClass, bInterfaceSubClass, bInterfaceProtocol, iInterface;
	const struct libusb_endpoint_descriptor *endpoint;
	const unsigned char *extra;
	int extra_length;
};

struct libusb_interface { const struct libusb_interface_descriptor *altsetting; int num_altsetting; };

struct libusb_config_descriptor {
	uint8_t bLength, bDescriptorType;
	uint16_t wTotalLength;
	uint8_t bNumInterfaces, bConfigurationValue, iConfiguration, bmAttributes, MaxPower;
	const struct libusb_interface *interface;
	const unsigned char *extra;
	int extra_length;
};

struct libusb_ss_endpoint_companion_descriptor {
	uint8_t bLength, bDescriptorType, bMaxBurst, bmAttributes;
	uint16_t wBytesPerInterval;
};

struct libusb_bos_dev_capability_descriptor {
	uint8_t bLength, bDescriptorType, bDevCapabilityType;
	uint8_t dev_capability_data[];
};

struct libusb_bos_descriptor {
	uint8_t bLength, bDescriptorType;
	uint16_t wTotalLength;
	uint8_t bNumDeviceCaps;
	struct libusb_bos_dev_capability_descriptor *dev_capability[];
};

struct libusb_usb_2_0_extension_descriptor {
	uint8_t bLength, bDescriptorType, bDevCapabilityType;
	uint32_t bmAttributes;
};

struct libusb_ss_usb_device_capability_descriptor {
	uint8_t bLength, bDescriptorType, bDevCapabilityType, bmAttributes;
	uint16_t wSpeedSupported;
	uint8_t bFunctionalitySupport, bU1DevExitLat;
	uint16_t bU2DevExitLat;
};

struct libusb_container_id_descriptor {
	uint8_t bLength, bDescriptorType, bDevCapabilityType, bReserved;
	uint8_t ContainerID[16];
};

struct libusb_iso_packet_descriptor { unsigned int length, actual_length; enum libusb_transfer_status status; };

struct libusb_transfer;
typedef void (*libusb_transfer_cb_fn)(struct libusb_transfer *);
struct libusb_transfer {
	libusb_device_handle *dev_handle;
	uint8_t flags;
	unsigned char endpoint, type;
	unsigned int timeout;
	enum libusb_transfer_status status;
	int length, actual_length;
	libusb_transfer_cb_fn callback;
	void *user_data;
	unsigned char *buffer;
	int num_iso_packets;
	struct libusb_iso_packet_descriptor iso_packet_desc[];
};

struct libusb_pollfd { int fd; short events; };
typedef void (*libusb_pollfd_added_cb)(int fd, short events, void *user_data);
typedef void (*libusb_pollfd_removed_cb)(int fd, void *user_data);
typedef void (*libusb_log_cb)(libusb_context *context, enum libusb_log_level level, const char *text);

uint8_t libusb_get_bus_number(libusb_device *device);
uint8_t libusb_get_device_address(libusb_device *device);
uint8_t libusb_get_port_number(libusb_device *device);
libusb_device *libusb_get_parent(libusb_device *device);
int libusb_get_port_numbers(libusb_device *device, uint8_t *numbers, int count);
int libusb_get_device_speed(libusb_device *device);
int libusb_open(libusb_device *device, libusb_device_handle **handle);
void libusb_close(libusb_device_handle *handle);
libusb_device *libusb_get_device(libusb_device_handle *handle);
libusb_device_handle *libusb_open_device_with_vid_pid(libusb_context *context, uint16_t vendor, uint16_t product);
int libusb_claim_interface(libusb_device_handle *handle, int number);
int libusb_release_interface(libusb_device_handle *handle, int number);
int libusb_kernel_driver_active(libusb_device_handle *handle, int number);
int libusb_detach_kernel_driver(libusb_device_handle *handle, int number);
int libusb_attach_kernel_driver(libusb_device_handle *handle, int number);
int libusb_set_auto_detach_kernel_driver(libusb_device_handle *handle, int enable);
int libusb_control_transfer(libusb_device_handle *handle, uint8_t type, uint8_t code, uint16_t value, uint16_t index, unsigned char *data, uint16_t length, unsigned int timeout);
int libusb_clear_halt(libusb_device_handle *handle, unsigned char endpoint);
int libusb_set_interface_alt_setting(libusb_device_handle *handle, int number, int setting);
int libusb_set_configuration(libusb_device_handle *handle, int value);
int libusb_get_configuration(libusb_device_handle *handle, int *value);
int libusb_reset_device(libusb_device_handle *handle);
int libusb_get_string_descriptor_ascii(libusb_device_handle *handle, uint8_t index, unsigned char *text, int length);
int libusb_bulk_transfer(libusb_device_handle *handle, unsigned char endpoint, unsigned char *data, int length, int *actual, unsigned int timeout);
int libusb_interrupt_transfer(libusb_device_handle *handle, unsigned char endpoint, unsigned char *data, int length, int *actual, unsigned int timeout);
const char *libusb_error_name(int code);
const char *libusb_strerror(int code);
const struct libusb_version *libusb_get_version(void);
int libusb_has_capability(uint32_t capability);
void libusb_set_debug(libusb_context *context, int level);
int libusb_set_option(libusb_context *context, enum libusb_option option, ...);
int libusb_setlocale(const char *locale);
const struct libusb_pollfd **libusb_get_pollfds(libusb_context *context);
void libusb_free_pollfds(const struct libusb_pollfd **list);
int libusb_pollfds_handle_timeouts(libusb_context *context);
int libusb_get_next_timeout(libusb_context *context, struct timeval *timeout);
struct libusb_transfer *libusb_alloc_transfer(int packets);
void libusb_free_transfer(struct libusb_transfer *transfer);
int libusb_submit_transfer(struct libusb_transfer *transfer);
int libusb_cancel_transfer(struct libusb_transfer *transfer);
int libusb_handle_events_timeout_completed(libusb_context *c, struct timeval *timeout, int *completed);
int libusb_handle_events_timeout(libusb_context *c, struct timeval *timeout);
int libusb_handle_events_completed(libusb_context *c, int *completed);
int libusb_handle_events(libusb_context *c);
void libusb_interrupt_event_handler(libusb_context *c);
int libusb_try_lock_events(libusb_context *c);
void libusb_lock_events(libusb_context *c);
void libusb_unlock_events(libusb_context *c);
int libusb_handle_events_locked(libusb_context *c, struct timeval *timeout);
int libusb_event_handling_ok(libusb_context *c);
int libusb_event_handler_active(libusb_context *c);
void libusb_lock_event_waiters(libusb_context *c);
void libusb_unlock_event_waiters(libusb_context *c);
int libusb_wait_for_event(libusb_context *c, struct timeval *timeout);
int libusb_init(libusb_context **context);
void libusb_exit(libusb_context *context);
libusb_device *libusb_ref_device(libusb_device *device);
void libusb_unref_device(libusb_device *device);
ssize_t libusb_get_device_list(libusb_context *context, libusb_device ***list);
void libusb_free_device_list(libusb_device **list, int unref);
int libusb_hotplug_register_callback(libusb_context *context, int events, int flags, int vendor, int product, int class, libusb_hotplug_callback_fn call, void *data, libusb_hotplug_callback_handle *handle);
void libusb_hotplug_deregister_callback(libusb_context *context, libusb_hotplug_callback_handle handle);
void *libusb_hotplug_get_user_data(libusb_context *context, libusb_hotplug_callback_handle handle);
int libusb_get_device_descriptor(libusb_device *device, struct libusb_device_descriptor *d);
void libusb_free_config_descriptor(struct libusb_config_descriptor *c);
int libusb_get_active_config_descriptor(libusb_device *device, struct libusb_config_descriptor **config);
int libusb_get_config_descriptor(libusb_device *device, uint8_t index, struct libusb_config_descriptor **config);
int libusb_get_config_descriptor_by_value(libusb_device *device, uint8_t value, struct libusb_config_descriptor **config);
int libusb_get_ss_endpoint_companion_descriptor(libusb_context *context, const struct libusb_endpoint_descriptor *endpoint, struct libusb_ss_endpoint_companion_descriptor **companion);
void libusb_free_ss_endpoint_companion_descriptor(struct libusb_ss_endpoint_companion_descriptor *companion);
int libusb_get_max_packet_size(libusb_device *device, unsigned char address);
int libusb_get_max_iso_packet_size(libusb_device *device, unsigned char address);
int libusb_get_port_path(libusb_context *context, libusb_device *device, uint8_t *numbers, uint8_t count);
int libusb_wrap_sys_device(libusb_context *context, intptr_t descriptor, libusb_device_handle **handle);
int libusb_alloc_streams(libusb_device_handle *handle, uint32_t streams, unsigned char *endpoints, int count);
int libusb_free_streams(libusb_device_handle *handle, unsigned char *endpoints, int count);
unsigned char *libusb_dev_mem_alloc(libusb_device_handle *handle, size_t length);
int libusb_dev_mem_free(libusb_device_handle *handle, unsigned char *buffer, size_t length);
void libusb_transfer_set_stream_id(struct libusb_transfer *transfer, uint32_t stream);
uint32_t libusb_transfer_get_stream_id(struct libusb_transfer *transfer);
void libusb_set_log_cb(libusb_context *context, libusb_log_cb call, int mode);
void libusb_set_pollfd_notifiers(libusb_context *context, libusb_pollfd_added_cb added, libusb_pollfd_removed_cb removed, void *data);
int libusb_get_bos_descriptor(libusb_device_handle *handle, struct libusb_bos_descriptor **bos);
void libusb_free_bos_descriptor(struct libusb_bos_descriptor *bos);
int libusb_get_usb_2_0_extension_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability, struct libusb_usb_2_0_extension_descriptor **extension);
void libusb_free_usb_2_0_extension_descriptor(struct libusb_usb_2_0_extension_descriptor *extension);
int libusb_get_ss_usb_device_capability_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability, struct libusb_ss_usb_device_capability_descriptor **super_speed);
void libusb_free_ss_usb_device_capability_descriptor(struct libusb_ss_usb_device_capability_descriptor *super_speed);
int libusb_get_container_id_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability, struct libusb_container_id_descriptor **container);
void libusb_free_container_id_descriptor(struct libusb_container_id_descriptor *container);

#endif

/* What came after 1.0.26, whose header is Debian's. */
#if !defined(LIBUSB_API_VERSION) || LIBUSB_API_VERSION <= 0x01000109
enum { LIBUSB_BT_PLATFORM_DESCRIPTOR = 5, LIBUSB_BT_SUPERSPEED_PLUS_CAPABILITY = 10, LIBUSB_OPTION_LOG_CB = 3 };

struct libusb_init_option {
	enum libusb_option option;
	union { int64_t ival; libusb_log_cb log_cbval; } value;
};

struct libusb_interface_association_descriptor {
	uint8_t bLength, bDescriptorType, bFirstInterface, bInterfaceCount;
	uint8_t bFunctionClass, bFunctionSubClass, bFunctionProtocol, iFunction;
};

struct libusb_interface_association_descriptor_array { const struct libusb_interface_association_descriptor *iad; int length; };

struct libusb_platform_descriptor {
	uint8_t bLength, bDescriptorType, bDevCapabilityType, bReserved;
	uint8_t PlatformCapabilityUUID[16];
	uint8_t CapabilityData[];
};

struct libusb_ssplus_usb_device_capability_descriptor;
enum libusb_device_string_type { LIBUSB_DEVICE_STRING_MANUFACTURER, LIBUSB_DEVICE_STRING_PRODUCT, LIBUSB_DEVICE_STRING_SERIAL_NUMBER };

int libusb_init_context(libusb_context **context, const struct libusb_init_option options[], int count);
int libusb_get_max_alt_packet_size(libusb_device *device, int number, int setting, unsigned char address);
int libusb_get_interface_association_descriptors(libusb_device *device, uint8_t index, struct libusb_interface_association_descriptor_array **associations);
int libusb_get_active_interface_association_descriptors(libusb_device *device, struct libusb_interface_association_descriptor_array **associations);
void libusb_free_interface_association_descriptors(struct libusb_interface_association_descriptor_array *associations);
int libusb_get_platform_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability, struct libusb_platform_descriptor **platform);
void libusb_free_platform_descriptor(struct libusb_platform_descriptor *platform);
int libusb_get_ssplus_usb_device_capability_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability, struct libusb_ssplus_usb_device_capability_descriptor **super_speed_plus);
void libusb_free_ssplus_usb_device_capability_descriptor(struct libusb_ssplus_usb_device_capability_descriptor *super_speed_plus);
int libusb_endpoint_supports_raw_io(libusb_device_handle *handle, uint8_t endpoint);
int libusb_endpoint_set_raw_io(libusb_device_handle *handle, uint8_t endpoint, int enable);
int libusb_get_max_raw_io_transfer_size(libusb_device_handle *handle, uint8_t endpoint);
int libusb_get_device_string(libusb_device *device, enum libusb_device_string_type type, char *text, int length);
unsigned long libusb_get_session_data(libusb_device *device);
#endif
#endif
