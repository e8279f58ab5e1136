/* A program that uses libusb as others do, and says what comes of it: one line a step. Compiled against the real
 * libusb's header, and linked with ours, which has newer functions. Between its "kill" and its "again" the test outside kills the twin and starts it again. */
#include <libusb-1.0/libusb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 4, BYTES = 1000, ATTEMPTS = 100 };

static int ended, statuses[8], left, arrived;

/* of libusb 1.0.30, which Debian's header does not have yet */
int libusb_get_device_string(libusb_device *device, int type, char *text, int length);
struct associations { const unsigned char (*iad)[8]; int length; };
int libusb_get_active_interface_association_descriptors(libusb_device *device, struct associations **associations);
void libusb_free_interface_association_descriptors(struct associations *associations);

static void LIBUSB_CALL done(struct libusb_transfer *transfer)
{
	ended++;
	statuses[transfer->status]++;
}

static int LIBUSB_CALL plugged(libusb_context *context, libusb_device *device, libusb_hotplug_event event, void *data)
{
	struct libusb_device_descriptor d;
	(void)context;
	(void)data;
	if (libusb_get_device_descriptor(device, &d) == 0 && d.idVendor == 0x2676)
		*(event == LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT ? &left : &arrived) += 1;
	return 0;
}

static void handle_until(libusb_context *context, const int *count, int wanted)
{
	struct timeval moment = {0, 100000};
	for (int i = 0; i < ATTEMPTS && *count < wanted; i++)
		libusb_handle_events_timeout_completed(context, &moment, NULL);
}

static struct libusb_transfer *asked(libusb_device_handle *handle, unsigned char endpoint, unsigned timeout)
{
	struct libusb_transfer *t = libusb_alloc_transfer(0);
	libusb_fill_bulk_transfer(t, handle, endpoint, malloc(BYTES), BYTES, done, NULL, timeout);
	t->flags = LIBUSB_TRANSFER_FREE_BUFFER;
	printf("%s", libusb_submit_transfer(t) ? "not submitted\n" : "");
	return t;
}

static libusb_device_handle *opened(libusb_context *context)
{
	libusb_device **list;
	libusb_device_handle *handle = NULL;
	ssize_t count = libusb_get_device_list(context, &list);
	printf("devices %d\n", (int)count);
	if (count > 0 && libusb_open(list[0], &handle))
		handle = NULL;
	libusb_free_device_list(list, 1);
	return handle;
}

static void descriptors(libusb_device_handle *handle)
{
	struct libusb_config_descriptor *c;
	struct libusb_ss_endpoint_companion_descriptor *companion;
	unsigned char text[64];
	if (libusb_get_active_config_descriptor(libusb_get_device(handle), &c))
		return;
	const struct libusb_interface_descriptor *i = c->interface[0].altsetting, *s = c->interface[2].altsetting;
	printf("interfaces %d, info %d bytes of type %02x", c->bNumInterfaces, i->extra_length, i->extra[1]);
	if (libusb_get_ss_endpoint_companion_descriptor(NULL, s->endpoint, &companion) == 0) {
		printf(", burst %d\n", companion->bMaxBurst);
		libusb_free_ss_endpoint_companion_descriptor(companion);
	}
	libusb_free_config_descriptor(c);
	int length = libusb_get_string_descriptor_ascii(handle, 3, text, sizeof text);
	printf("model %.*s\n", length, text);
}

static void capabilities(libusb_device_handle *handle)
{
	libusb_device *device = libusb_get_device(handle);
	struct libusb_bos_descriptor *bos;
	struct libusb_usb_2_0_extension_descriptor *extension;
	struct libusb_ss_usb_device_capability_descriptor *super;
	struct libusb_container_id_descriptor *container;
	struct associations *functions;
	char text[64], part[5];
	if (libusb_get_bos_descriptor(handle, &bos))
		return;
	printf("capabilities %d in %d bytes:", bos->bNumDeviceCaps, bos->wTotalLength);
	if (libusb_get_usb_2_0_extension_descriptor(NULL, bos->dev_capability[0], &extension) == 0) {
		printf(" %08x", extension->bmAttributes);
		libusb_free_usb_2_0_extension_descriptor(extension);
	}
	if (libusb_get_ss_usb_device_capability_descriptor(NULL, bos->dev_capability[1], &super) == 0) {
		printf(" %04x %d", super->wSpeedSupported, super->bFunctionalitySupport);
		libusb_free_ss_usb_device_capability_descriptor(super);
	}
	printf(" %s\n", libusb_error_name(libusb_get_container_id_descriptor(NULL, bos->dev_capability[0], &container)));
	libusb_free_bos_descriptor(bos);
	printf("packets %d %d %d\n", libusb_get_max_packet_size(device, 0x83), libusb_get_max_iso_packet_size(device, 0x83),
	       libusb_get_max_iso_packet_size(device, 0x84));
	if (libusb_get_active_interface_association_descriptors(device, &functions) == 0) {
		printf("functions %d, the first of %d interfaces\n", functions->length, functions->iad[0][3]);
		libusb_free_interface_association_descriptors(functions);
	}
	int bytes = libusb_get_device_string(device, 1, text, sizeof text);
	int cut = libusb_get_device_string(device, 1, part, sizeof part);
	printf("product %s of %d bytes, %s of %d\n", text, bytes, part, cut);
	printf("streams %s", libusb_error_name(libusb_alloc_streams(handle, 1, NULL, 0)));
	printf(" %s", libusb_error_name(libusb_wrap_sys_device(NULL, 0, &handle)));
	printf(" %s\n", libusb_dev_mem_alloc(handle, 10) ? "memory" : "no memory");
}

/* As a program does that waits for events in a loop of its own. */
static int polled(libusb_context *context, int ms)
{
	const struct libusb_pollfd **list = libusb_get_pollfds(context);
	struct pollfd one = {list[0]->fd, list[0]->events, 0};
	libusb_free_pollfds(list);
	return poll(&one, 1, ms);
}

int main(void)
{
	libusb_context *context;
	libusb_hotplug_callback_handle watch;
	unsigned char bytes[BYTES];
	int actual;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (libusb_init(&context))
		return 1;
	libusb_hotplug_register_callback(context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
					 LIBUSB_HOTPLUG_ENUMERATE, 0x2676, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, plugged, NULL, &watch);
	printf("arrived %d\n", arrived);
	libusb_device_handle *handle = opened(context), *second;
	if (!handle)
		return 2;
	descriptors(handle);
	capabilities(handle);

	libusb_open(libusb_get_device(handle), &second);
	printf("claims %s", libusb_error_name(libusb_claim_interface(handle, 0)));
	printf(" %s", libusb_error_name(libusb_claim_interface(second, 0)));
	printf(" %s\n", libusb_error_name(libusb_claim_interface(handle, 7)));
	libusb_close(second);

	printf("patience %s\n", libusb_error_name(libusb_bulk_transfer(handle, 0x83, bytes, BYTES, &actual, 100)));
	printf("nonsense %s\n", libusb_error_name(libusb_control_transfer(handle, 0xC0, 9, 0, 0, bytes, 8, 1000)));

	struct libusb_transfer *many[MANY];
	for (int i = 0; i < MANY; i++)
		many[i] = asked(handle, 0x83, i == 0 ? 100 : 0);
	struct timeval next = {9, 0}, none = {0, 0};
	int waits = libusb_get_next_timeout(context, &next);
	printf("next %d %d, quiet %d\n", waits, next.tv_sec == 0 && next.tv_usec <= 100000, polled(context, 0));
	handle_until(context, &ended, 1);
	printf("timed out %d\n", statuses[LIBUSB_TRANSFER_TIMED_OUT]);
	for (int i = 1; i < MANY; i++)
		libusb_cancel_transfer(many[i]);
	for (int i = 0; i < ATTEMPTS && ended < MANY && polled(context, 1000); i++)
		libusb_handle_events_timeout_completed(context, &none, NULL);
	printf("by polling %d, quiet %d\n", ended, polled(context, 0));
	handle_until(context, &ended, MANY);
	printf("cancelled %d\n", statuses[LIBUSB_TRANSFER_CANCELLED]);
	printf("too late %s\n", libusb_error_name(libusb_cancel_transfer(many[1])));
	for (int i = 0; i < MANY; i++)
		libusb_free_transfer(many[i]);

	struct libusb_transfer *halted = asked(handle, 0x82, 0);
	libusb_control_transfer(handle, 0x02, 3, 0, 0x82, NULL, 0, 1000);
	handle_until(context, &ended, MANY + 1);
	printf("stalled %d %s\n", statuses[LIBUSB_TRANSFER_STALL], libusb_error_name(libusb_clear_halt(handle, 0x82)));
	libusb_free_transfer(halted);
	printf("reset %s\n", libusb_error_name(libusb_reset_device(handle)));

	struct libusb_transfer *orphan = asked(handle, 0x83, 0);
	printf("kill\n");
	handle_until(context, &left, 1);
	handle_until(context, &ended, MANY + 2);
	printf("left %d, no device %d\n", left, statuses[LIBUSB_TRANSFER_NO_DEVICE]);
	printf("afterwards %s\n", libusb_error_name(libusb_submit_transfer(orphan)));
	libusb_free_transfer(orphan);
	libusb_close(handle);
	handle_until(context, &arrived, 2);
	printf("again %d\n", arrived);
	if ((handle = opened(context)))
		descriptors(handle);
	struct libusb_transfer *open = asked(handle, 0x83, 0);
	libusb_close(handle); /* takes it back; its callback does not come */
	libusb_free_transfer(open);
	libusb_hotplug_deregister_callback(context, watch);
	libusb_exit(context);
	printf("end\n");
	return 0;
}
