/* Numbers of LibSV 2.6: controls of the library, of the image format, and platforms. The names are those of FRAMOS'
 * public header, so that programs written for it compile. */
#ifndef CAMTWIN_SV_ENUMS_H
#define CAMTWIN_SV_ENUMS_H

enum SV_ENUMS {
	SV_API_BUFFERCOUNT = 1,         /* buffers of a stream, 10 */
	SV_API_FETCHBLOCKING,           /* whether GetImage waits for an image, 1 */
	SV_API_BLOCKINGTIMEOUT,         /* how long it waits, in ms; 0, without end */
	SV_API_PREVENT_TEARING,         /* whether an image is handed out only when the next one has come, 1 */
	SV_API_PREVENT_TEARING_TIMEOUT, /* how long it waits for that, in ms; 0, without end */

	SV_V4L2_IMAGEFORMAT = 10, /* menus of the driver's */
	SV_V4L2_FRAMESIZE,
	SV_V4L2_FRAMEINTERVAL,
};

enum SV_PLATFORM_PROCESSING {
	SV_ALGORITHM_AUTODETECT, /* chosen by the image's format */
};

enum SV_PLATFORM {
	SV_PLATFORM_JETSON_TX2,
	SV_PLATFORM_JETSON_XAVIER,
	SV_PLATFORM_JETSON_NANO,
	SV_PLATFORM_JETSON_XAVIER_NX,
	SV_PLATFORM_JETSON_TX2NX,
	SV_PLATFORM_JETSON_AGX_ORIN,
	SV_PLATFORM_JETSON_AGX_THOR,
	SV_PLATFORM_JETSON_ORIN_NANO,
	SV_PLATFORM_JETSON_ORIN_NX,
	SV_PLATFORM_DRAGONBOARD_410C,
	SV_PLATFORM_UNKNOWN, /* any other computer */
};

#endif
