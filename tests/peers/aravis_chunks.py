"""Reads the chunks of frames through stock Aravis' parser, as JSON. Run by the system's Python: it has gi."""

# pyright: reportMissingImports=false
import argparse
import hashlib
import json
import sys

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis, GLib  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--address", default="127.0.0.1", help="or usb: the first camera there")
parser.add_argument("--frames", type=int, default=2)
parser.add_argument(
    "--set", action="append", default=[], metavar="NAME=VALUE", help="or the name of a command"
)
parser.add_argument("--software", action="store_true", help="trigger each frame when the one before has come")
parser.add_argument("--seconds", type=float, default=10.0, help="how long to wait for a frame")
parser.add_argument("--buffers", type=int, default=4)
parser.add_argument("--plain-socket", action="store_true", help="not Aravis' packet socket")
parser.add_argument("--raw", help="file for the last frame's bytes")
parser.add_argument("names", nargs="+", help="KIND:FEATURE, KIND one of integer, float, string")
args = parser.parse_args()

if usb := args.address == "usb":
    Aravis.disable_interface("GigEVision")
camera = Aravis.Camera.new(None if usb else args.address)
if usb:
    camera.uv_set_usb_mode(Aravis.UvUsbMode.SYNC)
device = camera.get_device()
for setting in args.set:
    if "=" in setting:
        device.set_features_from_string(setting)
    else:
        device.execute_command(setting)
chunks = camera.create_chunk_parser()
payload = camera.get_payload()
if args.plain_socket:
    camera.gv_set_stream_options(Aravis.GvStreamOption.PACKET_SOCKET_DISABLED)
stream = camera.create_stream(None, None)
if stream.find_property("frame-retention"):  # of a network's; in us: this computer may be busy
    stream.set_property("frame-retention", 1_000_000)
for _ in range(args.buffers):
    stream.push_buffer(Aravis.Buffer.new_allocate(payload))
frames = []
camera.start_acquisition()
while len(frames) < args.frames:
    if args.software:
        device.execute_command("TriggerSoftware")
    buffer = stream.timeout_pop_buffer(int(args.seconds * 1e6))
    if buffer is None or buffer.get_status() != Aravis.BufferStatus.SUCCESS:
        frames.append({"status": "none" if buffer is None else buffer.get_status().value_nick})
        break
    frame = {
        "status": "success",
        "payload_type": int(buffer.get_payload_type()),
        "has_chunks": buffer.has_chunks(),
        "timestamp_ns": buffer.get_timestamp(),
        "frame_id": buffer.get_frame_id(),
        "sha256": hashlib.sha256(buffer.get_data()).hexdigest(),
    }
    for name in args.names:
        kind, feature = name.split(":")
        try:
            frame[feature] = getattr(chunks, f"get_{kind}_value")(buffer, feature)
        except GLib.Error as error:
            frame[feature] = {"error": error.message}
    frames.append(frame)
    if args.raw:
        with open(args.raw, "wb") as file:
            file.write(buffer.get_data())
    stream.push_buffer(buffer)
extra = stream.timeout_pop_buffer(500_000) is not None if args.software else None
camera.stop_acquisition()
json.dump({"payload": payload, "frames": frames, "extra": extra}, sys.stdout)
