/* Cameras and controls as the library keeps them.
 *
 *   cameras.c   nodes, image format, buffers, streams
 *   controls.c  the library's own controls, menus of formats, and the driver's controls
 *   images.c    images in 16 bits a pixel; the platform */
#ifndef CAMTWIN_SV_DEVICE_H
#define CAMTWIN_SV_DEVICE_H

#include "sv.h"

#include <linux/videodev2.h>
#include <stddef.h>

enum { MAX_BUFFERS = 32, MAX_MENU = 64, NAME = 64, API_CONTROLS = 5 };

struct ICamera {
	char node[NAME], driver[NAME];
	int fd;
	bool streaming;
	struct { void *data; size_t bytes; } buffers[MAX_BUFFERS];
	unsigned count;
	struct v4l2_pix_format format;                 /* of the stream */
	struct IImage held;                            /* waits for the image after it */
	int64_t api[API_CONTROLS + 1];                 /* values of the library's controls, by id */
	IControl *controls;
	unsigned control_count;
};

struct IControl {
	ICamera *camera;
	uint32_t id, type;
	char name[NAME];
	char (*entries)[NAME];                         /* names of a menu that was asked for */
};

/* ioctl, again when a signal interrupts it. 0, or -1. */
int sv_ioctl(int fd, unsigned long request, void *what);
bool sv_format(const ICamera *camera, struct v4l2_pix_format *format);
bool sv_list_controls(ICamera *camera);

#endif
