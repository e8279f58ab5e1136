"""What is wrong with packets of a stream, with their times, faults and captures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from peers.breaks.registry import breaks


def leader(change: Callable[[Any], Any], cut: int | None = None) -> None:
    from camtwin.wire.gev import gvsp

    write = gvsp.image_leader
    gvsp.image_leader = lambda image: write(change(image))[:cut]


@breaks
def leader_narrow() -> None:
    leader(lambda image: dataclasses.replace(image, width=image.width - 16))


@breaks
def leader_cut() -> None:
    leader(lambda image: image, cut=-8)


@breaks
def trailer_short() -> None:
    """size_y of the trailer one row below the picture's."""
    from camtwin.wire.gev import gvsp

    write = gvsp.frame_packets

    def short(*args: Any, **options: Any) -> gvsp.Block:
        block = write(*args, **options)
        height = int.from_bytes(block.trailer[-4:], "big")
        return dataclasses.replace(block, trailer=block.trailer[:-4] + (height - 1).to_bytes(4, "big"))

    gvsp.frame_packets = short


@breaks
def trailer_early() -> None:
    """The trailer has the packet id of the last payload packet."""
    from camtwin.wire.gev import gvsp

    write = gvsp.frame_packets

    def early(*args: Any, **options: Any) -> gvsp.Block:
        block = write(*args, **options)
        return dataclasses.replace(
            block, trailer=block.trailer[:7] + bytes([block.trailer[7] - 1]) + block.trailer[8:]
        )

    gvsp.frame_packets = early


@breaks
def block_ids_skip() -> None:
    from camtwin.wire.gev import gvsp

    following = gvsp.next_block_id
    gvsp.next_block_id = lambda block_id, extended: following(block_id, extended) + 1


@breaks
def wire_lossy() -> None:
    """No fault of the twin: one packet in fifty is lost on its way, sent again or not."""
    from camtwin.links.faults import Faults
    from camtwin.links.sender import Sender

    make = Sender.__init__

    def lossy(self: Sender, sock: Any, on_problem: Any, faults: Any = None, *others: Any) -> None:
        make(self, sock, on_problem, Faults(drop=0.02, seed=1), *others)

    Sender.__init__ = lossy  # pyright: ignore[reportAttributeAccessIssue]


@breaks
def resend_deaf() -> None:
    from camtwin.links.sender import Sender

    Sender.resend = lambda self, request, extended_status: None


@breaks
def refusals_silent() -> None:
    """Who asks for packets that are gone is told nothing."""
    from camtwin.links.sender import Sender

    Sender._refuse = lambda self, request, first, last, status: None


@breaks
def pacing_slow() -> None:
    """Camera time passes 3 % too slowly."""
    from camtwin.links.runtime import WallRuntime

    make = WallRuntime.__init__

    def slow(self: WallRuntime, clock: Any, pace: float = 1.0, *monotonic: Any, **named: Any) -> None:
        make(self, clock, 0.97 * pace, *monotonic, **named)

    WallRuntime.__init__ = slow


@breaks
def seeds_alike() -> None:
    """All twins of a process have the same seed."""
    from camtwin.cli import run

    make = run.session
    run.session = lambda *args, **named: make(*args, **{**named, "seed": 0})


@breaks
def packets_bunched() -> None:
    """Packets leave 64 kB at a time, whatever the delay between them."""
    from camtwin.links import pacing

    pacing.BURST_DELAYED_NS = 10**12  # pyright: ignore[reportAttributeAccessIssue]


@breaks
def packet_delay_forgotten() -> None:
    """The delay between packets is in the camera's time, and not in what is sent."""
    from camtwin.links import sender

    begin = sender.Plan

    def hasty(start_ns: int, end_ns: int, packets: int, packet_bytes: int, delay_ns: int, most: int) -> Any:
        wire_ns = packets * (packet_bytes + 70) * 8
        return begin(start_ns, min(end_ns, start_ns + wire_ns), packets, packet_bytes, 0, most)

    sender.Plan = hasty  # type: ignore[misc]


@breaks
def pace_ignored() -> None:
    from camtwin.links import runtime

    runtime.paced = lambda clock, pace: runtime.WallRuntime(clock)


@breaks
def timestamps_by_wall() -> None:
    """The camera's timestamps are those of this computer."""
    import time

    from camtwin.camera import Camera

    Camera.timestamp = property(lambda self: time.monotonic_ns() & ~7)  # type: ignore[assignment]


@breaks
def datagrams_uncut() -> None:
    """Large datagrams for everybody, cut by the kernel or not."""
    from camtwin.links.segmentation import Segmentation

    Segmentation.cuts = lambda self, address: True  # type: ignore[method-assign]


@breaks
def datagrams_small() -> None:
    """Nobody gets large ones, though all would get packets."""
    from camtwin.links.segmentation import Segmentation

    Segmentation.cuts = lambda self, address: False  # type: ignore[method-assign]


@breaks
def datagrams_decided_once() -> None:
    """Who listens when the stream begins counts, and nobody who comes later."""
    from functools import cache

    from camtwin.links.segmentation import Segmentation

    Segmentation.cuts = cache(Segmentation.cuts)  # type: ignore[method-assign]


@breaks
def queue_unheeded() -> None:
    """Packets are sent whether the client's socket has room or not."""
    from camtwin.links.receiver import Receiver

    Receiver.has_room = lambda self, now: True  # type: ignore[method-assign]


@breaks
def direct_always() -> None:
    """Straight into loopback, whoever reads where."""
    from camtwin.links.outlet import Outlet
    from camtwin.links.receiver import Receiver

    Receiver.has_room = lambda self, now: True  # type: ignore[method-assign]
    choose = Outlet._choose

    def _choose(self: Outlet, receiver: Receiver) -> None:
        receiver.unread, self._cutting = True, False
        choose(self, receiver)

    Outlet._choose = _choose  # type: ignore[method-assign]


@breaks
def faults_uncounted() -> None:
    """Packets are lost, and half of them are told."""
    from camtwin.links.faults import Mischief

    pass_on = Mischief.pass_on

    def silent(self: Mischief, *args: Any, **kwargs: Any) -> None:
        before = dict(self.counts)
        pass_on(self, *args, **kwargs)
        if args[1] % 2:
            self.counts = before

    Mischief.pass_on = silent


@breaks
def fragments() -> None:
    """Packets may be cut in pieces on their way, whatever the host has set."""
    from camtwin.links.outlet import Outlet

    aim = Outlet.aim
    Outlet.aim = lambda self, target, do_not_fragment: aim(self, target, False)


@breaks
def pcap_forgets() -> None:
    """Packets that are sent again are not in the capture."""
    from camtwin.links.pcap import StreamTap

    tell = StreamTap.sent_run

    def forgetful(self: StreamTap, *args: Any, **named: Any) -> None:
        if not self.aside:
            tell(self, *args, **named)

    StreamTap.sent_run = forgetful


@breaks
def pcap_early() -> None:
    """The capture is taken before faults strike."""
    from camtwin.links.faults import Mischief
    from camtwin.links.pcap import StreamTap
    from camtwin.links.sender import Sender

    make, pass_on, tell = Sender.__init__, Mischief.pass_on, StreamTap.sent
    taps: list[Any] = []

    def tapped(self: Sender, *args: Any) -> None:
        make(self, *args)
        taps[:] = [self, self._tap]

    def early(self: Mischief, block_id: int, first: int, attempts: Any, **named: Any) -> None:
        sender, tap = taps
        for i in range(len(attempts)):
            tell(tap, named["packet"](i), sender._outlet.target, whole=True)
        pass_on(self, block_id, first, attempts, **named)

    Sender.__init__ = tapped  # pyright: ignore[reportAttributeAccessIssue]
    Mischief.pass_on = early
    StreamTap.sent = StreamTap.sent_run = lambda self, *args, **named: None
