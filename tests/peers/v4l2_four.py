"""linuxpy on several modules at once: 45 frames of each, 1080p at 30 frames a second. Prints JSON.

v4l2_four.py NUMBER NUMBER ...

It is GPL software: this program and v4l2_linuxpy.py alone import it.
"""

import contextlib
import json
import sys

from linuxpy.video.device import BufferType, Device, VideoCapture

FRAMES = 45
BUFFERS = 8
"""Enough for what comes while the streams of the others start."""

with contextlib.ExitStack() as opened:
    streams = []
    for number in map(int, sys.argv[1:]):
        device = opened.enter_context(Device.from_id(number))
        device.set_format(BufferType.VIDEO_CAPTURE, 1920, 1080, "RG10")
        device.set_fps(BufferType.VIDEO_CAPTURE, 30)
        streams.append(iter(opened.enter_context(VideoCapture(device, size=BUFFERS))))
    found = [{"numbers": [], "times_us": []} for _ in streams]
    for _ in range(FRAMES):
        for stream, told in zip(streams, found, strict=True):
            frame = next(stream)
            told["numbers"].append(frame.frame_nb)
            told["times_us"].append(round(frame.timestamp * 1e6))
print(json.dumps(found))
