"""Linux' video devices for programs, sans-IO: arguments of ioctls, and the messages that carry them.

Numbers and layouts are those of Linux' public headers for user space (linux/videodev2.h, v4l2-subdev.h,
media.h), for 64-bit computers.
"""
