"""Use Aravis' own calls for black level and frame rate, not features by name: JSON on stdout.

With the argument usb, the camera is the first one on USB, else the one at that address. What the camera does
not have is null. Run by the system's Python: it has gi.
"""

# pyright: reportMissingImports=false
import json
import sys
from itertools import pairwise

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis  # noqa: E402

address = sys.argv[1]
if address == "usb":
    Aravis.disable_interface("GigEVision")
camera = Aravis.Camera.new(None if address == "usb" else address)
black_level = rate = None
if camera.is_black_level_available():
    before, bounds = camera.get_black_level(), list(camera.get_black_level_bounds())
    camera.set_black_level(32.0)
    black_level = {"bounds": bounds, "before": before, "after": camera.get_black_level()}
if camera.is_frame_rate_available():
    least = [bounds[0] for bounds in (camera.get_width_bounds(), camera.get_height_bounds())]
    camera.set_region(0, 0, *least)
    camera.set_frame_rate(5.0)
    rate = {"after": camera.get_frame_rate(), "bounds": list(camera.get_frame_rate_bounds())}
stream = camera.create_stream(None, None)
for _ in range(4):
    stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))
camera.start_acquisition()
times = []
for _ in range(4):
    buffer = stream.timeout_pop_buffer(10_000_000)
    if buffer and buffer.get_status() == Aravis.BufferStatus.SUCCESS:
        times.append(buffer.get_timestamp())
camera.stop_acquisition()
intervals_ms = [(b - a) / 1e6 for a, b in pairwise(times)]
json.dump({"black_level": black_level, "rate": rate, "intervals_ms": intervals_ms}, sys.stdout)
