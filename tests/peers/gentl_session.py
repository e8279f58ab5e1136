"""Stock Harvesters on the twins that run: python gentl_session.py WHAT [NAME=VALUE ...], JSON on stdout.

It runs as a program of its own, as users' do, so that the producer's end is the end of a process.
"""

# pyright: basic, reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
from __future__ import annotations

import json
import os
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harvesters.core import Harvester, ParameterKey, ParameterSet

import camtwin

MODEL = "VCXG-124M"
OTHER = "acA4112-20um"
SMALL = {"Width": 640, "Height": 480}
PLAIN = {
    "TriggerMode": "Off",
    "ChunkModeActive": False,
    "PixelFormat": "Mono8",
    "AcquisitionFrameRateEnable": False,
}
"""Settings that sessions before may have changed: the camera keeps its settings."""


@contextmanager
def harvester() -> Iterator[Any]:
    with Harvester() as h:
        h.add_file(camtwin.gentl.path(), check_existence=True, check_validity=True)
        h.update()
        yield h


@contextmanager
def acquirer(model: str = MODEL, events: bool = False, /, **settings: Any) -> Iterator[Any]:
    """Open a camera, apply settings, and close it."""
    with harvester() as h:
        config = ParameterSet({ParameterKey.ENABLE_EVENT_MONITOR: True}) if events else None
        ia = h.create({"model": model}, config=config)
        apply(ia, PLAIN | settings)
        yield ia
        ia.destroy()
        h._ias.clear()


def apply(ia: Any, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        getattr(ia.remote_device.node_map, name).value = value


def refusal(call: Callable[[], object]) -> list[str]:
    """Return the kind and the text of an exception, or none."""
    try:
        call()
    except Exception as problem:
        return [type(problem).__name__, str(problem)]
    return []


def listed() -> Any:
    with harvester() as h:
        return [
            [d.vendor, d.model, d.tl_type, d.serial_number, d.id_, d.access_status]
            for d in h.device_info_list
        ]


def features() -> Any:
    """Read and write features; what is refused, by GenApi and by the camera; the producer's own modules."""
    with acquirer(ExposureTime=2500.0, Gain=6.0, PixelFormat="Mono12", **SMALL) as ia:
        n, port = ia.remote_device.node_map, ia.remote_device.port
        unread = {}
        for name in (name for name in dir(n) if name[0].isupper()):
            node = getattr(n, name)
            if hasattr(node, "to_string") and (problem := refusal(node.to_string)):
                unread[name] = problem[0]
        written = [n.ExposureTime.value, n.Gain.value, n.PixelFormat.value, n.PayloadSize.value]
        got = {
            "model": n.DeviceModelName.value,
            "written": written,
            "unread": unread,
            "above the limit": refusal(lambda: setattr(n.ExposureTime, "value", 1e12)),
            "no entry": refusal(lambda: setattr(n.PixelFormat, "value", "Mono99")),
            "no register": refusal(lambda: port.read(0x7000_0000, 4)),
            "read-only": refusal(lambda: port.write(0x48, b"none")),
            "network": refusal(lambda: port.write(0xD18, bytes(4))),
            "again": refusal(lambda: harvester().__enter__().create({"model": MODEL})),
        }
        stream, device = ia.data_streams[0].node_map, ia.device.node_map
        got["stream"] = [
            stream.StreamID.value,
            stream.StreamType.value,
            stream.StreamBufferHandlingMode.value,
        ]
        got["device"] = [device.DeviceType.value, device.DeviceAccessStatus.value]
        interface = ia.device.parent.node_map
        interface.DeviceUpdateList.execute()
        got["interface"] = [interface.InterfaceID.value, interface.DeviceSelector.max]
        return got


def streamed(count: int = 200, model: str = MODEL, buffers: int = 5, **settings: Any) -> Any:
    """Take frames as they come."""
    with acquirer(model, **settings) as ia:
        ia.num_buffers = buffers
        ia.start()
        ids, stamps, sums = [], [], set()
        for _ in range(count):
            with ia.fetch(timeout=20) as buffer:
                ids.append(buffer.module.frame_id)
                stamps.append(buffer.timestamp_ns)
                image = buffer.payload.components[0]
                sums.add(zlib.crc32(image.data))
        shape = [image.width, image.height, image.data_format, image.data.size]
        stream = ia.data_streams[0]
        got = {"ids": ids, "stamps": stamps, "shape": shape, "different": len(sums)}
        got |= {"lost": stream.num_underrun, "delivered": stream.num_delivered}
        ia.stop()
        return got


def picture() -> Any:
    """Take one image of a test pattern, whose bytes are known."""
    with acquirer(TestPattern="GreyHorizontalRamp", **SMALL) as ia:
        ia.start()
        with ia.fetch(timeout=10) as buffer:
            data = buffer.payload.components[0].data.reshape(480, 640)
            got = {"first": data[0].tolist(), "alike": bool((data == data[0]).all())}
        ia.stop()
        apply(ia, {"TestPattern": "Off"})
        return got


def triggered(count: int = 5) -> Any:
    with acquirer(TriggerMode="On", TriggerSource="Software", **SMALL) as ia:
        ia.start()
        ids, idle = [], []
        for _ in range(count):
            idle.append(ia.try_fetch(timeout=0.05) is None)
            ia.remote_device.node_map.TriggerSoftware.execute()
            with ia.fetch(timeout=10) as buffer:
                ids.append(buffer.module.frame_id)
        ia.stop()
        return {"ids": ids, "idle": idle}


def pulses(count: int = 5) -> Any:
    """Take the frames that pulses on a line trigger."""
    got = streamed(
        count, MODEL, TriggerMode="On", TriggerSource="Line0", TriggerActivation="RisingEdge", **SMALL
    )
    return got["stamps"]


def chunks(model: str = MODEL) -> Any:
    """Read chunks by the adapter of GenApi, and as the producer lists them."""
    names = ["Timestamp", "ExposureTime", "Gain"]
    with acquirer(model, ExposureTime=2500.0, **SMALL) as ia:
        n = ia.remote_device.node_map
        n.ChunkModeActive.value = True
        for name in names:
            n.ChunkSelector.value = name
            n.ChunkEnable.value = True
        ia.start()
        with ia.fetch(timeout=10) as buffer:
            m = buffer.module
            values = {name: getattr(n, f"Chunk{name}").value for name in names}
            got = {"values": values, "stamp": m.timestamp_ns, "size": m.size_filled}
            got["contains"] = m.is_containing_chunk_data()
            got["number"] = m.num_chunks
        ia.stop()
        return got


def events(model: str = MODEL) -> Any:
    """Read what the camera's own events say, after each has come.

    Nothing here calls GenApi when an event may come. Harvesters gives it to GenApi with Python's lock held,
    where it waits for the node map; a call from this thread has that, and waits for Python's lock after each
    access to the camera. So the exposure outlasts the call that triggers it, and is over before the next one.
    """
    settings = {"TriggerMode": "On", "TriggerSource": "Software", "ExposureTime": 400_000.0, **SMALL}
    with acquirer(model, True, EventSelector="ExposureEnd", EventNotification="On", **settings) as ia:
        n, heard, stamps = ia.remote_device.node_map, [], []
        ia.start()
        for _ in range(3):
            n.TriggerSoftware.execute()
            time.sleep(0.8)
            with ia.fetch(timeout=10) as buffer:
                stamps.append(buffer.timestamp_ns)
            if not refusal(n.EventExposureEndTimestamp.to_string):
                heard.append(n.EventExposureEndTimestamp.value)
        ia.stop()
        return {"heard": heard, "stamps": stamps}


def two(count: int = 10) -> Any:
    """Stream from two cameras at once."""
    with harvester() as h:
        ias = [h.create({"model": model}) for model in (MODEL, OTHER)]
        for ia in ias:
            apply(ia, PLAIN | SMALL | {"AcquisitionFrameRateEnable": True, "AcquisitionFrameRate": 20.0})
            ia.start()
        ids: list[list[int]] = [[], []]
        for _ in range(count):
            for mine, ia in zip(ids, ias, strict=True):
                with ia.fetch(timeout=10) as buffer:
                    mine.append(buffer.module.frame_id)
        for ia in ias:
            ia.stop()
        return ids


def opened_again(count: int = 50) -> Any:
    """Open, stream and close; what is left of threads and descriptors."""

    def open_here() -> list[int]:
        return [len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))]

    with harvester() as h:
        before = None
        for turn in range(count):
            ia = h.create({"model": MODEL})
            apply(ia, PLAIN | {"Width": 64, "Height": 48})
            ia.start()
            with ia.fetch(timeout=10) as buffer:
                assert buffer.payload.components[0].data.size == 64 * 48
            if turn % 2:
                ia.stop()
            ia.destroy()
            h._ias.clear()
            before = before or open_here()
        return [before, open_here()]


def met(model: str = MODEL, asked: Sequence[int] = (), count: int = 0, written: int = 0) -> Any:
    """Read registers, take frames, and write a register at last, with the camera's settings as they are.

    asked    addresses of registers
    written  an address; 0: none

    Return why each register is refused and how long that takes, in s; id, timestamp and arrival of each
    frame, in ns; and why the write is refused. Frames end where none comes within 2 s.
    """
    with harvester() as h:
        ia = h.create({"model": model})
        port, answers, frames = ia.remote_device.port, [], []
        for address in asked:
            begun = time.monotonic()
            problem = refusal(lambda at=address: port.read(at, 4))
            answers.append([" ".join(problem), time.monotonic() - begun])
        ia.start()
        while len(frames) < count and (buffer := ia.try_fetch(timeout=2)):
            frames.append([buffer.module.frame_id, buffer.timestamp_ns, time.monotonic_ns()])
            buffer.queue()
        value = bytes(4)
        refused = refusal(lambda: port.write(written, value)) if written else []
        ends = [refusal(end) for end in (ia.stop, ia.destroy)]
        h._ias.clear()
        return {"answers": answers, "frames": frames, "refused": refused, "ends": ends}


def lost() -> Any:
    """Stream until the server is killed, whose pid comes on stdin; how that is told, and how soon."""
    with harvester() as h:
        ia = h.create({"model": MODEL})
        apply(ia, PLAIN | SMALL)
        ia.start()
        with ia.fetch(timeout=10):
            pass
        print("streams", flush=True)
        os.kill(int(sys.stdin.readline()), signal.SIGKILL)
        killed, problem = time.monotonic(), []
        while not problem:
            problem = refusal(lambda: ia.fetch(timeout=10).queue())
        took = time.monotonic() - killed
        register = refusal(lambda: ia.remote_device.node_map.ExposureTime.value)
        began = time.monotonic()
        ends = [refusal(end) for end in (ia.stop, ia.destroy)]
        closed = time.monotonic() - began
        h._ias.clear()
        return {"fetch": problem, "took": took, "register": register, "ends": ends, "closed": closed}


def forever() -> None:
    """Stream until killed."""
    with acquirer(MODEL, False, **SMALL) as ia:
        ia.start()
        while True:
            with ia.fetch(timeout=10) as buffer:
                if buffer.module.frame_id < 3:
                    print("streams", flush=True)


def given(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    json.dump(globals()[what](**dict(map(given, arguments))), sys.stdout)
