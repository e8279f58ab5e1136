"""A trace of time: edges, frames from exposure to arrival, and marks for what was missed or lost, and why.

Each frame is one record that grows; the page gets records that changed since it last asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from camtwin.camera import Exposure, Transfer
from camtwin.camera.frames.states import S
from camtwin.links.gige.faults import DROP, Attempts, Faults
from camtwin.session.session import Session
from camtwin.units import MS, Ns
from camtwin.wire.gev.gvsp import packets_of

MAX_FRAMES: Final = 4000
MAX_MARKS: Final = 2000
MAX_EDGES: Final = 20_000
"""Limits of what is kept; the oldest go first."""
MAX_SENT: Final = 400
"""Limit of records in one answer: the rest follow."""
Record = dict[str, Any]


class Trace:
    """Records of one camera. Runs on the camera's thread.

    faults   returns those of the network, for a host that requests no packet again; None: it loses none
    cause    returns the reason for frames that are cut, if a scenario knows one
    seen     counts what happened, for `Paced.step`
    """

    def __init__(
        self,
        cam: Session,
        faults: Callable[[], Faults | None] = lambda: None,
        cause: Callable[[], str] = lambda: "",
    ) -> None:
        self.cam, self.faults, self._cause = cam, faults, cause
        self.seen = 0
        self.delivered = self.lost = self.missed = 0
        self._frames: dict[int, Record] = {}
        self._order = deque[int]()
        self._marks = deque[Record](maxlen=MAX_MARKS)
        self._number = 0
        self._dirty: dict[tuple[str, int], None] = {}
        self._cut_by = ""
        self._triggers = 0
        camera = cam.twin.camera
        self._leaving = [
            camera.on_moment.subscribe(self._hear),
            camera.on_exposure.subscribe(self._exposed),
            camera.transmitter.on_transfer.subscribe(self._begin),
            camera.transmitter.on_delivery.subscribe(self._arrive),
            camera.transmitter.on_abort.subscribe(self._cut),
        ]

    def close(self) -> None:
        """Hear nothing more."""
        for leave in self._leaving:
            leave()

    # -- what the camera reports -----------------------------------------------------------------
    def _frame(self, number: int) -> Record:
        if number not in self._frames:
            s = self.cam.twin.camera.settings
            self._number += 1
            self._frames[number] = {
                "n": self._number,
                "id": number,
                "set": {
                    "ExposureTime": s.ExposureTime_ns / 1000,
                    "Gain": s.Gain_dB["All"],
                    "PixelFormat": s.PixelFormat,
                    "Width": s.Width,
                    "Height": s.Height,
                },
            }
            self._order.append(number)
            if len(self._order) > MAX_FRAMES:
                self._frames.pop(self._order.popleft(), None)
        self._dirty["frame", number] = None
        return self._frames[number]

    def _hear(self, t_ns: Ns, name: str, frame_id: int | None) -> None:
        self.seen += 1
        if name == "FrameTrigger":
            self._triggers += 1
        if name in ("TriggerSkipped", "FrameBurstStartOvertrigger"):
            self.missed += 1
            self._mark("missed", t_ns, self._at_work(), **self._busy(t_ns))
        elif name == "FrameTransferSkipped" and frame_id is not None:
            frame = self._frame(frame_id)
            sending = self.cam.twin.camera.transmitter.leaving
            while_ = f" while it sent frame {sending.exposure.frame_id}" if sending else ""
            fix = "The link, not the sensor, limits the rate: fewer bytes a frame, or fewer triggers."
            self._lose(frame, t_ns, f"The image memory had no room for it{while_}.", fix)
        elif frame_id is not None:
            key = {
                "ExposureStart": "e0",
                "ExposureEnd": "e1",
                "ReadoutStart": "r0",
                "ReadoutEnd": "r1",
            }.get(name)
            if key:
                self._frame(frame_id)[key] = t_ns

    def _exposed(self, exposure: Exposure) -> None:
        frame = self._frame(exposure.frame_id)
        step = exposure.windows.times.step_ns
        rows = exposure.settings.Height
        frame["e0"], frame["e1"] = exposure.start_ns, exposure.end_ns
        frame["trigger"] = exposure.trigger_ns
        if step:
            frame["skew"], frame["rows"] = round(step * (rows - 1)), rows

    def _begin(self, transfer: Transfer) -> None:
        self.seen += 1
        frame = self._frame(transfer.exposure.frame_id)
        frame["t0"], frame["bytes"] = transfer.start_ns, transfer.exposure.payload_bytes

    def _arrive(self, transfer: Transfer) -> None:
        self.seen += 1
        frame, e = self._frame(transfer.exposure.frame_id), transfer.exposure
        if frame.get("fate") == "lost":
            return
        frame["t1"] = transfer.end_ns
        if faults := self.faults():
            s = e.settings
            packets = packets_of(e.payload_bytes, s.GevSCPSPacketSize, extended=False)
            numbers = np.arange(packets, dtype=np.uint64)
            struck = faults.strikes(e.frame_id, numbers, Attempts(packets).next(0, packets), packets - 1)
            if gone := int((struck & DROP > 0).sum()):
                text = f"{gone} of {packets} packets never arrived, and this page asks for none again."
                fix = "A client that requests resends would have had it whole."
                return self._lose(frame, transfer.end_ns, text, fix)
        if "fate" not in frame:
            frame["fate"] = "delivered"
            self.delivered += 1

    def cut_by(self, why: str) -> None:
        """Name the reason for frames that are cut next."""
        self._cut_by = why

    def interrupt(self, why: str) -> None:
        """Count the frame on the link as lost: what was sent of it is of no use."""
        if leaving := self.cam.twin.camera.transmitter.leaving:
            frame = self._frame(leaving.exposure.frame_id)
            frame.setdefault("t1", self.cam.now)
            self._lose(frame, self.cam.now, why, "")

    def _cut(self) -> None:
        self.seen += 1
        camera = self.cam.twin.camera
        cause = self._cause()
        known = self._cut_by or (f"{cause[0].upper()}{cause[1:]}." if cause else "")
        why = known or ("The acquisition was aborted." if camera.powered else "The power was cut.")
        for number in [*self._order]:
            frame = self._frames.get(number)
            if frame and "fate" not in frame:
                self._dirty["frame", number] = None
                frame.setdefault("t1" if "t0" in frame else "end", self.cam.now)
                self._lose(frame, self.cam.now, why, "")

    def _lose(self, frame: Record, t_ns: Ns, why: str, fix: str) -> None:
        if "fate" not in frame:
            frame["fate"] = "lost"
            self.lost += 1
            self._mark("lost", t_ns, frame["id"], why=why, fix=fix)

    def _mark(self, kind: str, t_ns: Ns, frame: int | None, **words: str) -> None:
        self._number += 1
        mark: Record = {"n": self._number, "kind": kind, "t": t_ns, "frame": frame, **words}
        if kind == "missed":
            mark["trigger"] = self._triggers
        self._marks.append(mark)
        self._dirty["mark", mark["n"]] = None

    def _at_work(self) -> int | None:
        """Return the frame that keeps the camera busy."""
        camera = self.cam.twin.camera
        if (shot := camera.acquisition.under_way) is not None:
            return shot
        begun = [f for n in list(self._order)[-4:] if (f := self._frames.get(n)) and "r0" in f]
        return begun[-1]["id"] if begun else None

    def _busy(self, t_ns: Ns) -> dict[str, str]:
        """Say why a trigger was missed, and what would help: by the state that the camera is in."""
        camera = self.cam.twin.camera
        state, number = camera.acquisition.state, self._at_work()
        frame = self._frames.get(number) if number is not None else None
        name = f"Frame {number}" if number is not None else "A frame"
        sending = camera.transmitter.leaving
        if state in (S.LATENCY, S.EXPOSING):
            since = (
                f", {(t_ns - frame['e0']) / MS:.3f} ms after its beginning" if frame and "e0" in frame else ""
            )
            fix = "A shorter ExposureTime, or triggers further apart. Of a bouncing contact: a debouncer."
            return {"why": f"{name} was still being exposed{since}.", "fix": fix}
        if state is S.HOLD and sending is not None:
            text = f"{name} was exposed and waited: the image memory was full until frame "
            text += f"{sending.exposure.frame_id} was sent."
            return {
                "why": text,
                "fix": "The link is the limit: see Frame rate for what would free the sensor.",
            }
        if state is S.HOLD:
            return {
                "why": f"{name} was exposed and waited for the readout of the frame before it.",
                "fix": "The readout is the limit: fewer rows, or triggers further apart.",
            }
        if state is S.PARKED:
            return {"why": "The camera waited for the trigger of a burst.", "fix": ""}
        if frame and "r1" not in frame and frame.get("r0", 0) - frame.get("e1", 1 << 62) > MS:
            waited = f"{(frame['r0'] - frame['e1']) / MS:.1f} ms"
            return {
                "why": f"{name} was still being read, after waiting {waited} for room in the image memory.",
                "fix": "The link is the limit: see Frame rate for what would free the sensor.",
            }
        reading = (
            f"{name} was still being read" if frame and "r1" not in frame else "The sensor was not ready"
        )
        return {
            "why": f"{reading}: an exposure that began now would have ended before the readout.",
            "fix": "The readout is the limit: fewer rows, or triggers further apart.",
        }

    # -- for the page ----------------------------------------------------------------------------
    def changes(self) -> dict[str, Any]:
        """Return records that are new or changed, at most MAX_SENT, and counts."""
        frames, marks = list[Record](), list[Record]()
        by_number = {mark["n"]: mark for mark in self._marks} if self._dirty else {}
        for kind, number in [*self._dirty][:MAX_SENT]:
            del self._dirty[kind, number]
            record = self._frames.get(number) if kind == "frame" else by_number.get(number)
            if record:
                (frames if kind == "frame" else marks).append(record)
        return {"frames": frames, "marks": marks, **self.counts()}

    def counts(self) -> dict[str, int]:
        """Return how many triggers and frames came to what."""
        return {
            "triggers": self._triggers,
            "missed": self.missed,
            "delivered": self.delivered,
            "lost": self.lost,
        }

    @property
    def pending(self) -> bool:
        """Whether `changes` has something to return."""
        return bool(self._dirty)

    def again(self) -> None:
        """Let `changes` return everything that is kept, for a page that has nothing yet."""
        self._dirty = {("frame", n): None for n in self._order} | {
            ("mark", m["n"]): None for m in self._marks
        }

    @property
    def latest_mark(self) -> Record | None:
        """The last mark; None if there is none."""
        return self._marks[-1] if self._marks else None

    def recent_Hz(self) -> float | None:
        """Return the rate of the last frames that arrived; None with fewer than two."""
        ends = [
            f["t1"]
            for n in list(self._order)[-12:]
            if (f := self._frames.get(n)) and f.get("fate") == "delivered"
        ]
        return (len(ends) - 1) * 1e9 / (ends[-1] - ends[0]) if len(ends) > 1 and ends[-1] > ends[0] else None


class Edges:
    """Edges of a camera's lines, which the page gets as they come."""

    def __init__(self, cam: Session) -> None:
        self.cam = cam
        self._sent: dict[str, Ns] = {}

    def again(self) -> None:
        """Let `changes` return all edges."""
        self._sent = {}

    def changes(self) -> dict[str, Any]:
        """Return edges at the pins since the last call, by line; and each line's direction and level."""
        lines: dict[str, Any] = {}
        for name, line in self.cam.twin.camera.lines.items():
            after = self._sent.get(name, -1)
            new = [[t, int(level)] for t, level in _since(line.edges, after)] if line.edges else []
            if new:
                self._sent[name] = new[-1][0]
            lines[name] = {"out": line.is_output, "level": line.level, "edges": new[-MAX_EDGES:]}
        return lines


def _since(edges: list[tuple[Ns, bool]], after: Ns) -> Iterable[tuple[Ns, bool]]:
    from bisect import bisect_right

    return edges[bisect_right(edges, (after, True)) :]
