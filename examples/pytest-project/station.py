"""The station's program on Aravis: one command a run, its answer as JSON. Run by a Python that has gi.

find                     serial numbers and addresses of the cameras there are
set NAME=VALUE ...       sets features and prints what the camera has made of them
grab COUNT NAME=VALUE .. takes images: status, frame id, chunk of exposure time, requests for lost packets
watch COUNT NAME=VALUE   takes images through a pause of the camera, and connects to it again
"""

import json
import sys
import time

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis, GLib  # noqa: E402

PACKET_BYTES, RETENTION_us = 1500, 2_000_000


def find():
    Aravis.update_device_list()
    return [
        {"serial": Aravis.get_device_serial_nbr(i), "address": Aravis.get_device_address(i)}
        for i in range(Aravis.get_n_devices())
    ]


def set_features(address, texts):
    device = Aravis.Camera.new(address).get_device()
    for text in texts:
        device.set_features_from_string(text)
    return {text.partition("=")[0]: _value(device, text.partition("=")[0]) for text in texts}


def _value(device, name):
    return device.get_feature(name).get_value_as_string()


def grab(address, count, texts, *, trigger=False, resend=True, frames=None):
    camera = Aravis.Camera.new(address)
    device = camera.get_device()
    for text in texts:
        device.set_features_from_string(text)
    camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.NEVER)
    camera.gv_set_packet_size(PACKET_BYTES)
    stream = camera.create_stream(None, None)
    stream.set_property("packet-resend", Aravis.GvStreamPacketResend.ALWAYS if resend else 0)
    stream.set_property("frame-retention", RETENTION_us)  # a busy computer answers late
    for _ in range(8):
        stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))
    parser = camera.create_chunk_parser()
    camera.start_acquisition()
    frames = [] if frames is None else frames
    for _ in range(count):
        if trigger:
            camera.software_trigger()
        buffer = stream.timeout_pop_buffer(3_000_000)
        if buffer is None:
            break
        frame = {"status": buffer.get_status().value_nick, "id": buffer.get_frame_id()}
        if buffer.has_chunks():
            frame["exposure_us"] = parser.get_float_value(buffer, "ChunkExposureTime")
        frames.append(frame)
        stream.push_buffer(buffer)
    camera.stop_acquisition()
    return frames


def watch(address, count, texts, patience_s=30.0):
    """Take images; when none comes, connect again. Returns how many came before and after."""
    counts, ends = [], time.monotonic() + patience_s
    while len(counts) < 2 and time.monotonic() < ends:
        frames = []
        try:
            grab(address, count, texts, frames=frames)
        except GLib.Error:
            time.sleep(0.2)  # it is not there, or another one is in control
        if frames:
            counts.append(len(frames))
    return counts


def main(command, address="", *words):
    if command == "find":
        return find()
    if command == "set":
        return set_features(address, words)
    if command == "watch":
        return watch(address, int(words[0]), words[1:])
    options = {"trigger": "--trigger" in words, "resend": "--no-resend" not in words}
    return grab(address, int(words[0]), [w for w in words[1:] if not w.startswith("--")], **options)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
