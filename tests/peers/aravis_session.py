"""One Aravis client that lives on: a JSON step a line on stdin, a JSON answer a line on stdout.

A step is [verb, ...]: read ADDRESS, write ADDRESS WORD, set NAME VALUE, stream, execute NAME, frame [SECONDS]
(its status, or null).
A refusal is {"error": text}. It is a program of its own so that it can be killed.
"""

# pyright: reportMissingImports=false
import json
import sys

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis, GLib  # noqa: E402

camera = Aravis.Camera.new(sys.argv[1])
device = camera.get_device()
streams = []


def stream():
    camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.NEVER)
    camera.gv_set_packet_size(1500)
    streams.append(camera.create_stream(None, None))
    for _ in range(4):
        streams[0].push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))
    camera.start_acquisition()


def frame(seconds=5):
    buffer = streams[0].timeout_pop_buffer(int(seconds * 1e6))
    if buffer is None:
        return None
    status = buffer.get_status().value_nick
    streams[0].push_buffer(buffer)
    return status


VERBS = {
    "read": device.read_register,
    "write": device.write_register,
    "set": lambda name, value: device.set_features_from_string(f"{name}={value}"),
    "execute": device.execute_command,
    "stream": stream,
    "frame": frame,
}

print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    verb, *arguments = json.loads(line)
    try:
        answer = VERBS[verb](*arguments)
    except GLib.Error as e:
        answer = {"error": e.message}
    print(json.dumps(answer), flush=True)
