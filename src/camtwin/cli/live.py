"""The status line of running twins."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from camtwin.links.kind import Link
    from camtwin.twins import Twin


class LiveLine:
    """Status line, rewritten in place on a terminal; elsewhere a new line every ten seconds."""

    PLAIN_S = 10.0

    def __init__(self, twins: list[Twin], pace: str = "1", out: TextIO | None = None) -> None:
        self.twins, self.pace, self.out, self.shown = twins, pace, out or sys.stdout, False
        self.terminal = self.out.isatty()
        self._before: tuple[int, int, int] = (0, 0, 0)  # host ns, camera ns, bytes
        self._plain_ns = 0
        self._text = ""
        self._at: list[str] = []

    def begin(self) -> None:
        """Show the line from now on, after the messages of the start."""
        self.shown = True

    def show(self, links: Sequence[Link]) -> None:
        """Show the status of the links, called twice a second: sums, and the highest temperature."""
        each, now = [link.status() for link in links], links[0].runtime.host_now()

        def total(name: str) -> int:
            return sum(getattr(status, name) for status in each)

        then, camera_then, before = self._before
        camera_now, sent = sum(link.runtime.now() for link in links) // len(links), total("bytes")
        self._before = (now, camera_now, sent)
        rate = (sent - before) * 1e3 / (now - then) if then else 0.0
        clients = [status.client for status in each if status.client]
        one = len(each) == 1
        parts = [
            self.twins[0].sheet.model if one else f"{len(each)} twins",
            f"client {clients[0] if clients else 'none'}" if one else f"{len(clients)} clients",
        ]
        if each[0].transfers is None:
            parts += [f"{total('frames')} frames", f"{rate:.1f} MB/s", f"{total('resent_packets')} resends"]
        else:
            parts += [f"{total('transfers')} transfers", f"{total('frames')} frames"]
        parts.append(f"{max(twin.camera.temperature_C for twin in self.twins):.1f} C")
        if self.pace == "max":
            parts.append(f"pace max, now {(camera_now - camera_then) / (now - then) if then else 1:.1f}x")
        elif self.pace != "1":
            parts.append(f"pace {self.pace}")
        if late := total("late_frames"):
            parts.append(f"{late} late")
        if dropped := total("dropped_frames"):
            parts.append(f"{dropped} dropped: this computer is too slow")
        if skipped := total("skipped_frames"):
            parts.append(f"{skipped} skipped: the host is too slow")
        if each[0].faults:
            counts = {kind: sum(status.faults[kind] for status in each) for kind in each[0].faults}
            struck = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
            parts.append(f"faults: {struck or 'none'} of {total('packets')} packets")
        self._text = " | ".join(parts)
        if not self.shown:
            return
        self._tell_moves([status.address for status in each])
        if self.terminal:
            print(f"\r\x1b[K{self._text}", end="", file=self.out, flush=True)
        elif now - self._plain_ns > self.PLAIN_S * 1e9:
            self._plain_ns = now
            print(self._text, file=self.out, flush=True)

    def say(self, text: str) -> None:
        """Print a message on a line of its own, above the status line."""
        if self.terminal and self.shown:
            print(f"\r\x1b[K{text}\n{self._text}", end="", file=self.out, flush=True)
        else:
            print(text, file=self.out, flush=True)

    def _tell_moves(self, at: list[str]) -> None:
        """Print a line for each twin whose address has changed."""
        for twin, old, new in zip(self.twins, self._at, at, strict=False):
            if old != new:
                begin = "\r\x1b[K" if self.terminal else ""
                where = "has no address" if new == "0.0.0.0" else f"is at {new}"
                print(f"{begin}{twin.sheet.title}, serial {twin.camera.serial}, {where}", flush=True)
        self._at = at

    def end(self) -> None:
        """Leave the last status on the terminal, or print it."""
        print("" if self.terminal else self._text, file=self.out, flush=True)
