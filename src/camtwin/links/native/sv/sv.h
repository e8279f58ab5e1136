/* A library for V4L2 sensor drivers with the interface of FRAMOS' LibSV 2.6, for C and C++.
 *
 *   ICamera *camera = sv_GetCamera("/dev/video10");
 *   sv_camera_StartStream(camera);
 *   IImage image = sv_camera_GetImage(camera);   image.data is NULL if there is none
 *   sv_camera_ReturnImage(camera, image);
 *   sv_camera_StopStream(camera);
 *
 * It drives any V4L2 device by ioctl, a real one as a twin's. Functions that return int say 1 for success and 0 for
 * failure; errno has the reason. Cameras, their controls and names belong to the library and live as long as the
 * process; lists are the caller's to free(). A camera is for one thread at a time. */
#ifndef CAMTWIN_SV_SV_H
#define CAMTWIN_SV_SV_H

#ifdef __cplusplus
#include <cstdint>
#include <cstdlib>
#include <vector>
extern "C" {
#else
#include <stdbool.h>
#include <stdint.h>
#endif
#include "enums.h"

#define MAJOR_VERSION 2
#define MINOR_VERSION 6

struct Timestamp {
	uint64_t s, us; /* of the monotonic clock */
};

/* An image of a stream, valid until it is returned. */
struct IImage {
	void *data;           /* NULL: there is no image */
	uint32_t id;          /* number in the stream; a gap is an image that was lost */
	uint32_t bufferid;
	uint32_t length;      /* in bytes */
	uint32_t width, height;
	uint32_t pixelFormat; /* V4L2's four letters */
	uint32_t stride;      /* bytes from row to row */
	struct Timestamp timestamp;
	void *embeddedData;   /* NULL: the driver hands none out */
	uint32_t embeddedDataWidth, embeddedDataHeight;
};

/* An image in 16 bits a pixel without padding, in memory of its own. */
struct IProcessedImage {
	void *data;
	uint32_t length, width, height, pixelFormat, stride;
	struct Timestamp timestamp;
	void *embeddedData;
	uint32_t embeddedDataWidth, embeddedDataHeight;
};

struct IImageInfo {
	uint32_t length, width, height, pixelFormat, stride;
};

struct MenuEntry {
	const char *name;
	int32_t index;
};

#ifdef __cplusplus
class ICamera;
class IControl;
#else
typedef struct ICamera ICamera;
typedef struct IControl IControl;
typedef struct IImage IImage;
typedef struct IProcessedImage IProcessedImage;
typedef struct IImageInfo IImageInfo;
typedef struct MenuEntry MenuEntry;
#endif
typedef ICamera **CICameraList;
typedef IControl **CIControlList;
typedef MenuEntry *CMenuEntryList;

CICameraList sv_GetAllCameras(int *size); /* all capture devices that this user can open */
ICamera *sv_GetCamera(const char *node);  /* NULL: it is none */

const char *sv_camera_GetName(ICamera *camera); /* the node, /dev/video10 */
const char *sv_camera_GetDriverName(ICamera *camera);
int sv_camera_StartStream(ICamera *camera);
int sv_camera_StopStream(ICamera *camera);
struct IImage sv_camera_GetImage(ICamera *camera);
int sv_camera_ReturnImage(ICamera *camera, struct IImage image);
struct IImageInfo sv_camera_GetImageInfo(ICamera *camera);
CIControlList sv_camera_GetControlList(ICamera *camera, int *size);
IControl *sv_camera_GetControl(ICamera *camera, int id); /* NULL: the camera has none with this id */

uint32_t sv_control_GetID(IControl *control);
const char *sv_control_GetName(IControl *control);
int32_t sv_control_Get(IControl *control);
int sv_control_Set(IControl *control, int32_t value);
int32_t sv_control_GetMinValue(IControl *control);
int32_t sv_control_GetMaxValue(IControl *control);
int32_t sv_control_GetStepValue(IControl *control);
int32_t sv_control_GetDefaultValue(IControl *control);
CMenuEntryList sv_control_GetMenuEntries(IControl *control, int *size); /* names live until the next call */
int sv_control_IsMenu(IControl *control);

struct IProcessedImage sv_AllocateProcessedImage(struct IImageInfo info); /* data is NULL without memory */
bool sv_ProcessImage(const struct IImage *input, struct IProcessedImage *output, enum SV_PLATFORM_PROCESSING algorithm);
void sv_DeallocateProcessedImage(struct IProcessedImage *image);
enum SV_PLATFORM sv_GetPlatform(void);

/* Not LibSV's: values beyond 32 bits, which the C++ classes below have. */
struct sv_range {
	int64_t minimum, maximum, step, fallback;
};
int64_t sv_control_GetValue(IControl *control);
int sv_control_SetValue(IControl *control, int64_t value);
struct sv_range sv_control_GetRange(IControl *control);

#ifdef __cplusplus
}

using MenuEntryList = std::vector<MenuEntry>;
using IControlList = std::vector<IControl *>;
using ICameraList = std::vector<ICamera *>;

namespace sv {
/* Return a list of C as a vector. */
template <typename T> std::vector<T> taken(T *list, int size)
{
	std::vector<T> all(list, list + (list ? size : 0));
	std::free(list);
	return all;
}
}

/* A control of a camera, by pointers that the library gives out. */
class IControl {
public:
	uint32_t GetID() { return sv_control_GetID(this); }
	const char *GetName() { return sv_control_GetName(this); }
	int64_t Get() { return sv_control_GetValue(this); }
	bool Set(int64_t value) { return sv_control_SetValue(this, value); }
	int64_t GetMinValue() { return sv_control_GetRange(this).minimum; }
	int64_t GetMaxValue() { return sv_control_GetRange(this).maximum; }
	int64_t GetStepValue() { return sv_control_GetRange(this).step; }
	int64_t GetDefaultValue() { return sv_control_GetRange(this).fallback; }
	bool IsMenu() { return sv_control_IsMenu(this); }
	MenuEntryList GetMenuEntries()
	{
		int size = 0;
		MenuEntry *list = sv_control_GetMenuEntries(this, &size);
		return sv::taken(list, size);
	}
	IControl() = delete;
	IControl(const IControl &) = delete;
};

/* A camera, by pointers that the library gives out. */
class ICamera {
public:
	const char *GetName() { return sv_camera_GetName(this); }
	const char *GetDriverName() { return sv_camera_GetDriverName(this); }
	bool StartStream() { return sv_camera_StartStream(this); }
	bool StopStream() { return sv_camera_StopStream(this); }
	IImage GetImage() { return sv_camera_GetImage(this); }
	bool ReturnImage(IImage image) { return sv_camera_ReturnImage(this, image); }
	IImageInfo GetImageInfo() { return sv_camera_GetImageInfo(this); }
	IControl *GetControl(int id) { return sv_camera_GetControl(this, id); }
	IControlList GetControlList()
	{
		int size = 0;
		IControl **list = sv_camera_GetControlList(this, &size);
		return sv::taken(list, size);
	}
	ICamera() = delete;
	ICamera(const ICamera &) = delete;
};

namespace sv {
inline ICameraList GetAllCameras()
{
	int size = 0;
	ICamera **list = sv_GetAllCameras(&size);
	return taken(list, size);
}
inline ICamera *GetCamera(const char *node) { return sv_GetCamera(node); }
inline IProcessedImage AllocateProcessedImage(IImageInfo info) { return sv_AllocateProcessedImage(info); }
inline bool ProcessImage(const IImage &input, IProcessedImage &output, SV_PLATFORM_PROCESSING algorithm)
{
	return sv_ProcessImage(&input, &output, algorithm);
}
inline void DeallocateProcessedImage(IProcessedImage &image) { sv_DeallocateProcessedImage(&image); }
inline SV_PLATFORM GetPlatform() { return sv_GetPlatform(); }
}
#endif

#endif
