/* Controls: the library's own, menus of what the driver's image format can be, and the driver's controls. */
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CONTROLS = 256, MAX_TIMEOUT_ms = 3600000 };

static const struct { uint32_t id; const char *name; struct sv_range range; } own[] = {
	{SV_API_BUFFERCOUNT, "Buffer count", {2, MAX_BUFFERS, 1, 10}},
	{SV_API_FETCHBLOCKING, "Fetch blocking", {0, 1, 1, 1}},
	{SV_API_BLOCKINGTIMEOUT, "Blocking timeout", {0, MAX_TIMEOUT_ms, 1, 0}},
	{SV_API_PREVENT_TEARING, "Prevent tearing", {0, 1, 1, 1}},
	{SV_API_PREVENT_TEARING_TIMEOUT, "Prevent tearing timeout", {0, MAX_TIMEOUT_ms, 1, 0}},
	{SV_V4L2_IMAGEFORMAT, "Image format", {0}},
	{SV_V4L2_FRAMESIZE, "Frame size", {0}},
	{SV_V4L2_FRAMEINTERVAL, "Frame interval", {0}},
};
enum { OWN = sizeof own / sizeof own[0] };

static bool is_value(const struct v4l2_query_ext_ctrl *one)
{
	bool number = one->type == V4L2_CTRL_TYPE_INTEGER || one->type == V4L2_CTRL_TYPE_BOOLEAN ||
		      one->type == V4L2_CTRL_TYPE_MENU || one->type == V4L2_CTRL_TYPE_INTEGER_MENU ||
		      one->type == V4L2_CTRL_TYPE_INTEGER64 || one->type == V4L2_CTRL_TYPE_BITMASK;
	return number && !one->nr_of_dims && !(one->flags & V4L2_CTRL_FLAG_DISABLED);
}

bool sv_list_controls(ICamera *camera)
{
	const uint32_t next = V4L2_CTRL_FLAG_NEXT_CTRL;
	IControl *all = calloc(MAX_CONTROLS, sizeof *all);
	unsigned count = 0;
	if (!all)
		return errno = ENOMEM, false;
	for (; count < OWN; count++) {
		all[count] = (IControl){.camera = camera, .id = own[count].id, .type = V4L2_CTRL_TYPE_INTEGER};
		snprintf(all[count].name, NAME, "%s", own[count].name);
		if (own[count].id >= SV_V4L2_IMAGEFORMAT)
			all[count].type = V4L2_CTRL_TYPE_MENU;
	}
	struct v4l2_query_ext_ctrl one = {.id = next};
	while (count < MAX_CONTROLS && sv_ioctl(camera->fd, VIDIOC_QUERY_EXT_CTRL, &one) == 0) {
		if (is_value(&one)) {
			all[count] = (IControl){.camera = camera, .id = one.id, .type = one.type};
			snprintf(all[count++].name, NAME, "%s", one.name);
		}
		one.id |= next;
	}
	camera->controls = all;
	camera->control_count = count;
	return true;
}

CIControlList sv_camera_GetControlList(ICamera *camera, int *size)
{
	IControl **list = calloc(camera->control_count, sizeof *list);
	for (unsigned i = 0; list && i < camera->control_count; i++)
		list[i] = &camera->controls[i];
	*size = list ? (int)camera->control_count : 0;
	return list;
}

IControl *sv_camera_GetControl(ICamera *camera, int id)
{
	for (unsigned i = 0; i < camera->control_count; i++)
		if (camera->controls[i].id == (uint32_t)id)
			return &camera->controls[i];
	return errno = EINVAL, NULL;
}

uint32_t sv_control_GetID(IControl *control) { return control->id; }
const char *sv_control_GetName(IControl *control) { return control->name; }

int sv_control_IsMenu(IControl *control)
{
	return control->type == V4L2_CTRL_TYPE_MENU || control->type == V4L2_CTRL_TYPE_INTEGER_MENU;
}

/* -- menus of the image format: entry `index`, whether it is the one in force, and how it is chosen */
struct choice {
	char name[NAME];
	bool now;
	struct v4l2_pix_format format;
	struct v4l2_fract interval;
};

static bool same(struct v4l2_fract a, struct v4l2_fract b)
{
	return (uint64_t)a.numerator * b.denominator == (uint64_t)b.numerator * a.denominator;
}

static bool choice_at(const IControl *control, uint32_t index, struct choice *choice)
{
	int fd = control->camera->fd;
	struct v4l2_fmtdesc kind = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	struct v4l2_frmsizeenum size = {.index = index};
	struct v4l2_frmivalenum interval = {.index = index};
	struct v4l2_streamparm now = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	if (!sv_format(control->camera, &choice->format))
		return false;
	struct v4l2_pix_format *format = &choice->format;
	switch (control->id) {
	case SV_V4L2_IMAGEFORMAT:
		if (sv_ioctl(fd, VIDIOC_ENUM_FMT, &kind) < 0)
			return false;
		snprintf(choice->name, NAME, "%.4s", (const char *)&kind.pixelformat);
		choice->now = format->pixelformat == kind.pixelformat;
		format->pixelformat = kind.pixelformat;
		return true;
	case SV_V4L2_FRAMESIZE:
		size.pixel_format = format->pixelformat;
		if (sv_ioctl(fd, VIDIOC_ENUM_FRAMESIZES, &size) < 0 || size.type != V4L2_FRMSIZE_TYPE_DISCRETE)
			return false;
		snprintf(choice->name, NAME, "%ux%u", size.discrete.width, size.discrete.height);
		choice->now = format->width == size.discrete.width && format->height == size.discrete.height;
		format->width = size.discrete.width;
		format->height = size.discrete.height;
		return true;
	default:
		interval.pixel_format = format->pixelformat;
		interval.width = format->width;
		interval.height = format->height;
		if (sv_ioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval) < 0 || sv_ioctl(fd, VIDIOC_G_PARM, &now) < 0)
			return false;
		if (interval.type != V4L2_FRMIVAL_TYPE_DISCRETE) { /* a range: its shortest one */
			if (index)
				return false;
			interval.discrete = interval.stepwise.min;
		}
		choice->interval = interval.discrete;
		snprintf(choice->name, NAME, "%u/%u s", interval.discrete.numerator, interval.discrete.denominator);
		choice->now = same(now.parm.capture.timeperframe, interval.discrete);
		return true;
	}
}

static int choose(const IControl *control, const struct choice *choice)
{
	struct v4l2_format all = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	struct v4l2_streamparm rate = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	if (control->id == SV_V4L2_FRAMEINTERVAL) {
		rate.parm.capture.timeperframe = choice->interval;
		return sv_ioctl(control->camera->fd, VIDIOC_S_PARM, &rate) == 0;
	}
	all.fmt.pix = choice->format;
	all.fmt.pix.bytesperline = all.fmt.pix.sizeimage = 0;
	return sv_ioctl(control->camera->fd, VIDIOC_S_FMT, &all) == 0;
}

static bool is_own_menu(const IControl *control)
{
	return control->id >= SV_V4L2_IMAGEFORMAT && control->id <= SV_V4L2_FRAMEINTERVAL;
}

static bool is_library(const IControl *control) { return control->id <= API_CONTROLS; }

/* -- values */
static int access(const IControl *control, unsigned long request, int64_t *value)
{
	bool wide = control->type == V4L2_CTRL_TYPE_INTEGER64;
	struct v4l2_ext_control one = {.id = control->id};
	if (wide)
		one.value64 = *value;
	else
		one.value = (int32_t)*value;
	struct v4l2_ext_controls all = {.count = 1, .controls = &one};
	if (sv_ioctl(control->camera->fd, request, &all) < 0)
		return 0;
	*value = wide ? one.value64 : one.value;
	return 1;
}

int64_t sv_control_GetValue(IControl *control)
{
	int64_t value = 0;
	struct choice choice;
	if (is_library(control))
		return control->camera->api[control->id];
	if (!is_own_menu(control))
		return access(control, VIDIOC_G_EXT_CTRLS, &value) ? value : 0;
	for (uint32_t i = 0; choice_at(control, i, &choice); i++)
		if (choice.now)
			return i;
	return 0;
}

struct sv_range sv_control_GetRange(IControl *control)
{
	struct v4l2_query_ext_ctrl one = {.id = control->id};
	struct choice choice;
	if (is_library(control))
		return own[control->id - 1].range;
	if (is_own_menu(control)) {
		uint32_t count = 0;
		while (count < MAX_MENU && choice_at(control, count, &choice))
			count++;
		return (struct sv_range){0, count ? count - 1 : 0, 1, 0};
	}
	if (sv_ioctl(control->camera->fd, VIDIOC_QUERY_EXT_CTRL, &one) < 0)
		return (struct sv_range){0};
	return (struct sv_range){one.minimum, one.maximum, (int64_t)one.step, one.default_value};
}

int sv_control_SetValue(IControl *control, int64_t value)
{
	struct choice choice;
	if (is_library(control)) {
		struct sv_range range = own[control->id - 1].range;
		if (value < range.minimum || value > range.maximum)
			return errno = ERANGE, 0;
		if (control->id == SV_API_BUFFERCOUNT && control->camera->streaming)
			return errno = EBUSY, 0;
		control->camera->api[control->id] = value;
		return 1;
	}
	if (!is_own_menu(control))
		return access(control, VIDIOC_S_EXT_CTRLS, &value);
	if (value < 0 || value >= MAX_MENU || !choice_at(control, (uint32_t)value, &choice))
		return errno = ERANGE, 0;
	return choose(control, &choice);
}

static int32_t narrow(int64_t value)
{
	return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

int32_t sv_control_Get(IControl *control) { return narrow(sv_control_GetValue(control)); }
int sv_control_Set(IControl *control, int32_t value) { return sv_control_SetValue(control, value); }
int32_t sv_control_GetMinValue(IControl *control) { return narrow(sv_control_GetRange(control).minimum); }
int32_t sv_control_GetMaxValue(IControl *control) { return narrow(sv_control_GetRange(control).maximum); }
int32_t sv_control_GetStepValue(IControl *control) { return narrow(sv_control_GetRange(control).step); }
int32_t sv_control_GetDefaultValue(IControl *control) { return narrow(sv_control_GetRange(control).fallback); }

/* -- menus */
static bool entry_at(const IControl *control, uint32_t index, char name[NAME])
{
	struct v4l2_querymenu entry = {.id = control->id, .index = index};
	if (sv_ioctl(control->camera->fd, VIDIOC_QUERYMENU, &entry) < 0)
		return false;
	if (control->type == V4L2_CTRL_TYPE_INTEGER_MENU)
		snprintf(name, NAME, "%lld", (long long)entry.value);
	else
		snprintf(name, NAME, "%s", (const char *)entry.name);
	return true;
}

CMenuEntryList sv_control_GetMenuEntries(IControl *control, int *size)
{
	*size = 0;
	if (!sv_control_IsMenu(control))
		return errno = EINVAL, NULL;
	MenuEntry *list = calloc(MAX_MENU, sizeof *list);
	if (!control->entries)
		control->entries = calloc(MAX_MENU, sizeof *control->entries);
	if (!list || !control->entries)
		return free(list), NULL;
	struct sv_range range = sv_control_GetRange(control);
	struct choice choice;
	for (int64_t i = range.minimum; i <= range.maximum && *size < MAX_MENU; i++) {
		char *name = control->entries[*size];
		if (is_own_menu(control) ? !choice_at(control, (uint32_t)i, &choice) : !entry_at(control, (uint32_t)i, name))
			continue;
		if (is_own_menu(control))
			memcpy(name, choice.name, NAME);
		list[(*size)++] = (MenuEntry){name, (int32_t)i};
	}
	return list;
}
