"""What is wrong with pixels, noise and what the camera says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from peers.breaks.registry import breaks, replaced


def payload(change: Callable[[Any, Any], Any]) -> None:
    from camtwin import pixels
    from camtwin.pixels import packing

    replaced(pixels, packing, "pack", lambda pack: lambda dn, fmt: change(pack(dn, fmt), fmt))


@breaks
def pixels_big_endian() -> None:
    payload(lambda data, fmt: data.reshape(-1, 2)[:, ::-1].reshape(-1) if fmt.bits_per_pixel == 16 else data)


@breaks
def packing_msb_first() -> None:
    """Two pixels in three bytes the old GigE Vision way: high byte, both low nibbles, high byte."""

    def change(data: Any, fmt: Any) -> Any:
        if not fmt.packed:
            return data
        low, mixed, high = data.reshape(-1, 3).T
        data = data.copy().reshape(-1, 3)
        data[:, 0] = low >> 4 | (mixed & 0x0F) << 4
        data[:, 1] = low & 0x0F | mixed & 0xF0
        data[:, 2] = high
        return data.reshape(-1)

    payload(change)


@breaks
def groups_low_first() -> None:
    """The byte of low bits stands before the high ones, as it does in nobody's format."""
    import numpy as np

    payload(
        lambda data, fmt: (
            np.roll(data.reshape(-1, fmt.group[1]), 1, axis=1).reshape(-1) if fmt.grouped else data
        )
    )


@breaks
def mosaic_moves() -> None:
    """Mirrored or not, the window stays where it is."""
    from camtwin.twins.render import geometry

    geometry.steps_to = lambda *_: (0, 0)


@breaks
def payload_shifted() -> None:
    import numpy as np

    payload(lambda data, fmt: np.roll(data, 1))


@breaks
def noise_frozen() -> None:
    """Every frame gets the noise of the first."""
    from camtwin.twins.render import Renderer

    readout = Renderer._readout
    Renderer._readout = lambda self, exposure, asked, window: dataclasses.replace(
        readout(self, exposure, asked, window), frame=1
    )


@breaks
def noise_unseeded() -> None:
    """Noise that no seed makes again."""
    import os

    from camtwin.twins.render import Renderer

    readout = Renderer._readout
    seed = int.from_bytes(os.urandom(4), "big")
    Renderer._readout = lambda self, exposure, asked, window: dataclasses.replace(
        readout(self, exposure, asked, window), seed=seed
    )


@breaks
def log_unsteady() -> None:
    """What the camera says depends on this computer's clock."""
    import time

    from camtwin.camera import Camera

    emit = Camera.emit

    def unsteady(self: Camera, name: str, frame_id: int | None = None) -> None:
        emit(self, f"{name} at {time.monotonic_ns()}", frame_id)

    Camera.emit = unsteady
