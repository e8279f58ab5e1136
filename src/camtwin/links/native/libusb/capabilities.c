/* The Binary Object Store of a device, its capabilities, and the functions that its interfaces make up. */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

enum { CONTROL_ms = 1000, DT_INTERFACE_ASSOCIATION = 11, HEAD_BYTES = 3, BOS_BYTES = 5 };

static uint32_t little32(const uint8_t *b) { return little16(b) | (uint32_t)little16(b + 2) << 16; }

int libusb_get_bos_descriptor(libusb_device_handle *handle, struct libusb_bos_descriptor **bos)
{
	uint8_t head[BOS_BYTES], bytes[MAX_CONFIG];
	int got = link_control(handle->link, 0x80, 6, LIBUSB_DT_BOS << 8, 0, head, sizeof head, CONTROL_ms);
	if (got < 0)
		return got;
	int total = little16(head + 2);
	if (got < BOS_BYTES || head[1] != LIBUSB_DT_BOS || total < BOS_BYTES || total > MAX_CONFIG)
		return LIBUSB_ERROR_IO;
	got = link_control(handle->link, 0x80, 6, LIBUSB_DT_BOS << 8, 0, bytes, (uint16_t)total, CONTROL_ms);
	if (got < 0)
		return got;
	struct libusb_bos_descriptor *b = calloc(1, sizeof *b + head[4] * sizeof *b->dev_capability);
	if (!b)
		return LIBUSB_ERROR_NO_MEM;
	b->bLength = head[0];
	b->bDescriptorType = head[1];
	b->wTotalLength = (uint16_t)total;
	for (const uint8_t *at = bytes + BOS_BYTES, *end = bytes + got; end - at >= HEAD_BYTES && b->bNumDeviceCaps < head[4]; at += at[0]) {
		if (at[0] < HEAD_BYTES || at[0] > end - at)
			break;
		struct libusb_bos_dev_capability_descriptor *c = malloc(at[0]);
		if (!c) {
			libusb_free_bos_descriptor(b);
			return LIBUSB_ERROR_NO_MEM;
		}
		memcpy(c, at, at[0]);
		b->dev_capability[b->bNumDeviceCaps++] = c;
	}
	*bos = b;
	return 0;
}

void libusb_free_bos_descriptor(struct libusb_bos_descriptor *bos)
{
	if (!bos)
		return;
	for (int i = 0; i < bos->bNumDeviceCaps; i++)
		free(bos->dev_capability[i]);
	free(bos);
}

/* Memory for one capability, if it is of this type and has its bytes. */
static int unpack(const struct libusb_bos_dev_capability_descriptor *capability, int type, int bytes, size_t size, void *made)
{
	if (capability->bDevCapabilityType != type)
		return LIBUSB_ERROR_INVALID_PARAM;
	if (capability->bLength < bytes)
		return LIBUSB_ERROR_IO;
	void *memory = calloc(1, size);
	memcpy(made, &memory, sizeof memory);
	return memory ? 0 : LIBUSB_ERROR_NO_MEM;
}

int libusb_get_usb_2_0_extension_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability,
					    struct libusb_usb_2_0_extension_descriptor **extension)
{
	(void)context;
	int error = unpack(capability, LIBUSB_BT_USB_2_0_EXTENSION, 7, sizeof **extension, extension);
	if (!error) {
		memcpy(*extension, capability, HEAD_BYTES);
		(*extension)->bmAttributes = little32(capability->dev_capability_data);
	}
	return error;
}

int libusb_get_ss_usb_device_capability_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability,
						   struct libusb_ss_usb_device_capability_descriptor **super_speed)
{
	(void)context;
	const uint8_t *b = capability->dev_capability_data;
	int error = unpack(capability, LIBUSB_BT_SS_USB_DEVICE_CAPABILITY, 10, sizeof **super_speed, super_speed);
	if (!error)
		**super_speed = (struct libusb_ss_usb_device_capability_descriptor){
			capability->bLength, capability->bDescriptorType, capability->bDevCapabilityType,
			b[0], little16(b + 1), b[3], b[4], little16(b + 5),
		};
	return error;
}

int libusb_get_container_id_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability,
				       struct libusb_container_id_descriptor **container)
{
	(void)context;
	int error = unpack(capability, LIBUSB_BT_CONTAINER_ID, 20, sizeof **container, container);
	if (!error)
		memcpy(*container, capability, sizeof **container);
	return error;
}

int libusb_get_platform_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability,
				   struct libusb_platform_descriptor **platform)
{
	(void)context;
	int error = unpack(capability, LIBUSB_BT_PLATFORM_DESCRIPTOR, 20, capability->bLength, platform);
	if (!error)
		memcpy(*platform, capability, capability->bLength);
	return error;
}

/* SuperSpeedPlus is nothing that a twin has (ADR 0004). */
int libusb_get_ssplus_usb_device_capability_descriptor(libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability,
						       struct libusb_ssplus_usb_device_capability_descriptor **super_speed_plus)
{
	(void)context;
	*super_speed_plus = NULL;
	return capability->bDevCapabilityType == LIBUSB_BT_SUPERSPEED_PLUS_CAPABILITY ? LIBUSB_ERROR_NOT_SUPPORTED : LIBUSB_ERROR_INVALID_PARAM;
}

void libusb_free_usb_2_0_extension_descriptor(struct libusb_usb_2_0_extension_descriptor *extension) { free(extension); }
void libusb_free_ss_usb_device_capability_descriptor(struct libusb_ss_usb_device_capability_descriptor *super_speed) { free(super_speed); }
void libusb_free_container_id_descriptor(struct libusb_container_id_descriptor *container) { free(container); }
void libusb_free_platform_descriptor(struct libusb_platform_descriptor *platform) { free(platform); }
void libusb_free_ssplus_usb_device_capability_descriptor(struct libusb_ssplus_usb_device_capability_descriptor *super_speed_plus) { free(super_speed_plus); }

/* -- interface associations, which the configuration has among its descriptors */
int libusb_get_active_interface_association_descriptors(libusb_device *device, struct libusb_interface_association_descriptor_array **associations)
{
	struct libusb_interface_association_descriptor_array *a = calloc(1, sizeof *a);
	struct libusb_interface_association_descriptor *list = calloc((size_t)device->config_bytes / sizeof *list + 1, sizeof *list);
	if (!a || !list) {
		free(a);
		free(list);
		return LIBUSB_ERROR_NO_MEM;
	}
	const uint8_t *at = device->config, *end = at + device->config_bytes;
	for (; end - at >= 2 && at[0] >= 2 && at[0] <= end - at; at += at[0])
		if (at[1] == DT_INTERFACE_ASSOCIATION && at[0] >= sizeof *list)
			memcpy(&list[a->length++], at, sizeof *list);
	a->iad = list;
	*associations = a;
	return 0;
}

int libusb_get_interface_association_descriptors(libusb_device *device, uint8_t index, struct libusb_interface_association_descriptor_array **associations)
{
	return index ? LIBUSB_ERROR_NOT_FOUND : libusb_get_active_interface_association_descriptors(device, associations);
}

void libusb_free_interface_association_descriptors(struct libusb_interface_association_descriptor_array *associations)
{
	if (associations)
		free((void *)associations->iad);
	free(associations);
}
