/* Cameras: their nodes, their image format, and streams of images in buffers that are mapped once. */
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_NODES = 64 };

static ICamera *cameras[MAX_NODES]; /* by number of the node */

int sv_ioctl(int fd, unsigned long request, void *what)
{
	int result;
	do
		result = ioctl(fd, request, what);
	while (result < 0 && errno == EINTR);
	return result;
}

bool sv_format(const ICamera *camera, struct v4l2_pix_format *format)
{
	struct v4l2_format all = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	if (sv_ioctl(camera->fd, VIDIOC_G_FMT, &all) < 0)
		return false;
	*format = all.fmt.pix;
	return true;
}

/* Open a node that captures images by streaming; NULL: it is none. */
static ICamera *opened(int number)
{
	struct v4l2_capability device;
	ICamera *camera = calloc(1, sizeof *camera);
	if (!camera)
		return NULL;
	snprintf(camera->node, sizeof camera->node, "/dev/video%d", number);
	camera->fd = open(camera->node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (camera->fd < 0)
		return free(camera), NULL;
	unsigned needed = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
	if (sv_ioctl(camera->fd, VIDIOC_QUERYCAP, &device) < 0 || (device.device_caps & needed) != needed ||
	    !sv_list_controls(camera)) {
		int reason = errno ? errno : ENODEV;
		close(camera->fd);
		free(camera);
		return errno = reason, NULL;
	}
	snprintf(camera->driver, sizeof camera->driver, "%s", (const char *)device.driver);
	camera->api[SV_API_BUFFERCOUNT] = 10;
	camera->api[SV_API_FETCHBLOCKING] = 1;
	camera->api[SV_API_PREVENT_TEARING] = 1;
	return camera;
}

static ICamera *camera_of(int number)
{
	if (number < 0 || number >= MAX_NODES)
		return errno = ENODEV, NULL;
	if (!cameras[number])
		cameras[number] = opened(number);
	return cameras[number];
}

CICameraList sv_GetAllCameras(int *size)
{
	ICamera **all = calloc(MAX_NODES, sizeof *all);
	int count = 0;
	for (int number = 0; all && number < MAX_NODES; number++)
		if (camera_of(number))
			all[count++] = cameras[number];
	*size = count;
	return all;
}

ICamera *sv_GetCamera(const char *node)
{
	int number, end = 0;
	if (!node || sscanf(node, "/dev/video%d%n", &number, &end) != 1 || node[end])
		return errno = ENODEV, NULL;
	return camera_of(number);
}

const char *sv_camera_GetName(ICamera *camera) { return camera->node; }
const char *sv_camera_GetDriverName(ICamera *camera) { return camera->driver; }

struct IImageInfo sv_camera_GetImageInfo(ICamera *camera)
{
	struct v4l2_pix_format now;
	if (!sv_format(camera, &now))
		return (struct IImageInfo){0};
	return (struct IImageInfo){now.sizeimage, now.width, now.height, now.pixelformat, now.bytesperline};
}

/* -- buffers */
static struct v4l2_buffer buffer_of(unsigned index)
{
	return (struct v4l2_buffer){
		.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
}

static int requested(ICamera *camera, unsigned count)
{
	struct v4l2_requestbuffers wanted = {
		.count = count, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	return sv_ioctl(camera->fd, VIDIOC_REQBUFS, &wanted) < 0 ? -1 : (int)wanted.count;
}

static void release(ICamera *camera)
{
	for (unsigned i = 0; i < camera->count; i++)
		munmap(camera->buffers[i].data, camera->buffers[i].bytes);
	camera->count = 0;
	requested(camera, 0);
}

static bool mapped(ICamera *camera)
{
	int count = requested(camera, (unsigned)camera->api[SV_API_BUFFERCOUNT]);
	if (count < 1 || count > MAX_BUFFERS)
		return false;
	for (unsigned i = 0; i < (unsigned)count; i++) {
		struct v4l2_buffer one = buffer_of(i);
		if (sv_ioctl(camera->fd, VIDIOC_QUERYBUF, &one) < 0)
			return false;
		void *data = mmap(NULL, one.length, PROT_READ | PROT_WRITE, MAP_SHARED, camera->fd, one.m.offset);
		if (data == MAP_FAILED)
			return false;
		camera->buffers[camera->count].data = data;
		camera->buffers[camera->count++].bytes = one.length;
		if (sv_ioctl(camera->fd, VIDIOC_QBUF, &one) < 0)
			return false;
	}
	return true;
}

int sv_camera_StartStream(ICamera *camera)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (camera->streaming)
		return 1;
	camera->held.data = NULL;
	if (!sv_format(camera, &camera->format) || !mapped(camera) ||
	    sv_ioctl(camera->fd, VIDIOC_STREAMON, &type) < 0) {
		int reason = errno;
		release(camera);
		errno = reason;
		return 0;
	}
	camera->streaming = true;
	return 1;
}

int sv_camera_StopStream(ICamera *camera)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (!camera->streaming)
		return 1;
	camera->streaming = false;
	int done = sv_ioctl(camera->fd, VIDIOC_STREAMOFF, &type) == 0;
	release(camera);
	return done;
}

/* -- images */
/* Return the next image of the driver's; data is NULL if none comes in timeout_ms, -1 without end. */
static struct IImage dequeued(ICamera *camera, int timeout_ms)
{
	const struct IImage none = {0};
	struct v4l2_buffer one = buffer_of(0);
	while (sv_ioctl(camera->fd, VIDIOC_DQBUF, &one) < 0) {
		struct pollfd waiting = {.fd = camera->fd, .events = POLLIN};
		if (errno != EAGAIN)
			return none;
		int ready = poll(&waiting, 1, timeout_ms);
		if (ready == 0 || (ready < 0 && errno != EINTR))
			return none;
		if (waiting.revents & (POLLERR | POLLHUP))
			return errno = EIO, none;
	}
	return (struct IImage){
		.data = camera->buffers[one.index].data,
		.id = one.sequence,
		.bufferid = one.index,
		.length = one.bytesused,
		.width = camera->format.width,
		.height = camera->format.height,
		.pixelFormat = camera->format.pixelformat,
		.stride = camera->format.bytesperline,
		.timestamp = {(uint64_t)one.timestamp.tv_sec, (uint64_t)one.timestamp.tv_usec},
	};
}

static int waits_ms(const ICamera *camera, int timeout)
{
	int64_t limit = camera->api[timeout];
	return !camera->api[SV_API_FETCHBLOCKING] ? 0 : limit ? (int)limit : -1;
}

struct IImage sv_camera_GetImage(ICamera *camera)
{
	const struct IImage none = {0};
	if (!camera->streaming)
		return errno = EINVAL, none;
	if (!camera->api[SV_API_PREVENT_TEARING] && !camera->held.data)
		return dequeued(camera, waits_ms(camera, SV_API_BLOCKINGTIMEOUT));
	if (!camera->held.data)
		camera->held = dequeued(camera, waits_ms(camera, SV_API_BLOCKINGTIMEOUT));
	if (!camera->held.data)
		return none;
	struct IImage image = camera->held, next = none;
	if (camera->api[SV_API_PREVENT_TEARING]) {
		next = dequeued(camera, waits_ms(camera, SV_API_PREVENT_TEARING_TIMEOUT));
		if (!next.data)
			return none;
	}
	camera->held = next;
	return image;
}

int sv_camera_ReturnImage(ICamera *camera, struct IImage image)
{
	struct v4l2_buffer one = buffer_of(image.bufferid);
	if (!camera->streaming || image.bufferid >= camera->count)
		return errno = EINVAL, 0;
	return sv_ioctl(camera->fd, VIDIOC_QBUF, &one) == 0;
}
