"""Bytes that a user keeps in a camera."""

from __future__ import annotations

from camtwin.verify.case import Case
from camtwin.verify.measures import measurement


@measurement("bytes_kept")
def bytes_kept(case: Case, data: str, index: str, mode: str) -> None:
    """As many bytes as claimed are back after a power cycle, and there is no place for one more."""
    size = int(case.claim.number)
    kept = bytes(range(size))
    cam = case.open()
    case.write(cam, **{mode: "On"})
    for at, byte in enumerate(kept):
        case.write(cam, **{index: at, data: byte})
    case.refuses(cam, index, size)
    case.write(cam, **{mode: "Off"})
    cam.world.power_cycle()
    read = bytearray()
    for at in range(size):
        case.write(cam, **{index: at})
        read.append(getattr(cam, data))
    case.that(f"{size} bytes are back after a power cycle", read == kept)


@measurement("bytes_locked")
def bytes_locked(case: Case, data: str, index: str, mode: str) -> None:
    """A byte is written in the mode for it, and outside of it is refused."""
    cam = case.open()
    case.write(cam, **{index: 5})
    case.refuses(cam, data, 7)
    case.write(cam, **{mode: "On"})
    case.takes(cam, data, 7)
