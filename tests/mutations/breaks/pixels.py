"""Break pixels, noise and what the camera says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from mutations.registry import sabotage
from mutations.tools import everywhere


def payload(patch: pytest.MonkeyPatch, change: Callable[[Any, Any], Any]) -> None:
    from camtwin.pixels import packing

    pack = packing.pack
    everywhere(patch, packing, "pack", lambda dn, fmt: change(pack(dn, fmt), fmt))


@sabotage()
def pixels_big_endian(patch: pytest.MonkeyPatch) -> None:
    payload(
        patch,
        lambda data, fmt: data.reshape(-1, 2)[:, ::-1].reshape(-1) if fmt.bits_per_pixel == 16 else data,
    )


@sabotage()
def packing_msb_first(patch: pytest.MonkeyPatch) -> None:
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

    payload(patch, change)


@sabotage()
def groups_low_first(patch: pytest.MonkeyPatch) -> None:
    """Put the byte of low bits before the high ones, as no format does."""
    import numpy as np

    payload(
        patch,
        lambda data, fmt: (
            np.roll(data.reshape(-1, fmt.group[1]), 1, axis=1).reshape(-1) if fmt.grouped else data
        ),
    )


@sabotage()
def mosaic_moves(patch: pytest.MonkeyPatch) -> None:
    """Mirrored or not, the window stays where it is."""
    from camtwin.twins.render import geometry

    everywhere(patch, geometry, "steps_to", lambda *_: (0, 0))


@sabotage()
def payload_shifted(patch: pytest.MonkeyPatch) -> None:
    import numpy as np

    payload(patch, lambda data, fmt: np.roll(data, 1))


@sabotage()
def noise_frozen(patch: pytest.MonkeyPatch) -> None:
    """Every frame gets the noise of the first."""
    from camtwin.twins.render import Renderer

    readout = Renderer._readout
    patch.setattr(
        Renderer,
        "_readout",
        lambda self, exposure, asked, window: dataclasses.replace(
            readout(self, exposure, asked, window), frame=1
        ),
    )


@sabotage()
def noise_unseeded(patch: pytest.MonkeyPatch) -> None:
    """Noise that no seed makes again."""
    import os

    from camtwin.twins.render import Renderer

    readout = Renderer._readout
    seed = int.from_bytes(os.urandom(4), "big")
    patch.setattr(
        Renderer,
        "_readout",
        lambda self, exposure, asked, window: dataclasses.replace(
            readout(self, exposure, asked, window), seed=seed
        ),
    )


@sabotage()
def log_unsteady(patch: pytest.MonkeyPatch) -> None:
    """Let the camera's log depend on this computer's clock."""
    import time

    from camtwin.camera import Camera

    emit = Camera.emit

    def unsteady(self: Camera, name: str, frame_id: int | None = None) -> None:
        emit(self, f"{name} at {time.monotonic_ns()}", frame_id)

    patch.setattr(Camera, "emit", unsteady)
