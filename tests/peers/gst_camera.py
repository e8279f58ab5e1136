"""Run GStreamer's aravissrc on a camera and print what came, as JSON. Run by the system's Python: it has gi.

    gst_camera.py ADDRESS [--rate N/D] [--features TEXT] [--frames N] [--starts N] [--read FEATURE]

ADDRESS is one of a GigE camera, or usb: the first USB camera. A start is from stopped to playing, N frames,
and back to stopped.
"""

# pyright: reportMissingImports=false
import argparse
import json
import sys
import threading
from itertools import pairwise

import gi

gi.require_version("Gst", "1.0")
gi.require_version("Aravis", "0.8")
from gi.repository import Aravis, Gst  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("--rate", help="frame rate that the caps ask for")
parser.add_argument("--features", default="", help="features= of the source")
parser.add_argument("--frames", type=int, default=3)
parser.add_argument("--starts", type=int, default=1)
parser.add_argument("--read", action="append", default=[], metavar="FEATURE", help="read it while playing")
args = parser.parse_args()

if args.address == "usb":
    Aravis.disable_interface("GigEVision")
Gst.init(None)
camera = "" if args.address == "usb" else f"camera-name={args.address}"
size = "video/x-raw,format=GRAY8,width=320,height=240" + (f",framerate={args.rate}" if args.rate else "")
begin, end = f'aravissrc {camera} name=source features="{args.features}"', "fakesink name=sink"
pipeline = Gst.parse_launch(f"{begin} ! {size} ! {end} signal-handoffs=true")
source, bus = pipeline.get_by_name("source"), pipeline.get_bus()
arrived, enough = [], threading.Event()


def take(_sink, buffer, _pad):
    arrived.append((buffer.pts, buffer.get_size()))
    if len(arrived) >= args.frames:
        enough.set()


pipeline.get_by_name("sink").connect("handoff", take)
starts = []
for _ in range(args.starts):
    arrived.clear()
    enough.clear()
    pipeline.set_state(Gst.State.PLAYING)
    came = enough.wait(20)
    error = bus.pop_filtered(Gst.MessageType.ERROR)
    read = {}
    for name in args.read if came else ():
        read[name] = source.get_property("camera").get_device().get_feature(name).get_value_as_string()
    caps = source.get_static_pad("src").get_current_caps()
    pipeline.set_state(Gst.State.NULL)
    times = [pts for pts, _ in arrived]
    starts.append(
        {
            "came": came,
            "error": error.parse_error()[0].message if error else None,
            "caps": caps.to_string() if caps else None,
            "sizes": sorted({size for _, size in arrived}),
            "intervals_ms": [(b - a) / 1e6 for a, b in pairwise(times)],
            "read": read,
        }
    )
    if not came:
        break
json.dump(starts, sys.stdout)
