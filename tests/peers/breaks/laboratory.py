"""Of the EMVA 1288 laboratory and of the images that it saves."""

from __future__ import annotations

from functools import partial
from typing import Any

from peers.breaks.registry import breaks


def _scaled(factor: float, right: Any, *args: Any) -> Any:
    return factor * right(*args)


@breaks
def lab_variance_of_the_difference() -> None:
    """Twice the variance of an image, as the difference of two has it."""
    from camtwin.emva1288 import stacks

    stacks.pair_variance_DN2 = partial(_scaled, 2, stacks.pair_variance_DN2)


@breaks
def lab_slope_with_offset() -> None:
    """Lines that need not go through 0: R and K of a fit that the standard does not mean, 1 % off here."""
    from camtwin.emva1288 import temporal

    temporal.slope_through_zero = partial(_scaled, 1.01, temporal.slope_through_zero)


@breaks
def lab_temporal_noise_in_the_stacks() -> None:
    from dataclasses import replace

    from camtwin.emva1288 import spatial

    right = spatial.spatial_variances_DN2
    spatial.spatial_variances_DN2 = lambda stack: right(replace(stack, var_y_DN2=0.0))


@breaks
def lab_photons_of_the_next_step() -> None:
    """Descriptors that tell of a tenth more light than there was."""
    from dataclasses import replace

    from camtwin.emva1288.folder import Saved

    right = Saved.reference

    def reference(self: Saved, subject: Any, shape: Any) -> str:
        self.steps[:] = [(replace(shot, mu_p=1.1 * shot.mu_p), names) for shot, names in self.steps]
        return right(self, subject, shape)

    Saved.reference = reference


@breaks
def lab_saves_other_images() -> None:
    """Images on disk that have lost their lowest bit."""
    import numpy as np

    from camtwin import files

    right = files.save
    files.save = lambda path, image, *args: right(path, image & np.uint16(0xFFFE), *args)
