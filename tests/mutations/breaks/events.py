"""Events and chunks, wrong one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from camtwin import models
from camtwin.camera.reports.events import Event
from camtwin.session.session import Session
from camtwin.wire.chunks import HEADER_BYTES
from mutations.registry import mutate
from mutations.tools import Wrong, framed, rows, sessions, swallow, without

LINK: Final = ("GigEVisionError", "GigEVisionHeartbeatTimeout", "PrimaryApplicationSwitch")
"""Events of the link, which messages.py breaks."""

for row, name in rows("event").items():
    if not row.endswith("all_only") and name not in (*LINK, "EventLost"):
        mutate(f"{name} is swallowed", row, patch=swallow(name))
mutate(
    "EventLost is swallowed",
    "baumer.event.event_lost",
    patch=sessions(lambda cam: _loses(cam)),
)
mutate(
    "there is no event EventLost",
    "baumer.event.all_only",
    sheet={"features.EventSelector.entries": without("EventLost")},
)


def _loses(cam: Session) -> None:
    """Keep the report of lost events from the host."""
    for one in cam.twin.camera.events.subscriptions:
        one.tell = partial(_unless_lost, one.tell)


def _unless_lost(tell: Callable[[Event], bool], event: Event) -> bool:
    return event.name != "EventLost" and tell(event)


IDS: Final = models.load("baumer-vcxg-124m").features["ChunkSelector"]["ids"]

# -- chunks ------------------------------------------------------------------------------------------
FLOATS = {IDS[name] for name in ("DeviceTemperature", "ExposureTime", "Gain")}


def spoilt(name: str) -> Wrong:
    """Flip the first significant bit of this chunk's value; of the image, change its length."""
    return framed(lambda f: replace(f, chunk_bytes=_spoil(f.chunk_bytes, IDS[name])))


def _spoil(tail: bytes, number: int) -> bytes:
    """Spoil a chunk's value; of ImageControl set two bits, as no data sheet states their order."""
    out, end = bytearray(tail), len(tail)
    while end >= HEADER_BYTES:
        found = int.from_bytes(tail[end - 8 : end - 4], "big")
        length = int.from_bytes(tail[end - 4 : end], "big")
        begin = end - HEADER_BYTES - length
        if found == number:
            if begin >= 0:
                at = begin + (0 if length == 8 and number in FLOATS else length - 1)
                out[at] = out[at] | 3 if number == IDS["ImageControl"] else out[at] ^ 1
            else:
                out[end - 1] ^= 2
        end = begin
    return bytes(out)


for row, name in rows("chunk").items():
    if name in IDS:
        mutate(f"chunk {name} has a bit wrong", row, patch=spoilt(name))
mutate(
    "chunks come though ChunkModeActive is off",
    "baumer.chunk.mode",
    patch=framed(lambda f: f if f.settings.ChunkModeActive else replace(f, chunk_bytes=bytes(8))),
)
mutate(
    "16 chunks",
    "baumer.chunk.all_only",
    sheet={"features.ChunkSelector.entries": [n for n in IDS if n != "Timestamp"]},
)
