"""Bandwidth of several cameras on one link: how much each takes, and how each is kept to its share.

    shared({"left": cam1, "right": cam2})

A camera takes as many bytes as its frames have on the wire, headers and gaps included, at the rate that it
reaches by itself, or at the rate that is wanted if that is lower. If this is too much, cameras that need less
than an equal part keep what they need, and the others get equal parts of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from camtwin.camera import Camera
from camtwin.camera.features.rates import payload_bytes
from camtwin.genicam import Shown
from camtwin.planner.rates import reached_Hz
from camtwin.planner.trial import Trial, Tried
from camtwin.problem import Problem
from camtwin.session.session import Session
from camtwin.units import SEC

LIMIT: Final = "DeviceLinkThroughputLimit"


@dataclass(frozen=True, slots=True)
class Share:
    """One camera's part of a link.

    fps        that it reaches by itself
    bytes_per_s  on the wire at that rate
    granted_bytes_per_s  the part that it gets
    settings   that keep it to its part; none if it needs no more
    fps_then   that it reaches with them
    """

    name: str
    model: str
    fps: float
    bytes_per_s: float
    granted_bytes_per_s: float
    settings: Mapping[str, Shown]
    fps_then: float

    def row(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "name": self.name,
            "model": self.model,
            "fps": self.fps,
            "bytes_per_s": self.bytes_per_s,
            "granted_bytes_per_s": self.granted_bytes_per_s,
            "set": dict(self.settings),
            "fps_then": self.fps_then,
        }


@dataclass(frozen=True, slots=True)
class Shared:
    """A link that several cameras share."""

    bytes_per_s: float
    shares: tuple[Share, ...]

    @property
    def needed_bytes_per_s(self) -> float:
        """Return what all cameras would take."""
        return sum(share.bytes_per_s for share in self.shares)

    @property
    def fits(self) -> bool:
        """Tell whether the link carries all of them."""
        return self.needed_bytes_per_s <= self.bytes_per_s

    @property
    def sentence(self) -> str:
        """Return the answer in one sentence."""
        share, link = self.needed_bytes_per_s / self.bytes_per_s * 100, self.bytes_per_s / 1e6
        verdict = "it carries all of them" if self.fits else "each has to take less"
        return f"{len(self.shares)} cameras need {share:.0f} % of a link of {link:g} MB/s: {verdict}"

    def row(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "sentence": self.sentence,
            "bytes_per_s": self.bytes_per_s,
            "needed_bytes_per_s": self.needed_bytes_per_s,
            "fits": self.fits,
            "cameras": [share.row() for share in self.shares],
        }


def shared(
    cams: Mapping[str, Session], bytes_per_s: float | None = None, wanted_Hz: float | None = None
) -> Shared:
    """Return how cameras share a link.

    Args:
        cams: the cameras by name, with their settings.
        bytes_per_s: that the link carries; None: as many as the fastest camera's own link.
        wanted_Hz: rate that is enough for each.

    Raises:
        Problem: they do not have the same kind of link, or its frames leave as they are read
    """
    kinds = {cam.twin.sheet.link: name for name, cam in cams.items()}
    if len(kinds) > 1:
        (link, name), (other, another) = [*kinds.items()][:2]
        raise Problem(f"{name} is on {link} and {another} on {other}: they cannot share a link")
    cameras = {name: cam.twin.camera for name, cam in cams.items()}
    if any(
        camera.transmitter.timing.transfer_ns(camera.settings, 1 << 20) == 0 for camera in cameras.values()
    ):
        raise Problem(f"{next(iter(cams))}: its frames leave as they are read, on a link of its own")
    whole = bytes_per_s or max(camera.transmitter.timing.bytes_per_s for camera in cameras.values())
    rates = {name: min(reached_Hz(camera), wanted_Hz or 1e9) for name, camera in cameras.items()}
    needs = {name: wire_bytes(camera) * rates[name] for name, camera in cameras.items()}
    granted = parts(needs, whole)
    return Shared(
        whole,
        tuple(_share(name, cams[name], rates[name], needs[name], granted[name]) for name in cams),
    )


def wire_bytes(device: Tried) -> float:
    """Return the bytes of a frame on the wire, all that surrounds its packets included."""
    timing, s = device.transmitter.timing, device.settings
    full = replace(s, DeviceLinkThroughputLimitMode="Off", DeviceLinkThroughputLimit=1 << 62, GevSCPD=0)
    return timing.transfer_ns(full, payload_bytes(s)) * timing.bytes_per_s / SEC


def parts(needs: Mapping[str, float], whole: float) -> dict[str, float]:
    """Return the part that each gets of a whole: what it needs, or an equal part of what others leave.

    >>> parts({"a": 10.0, "b": 80.0, "c": 90.0}, 100.0)
    {'a': 10.0, 'b': 45.0, 'c': 45.0}
    """
    left, granted = whole, dict[str, float]()
    for index, name in enumerate(sorted(needs, key=needs.__getitem__)):
        granted[name] = min(needs[name], left / (len(needs) - index))
        left -= granted[name]
    return {name: granted[name] for name in needs}


def _share(name: str, cam: Session, fps: float, needed: float, granted: float) -> Share:
    camera, settings, then = cam.twin.camera, dict[str, Shown](), fps
    if granted < needed:
        settings, then = _kept_to(camera, granted)
    elif fps < reached_Hz(camera) and cam.has("AcquisitionFrameRateEnable"):
        settings = {"AcquisitionFrameRateEnable": True, "AcquisitionFrameRate": fps}
    return Share(name, cam.twin.sheet.name, fps, needed, granted, settings, then)


def _kept_to(camera: Camera, granted: float) -> tuple[dict[str, Shown], float]:
    """Return settings with which a camera takes no more than its part, and the rate that it then reaches."""
    here = {node.feature.name for node in camera.tree.here}
    settings: dict[str, Shown] = {}
    if LIMIT in here:
        step = int(camera.tree.find(LIMIT).number("inc") or 1)
        settings = {"DeviceLinkThroughputLimitMode": "On"} if f"{LIMIT}Mode" in here else {}
        settings[LIMIT] = int(granted) // step * step
    elif "AcquisitionFrameRate" in here:
        settings = {"AcquisitionFrameRateEnable": True} if "AcquisitionFrameRateEnable" in here else {}
        settings["AcquisitionFrameRate"] = granted / wire_bytes(camera)
    trial = Trial(camera)
    with suppress(Problem):
        for name, value in settings.items():
            trial.set(name, value)
        return settings, reached_Hz(trial)
    return {}, reached_Hz(camera)
