"""A bare sensor's CSI-2 stream: pixels, formats, sleep and power, wrong one thing at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import pytest

from camtwin.camera.registers import configuration, power
from camtwin.twins import link
from mutations.breaks.registers import read_as
from mutations.registry import mutate
from mutations.tools import Wrong, everywhere

STREAMS: Final = ("streams",)


def framed(change: Callable[[Any, Any, list[Any]], list[Any]]) -> Wrong:
    """Let the images of a frame be others as they are sent: change(configuration, values, images)."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        true = link.framed

        def sent(sheet: Any, one: Any, values: Any, images: Any, *more: Any, **named: Any) -> Any:
            return true(sheet, one, values, change(one, values, list(images)), *more, **named)

        everywhere(patch, link, "framed", sent)

    return wrong


def without_a_group(bits: int) -> Wrong:
    """Cut the last group of pixels from whole lines of so many bits."""
    return framed(
        lambda one, _, images: (
            [image[:, :-4] for image in images] if one.bits == bits and one.geometry.width == 4056 else images
        )
    )


for depth in (10, 12):
    mutate(
        f"whole lines of RAW{depth} lack a group of pixels",
        f"sony.output.raw{depth}",
        about=STREAMS,
        patch=without_a_group(depth),
    )
mutate(
    "what asks for 14 bits gets 12",
    "sony.output.only_raw",
    about=STREAMS,
    patch=lambda patch: patch.setitem(configuration.FORMATS, 0x0E0E, 12),
)
mutate(
    "the 4K2K mode lacks its last row",
    "sony.mode.interface",
    about=STREAMS,
    patch=framed(
        lambda _, values, images: (
            [image[:-1] for image in images] if values["frame_length_lines"] == 2340 else images
        )
    ),
)


def flipped(patch: pytest.MonkeyPatch) -> None:
    """Flip a bit in the last row of every fourth frame: its CRC is that of another payload."""
    true = link.csi2_dump

    def dumped(sensor: Any, frames: Iterable[Any], threads: int = 1) -> Iterator[bytes]:
        count = 0
        for piece in true(sensor, frames, threads):
            count += len(piece) > 1000  # no header, and no sleep
            at = len(piece) - 80  # before its CRC, a mark, and the frame end between its marks
            wrong = len(piece) > 1000 and count % 4 == 0
            yield piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :] if wrong else piece

    everywhere(patch, link, "csi2_dump", dumped)


mutate("a bit of every fourth frame is wrong", "sony.csi2.output", about=STREAMS, patch=flipped)
mutate(
    "lanes do not sleep",
    "sony.lowpower_stream",
    about=STREAMS,
    patch=read_as(ulps_between_frames=lambda _: 0),
)


def all_columns(patch: pytest.MonkeyPatch) -> None:
    """Let columns outside of the window be converted, too."""
    true = power.power_share

    def share(sheet: Any, **drive: Any) -> float:
        return true(sheet, **{**drive, "samples": 4056 * 64})

    everywhere(patch, power, "power_share", share)


mutate("columns outside of the window are converted", "sony.h_crop", about=STREAMS, patch=all_columns)
