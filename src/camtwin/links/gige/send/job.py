"""Records of the sender: a frame to send, a frame under way, totals."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from camtwin.links.gige.faults import Attempts
from camtwin.links.gige.send.sendmmsg import Batch
from camtwin.units import Ns
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.device import Target


@dataclass(eq=False)
class Job:
    """A frame to send.

    start_ns, end_ns  when its first and last bit are due, in host ns
    camera_ns         the same in camera time
    packet_delay_ns   of that, after each packet (GevSCPD)
    """

    image: gvsp.Image
    block_id: int
    payload_bytes: int
    payload: Future[NDArray[np.uint8]]
    target: Target
    packet_bytes: int
    do_not_fragment: bool
    start_ns: Ns
    end_ns: Ns
    camera_ns: tuple[Ns, Ns] = (0, 0)
    packet_delay_ns: Ns = 0
    after_dropped: bool = False  # the frame before it was dropped
    cut: bool = False


@dataclass
class Stats:
    """Totals since the link opened."""

    frames: int = 0
    bytes: int = 0  # payload and headers of GVSP
    packets: int = 0  # of images, resent ones included, before faults strike
    resent: int = 0  # packets
    late: int = 0  # frames
    worst_late_ns: Ns = 0
    dropped: int = 0  # frames that this computer could not render or send in time
    cut: int = 0  # frames that ended early: abort, stream closed, control lost
    lost: int = 0  # packets that the network refused


@dataclass(eq=False)
class Sent:
    """A frame under way or sent, with what a resend needs."""

    job: Job
    block: gvsp.Block
    batch: Batch
    began_ns: Ns = 0  # when its leader left
    gone: int = 0  # payload packets that have left
    done: bool = False  # the trailer has left, too
    attempts: Attempts = field(init=False)

    def __post_init__(self) -> None:
        self.attempts = Attempts(self.block.last_packet + 1)
