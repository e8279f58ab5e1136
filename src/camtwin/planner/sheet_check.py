"""`camtwin check`: what a data sheet leaves out, what it assumes, and what its twin then does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from camtwin.camera.links import KINDS
from camtwin.models import CameraSheet, Fact, ledger_beside, load, resolve
from camtwin.problem import Problem
from camtwin.session.session import Session, connect
from camtwin.units import SEC

TO_FILL: Final = "to fill: "
"""Begins the source of a row that `camtwin new` writes and nobody has looked up yet."""
WANTED: Final = (
    "DeviceVendorName", "DeviceModelName", "DeviceManufacturerInfo", "DeviceVersion", "DeviceSerialNumber",
    "Width", "Height", "PixelFormat", "PayloadSize",
    "AcquisitionMode", "AcquisitionStart", "AcquisitionStop", "ExposureTime",
)  # fmt: skip
"""Features that hosts ask every camera with a link for: SFNC's mandatory ones, names, and ExposureTime."""
MEASURED, SETTLED = 24, 5
"""Frames taken for a rate; the last ones tell it, since the first may wait in the camera's memory."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A pixel format at full size: bytes of a frame, frames per second, and the rate without the link."""

    pixel_format: str
    payload_bytes: int
    fps: float
    without_link_fps: float

    @property
    def limited_by(self) -> str:
        return "the link" if self.fps < 0.99 * self.without_link_fps else "the sensor"

    def row(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "pixel_format": self.pixel_format,
            "payload_bytes": self.payload_bytes,
            "fps": round(self.fps, 3),
            "limited_by": self.limited_by,
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """A sheet that can be used, with what is missing, what is assumed, and what the twin does.

    not_beside  sheets that may lie beside it and do not
    to_fill     rows whose source nobody has looked up yet
    """

    sheet: CameraSheet
    missing: tuple[str, ...]
    not_beside: tuple[str, ...]
    to_fill: tuple[tuple[str, Fact], ...]
    assumed: tuple[tuple[str, Fact], ...]
    sourced: int
    rates: tuple[Rate, ...]

    def row(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "model": self.sheet.name,
            "missing": list(self.missing),
            "not_beside": list(self.not_beside),
            "to_fill": [{"sheet": of, "entry": f.path, "where": f.source} for of, f in self.to_fill],
            "assumed": [{"sheet": of, "entry": f.path, "why": f.source} for of, f in self.assumed],
            "sourced": self.sourced,
            "rates": [rate.row() for rate in self.rates],
        }


def check(model: str) -> Checked:
    """Check a camera's data sheet by its name or path.

    Raises:
        SheetInvalid: it cannot be used; one line that says why
    """
    sheet = load(model)
    facts = [
        *((sheet.name, fact) for fact in sheet.facts),
        *((sheet.sensor.name, fact) for fact in sheet.sensor.facts),
    ]
    assumed = tuple((of, f) for of, f in facts if f.assumed)
    to_fill = tuple((of, f) for of, f in facts if f.source.startswith(TO_FILL))
    rates = tuple(_rates(model))
    beside = tuple(_not_beside(sheet, model))
    missing = tuple(_left_out(sheet))
    sourced = len(facts) - len(assumed) - len(to_fill)
    return Checked(sheet, missing, beside, to_fill, assumed, sourced, rates)


def _left_out(sheet: CameraSheet) -> Iterator[str]:
    if KINDS[sheet.link].dialect.event_fields:  # hosts read features over this link
        for name in WANTED:
            if name not in sheet.features:
                yield f"feature {name}, which hosts ask each camera for"


def _not_beside(sheet: CameraSheet, model: str) -> Iterator[str]:
    if sheet.rig is None:
        yield f"{sheet.name}.rig.toml: connectors, circuits and supplies, for wiring plans"
    if resolve(model).endswith(".toml") and ledger_beside(model) is None:
        yield f"{sheet.name}.tsv: its ledger, with claims for `camtwin verify`"


def _rates(model: str) -> Iterator[Rate]:
    linked, alone = (connect(model, render=False, link_speed=speed) for speed in ("sheet", None))
    with linked, alone:
        for name in linked.entries("PixelFormat") if linked.has("PixelFormat") else [""]:
            payload, fps = _measured(linked, name)
            yield Rate(name, payload, fps, _measured(alone, name)[1])


def _measured(cam: Session, pixel_format: str) -> tuple[int, float]:
    """Return payload and frames per second in virtual time, at full size with the shortest exposure."""
    _set_up(cam, pixel_format)
    times = [frame.received_ns for frame in cam.grab(MEASURED)][-SETTLED:]
    passed = times[-1] - times[0]
    payload = cam.PayloadSize if cam.has("PayloadSize") else 0
    return payload, (len(times) - 1) * SEC / passed if passed else 0.0


def _set_up(cam: Session, pixel_format: str) -> None:
    wanted: dict[str, Any] = {"PixelFormat": pixel_format} if pixel_format else {}
    if cam.has("ExposureTime"):
        wanted["ExposureTime"] = cam.limits("ExposureTime")[0]
    if cam.has("AcquisitionFrameRateEnable"):
        wanted["AcquisitionFrameRateEnable"] = False
    for name in ("OffsetX", "OffsetY"):
        if cam.has(name):
            wanted[name] = cam.limits(name)[0]
    for name in ("Width", "Height"):
        if cam.has(name):
            wanted[name] = cam.limits(name)[1]
    for name, value in wanted.items():
        try:
            setattr(cam, name, value)
        except Problem as refused:
            raise cam.twin.sheet.invalid(f"features.{name}", f"{name} {value}: {refused}") from None
