/* Images in 16 bits a pixel without padding, of what a driver lays out; and the platform. */
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How V4L2 lays pixels out: in 16 bits, or as MIPI CSI-2 packs them, high bytes first. */
enum layout { UNKNOWN, EIGHT, SIXTEEN, PACKED_10, PACKED_12 };

static enum layout layout_of(uint32_t format)
{
	switch (format) {
	case V4L2_PIX_FMT_SRGGB8: case V4L2_PIX_FMT_SGRBG8: case V4L2_PIX_FMT_SGBRG8: case V4L2_PIX_FMT_SBGGR8:
	case V4L2_PIX_FMT_GREY:
		return EIGHT;
	case V4L2_PIX_FMT_SRGGB10: case V4L2_PIX_FMT_SGRBG10: case V4L2_PIX_FMT_SGBRG10: case V4L2_PIX_FMT_SBGGR10:
	case V4L2_PIX_FMT_SRGGB12: case V4L2_PIX_FMT_SGRBG12: case V4L2_PIX_FMT_SGBRG12: case V4L2_PIX_FMT_SBGGR12:
	case V4L2_PIX_FMT_Y10: case V4L2_PIX_FMT_Y12:
		return SIXTEEN;
	case V4L2_PIX_FMT_SRGGB10P: case V4L2_PIX_FMT_SGRBG10P: case V4L2_PIX_FMT_SGBRG10P: case V4L2_PIX_FMT_SBGGR10P:
		return PACKED_10;
	case V4L2_PIX_FMT_SRGGB12P: case V4L2_PIX_FMT_SGRBG12P: case V4L2_PIX_FMT_SGBRG12P: case V4L2_PIX_FMT_SBGGR12P:
		return PACKED_12;
	default:
		return UNKNOWN;
	}
}

/* Bytes that a row takes at least. */
static uint64_t row_bytes(enum layout layout, uint64_t width)
{
	switch (layout) {
	case EIGHT: return width;
	case SIXTEEN: return 2 * width;
	case PACKED_10: return (width + 3) / 4 * 5;
	default: return (width + 1) / 2 * 3;
	}
}

static uint16_t pixel(enum layout layout, const uint8_t *row, uint32_t x)
{
	const uint8_t *group;
	switch (layout) {
	case EIGHT: return row[x];
	case SIXTEEN: return (uint16_t)(row[2 * x] | row[2 * x + 1] << 8);
	case PACKED_10:
		group = row + x / 4 * 5;
		return (uint16_t)(group[x % 4] << 2 | (group[4] >> x % 4 * 2 & 3));
	default:
		group = row + x / 2 * 3;
		return (uint16_t)(group[x % 2] << 4 | (group[2] >> x % 2 * 4 & 15));
	}
}

struct IProcessedImage sv_AllocateProcessedImage(struct IImageInfo info)
{
	struct IProcessedImage image = {.width = info.width, .height = info.height, .pixelFormat = info.pixelFormat};
	uint64_t bytes = 2 * (uint64_t)info.width * info.height;
	if (bytes == 0 || bytes > UINT32_MAX)
		return errno = EINVAL, image;
	image.data = calloc(1, bytes);
	image.length = image.data ? (uint32_t)bytes : 0;
	image.stride = 2 * info.width;
	return image;
}

bool sv_ProcessImage(const struct IImage *input, struct IProcessedImage *output, enum SV_PLATFORM_PROCESSING algorithm)
{
	enum layout layout = layout_of(input->pixelFormat);
	uint64_t needed = input->height ? (uint64_t)input->stride * (input->height - 1) + row_bytes(layout, input->width) : 0;
	if (algorithm != SV_ALGORITHM_AUTODETECT || !input->data || !output->data || layout == UNKNOWN ||
	    input->width != output->width || input->height != output->height || needed > input->length ||
	    row_bytes(layout, input->width) > input->stride)
		return errno = EINVAL, false;
	for (uint32_t y = 0; y < input->height; y++) {
		const uint8_t *row = (const uint8_t *)input->data + (size_t)y * input->stride;
		uint16_t *out = (uint16_t *)output->data + (size_t)y * output->width;
		for (uint32_t x = 0; x < input->width; x++)
			out[x] = pixel(layout, row, x);
	}
	output->timestamp = input->timestamp;
	return true;
}

void sv_DeallocateProcessedImage(struct IProcessedImage *image)
{
	free(image->data);
	*image = (struct IProcessedImage){0};
}

enum SV_PLATFORM sv_GetPlatform(void)
{
	/* Names as the device trees of these boards have them; longer ones first. */
	static const struct { const char *name; enum SV_PLATFORM is; } known[] = {
		{"TX2 NX", SV_PLATFORM_JETSON_TX2NX},
		{"TX2", SV_PLATFORM_JETSON_TX2},
		{"quill", SV_PLATFORM_JETSON_TX2},
		{"Orin Nano", SV_PLATFORM_JETSON_ORIN_NANO},
		{"Orin NX", SV_PLATFORM_JETSON_ORIN_NX},
		{"AGX Orin", SV_PLATFORM_JETSON_AGX_ORIN},
		{"AGX Thor", SV_PLATFORM_JETSON_AGX_THOR},
		{"Xavier NX", SV_PLATFORM_JETSON_XAVIER_NX},
		{"Xavier", SV_PLATFORM_JETSON_XAVIER},
		{"Jetson Nano", SV_PLATFORM_JETSON_NANO},
		{"DB410c", SV_PLATFORM_DRAGONBOARD_410C},
		{"APQ 8016 SBC", SV_PLATFORM_DRAGONBOARD_410C},
	};
	char model[128] = "";
	FILE *file = fopen("/proc/device-tree/model", "r");
	if (file) {
		size_t bytes = fread(model, 1, sizeof model - 1, file);
		model[bytes] = 0;
		fclose(file);
	}
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strstr(model, known[i].name))
			return known[i].is;
	return SV_PLATFORM_UNKNOWN;
}
