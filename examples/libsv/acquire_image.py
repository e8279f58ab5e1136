"""Takes images of a sensor and tells when each was taken.

camtwin exec -- python acquire_image.py [/dev/video10 [IMAGES]]
"""

import sys

from camtwin import libsv

node = sys.argv[1] if len(sys.argv) > 1 else ""
images = int(sys.argv[2]) if len(sys.argv) > 2 else 10
cameras = [libsv.get_camera(node)] if node else libsv.get_all_cameras()
if not cameras:
    sys.exit("no camera at /dev/video*")
camera = cameras[0]
print(f"{camera.name}, driver {camera.driver_name}")
for control in camera.controls:
    print(f"{control.name:30} {control.value} ({control.limits.min} .. {control.limits.max})")
camera.start_stream()
for _ in range(images):
    image = camera.get_image()
    if image is None:
        sys.exit("no image arrives")
    info = image.info
    size, time_s = f"{info.width}x{info.height}", image.timestamp_ns / 1e9
    print(f"image {image.id}: {size} {info.pixel_format}, at {time_s:.6f} s")
    camera.return_image(image)
camera.stop_stream()
