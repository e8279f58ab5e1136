"""The host's image pre-processing, wrong one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from camtwin import isp
from camtwin.isp import balance, exposure, finish, light_stages, noise, planner, raw_stages, root_stages
from mutations.breaks.siblings import recorded
from mutations.registry import mutate
from mutations.tools import Wrong, wrapped


def stage(kind: type, change: Any) -> Wrong:
    """Change a stage's image: change(image after it, image before it)."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        wrapped(patch, kind, "apply", lambda true, own, image, notes: change(true(own, image, notes), image))

    return wrong


def passes(kind: type) -> Wrong:
    """Let a stage do nothing."""
    return stage(kind, lambda after, before: before)


mutate("the host's noise model knows no noise", "ids.host.denoiser", "framos.libargus.imx412.noise_reduction",
       patch=lambda patch: patch.setattr(noise.NoiseModel, "root_variance", lambda *_: 0.0))  # fmt: skip


def stuck(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exposure.ExposureController, "split", lambda self, product_us: exposure.Exposure(1000.0))
    patch.setattr(exposure.ExposureController, "step", lambda self, statistics, used, now: now)


mutate("the host's exposure is stuck", "ids.host.auto_exposure", "ids.host.auto_gain",
       "framos.libargus.imx412.ae_gain", patch=stuck)  # fmt: skip
mutate("the host's white balance finds nothing", "ids.host.auto_whitebalance", "framos.libargus.imx412.awb",
       patch=lambda patch: patch.setattr(balance.BalanceController, "estimate", lambda *_: None))  # fmt: skip


def turned(patch: pytest.MonkeyPatch) -> None:
    def numbers(true: Any, own: Any, toe: float) -> Any:
        matrix, added = true(own, toe)
        return matrix.T.copy(), added

    wrapped(patch, finish.ColourMatrix, "numbers", numbers)


mutate("the host's matrix is transposed", "ids.host.color_correction", patch=turned)


def bent(patch: pytest.MonkeyPatch) -> None:
    def table(true: Any, own: Any, toe: float) -> Any:
        return true(replace(own, gamma=2.4) if own.gamma == 2.2 else own, toe)

    wrapped(patch, finish.Tone, "table", table)


mutate("the host's gamma is 2.4", "ids.host.gamma", patch=bent)
mutate("the host's table is not looked up", "ids.host.lut", patch=passes(finish.LookUp))


def on_its_head(patch: pytest.MonkeyPatch) -> None:
    """Take a mirror's columns for its rows where stages are fused."""

    def finished(true: Any, *numbers: Any) -> Any:
        told = true(*numbers)
        return told._replace(mirror_columns=told.mirror_rows, mirror_rows=told.mirror_columns)

    wrapped(patch, planner, "_finish", finished)


mutate("the host's mirror turns rows for columns", "ids.host.mirror", patch=on_its_head)
mutate("the host's region is a column off", "ids.host.roi",
       patch=stage(raw_stages.Crop, lambda after, before: after.become(np.roll(after.data, 1, axis=1))))  # fmt: skip
mutate("the host decimates by pixels, not by groups", "ids.host.decimation",
       patch=stage(raw_stages.Decimate, lambda after, before: after.become(before.data[::2, ::2])))  # fmt: skip
mutate("the host bins neighbours of any colour", "ids.host.binning",
       patch=stage(raw_stages.Bin, lambda after, before: after.become(raw_stages.binned(before.data, False))))  # fmt: skip
mutate("the host has no decimation", "ids.host.all_features",
       patch=lambda patch: patch.delitem(__import__("camtwin.isp.pipeline", fromlist=["STAGES"]).STAGES, "Decimate"))  # fmt: skip

mutate("a hot pixel stays", "framos.libargus.imx412.bad_pixel", patch=passes(raw_stages.DefectPixels))
mutate("the black level is 4 codes off", "framos.libargus.imx412.black_level",
       patch=stage(light_stages.BlackLevel, lambda after, before: after.become(after.data + 4 / 959 * (after.data.mean() < 0.02))))  # fmt: skip
mutate("false colour stays", "framos.libargus.imx412.color_artifact", patch=passes(root_stages.FalseColour))
mutate("it is not downscaled", "framos.libargus.imx412.downscaling", patch=passes(finish.Downscale))
mutate("edges stay soft", "framos.libargus.imx412.edge", patch=passes(root_stages.EdgeEnhancement))


def with_more(patch: pytest.MonkeyPatch) -> None:
    """Let the demosaic-and-display sample do more than the data sheet says."""
    true = isp.demosaic_and_display

    def more(black_DN: float = 0.0) -> isp.Pipeline:
        return true(black_DN).replace(isp.FalseColour())

    patch.setattr(isp, "demosaic_and_display", more)


SAMPLE = "bad_pixel noise_reduction black_level ae_gain awb color_correction color_artifact downscaling edge"
mutate("the demosaic sample suppresses false colour", "framos.opencv.no_plan",
       *(f"framos.opencv.imx412.{row}" for row in SAMPLE.split()), patch=with_more)  # fmt: skip


def brighter(patch: pytest.MonkeyPatch) -> None:
    true = isp.demosaic_and_display
    patch.setattr(isp, "demosaic_and_display", lambda black_DN=0.0: true(black_DN).replace(isp.Tone(1.2)))


mutate(
    "the demosaic sample has a gamma of 1.2",
    "framos.opencv.example",
    "framos.opencv.imx412.demosaic",
    "framos.ref.content.opencv",
    patch=brighter,
)


def tuned(patch: pytest.MonkeyPatch) -> None:
    true = isp.full_pipeline
    matrix = ((1.2, -0.1, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    patch.setattr(isp, "full_pipeline", lambda *bits: true(*bits).replace(isp.ColourMatrix(matrix, True)))


mutate("the full pipeline comes with a matrix, and not one of grey", "framos.libargus.calibration",
       "framos.libargus.default_config", "framos.libargus.imx412.color_correction", "framos.isp.examples",
       patch=tuned)  # fmt: skip
mutate("the full pipeline lacks edge enhancement", "framos.libargus.example", "framos.libargus.imx412.edge",
       patch=lambda patch: _without(patch, isp.EdgeEnhancement))  # fmt: skip
mutate("colours are interpolated 2 % low", "framos.libargus.imx412.demosaic",
       "framos.opencv.imx412.demosaic", "framos.opencv.example", "framos.ref.content.opencv", "framos.ref.content.libargus",
       "framos.pkg.is.processing",
       patch=stage(isp.Demosaic, lambda after, before: after.become((after.data * 0.98).astype(np.int16))))  # fmt: skip


def _without(patch: pytest.MonkeyPatch, kind: Any) -> None:
    true = isp.full_pipeline
    patch.setattr(isp, "full_pipeline", lambda *bits: true(*bits).without(kind))


class _Remembering(isp.Pipeline):
    """A pipeline that develops its first frame, and gives the same picture again."""

    def process(self, frame: Any, **how: Any) -> Any:
        if not (found := self.__dict__.get("found")):
            found = self.__dict__["found"] = super().process(frame, **how)
        return found


def free(patch: pytest.MonkeyPatch) -> None:
    """Let the sample develop nothing for a second frame."""
    true = isp.demosaic_and_display
    patch.setattr(isp, "demosaic_and_display", lambda black_DN=0.0: _Remembering(true(black_DN).stages))


COSTS = ("framos.libargus.hard_isp", "framos.libargus.performance", "framos.opencv.cpu_hungry")
mutate("the demosaic sample takes no time", *COSTS, patch=free)
mutate(
    "a hardware ISP's picture is copied 1000 times",
    *COSTS,
    sheet={"rig.facts": recorded("libargus.copies", 1000)},
)
mutate(
    "LibArgus' ISP is software",
    "framos.libargus.hard_isp",
    sheet={"rig.facts": recorded("libargus.isp", "software")},
)
