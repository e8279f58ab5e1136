"""The fate of each frame of a camera: delivered, skipped, lost for a reason, or still under way."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from camtwin.camera import Transfer
from camtwin.links.gige.faults import DROP, KINDS, Attempts, Faults
from camtwin.session.session import Session
from camtwin.units import Ns
from camtwin.wire.gev.gvsp import packets_of

SHOWN: Final = (
    *("FrameTrigger", "TriggerSkipped", "FrameTransferSkipped"),
    *(f"{what}{end}" for what in ("Exposure", "Readout") for end in ("Start", "End")),
)
MAX_TRACE: Final = 50_000
"""Limit of moments kept for the diagram, per camera."""
Moment = tuple[Ns, str, int | None]
BEFORE: Final = " before the exposure"


@dataclass
class Account:
    """The fate of the frames of one camera, and its moments for a diagram: (t_ns, name, frame).

    faults    of its network, for a client that requests no packets again
    struck    packets struck, by kind of fault
    cause     reason for frames cut now, if a better one is known than the power
    delays    from each trigger, at its source, to the exposure that it began
    received  tells whether a host receives its frames
    """

    cam: Session
    triggers: int = 0
    skipped: int = 0
    begun: int = 0
    delivered: int = 0
    lost: Counter[str] = field(default_factory=Counter[str])
    moments: list[Moment] = field(default_factory=list[Moment])
    transfers: list[tuple[Ns, Ns]] = field(default_factory=list[tuple[Ns, Ns]])
    delays: list[tuple[Ns, Ns]] = field(default_factory=list[tuple[Ns, Ns]])
    faults: Faults | None = None
    struck: Counter[str] = field(default_factory=Counter[str])
    cause: str = ""
    received: Callable[[], bool] = lambda: True

    def __post_init__(self) -> None:
        self._open: set[int] = set()
        self._waiting = deque[Ns]()  # triggers taken whose exposure has not begun, in their order
        self._interrupted: set[int] = set()
        camera = self.cam.twin.camera
        self._leaving = [
            camera.on_moment.subscribe(self._hear),
            camera.transmitter.on_delivery.subscribe(self._arrive),
            camera.transmitter.on_abort.subscribe(self._cut),
        ]

    def close(self) -> None:
        """Stop counting."""
        for leave in self._leaving:
            leave()

    def interrupt(self) -> None:
        """Mark the frame on the link as lost, because the link went down."""
        if leaving := self.cam.twin.camera.transmitter.leaving:
            self._interrupted.add(leaving.exposure.frame_id)

    def _hear(self, t_ns: Ns, name: str, frame_id: int | None) -> None:
        if name == "FrameTrigger":
            self.triggers += 1
            self._waiting.append(t_ns)
        elif name == "TriggerSkipped":
            self.skipped += 1
            if self._waiting and self._waiting[-1] == t_ns:  # else it was not even taken
                self._waiting.pop()
        elif name == "FrameStart" and frame_id is not None:
            self.begun += 1
            self._expose(t_ns)
            self._open.add(frame_id)
        elif name == "AcquisitionEnd":
            self._drop("acquisition stopped")
        elif name == "FrameTransferSkipped" and frame_id is not None:
            self._lose(frame_id, "no room in the image memory (FrameTransferSkipped)")
        if name in SHOWN and len(self.moments) < MAX_TRACE:
            self.moments.append((t_ns, name, frame_id))

    def _arrive(self, transfer: Transfer) -> None:
        frame_id = transfer.exposure.frame_id
        if len(self.transfers) < MAX_TRACE:
            self.transfers.append((transfer.start_ns, transfer.end_ns))
        if frame_id in self._interrupted:
            self._interrupted.remove(frame_id)
            self._lose(frame_id, "the link went down")
        elif not self.received():
            self._lose(frame_id, "no client receives it")
        elif self.faults and self._strike(transfer, self.faults):
            self._lose(frame_id, "packets lost on the network")
        elif frame_id in self._open:
            self._open.remove(frame_id)
            self.delivered += 1

    def _strike(self, transfer: Transfer, faults: Faults) -> bool:
        """Count the faults of the frame's packets; True if one is lost, as the client requests none again."""
        e = transfer.exposure
        packets = packets_of(e.payload_bytes, e.settings.GevSCPSPacketSize, extended=False)
        numbers = np.arange(packets, dtype=np.uint64)
        struck = faults.strikes(e.frame_id, numbers, Attempts(packets).next(0, packets), packets - 1)
        for i, kind in enumerate(KINDS):
            if count := int((struck >> np.uint8(i) & 1).sum()):
                self.struck[kind] += count
        return bool((struck & DROP).any())

    def _cut(self) -> None:
        powered = self.cam.twin.camera.powered
        why = self.cause or ("acquisition aborted" if powered else "power cut")
        for frame_id in sorted(self._open):
            self._lose(frame_id, why)
        self._interrupted.clear()
        self._drop(why)

    def _expose(self, t_ns: Ns) -> None:
        """Let the exposure of the first trigger that waits begin; in free run there is none."""
        if self._waiting and len(self.delays) < MAX_TRACE:
            camera = self.cam.twin.camera
            wait = camera.settings.TriggerDelay_ns["FrameStart"]  # the trigger arrives when it has passed,
            if camera.settings.TriggerSource["FrameStart"] in camera.lines:
                wait += camera.line_timing.filter_ns  # behind the input's filter
            self.delays.append((self._waiting[0] - wait, t_ns))
        if self._waiting:
            self._waiting.popleft()

    def _drop(self, why: str) -> None:
        """Lose the triggers that wait for their exposure."""
        if self._waiting:
            self.lost[why + BEFORE] += len(self._waiting)
            self._waiting.clear()

    def _lose(self, frame_id: int, why: str) -> None:
        if frame_id in self._open:
            self._open.remove(frame_id)
            self.lost[why] += 1

    @property
    def waiting(self) -> int:
        """Triggers taken that wait for their exposure."""
        return len(self._waiting)

    @property
    def under_way(self) -> int:
        """Frames under way, including triggers that wait for their exposure."""
        return len(self._open) + self.waiting

    @property
    def missing(self) -> int:
        """Frames that are unaccounted for: 0, unless camtwin has a bug."""
        before = sum(n for why, n in self.lost.items() if why.endswith(BEFORE))
        return self.begun - self.delivered - (self.lost.total() - before) - len(self._open)

    def row(self) -> dict[str, Any]:
        """Return the counts as `--json` prints them."""
        names = ("triggers", "skipped", "begun", "delivered", "under_way", "missing")
        row = {name: getattr(self, name) for name in names} | {"lost": dict(self.lost)}
        return row | ({"packets_struck": dict(self.struck)} if self.struck else {})

    def line(self) -> str:
        """Return the counts as a line for people."""
        lost = "".join(f", {n} lost: {why}" for why, n in sorted(self.lost.items()))
        struck = "".join(f", {n} packets disturbed: {kind}" for kind, n in sorted(self.struck.items()))
        return (
            f"{self.triggers} triggers, {self.skipped} missed; {self.begun} frames begun, "
            f"{self.delivered} delivered{lost}, {self.under_way} under way, {self.missing} missing{struck}"
        )
