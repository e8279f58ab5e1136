"""Frames and events of a camera, as they come, into a folder that `camtwin run` plays."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from camtwin.hosts.aravis import AravisDevice, Received
from camtwin.hosts.problem import CameraProblem
from camtwin.links.gige.listener import EventListener
from camtwin.pixels import FORMATS
from camtwin.session.recording_folder import RecordingFolder
from camtwin.wire.gev import bootstrap

MAX_GAP: Final = 10_000
"""Limit of missing frames that are counted one by one."""
WAIT_us: Final = 50_000
"""Time between two looks for events."""


@dataclass
class Recorded:
    """Counts of a recording. lost: ids of frames that are missing between others, or not whole."""

    frames: int = 0
    bytes: int = 0
    events: int = 0
    lost: list[int] = field(default_factory=list[int])
    first_ns: int = 0
    last_ns: int = 0


@contextlib.contextmanager
def listening(device: AravisDevice) -> Iterator[EventListener | None]:
    """Let a GigE camera send its events here, until the context ends; None for other cameras."""
    if not device.has_network:
        yield None
        return
    address = device.read(bootstrap.CURRENT_IP, 4)
    with EventListener(".".join(map(str, address))) as listener:
        device.write(bootstrap.MCDA, listener.address)
        device.write(bootstrap.MCP, listener.port)
        try:
            yield listener
        finally:
            with contextlib.suppress(CameraProblem):
                device.write(bootstrap.MCP, 0)


def tick_ns(device: AravisDevice) -> float:
    """Return the nanoseconds of a tick of a GigE camera's clock, in which events tell their time."""
    frequency = int.from_bytes(device.read(bootstrap.TICK_FREQUENCY, 8), "big")
    return 1e9 / frequency if frequency else 1.0


def record(
    device: AravisDevice,
    folder: RecordingFolder,
    *,
    frames: int | None,
    seconds: float | None,
    idle_s: float,
    events: Mapping[int, str],
) -> Recorded:
    """Keep frames until there are enough of them, or none comes for `idle_s`.

    seconds  time of the camera's clock from the first frame on
    events   names of events by their ids

    Raises:
        CameraProblem: no frame comes, or one whose pixel format camtwin does not know
    """
    found, heard = Recorded(), list[tuple[str, int, int | None]]()
    with listening(device) as listener:
        tick = tick_ns(device) if listener else 1.0
        quiet, before = 0, -1
        with device:
            while (frames is None or found.frames < frames) and quiet * WAIT_us < idle_s * 1e6:
                frame = device.next(WAIT_us)
                quiet = quiet + 1 if frame is None else 0
                for message in listener.heard() if listener else ():
                    if name := events.get(message.event_id):
                        t_ns = round(message.timestamp * tick)
                        heard.append((name, t_ns, message.block_id or None))
                if frame is None:
                    continue
                if before >= 0:
                    found.lost += range(before + 1, min(frame.id, before + MAX_GAP))
                before = frame.id
                if not frame.whole:
                    found.lost.append(frame.id)
                    continue
                if (
                    seconds is not None
                    and found.frames
                    and frame.timestamp_ns - found.first_ns > seconds * 1e9
                ):
                    break
                _keep(folder, frame, found)
    for event in heard:
        folder.event(*event)
    found.events = len(heard)
    if not found.frames:
        raise CameraProblem(f"{device.name}: no whole frame came within {idle_s:g} s")
    return found


def _keep(folder: RecordingFolder, frame: Received, found: Recorded) -> None:
    """Write one frame; the first one tells what all have in common."""
    if not found.frames:
        fmt = next((f for f in FORMATS.values() if f.code == frame.pixel_format), None)
        if fmt is None:
            known = ", ".join(FORMATS)
            raise CameraProblem(f"pixel format {frame.pixel_format:#010x} is unknown; known are {known}")
        folder.begin(fmt, frame.width, frame.height, chunks=frame.chunks)
        found.first_ns = frame.timestamp_ns
    found.frames += 1
    found.bytes += frame.data.nbytes
    found.last_ns = frame.timestamp_ns
    folder.frame(frame.data, frame.id, frame.timestamp_ns, frame.offset)
