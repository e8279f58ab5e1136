"""linuxpy on the video device NUMBER of a module, which prints what it finds as JSON: v4l2_linuxpy.py NUMBER.

It is GPL software: this program alone imports it.
"""

import asyncio
import json
import sys

from linuxpy.video.device import (
    BufferType,
    Device,
    EventReader,
    EventType,
    VideoCapture,
    iter_video_capture_devices,
)

STARTS = 50


def starts(device: Device) -> list[list[int]]:
    """Start and stop the stream many times; return the numbers of the frames of each."""
    found = []
    for _ in range(STARTS):
        with VideoCapture(device, size=2) as capture:
            frames = iter(capture)
            found.append([next(frames).frame_nb for _ in range(2)])
    return found


async def event(device: Device) -> list[int]:
    """Set a control as another program does; return type, control and value of the event that comes of it."""
    assert device.controls
    device.subscribe_event(EventType.CTRL, device.controls["gain"].id)
    async with EventReader(device) as reader:
        with Device(device.filename) as other:
            assert other.controls
            other.controls["gain"].value = 7000
        told = await asyncio.wait_for(reader.aread(), 20)
    return [int(told.type), told.id, told.u.ctrl.value64]


def main(number: str) -> None:
    with Device.from_id(int(number)) as device:
        device.set_format(BufferType.VIDEO_CAPTURE, 1280, 720, "RG10")
        device.set_fps(BufferType.VIDEO_CAPTURE, 30)
        assert device.info
        assert device.controls
        told = {
            "found": [str(one.filename) for one in iter_video_capture_devices()],
            "card": device.info.card,
            "sizes": sorted({(one.width, one.height) for one in device.info.frame_types}),
            "gain": device.controls["gain"].value,
            "fps": float(device.get_fps(BufferType.VIDEO_CAPTURE)),
            "starts": starts(device),
            "event": asyncio.run(event(device)),
        }
        with VideoCapture(device) as capture:
            frames = iter(capture)
            some = [next(frames) for _ in range(4)]
            told["bytes"] = len(bytes(some[0]))
            told["stamps"] = [one.timestamp for one in some]
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
