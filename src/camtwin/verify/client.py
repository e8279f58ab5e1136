"""A V4L2 program of the checks: it knows Linux' headers alone, and prints what a video device tells it.

    camtwin exec -- python client.py /dev/video10 lists 1920x1080 "Gain>3000" 4 graph

Steps are carried out in their order. Each answers with an object of JSON:

    lists      pixel formats, sizes, names of controls; and of the sub-device what it sends, its controls
    1920x1080  a size is set, with the first format; 1920x1080/RG12 with this one
    Gain>3000  a control is set, by its name
    4          so many images arrive: their size, format, numbers and rate, and codes of the last one
    opencv     OpenCV opens the device and takes an image
    graph      names of the media device's entities, from the sensor on to the video node

Numbers of ioctls and layouts of their arguments: videodev2.h, v4l2-subdev.h and media.h of Linux 6.1.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import mmap
import os
import re
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any, Final

import numpy as np

ENUM_FMT, S_FMT, REQBUFS, QUERYBUF, QBUF, DQBUF, STREAMON, STREAMOFF = 2, 5, 8, 9, 15, 17, 18, 19
G_EXT_CTRLS, S_EXT_CTRLS, ENUM_FRAMESIZES, QUERY_EXT_CTRL = 71, 72, 74, 103
SUBDEV_ENUM_MBUS_CODE, ENUM_ENTITIES, ENUM_LINKS = 2, 1, 2
CAPTURE, MAPPED, NEXT_CONTROL, NEXT_ENTITY = 1, 1, 1 << 31, 1 << 31
HEADINGS: Final = (4, 6)  # types of controls: a button, the name of a class
SENSOR: Final = 0x0002_0001
BUFFERS: Final = 4


class Device:
    """An open device node."""

    def __init__(self, path: str, letter: str = "V") -> None:
        self.file, self.letter = os.open(path, os.O_RDWR), letter

    def call(self, number: int, argument: bytes, ways: int = 3) -> bytes:
        """Carry out an ioctl; ways: 3 if it reads and writes its argument, 1 if it only writes."""
        data = bytearray(argument)
        fcntl.ioctl(self.file, ways << 30 | len(data) << 16 | ord(self.letter) << 8 | number, data)
        return bytes(data)

    def every(self, number: int, argument: Callable[[int], bytes]) -> Iterator[bytes]:
        """Yield the answers of an enumeration, until it is refused."""
        with suppress(OSError):
            for index in range(1000):
                yield self.call(number, argument(index))

    def controls(self) -> dict[str, int]:
        """List ids of controls by their names."""
        found, id = dict[str, int](), 0
        with suppress(OSError):
            while True:
                answer = self.call(QUERY_EXT_CTRL, struct.pack("<I228x", id | NEXT_CONTROL))
                id, kind = struct.unpack_from("<2I", answer)
                if kind not in HEADINGS:
                    found[text(answer[8:40])] = id
        return found

    def value(self, number: int, id: int, value: int = 0) -> int:
        """Read or set a control of 32 bits."""
        one = ctypes.create_string_buffer(struct.pack("<3Iq", id, 0, 0, value), 20)
        self.call(number, struct.pack("<5I4xQ", 0, 1, 0, 0, 0, ctypes.addressof(one)))
        return struct.unpack_from("<i", one.raw, 12)[0]


def text(data: bytes) -> str:
    """Read a name that ends with a zero."""
    return data.partition(b"\0")[0].decode()


class Program:
    """A program that has a video node open, and what it knows of it."""

    def __init__(self, path: str) -> None:
        self.path, self.number = path, path.removeprefix("/dev/video")
        self.node = Device(path)
        self.controls = self.node.controls()
        self.signal = 0.0

    def step(self, word: str) -> dict[str, Any]:
        """Carry out a step."""
        name, _, value = word.partition(">")
        if value:
            return {name: self.node.value(S_EXT_CTRLS, self.controls[name], int(value))}
        if size := re.fullmatch(r"(\d+)x(\d+)(?:/(\w+))?", word):
            return self.select(int(size[1]), int(size[2]), size[3] or self.formats()[0])
        steps = {"lists": self.lists, "opencv": self.opencv, "graph": self.graph}
        return self.images(int(word)) if word.isdigit() else steps[word]()

    # -- what there is -----------------------------------------------------------------------------------
    def formats(self) -> list[str]:
        """List the pixel formats."""
        found = self.node.every(ENUM_FMT, lambda index: struct.pack("<2I56x", index, CAPTURE))
        return [answer[44:48].decode() for answer in found]

    def sizes(self, pixel_format: str) -> list[str]:
        """List the sizes of a pixel format."""
        code = pixel_format.encode()
        found = self.node.every(ENUM_FRAMESIZES, lambda index: struct.pack("<I4s36x", index, code))
        return ["{}x{}".format(*struct.unpack_from("<2I", answer, 12)) for answer in found]

    def lists(self) -> dict[str, Any]:
        """List what node and sub-device have."""
        sub = Device(f"/dev/v4l-subdev{self.number}")
        codes = [
            struct.unpack_from("<2I", answer, 4)[1]
            for answer in sub.every(SUBDEV_ENUM_MBUS_CODE, lambda i: struct.pack("<4I32x", 0, i, 0, 1))
        ]
        formats = self.formats()
        return {
            "formats": formats,
            "sizes": list(dict.fromkeys(size for each in formats for size in self.sizes(each))),
            "controls": list(self.controls),
            "bus_codes": [f"{code:#06x}" for code in codes],
            "subdevice_controls": list(sub.controls()),
        }

    def graph(self) -> dict[str, Any]:
        """Follow the enabled links from the sensor on."""
        media = Device(f"/dev/media{self.number}", "|")
        entities, links, id = dict[int, tuple[str, int]](), dict[int, int](), 0
        with suppress(OSError):
            while True:
                answer = media.call(ENUM_ENTITIES, struct.pack("<I252x", id | NEXT_ENTITY))
                (id,) = struct.unpack_from("<I", answer)
                kind, *_, count = struct.unpack_from("<4I2H", answer, 36)
                entities[id] = text(answer[4:36]), kind
                room = ctypes.create_string_buffer(52 * max(count, 1))
                media.call(ENUM_LINKS, struct.pack("<I4x2Q16x", id, 0, ctypes.addressof(room)))
                for at in range(0, 52 * count, 52):
                    source, sink, flags = struct.unpack_from("<I16xI16xI", room, at)
                    if source == id and flags & 1:
                        links[source] = sink
        at = next((id for id, (_, kind) in entities.items() if kind == SENSOR), 0)
        path = list[str]()
        while at in entities and len(path) < len(entities):
            path.append(entities[at][0])
            at = links.get(at, 0)
        return {"path": path}

    # -- images ------------------------------------------------------------------------------------------
    def select(self, width: int, height: int, pixel_format: str) -> dict[str, Any]:
        """Set a format, and say which one it is."""
        wanted = struct.pack("<I4x2I4s", CAPTURE, width, height, pixel_format.encode()).ljust(208, b"\0")
        width, height, code = struct.unpack_from("<2I4s", self.node.call(S_FMT, wanted), 8)
        return {"size": f"{width}x{height}", "format": code.decode()}

    def images(self, count: int) -> dict[str, Any]:
        """Stream images."""
        current = self.node.call(4, struct.pack("<I204x", CAPTURE))
        width, height, code, _, _, length = struct.unpack_from("<2I4s3I", current, 8)
        node, maps = self.node, list[mmap.mmap]()
        node.call(REQBUFS, struct.pack("<3I8x", BUFFERS, CAPTURE, MAPPED))
        for index in range(BUFFERS):
            offset, size = struct.unpack_from("<QI", node.call(QUERYBUF, buffer(index)), 64)
            maps.append(mmap.mmap(node.file, size, offset=offset))
            node.call(QBUF, buffer(index))
        node.call(STREAMON, struct.pack("<i", CAPTURE), 1)
        numbers, times_us, used, codes = list[int](), list[int](), 0, np.zeros(0)
        for left in range(count - 1, -1, -1):
            answer = node.call(DQBUF, buffer(0))
            index, _, used = struct.unpack_from("<3I", answer)
            seconds, us = struct.unpack_from("<2q", answer, 24)
            numbers += struct.unpack_from("<I", answer, 56)
            times_us.append(1_000_000 * seconds + us)
            if not left:
                codes = np.frombuffer(maps[index], "<u2")[: width * height].reshape(height, width).copy()
            node.call(QBUF, buffer(index))
        node.call(STREAMOFF, struct.pack("<i", CAPTURE), 1)
        maps.clear()
        node.call(REQBUFS, struct.pack("<3I8x", 0, CAPTURE, MAPPED))
        means = [float(codes[y::2, x::2].mean()) for y in (0, 1) for x in (0, 1)]
        before, self.signal = self.signal, float(codes.mean()) - self.black()
        passed_s = (times_us[-1] - times_us[0]) / 1e6
        return {
            "images": len(numbers),
            "size": f"{width}x{height}",
            "format": code.decode(),
            "bytes": used,
            "room": length,
            "counted": numbers == list(range(count)),
            "later": all(a < b for a, b in pairwise(times_us)),
            "rate": (count - 1) / passed_s if passed_s else 0.0,
            "mean": float(codes.mean()),
            "brightest": int(np.argmax(means)),
            "highest": int(codes.max()),
            "colours": (max(means) - min(means)) / max(means),
            "over": self.signal / before if before else 0.0,
        }

    def black(self) -> int:
        """Read the black level that is set."""
        id = self.controls.get("Black Level", 0)
        return self.node.value(G_EXT_CTRLS, id) if id else 0

    def opencv(self) -> dict[str, Any]:
        """Take an image with OpenCV, which knows its own way of V4L2."""
        import cv2

        camera = cv2.VideoCapture(self.path, cv2.CAP_V4L2)
        taken, image = camera.read()
        size = f"{camera.get(cv2.CAP_PROP_FRAME_WIDTH):.0f}x{camera.get(cv2.CAP_PROP_FRAME_HEIGHT):.0f}"
        return {"taken": bool(taken), "opencv_size": size, "contrast": float(np.ptp(image)) if taken else 0.0}


def buffer(index: int) -> bytes:
    """Make the argument that names a mapped buffer."""
    return struct.pack("<2I52xI24x", index, CAPTURE, MAPPED)


if __name__ == "__main__":
    program = Program(sys.argv[1])
    json.dump([program.step(word) for word in sys.argv[2:]], sys.stdout)
