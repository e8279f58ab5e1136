"""Break packets of a stream, their times, faults and captures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from mutations.registry import sabotage
from mutations.tools import everywhere


def leader(patch: pytest.MonkeyPatch, change: Callable[[Any], Any], cut: int | None = None) -> None:
    from camtwin.wire.gev import gvsp

    write = gvsp.image_leader
    everywhere(patch, gvsp, "image_leader", lambda image: write(change(image))[:cut])


@sabotage()
def leader_narrow(patch: pytest.MonkeyPatch) -> None:
    leader(patch, lambda image: dataclasses.replace(image, width=image.width - 16))


@sabotage()
def leader_cut(patch: pytest.MonkeyPatch) -> None:
    leader(patch, lambda image: image, cut=-8)


@sabotage()
def trailer_short(patch: pytest.MonkeyPatch) -> None:
    """size_y of the trailer one row below the picture's."""
    from camtwin.wire.gev import gvsp

    write = gvsp.frame_packets

    def short(*args: Any, **options: Any) -> gvsp.Block:
        block = write(*args, **options)
        height = int.from_bytes(block.trailer[-4:], "big")
        return dataclasses.replace(block, trailer=block.trailer[:-4] + (height - 1).to_bytes(4, "big"))

    everywhere(patch, gvsp, "frame_packets", short)


@sabotage()
def trailer_early(patch: pytest.MonkeyPatch) -> None:
    """Give the trailer the packet id of the last payload packet."""
    from camtwin.wire.gev import gvsp

    write = gvsp.frame_packets

    def early(*args: Any, **options: Any) -> gvsp.Block:
        block = write(*args, **options)
        return dataclasses.replace(
            block, trailer=block.trailer[:7] + bytes([block.trailer[7] - 1]) + block.trailer[8:]
        )

    everywhere(patch, gvsp, "frame_packets", early)


@sabotage()
def block_ids_skip(patch: pytest.MonkeyPatch) -> None:
    from camtwin.wire.gev import gvsp

    block_id = gvsp.block_id
    everywhere(patch, gvsp, "block_id", lambda number, extended: block_id(2 * number, extended))


@sabotage()
def wire_lossy(patch: pytest.MonkeyPatch) -> None:
    """No fault of the twin: one packet in fifty is lost on its way, sent again or not."""
    from camtwin.links.gige.faults import Faults
    from camtwin.links.gige.send.sender import Sender

    make = Sender.__init__

    def lossy(self: Sender, sock: Any, on_problem: Any, faults: Any = None, *others: Any) -> None:
        make(self, sock, on_problem, Faults(drop=0.02, seed=1), *others)

    patch.setattr(Sender, "__init__", lossy)


@sabotage()
def resend_deaf(patch: pytest.MonkeyPatch) -> None:
    from camtwin.links.gige.send.sender import Sender

    patch.setattr(Sender, "resend", lambda self, request, extended_status: None)


@sabotage()
def refusals_silent(patch: pytest.MonkeyPatch) -> None:
    """Send no answer to requests for packets that are gone."""
    from camtwin.links.gige.send.sender import Sender

    patch.setattr(Sender, "_refuse", lambda self, request, first, last, status: None)


@sabotage()
def pacing_slow(patch: pytest.MonkeyPatch) -> None:
    """Camera time passes 3 % too slowly."""
    from camtwin.links.base.runtime import WallRuntime

    make = WallRuntime.__init__

    def slow(self: WallRuntime, clock: Any, pace: float = 1.0, *monotonic: Any, **named: Any) -> None:
        make(self, clock, 0.97 * pace, *monotonic, **named)

    patch.setattr(WallRuntime, "__init__", slow)


@sabotage()
def seeds_alike(patch: pytest.MonkeyPatch) -> None:
    """All twins of a process have the same seed."""
    from camtwin.cli import run

    make = run.session
    everywhere(patch, run, "session", lambda *args, **named: make(*args, **{**named, "seed": 0}))


@sabotage()
def packets_bunched(patch: pytest.MonkeyPatch) -> None:
    """Packets leave 64 kB at a time, whatever the delay between them."""
    from camtwin.links.gige.send import pacing

    everywhere(patch, pacing, "BURST_DELAYED_NS", 10**12)


@sabotage()
def packet_delay_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Keep the delay between packets in camera time, but not in the packets sent."""
    from camtwin.links.gige.send import sender

    begin = sender.FrameTiming

    def hasty(start_ns: int, end_ns: int, packets: int, packet_bytes: int, delay_ns: int, most: int) -> Any:
        wire_ns = packets * (packet_bytes + 70) * 8
        return begin(start_ns, min(end_ns, start_ns + wire_ns), packets, packet_bytes, 0, most)

    patch.setattr(sender, "FrameTiming", hasty)  # where frames are planned, and nowhere else


@sabotage()
def pace_ignored(patch: pytest.MonkeyPatch) -> None:
    from camtwin.links.base import runtime

    everywhere(patch, runtime, "paced", lambda clock, pace: runtime.WallRuntime(clock))


@sabotage()
def timestamps_by_wall(patch: pytest.MonkeyPatch) -> None:
    """Take the camera's timestamps from this computer's clock."""
    import time

    from camtwin.camera import Camera

    patch.setattr(Camera, "timestamp", property(lambda self: time.monotonic_ns() & ~7))


@sabotage()
def datagrams_uncut(patch: pytest.MonkeyPatch) -> None:
    """Large datagrams for everybody, cut by the kernel or not."""
    from camtwin.links.gige.send.segmentation import Segmentation

    patch.setattr(Segmentation, "cuts", lambda self, address: True)


@sabotage()
def datagrams_small(patch: pytest.MonkeyPatch) -> None:
    """Nobody gets large ones, though all would get packets."""
    from camtwin.links.gige.send.segmentation import Segmentation

    patch.setattr(Segmentation, "cuts", lambda self, address: False)


@sabotage()
def datagrams_decided_once(patch: pytest.MonkeyPatch) -> None:
    """Look for listeners only when the stream begins."""
    from functools import cache

    from camtwin.links.gige.send.segmentation import Segmentation

    patch.setattr(Segmentation, "cuts", cache(Segmentation.cuts))


@sabotage()
def queue_unheeded(patch: pytest.MonkeyPatch) -> None:
    """Packets are sent whether the client's socket has room or not."""
    from camtwin.links.gige.send.receiver import Receiver

    patch.setattr(Receiver, "has_room", lambda self, now: True)


@sabotage()
def direct_always(patch: pytest.MonkeyPatch) -> None:
    """Straight into loopback, whoever reads where."""
    from camtwin.links.gige.send.outlet import Outlet
    from camtwin.links.gige.send.receiver import Receiver

    patch.setattr(Receiver, "has_room", lambda self, now: True)
    choose = Outlet._choose

    def _choose(self: Outlet, receiver: Receiver) -> None:
        receiver.unread, self._cutting = True, False
        choose(self, receiver)

    patch.setattr(Outlet, "_choose", _choose)


@sabotage()
def faults_uncounted(patch: pytest.MonkeyPatch) -> None:
    """Packets are lost, and half of them are told."""
    from camtwin.links.gige.faults import FaultInjector

    pass_on = FaultInjector.pass_on

    def silent(self: FaultInjector, *args: Any, **kwargs: Any) -> None:
        before = dict(self.counts)
        pass_on(self, *args, **kwargs)
        if args[1] % 2:
            self.counts = before

    patch.setattr(FaultInjector, "pass_on", silent)


@sabotage()
def exact_faults_beside(patch: pytest.MonkeyPatch) -> None:
    """Strike the packet behind the one that was named."""
    from camtwin.links.gige.faults import Faults

    strikes = Faults.strikes

    def beside(self: Faults, block: int, packets: Any, attempts: Any, trailer: int | None = None) -> Any:
        return strikes(self, block, packets - 1, attempts, None if trailer is None else trailer - 1)

    patch.setattr(Faults, "strikes", beside)


@sabotage()
def path_hole_for_probes_only(patch: pytest.MonkeyPatch) -> None:
    """Test packets of any size arrive, and only those of images are too long for the path."""
    from camtwin.links.gige.send.outlet import Outlet

    def single(self: Outlet, packet: bytes) -> None:
        self._insist(lambda: self._put(packet))

    patch.setattr(Outlet, "single", single)


@sabotage()
def fragments(patch: pytest.MonkeyPatch) -> None:
    """Packets may be cut in pieces on their way, whatever the host has set."""
    from camtwin.links.gige.send.outlet import Outlet

    aim = Outlet.aim
    patch.setattr(Outlet, "aim", lambda self, target, do_not_fragment: aim(self, target, False))


@sabotage()
def pcap_forgets(patch: pytest.MonkeyPatch) -> None:
    """Packets that are sent again are not in the capture."""
    from camtwin.links.gige.pcap import StreamTap

    tell = StreamTap.sent_run

    def forgetful(self: StreamTap, *args: Any, **named: Any) -> None:
        if not self.aside:
            tell(self, *args, **named)

    patch.setattr(StreamTap, "sent_run", forgetful)


@sabotage()
def pcap_early(patch: pytest.MonkeyPatch) -> None:
    """Capture packets before faults strike."""
    from camtwin.links.gige.faults import FaultInjector
    from camtwin.links.gige.pcap import StreamTap
    from camtwin.links.gige.send.sender import Sender

    make, pass_on, tell = Sender.__init__, FaultInjector.pass_on, StreamTap.sent
    taps: list[Any] = []

    def tapped(self: Sender, *args: Any) -> None:
        make(self, *args)
        taps[:] = [self, self._tap]

    def early(self: FaultInjector, block_id: int, first: int, attempts: Any, **named: Any) -> None:
        sender, tap = taps
        for i in range(len(attempts)):
            tell(tap, named["packet"](i), sender._outlet.target, whole=True)
        pass_on(self, block_id, first, attempts, **named)

    patch.setattr(Sender, "__init__", tapped)
    patch.setattr(FaultInjector, "pass_on", early)
    patch.setattr(StreamTap, "sent", lambda self, *args, **named: None)
    patch.setattr(StreamTap, "sent_run", lambda self, *args, **named: None)
