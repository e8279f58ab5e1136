"""One Aravis client that lives on: a JSON step a line on stdin, a JSON answer a line on stdout.

A step is [verb, ...]: read ADDRESS, write ADDRESS WORD, get NAME, set NAME VALUE, stream, execute NAME,
frame [SECONDS] (its status, or null), take COUNT [SECONDS] (of each frame that comes its status, block id,
timestamp and arrival in ns, and CRC-32), lost [SECONDS] (whether the camera is lost by then), reopen.
A refusal is {"error": text}. The program's argument is an address, or usb for the first USB camera.
It is a program of its own so that it can be killed.
"""

# pyright: reportMissingImports=false
import json
import sys
import time
import zlib

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis, GLib  # noqa: E402

usb = sys.argv[1] == "usb"
if usb:
    Aravis.disable_interface("GigEVision")


class Client:
    def __init__(self):
        self.camera = Aravis.Camera.new(None if usb else sys.argv[1])
        self.device = self.camera.get_device()
        self.gone = False
        self.device.connect("control-lost", self._lost)

    def _lost(self, _device):
        self.gone = True

    def read(self, address):
        return self.device.read_register(address)

    def write(self, address, word):
        return self.device.write_register(address, word)

    def get(self, name):
        return self.device.get_feature(name).get_value_as_string()

    def set(self, name, value):
        return self.device.set_features_from_string(f"{name}={value}")

    def execute(self, name):
        return self.device.execute_command(name)

    def stream(self):
        if not usb:
            self.camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.NEVER)
            self.camera.gv_set_packet_size(1500)
        self.frames = self.camera.create_stream(None, None)
        for _ in range(4):
            self.frames.push_buffer(Aravis.Buffer.new_allocate(self.camera.get_payload()))
        self.camera.start_acquisition()

    def frame(self, seconds=5):
        buffer = self.frames.timeout_pop_buffer(int(seconds * 1e6))
        if buffer is None:
            return None
        status = buffer.get_status().value_nick
        self.frames.push_buffer(buffer)
        return status

    def take(self, count, seconds=5):
        frames = []
        while len(frames) < count and (buffer := self.frames.timeout_pop_buffer(int(seconds * 1e6))):
            arrived_ns, crc = time.monotonic_ns(), zlib.crc32(buffer.get_data())
            status = buffer.get_status().value_nick
            frames.append([status, buffer.get_frame_id(), buffer.get_timestamp(), arrived_ns, crc])
            self.frames.push_buffer(buffer)
        return frames

    def lost(self, seconds=5):
        end = time.monotonic() + seconds
        while not self.gone and time.monotonic() < end:
            time.sleep(0.02)
        return self.gone

    def reopen(self):
        Aravis.update_device_list()
        self.__init__()


client = Client()
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    verb, *arguments = json.loads(line)
    try:
        answer = getattr(client, verb)(*arguments)
    except GLib.Error as e:
        answer = {"error": e.message}
    print(json.dumps(answer), flush=True)
