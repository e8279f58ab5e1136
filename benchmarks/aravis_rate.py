"""Frames per second that a stock Aravis receives from one camera, as JSON.

Run by the system's Python (gi).
"""

# pyright: reportMissingImports=false
import argparse
import json
import sys
import time

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--address", default="127.0.0.1", help="or usb: the first camera there")
parser.add_argument("--usb-mode", default="default", choices=("sync", "async", "default"))
parser.add_argument("--size", default="4096x3000", metavar="WIDTHxHEIGHT")
parser.add_argument("--packet-size", type=int, default=1500)
parser.add_argument("--rate", type=float, help="AcquisitionFrameRate in Hz")
parser.add_argument("--settle", type=float, default=1.0, help="seconds that are not counted")
parser.add_argument("--seconds", type=float, default=5.0)
args = parser.parse_args()

usb = args.address == "usb"
if usb:
    Aravis.disable_interface("GigEVision")
camera = Aravis.Camera.new(None if usb else args.address)
width, height = map(int, args.size.split("x"))
camera.set_region(0, 0, width, height)
if args.rate:
    if camera.is_feature_available("AcquisitionFrameRateEnable"):
        camera.set_boolean("AcquisitionFrameRateEnable", True)
    camera.set_frame_rate(args.rate)
if usb:
    camera.uv_set_usb_mode(getattr(Aravis.UvUsbMode, args.usb_mode.upper()))
else:
    camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.NEVER)
    camera.gv_set_packet_size(args.packet_size)
stream = camera.create_stream(None, None)
for _ in range(10):
    stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))


def take(until: float) -> list[tuple[bool, int, int]]:
    """(complete?, arrival in ns, id) of each frame until then."""
    found = []
    while (left := until - time.monotonic()) > 0:
        if buffer := stream.timeout_pop_buffer(int(left * 1e6)):
            whole = buffer.get_status() == Aravis.BufferStatus.SUCCESS
            found.append((whole, time.monotonic_ns(), buffer.get_frame_id()))
            stream.push_buffer(buffer)
    return found


camera.start_acquisition()
early = take(time.monotonic() + args.settle)
cpu = time.process_time()
frames = take(time.monotonic() + args.seconds)
cpu = time.process_time() - cpu
network = ("n_missing_frames", "n_underruns", "n_resent_packets", "n_missing_packets")
told = {name: stream.get_info_uint64_by_name(name) for name in (("n_failures",) if usb else network)}
camera.stop_acquisition()
moments = [at for whole, at, _ in frames if whole]
whole_ids = [number for whole, _, number in frames if whole]
counted = whole_ids[-1] - whole_ids[0] + 1 if whole_ids else 0

json.dump(
    {
        "fps": (len(moments) - 1) * 1e9 / (moments[-1] - moments[0]) if len(moments) > 1 else 0.0,
        "frames": len(early) + len(frames),
        "counted": len(frames),
        "lost": counted - len(whole_ids),
        "cpu_s": cpu,
        "incomplete": sum(not whole for whole, _, _ in early + frames),
        **told,
    },
    sys.stdout,
)
