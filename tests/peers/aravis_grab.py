"""Grabs frames through stock Aravis and prints as JSON what it got. Run by the system's Python: it has gi."""

# pyright: reportMissingImports=false
import argparse
import hashlib
import json
import sys
import time

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--address", default="127.0.0.1", help="or usb: the first camera there")
parser.add_argument("--name", help="of one of several USB cameras")
parser.add_argument("--usb-mode", default="default", choices=("sync", "async", "default"))
parser.add_argument("--frames", type=int, default=1)
parser.add_argument(
    "--set", action="append", default=[], metavar="NAME=VALUE", help="in this order, before streaming"
)
parser.add_argument("--packet-size", type=int, help="fixed; without it Aravis negotiates by test packets")
parser.add_argument("--plain-socket", action="store_true", help="not Aravis' packet socket")
parser.add_argument("--buffers", type=int, default=8)
parser.add_argument("--hold", type=float, default=0.0, help="seconds that each buffer is kept")
parser.add_argument("--timeout", type=float, default=10.0, help="seconds without a frame")
parser.add_argument("--raw", help="file for the bytes of all complete frames")
parser.add_argument("--times-only", action="store_true", help="look at no pixels, they take time")
parser.add_argument("--patient", action="store_true", help="ask for packets until the answer comes")
args = parser.parse_args()

usb = args.address == "usb"
if usb:
    Aravis.disable_interface("GigEVision")
camera = Aravis.Camera.new(args.name if usb else args.address)
device = camera.get_device()
for setting in args.set:
    device.set_features_from_string(setting)
if usb:
    camera.uv_set_usb_mode(getattr(Aravis.UvUsbMode, args.usb_mode.upper()))
elif args.packet_size:
    camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.NEVER)
    camera.gv_set_packet_size(args.packet_size)
else:
    camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.ALWAYS)
if args.plain_socket:
    camera.gv_set_stream_options(Aravis.GvStreamOption.PACKET_SOCKET_DISABLED)

payload = camera.get_payload()
stream = camera.create_stream(None, None)
if args.patient:  # by default it asks for a tenth of a frame's packets, and gives up 0.2 s after the last one
    stream.set_property("packet-request-ratio", 2.0)
    stream.set_property("frame-retention", 1_000_000)  # us
for _ in range(args.buffers):
    stream.push_buffer(Aravis.Buffer.new_allocate(payload))

frames = []
raw = bytearray()
camera.start_acquisition()
while len(frames) < args.frames:
    buffer = stream.timeout_pop_buffer(int(args.timeout * 1e6))
    arrived_ns = time.monotonic_ns()
    if buffer is None:
        break
    frame = {"status": buffer.get_status().value_nick, "arrived_ns": arrived_ns}
    if args.times_only:
        frame |= {"id": buffer.get_frame_id(), "timestamp_ns": buffer.get_timestamp()}
    elif buffer.get_status() == Aravis.BufferStatus.SUCCESS:
        data = buffer.get_data()
        raw += data
        frame |= {
            "id": buffer.get_frame_id(),
            "timestamp_ns": buffer.get_timestamp(),
            "x": buffer.get_image_x(),
            "y": buffer.get_image_y(),
            "width": buffer.get_image_width(),
            "height": buffer.get_image_height(),
            "pixel_format": buffer.get_image_pixel_format(),
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "first": data[:16].hex(),
        }
    frames.append(frame)
    time.sleep(args.hold)
    stream.push_buffer(buffer)
camera.stop_acquisition()

infos = {
    stream.get_info_name(i): stream.get_info_uint64(i)
    for i in range(stream.get_n_infos())
    if stream.get_info_type(i).name == "guint64"
}
if args.raw:
    with open(args.raw, "wb") as file:
        file.write(raw)
json.dump(
    {
        "payload": payload,
        "packet_size": 0 if usb else camera.gv_get_packet_size(),
        "frames": frames,
        "stream": infos,
    },
    sys.stdout,
)
