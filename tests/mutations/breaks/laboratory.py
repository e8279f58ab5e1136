"""Break the EMVA 1288 laboratory and the images that it saves."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from mutations.registry import sabotage
from mutations.tools import everywhere


def _scaled(factor: float, right: Any, *args: Any) -> Any:
    return factor * right(*args)


@sabotage()
def lab_variance_of_the_difference(patch: pytest.MonkeyPatch) -> None:
    """Twice the variance of an image, as the difference of two has it."""
    from camtwin.emva1288 import stacks

    everywhere(patch, stacks, "pair_variance_DN2", partial(_scaled, 2, stacks.pair_variance_DN2))


@sabotage()
def lab_slope_with_offset(patch: pytest.MonkeyPatch) -> None:
    """Lines that need not go through 0: R and K of a fit that the standard does not mean, 1 % off here."""
    from camtwin.emva1288 import temporal

    everywhere(patch, temporal, "slope_through_zero", partial(_scaled, 1.01, temporal.slope_through_zero))


@sabotage()
def lab_temporal_noise_in_the_stacks(patch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from camtwin.emva1288 import spatial

    right = spatial.spatial_variances_DN2
    everywhere(patch, spatial, "spatial_variances_DN2", lambda stack: right(replace(stack, var_y_DN2=0.0)))


@sabotage()
def lab_photons_of_the_next_step(patch: pytest.MonkeyPatch) -> None:
    """Descriptors that tell of a tenth more light than there was."""
    from dataclasses import replace

    from camtwin.emva1288.folder import Saved

    right = Saved.reference

    def reference(self: Saved, subject: Any, shape: Any) -> str:
        self.steps[:] = [(replace(shot, mu_p=1.1 * shot.mu_p), names) for shot, names in self.steps]
        return right(self, subject, shape)

    patch.setattr(Saved, "reference", reference)


@sabotage()
def lab_saves_other_images(patch: pytest.MonkeyPatch) -> None:
    """Images on disk that have lost their lowest bit."""
    import numpy as np

    from camtwin import files

    right = files.save
    everywhere(patch, files, "save", lambda path, image, *args: right(path, image & np.uint16(0xFFFE), *args))
