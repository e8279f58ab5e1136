"""Cameras that programs use as Linux' video devices, without a kernel module: V4L2 in the camera's time."""
