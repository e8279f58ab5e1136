"""Take five images with Aravis, and end with an error if one of them is not whole."""

import sys

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis  # noqa: E402

camera = Aravis.Camera.new("127.0.0.1")
print(camera.get_vendor_name(), camera.get_model_name(), camera.get_device_serial_number())
stream = camera.create_stream(None, None)
for _ in range(5):
    stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))
camera.start_acquisition()
images = [stream.timeout_pop_buffer(10_000_000) for _ in range(5)]
camera.stop_acquisition()
states = [image.get_status().value_nick if image else "timeout" for image in images]
print(*states)
sys.exit(states != ["success"] * 5)
