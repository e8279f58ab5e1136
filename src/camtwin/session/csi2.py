"""Images of a bare sensor in process, as the frames that it sends over CSI-2: as its registers have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from camtwin.camera.registers.driver import Driver
from camtwin.problem import Problem
from camtwin.twins import link
from camtwin.units import Ns
from camtwin.wire.csi2.check import Checker
from camtwin.wire.csi2.dump import Mark, Reader, file_header
from camtwin.wire.csi2.examine import examine
from camtwin.wire.csi2.lanes import Lanes
from camtwin.wire.csi2.rows import Finding
from camtwin.wire.csi2.serial import encoded_images
from camtwin.wire.csi2.stream import SensorFrame

if TYPE_CHECKING:
    from camtwin.session.session import Session


class NoSensor(Problem):
    """A model that is no bare sensor, and sends no CSI-2."""


def sensor_frames(cam: Session, count: int, *, line_numbers: bool = False) -> Iterator[list[SensorFrame]]:
    """Take `count` images and yield each as it is sent: one frame, or the two exposures of DOL.

    line_numbers: whether rows stand between line start and line end packets. NoSensor for other cameras.
    """
    driver = _driver(cam)
    exposures = len(driver.configuration(cam.twin.camera.settings).integrations)
    for _, images in groupby(cam.frames(count * exposures), key=lambda frame: frame.frame_id):
        first, *others = images
        settings = first.settings
        yield link.framed(
            driver.sheet,
            driver.configuration(settings),
            driver.values(settings),
            [first.picture, *(other.picture for other in others)],
            first.frame_id,
            first.timestamp_ns + settings.ExposureTime_ns,
            line_numbers=line_numbers,
        )


@dataclass(frozen=True, slots=True)
class ReceivedPacket:
    """A packet that came: its data type, and the bytes of its payload."""

    time_ns: Ns
    channel: int
    data_type: int
    size: int


@dataclass(slots=True)
class Received:
    """A stream as it came.

    packets   whose headers could be read
    states    of the lanes: the time at which they enter one, its name as `camtwin csi2 show` has it
    findings  everything that is wrong, as `camtwin csi2 check` says it
    """

    packets: list[ReceivedPacket] = field(default_factory=list[ReceivedPacket])
    states: list[tuple[Ns, str]] = field(default_factory=list[tuple[Ns, str]])
    findings: list[str] = field(default_factory=list[str])


def received(pieces: Iterable[bytes]) -> Received:
    """Return what a receiver makes of a dump. Raises DumpProblem."""
    reader, checker, result = Reader(), Checker(), Received()
    for piece in pieces:
        for offset, record in reader.receive(piece):
            result.findings += map(_said, checker.see(offset, record))
            if isinstance(record, Mark):
                result.states.append((record.time_ns, record.state.name))
            elif (packet := examine(record.data)).header:
                channel, data_type = packet.header.channel, packet.header.data_type
                size = len(packet.payload)
                result.packets.append(ReceivedPacket(record.time_ns, channel, data_type, size))
    reader.finish()
    result.findings += map(_said, checker.finish())
    return result


def _said(finding: Finding) -> str:
    return f"{finding.kind}: {finding}"


def dump_of(cam: Session, count: int) -> Iterator[bytes]:
    """Take `count` images, and yield the dump of the stream that carries them. NoSensor as above."""
    yield file_header()
    for piece in encoded_images(sensor_frames(cam, count), lanes_of(cam)):
        yield piece.tobytes()


def lanes_of(cam: Session) -> Lanes:
    """Return the lanes that the sensor sends on. NoSensor as above."""
    return link.lanes_of(_driver(cam).configuration(cam.twin.camera.settings))


def _driver(cam: Session) -> Driver:
    driver = cam.twin.camera.modes.driver
    if driver is None:
        raise NoSensor(f"{cam.twin.sheet.name} sends no CSI-2: it is no bare sensor")
    return driver
