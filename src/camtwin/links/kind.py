"""Kinds of links (camera/links.py) as users run them: who opens each kind, and the options it takes."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, Self

from camtwin.camera.links import CSI2, GIGE, KINDS, USB3, V4L2, LinkKind
from camtwin.links.base import frames
from camtwin.links.base.link import LinkStatus
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.gige.faults import Faults
from camtwin.links.gige.link import GigeLink
from camtwin.links.i2c.link import BusOptions, SensorBus, SensorLink
from camtwin.links.usb3.link import Usb3Link
from camtwin.links.usb3.server import UsbipServer
from camtwin.links.v4l2.link import ModuleLink, VideoOptions
from camtwin.twins import Twin
from camtwin.wire.u3v import usbip


class NetworkControls(Protocol):
    """Controls of a link that is a network."""

    deaf: bool

    def set_faults(self, faults: Faults) -> None: ...


class Link(Protocol):
    """A twin that hosts can reach; an asynchronous context manager."""

    runtime: WallRuntime

    @property
    def twin(self) -> frames.StreamedTwin: ...
    @property
    def stream(self) -> frames.FrameStream[Any] | None:
        """Frames on their way to hosts; None if hosts do not receive frames."""
        ...

    @property
    def network(self) -> NetworkControls | None:
        """The link itself if it is a network, which hosts reach by an address and which can lose packets."""
        ...

    @property
    def where(self) -> str:
        """The place where hosts find it, for people."""
        ...

    @property
    def advice(self) -> str:
        """Instructions to attach it, for people; empty if hosts discover it by themselves."""
        ...

    async def reachable(self) -> None:
        """Wait until hosts can find it."""
        ...

    def status(self) -> LinkStatus: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True)
class ServedTwin:
    """A twin and the options of its link; each kind of link reads those that apply to it.

    bind             the IPv4 address of the camera, or of its USB/IP server
    port             of the USB/IP server; twins with the same port share the first one's server
    faults, pcap, interface, any_destination, ip_speed   as in GigeLink
    bus              a sensor's bus; sensors that share a clock share one
    video            a module's nodes and modes
    """

    twin: Twin
    bind: str
    port: int = usbip.PORT
    faults: Faults | None = None
    pcap: Path | None = None
    interface: str | None = None
    any_destination: bool = False
    ip_speed: float = 1.0
    bus: BusOptions = field(default_factory=BusOptions)
    video: VideoOptions = field(default_factory=VideoOptions)

    @property
    def kind(self) -> LinkKind:
        return KINDS[self.twin.sheet.link]


@dataclass
class Shared:
    """Resources that links of one process share, opened when first needed and closed with the last link."""

    opened: contextlib.AsyncExitStack
    servers: dict[int, UsbipServer] = field(default_factory=dict[int, UsbipServer])
    buses: dict[WallRuntime, SensorBus] = field(default_factory=dict[WallRuntime, SensorBus])


async def _gige(served: ServedTwin, runtime: WallRuntime, _shared: Shared) -> Link:
    return GigeLink(
        served.twin,
        runtime,
        served.bind,
        faults=served.faults,
        pcap=served.pcap,
        any_destination=served.any_destination,
        interface=served.interface,
        ip_speed=served.ip_speed,
    )


async def _usb3(served: ServedTwin, runtime: WallRuntime, shared: Shared) -> Link:
    if served.port not in shared.servers:
        server = await shared.opened.enter_async_context(UsbipServer(served.port, served.bind))
        shared.servers[served.port] = server
    return Usb3Link(served.twin, runtime, server=shared.servers[served.port])


async def _csi2(served: ServedTwin, runtime: WallRuntime, shared: Shared) -> Link:
    if runtime not in shared.buses:
        bus = SensorBus(runtime, served.bus, f"camtwin {served.twin.sheet.name}")
        shared.buses[runtime] = await shared.opened.enter_async_context(bus)
    return SensorLink(served.twin, runtime, shared.buses[runtime])


async def _v4l2(served: ServedTwin, runtime: WallRuntime, _shared: Shared) -> Link:
    return ModuleLink(served.twin, runtime, served.video, served.bus)


@dataclass(frozen=True)
class Opening:
    """The function that opens a kind of link, and the options of `camtwin run` that apply to it alone.

    without     options of `camtwin run` that do not apply to it
    has_frames  whether hosts receive frames on it
    """

    open: Callable[[ServedTwin, WallRuntime, Shared], Awaitable[Link]]
    options: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    has_frames: bool = True


OPENINGS: Final[Mapping[LinkKind, Opening]] = {
    GIGE: Opening(
        _gige,
        ("--fault", "--pcap", "--interface", "--ip-speed", "--allow-any-destination", "--tune-loopback"),
    ),
    USB3: Opening(_usb3, ("--port",)),
    CSI2: Opening(
        _csi2,
        ("--bus", "--bus-speed", "--trace-bus", "--xclr-at", "--nvm-busy", "--inck"),
        without=("--set", "--link-speed", "--journal", "--pace max"),
        has_frames=False,
    ),
    V4L2: Opening(
        _v4l2,
        ("--bus", "--bus-speed", "--trace-bus", "--video", "--modes", "--convert", "--still", "--shared"),
        without=("--set", "--link-speed", "--journal"),
    ),
}
"""Links that hosts can reach; a twin with any other kind of link is open to Python alone."""


def misplaced(kind: LinkKind, given: set[str]) -> tuple[list[str], list[LinkKind]]:
    """Return the options in `given` that only other kinds of link take, and those kinds."""
    others = {other: given & set(opening.options) for other, opening in OPENINGS.items() if other is not kind}
    own = set(OPENINGS[kind].options)
    wrong = sorted(set().union(*others.values()) - own)
    return wrong, [other for other, options in others.items() if options & set(wrong)]
