/* Descriptors as libusb's structures. What a device says of lengths is believed only as far as its bytes go. */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

int libusb_get_device_descriptor(libusb_device *device, struct libusb_device_descriptor *d)
{
	const uint8_t *b = device->descriptor;
	*d = (struct libusb_device_descriptor){
		b[0], b[1], little16(b + 2), b[4], b[5], b[6], b[7], little16(b + 8),
		little16(b + 10), little16(b + 12), b[14], b[15], b[16], b[17],
	};
	return 0;
}

/* Class-specific descriptors are kept as they are, with what they follow. */
static int append(const unsigned char **extra, int *length, const uint8_t *bytes, int count)
{
	unsigned char *grown = realloc((void *)*extra, (size_t)(*length + count));
	if (!grown)
		return LIBUSB_ERROR_NO_MEM;
	memcpy(grown + *length, bytes, (size_t)count);
	*extra = grown;
	*length += count;
	return 0;
}

static struct libusb_interface_descriptor *add_setting(struct libusb_interface *interfaces, int count, const uint8_t *b)
{
	if (b[0] < 9 || b[2] >= count)
		return NULL;
	struct libusb_interface *i = &interfaces[b[2]];
	struct libusb_interface_descriptor *grown = realloc((void *)i->altsetting, (size_t)(i->num_altsetting + 1) * sizeof *grown);
	if (!grown)
		return NULL;
	i->altsetting = grown;
	grown += i->num_altsetting++;
	*grown = (struct libusb_interface_descriptor){b[0], b[1], b[2], b[3], 0, b[5], b[6], b[7], b[8], NULL, NULL, 0};
	return grown;
}

static struct libusb_endpoint_descriptor *add_endpoint(struct libusb_interface_descriptor *i, const uint8_t *b)
{
	struct libusb_endpoint_descriptor *grown = b[0] < 7 || i->bNumEndpoints == 32 ? NULL
		: realloc((void *)i->endpoint, (size_t)(i->bNumEndpoints + 1) * sizeof *grown);
	if (!grown)
		return NULL;
	i->endpoint = grown;
	grown += i->bNumEndpoints++;
	*grown = (struct libusb_endpoint_descriptor){b[0], b[1], b[2], b[3], little16(b + 4), b[6], 0, 0, NULL, 0};
	return grown;
}

static int parse(struct libusb_config_descriptor *c, struct libusb_interface *interfaces, const uint8_t *at, const uint8_t *end)
{
	struct libusb_interface_descriptor *setting = NULL;
	struct libusb_endpoint_descriptor *endpoint = NULL;
	for (; end - at >= 2; at += at[0]) {
		int error = 0;
		if (at[0] < 2 || at[0] > end - at)
			return LIBUSB_ERROR_IO;
		if (at[1] == LIBUSB_DT_INTERFACE) {
			endpoint = NULL;
			if (!(setting = add_setting(interfaces, c->bNumInterfaces, at)))
				return LIBUSB_ERROR_IO;
		} else if (at[1] == LIBUSB_DT_ENDPOINT && setting) {
			if (!(endpoint = add_endpoint(setting, at)))
				return LIBUSB_ERROR_IO;
		} else if (endpoint)
			error = append(&endpoint->extra, &endpoint->extra_length, at, at[0]);
		else if (setting)
			error = append(&setting->extra, &setting->extra_length, at, at[0]);
		else
			error = append(&c->extra, &c->extra_length, at, at[0]);
		if (error)
			return error;
	}
	return 0;
}

void libusb_free_config_descriptor(struct libusb_config_descriptor *c)
{
	if (!c)
		return;
	for (int i = 0; c->interface && i < c->bNumInterfaces; i++) {
		const struct libusb_interface *f = &c->interface[i];
		for (int a = 0; a < f->num_altsetting; a++) {
			const struct libusb_interface_descriptor *s = &f->altsetting[a];
			for (int e = 0; e < s->bNumEndpoints; e++)
				free((void *)s->endpoint[e].extra);
			free((void *)s->endpoint);
			free((void *)s->extra);
		}
		free((void *)f->altsetting);
	}
	free((void *)c->interface);
	free((void *)c->extra);
	free(c);
}

int libusb_get_active_config_descriptor(libusb_device *device, struct libusb_config_descriptor **config)
{
	const uint8_t *b = device->config;
	struct libusb_config_descriptor *c = calloc(1, sizeof *c);
	struct libusb_interface *interfaces = calloc(b[4] ? b[4] : 1, sizeof *interfaces);
	if (!c || !interfaces || b[0] < 9) {
		free(c);
		free(interfaces);
		return LIBUSB_ERROR_NO_MEM;
	}
	*c = (struct libusb_config_descriptor){b[0], b[1], little16(b + 2), b[4], b[5], b[6], b[7], b[8], interfaces, NULL, 0};
	int error = parse(c, interfaces, b + 9, b + device->config_bytes);
	if (error) {
		libusb_free_config_descriptor(c);
		return error;
	}
	*config = c;
	return 0;
}

int libusb_get_config_descriptor(libusb_device *device, uint8_t index, struct libusb_config_descriptor **config)
{
	return index ? LIBUSB_ERROR_NOT_FOUND : libusb_get_active_config_descriptor(device, config);
}

int libusb_get_config_descriptor_by_value(libusb_device *device, uint8_t value, struct libusb_config_descriptor **config)
{
	return value != device->config[5] ? LIBUSB_ERROR_NOT_FOUND : libusb_get_active_config_descriptor(device, config);
}

int libusb_get_ss_endpoint_companion_descriptor(libusb_context *context, const struct libusb_endpoint_descriptor *endpoint,
						struct libusb_ss_endpoint_companion_descriptor **companion)
{
	(void)context;
	for (int i = 0; i + 6 <= endpoint->extra_length && endpoint->extra[i]; i += endpoint->extra[i]) {
		const unsigned char *b = endpoint->extra + i;
		if (b[1] != LIBUSB_DT_SS_ENDPOINT_COMPANION || b[0] < 6)
			continue;
		if (!(*companion = malloc(sizeof **companion)))
			return LIBUSB_ERROR_NO_MEM;
		**companion = (struct libusb_ss_endpoint_companion_descriptor){b[0], b[1], b[2], b[3], little16(b + 4)};
		return 0;
	}
	return LIBUSB_ERROR_NOT_FOUND;
}

void libusb_free_ss_endpoint_companion_descriptor(struct libusb_ss_endpoint_companion_descriptor *companion) { free(companion); }

/* -- packet sizes: wMaxPacketSize of an endpoint of one setting, or of any if `number` is negative */
static int packet_size(libusb_device *device, int number, int setting, unsigned char address)
{
	struct libusb_config_descriptor *c;
	int error = libusb_get_active_config_descriptor(device, &c), found = LIBUSB_ERROR_NOT_FOUND;
	if (error)
		return error;
	for (int i = 0; i < c->bNumInterfaces; i++)
		for (int a = 0; a < c->interface[i].num_altsetting; a++) {
			const struct libusb_interface_descriptor *s = &c->interface[i].altsetting[a];
			if (number >= 0 && (s->bInterfaceNumber != number || s->bAlternateSetting != setting))
				continue;
			for (int e = 0; e < s->bNumEndpoints; e++)
				if (s->endpoint[e].bEndpointAddress == address)
					found = s->endpoint[e].wMaxPacketSize;
		}
	libusb_free_config_descriptor(c);
	return found;
}

/* Bytes in a service interval: bits 12:11 count further packets where an endpoint has them. */
static int interval_size(int packet)
{
	return packet < 0 ? packet : (packet & 0x7FF) * (1 + (packet >> 11 & 3));
}

int libusb_get_max_packet_size(libusb_device *device, unsigned char address) { return packet_size(device, -1, 0, address); }
int libusb_get_max_iso_packet_size(libusb_device *device, unsigned char address) { return interval_size(packet_size(device, -1, 0, address)); }

int libusb_get_max_alt_packet_size(libusb_device *device, int number, int setting, unsigned char address)
{
	return number < 0 ? LIBUSB_ERROR_NOT_FOUND : interval_size(packet_size(device, number, setting, address));
}
