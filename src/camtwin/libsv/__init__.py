"""A sensor library with the calls of FRAMOS' LibSV 2.6, over V4L2 devices and over twins in process.

    from camtwin import libsv
    camera = libsv.get_camera("/dev/video10")
    camera.control("Exposure").value = 5000
    camera.start_stream()
    with camera.get_image() as image:
        print(image.id, libsv.process_image(image).mean())
    camera.stop_stream()

A camera over a twin, `camera_of(module)`, has the same calls; its time is virtual, and goes on while an image
is waited for. The library for C and C++ is links/native/sv.
"""

from camtwin.libsv.camera import Camera, Control, ControlProblem
from camtwin.libsv.images import Image, ImageInfo, process_image
from camtwin.libsv.twin import camera_of
from camtwin.libsv.v4l2 import get_all_cameras, get_camera

__all__ = [
    "Camera",
    "Control",
    "ControlProblem",
    "Image",
    "ImageInfo",
    "camera_of",
    "get_all_cameras",
    "get_camera",
    "process_image",
]
