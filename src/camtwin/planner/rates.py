"""Limits of the frame rate: a period for each, the longest of them, and what to change for more.

    rates_of(cam.twin.camera, wanted_Hz=10.0)

Exposure, readout, link and AcquisitionFrameRate each need their time for a frame; the longest one is the
period. Unlike the frame rate that cameras report, it counts that the link waits for the first row of the next
image where the memory holds only one. Changes are tried on a copy of the settings, never on the camera.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from camtwin.camera import Camera, Settings
from camtwin.camera.features.rates import asked_ns, free_running, payload_bytes, readout_ns
from camtwin.camera.frames.transport import Transmitter
from camtwin.genicam import Key, Shown, Writer
from camtwin.models.schema import Trigger
from camtwin.pixels import FORMATS
from camtwin.problem import Problem
from camtwin.sensor.timing import GlobalShutter, RollingShutter
from camtwin.units import MS, SEC, Ns

GAIN: Final = 1.005
"""A change counts from this much more frames on."""
MAX_CHANGES: Final = 6
COSTS: Final[Mapping[str, str]] = {
    "GevSCPSPacketSize": "every switch on the way must pass jumbo frames",
    "Height": "costs field of view",
    "BinningVertical": "costs vertical resolution",
    "BinningHorizontal": "costs horizontal resolution",
    "ExposureTime": "costs light",
    "AcquisitionFrameRateEnable": "frames follow as fast as they can",
    "DeviceLinkThroughputLimit": "takes more of the link, which other cameras may need",
    "DeviceLinkThroughputLimitMode": "takes more of the link, which other cameras may need",
    "ReadoutMode": "exposes while the frame before is read",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """The time that a frame needs somewhere; 0 where nothing limits. `feature` is the one that changes it."""

    name: str
    period_ns: Ns
    text: str
    feature: str = ""

    def row(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "name": self.name,
            "period_ms": self.period_ns / MS,
            "fps": SEC / self.period_ns if self.period_ns else None,
            "text": self.text,
            "feature": self.feature,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """Settings that raise the rate to `fps`, what they cost, and the limit that is then the longest."""

    settings: Mapping[str, Shown]
    fps: float
    cost: str
    then: str

    def row(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {"set": dict(self.settings), "fps": self.fps, "cost": self.cost, "then": self.then}


@dataclass(frozen=True, slots=True)
class Rates:
    """The rate that a camera can reach, its limits, and changes that raise it, the highest first.

    longest  names of the limits that decide: several if they tie
    """

    fps: float
    limits: tuple[Limit, ...]
    longest: tuple[str, ...]
    changes: tuple[Change, ...]
    wanted_Hz: float | None = None

    @property
    def sentence(self) -> str:
        """Return the answer in one sentence."""
        names = " and ".join(self.longest)
        return f"{self.fps:.2f} fps: the {names} {'are' if len(self.longest) > 1 else 'is'} the limit"

    def row(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "fps": self.fps,
            "wanted_fps": self.wanted_Hz,
            "longest": list(self.longest),
            "sentence": self.sentence,
            "limits": [limit.row() for limit in self.limits],
            "changes": [change.row() for change in self.changes],
        }


class Trial:
    """A camera with settings of its own, which are changed as a host would while no acquisition runs."""

    acquiring = False
    if TYPE_CHECKING:  # the camera's
        transmitter: Transmitter
        trigger_timing: Trigger

        def shutter(self, settings: Settings, /) -> GlobalShutter | RollingShutter:
            """Return the sensor's timing."""
            ...

    def __init__(self, camera: Camera, settings: Settings | None = None) -> None:
        self._camera = camera
        self.settings = replace(settings or camera.settings, TLParamsLocked=0)
        self.parts: dict[int, dict[int, int]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._camera, name)

    def apply(self, new: Settings, /, *, by: Writer) -> None:
        """Take settings, with what a drive mode decides."""
        if new.SensorMode != self.settings.SensorMode:
            new = self._camera.in_mode(new)
        self.settings = self._camera.modes.settled(new) if self._camera.modes.driver else new

    def wrote(self, name: str, shown: Shown, key: Key) -> None:
        """Take the report of a write, which is of no interest here."""

    def set(self, name: str, value: Shown) -> None:
        """Write a feature.

        Raises:
            Problem: the camera has no such feature, or would refuse this
        """
        tree = self._camera.tree
        tree.set(self, name, value, tree.key(self.settings, tree.find(name)))  # pyright: ignore[reportArgumentType]

    def get(self, name: str) -> Any:
        """Return a feature's value."""
        tree = self._camera.tree
        return tree.get(self, name, tree.key(self.settings, tree.find(name)))  # pyright: ignore[reportArgumentType]

    def top(self, name: str) -> Any:
        """Return the present maximum of a number."""
        from camtwin.genicam import At

        tree = self._camera.tree
        node = tree.find(name)
        return tree.limits(node, At(self.settings, self, tree.key(self.settings, node)))[1]


Tried: TypeAlias = Camera | Trial


def limits_of(device: Tried) -> tuple[Limit, ...]:
    """Return the limits of a camera with its present settings."""
    s, read_ns = device.settings, readout_ns(device)
    exposure_ns, size = s.ExposureTime_ns, payload_bytes(s)
    rows = f"{s.Height * s.BinningVertical} rows"
    if s.ReadoutMode == "Overlapped":
        sensor = (
            Limit("exposure", exposure_ns, f"{exposure_ns / MS:.3f} ms of light", "ExposureTime"),
            Limit("readout", read_ns, f"{rows}, while the next frame is exposed", "Height"),
        )
    else:
        both = f"{exposure_ns / MS:.3f} ms of light, then {rows}: they do not overlap"
        sensor = (Limit("exposure and readout", read_ns + exposure_ns, both, "ReadoutMode"),)
    link_ns = device.transmitter.timing.transfer_ns(s, size)
    waits_ns = _waits_ns(device)
    asked = asked_ns(s, device.trigger_timing)
    rate = f"AcquisitionFrameRate {s.AcquisitionFrameRate_Hz:g} Hz" if asked else "off"
    return (
        *sensor,
        Limit("link", link_ns + waits_ns, _of_link(size, s.PixelFormat, waits_ns), "PixelFormat"),
        Limit("frame rate setting", asked, rate, "AcquisitionFrameRate"),
    )


def _waits_ns(device: Tried) -> Ns:
    """Return how long the link waits for the first row after each frame, as memory holds one image."""
    s, memory = device.settings, device.transmitter.memory
    stored = s.Width * s.Height * memory.stored_bits // 8
    sized = memory.size_bytes is not None and 2 * stored > memory.size_bytes
    counted = memory.free_run_images is not None and memory.free_run_images < 2 and free_running(s)
    return device.shutter(s).base_ns if sized or counted else 0


def _of_link(size: int, name: str, waits_ns: Ns) -> str:
    text = f"{size / 1e6:.1f} MB of {name}"
    return (
        f"{text}, and {waits_ns / MS:.1f} ms for the first row, as memory holds one image"
        if waits_ns
        else text
    )


def reached_Hz(device: Tried) -> float:
    """Return the rate that a camera reaches with its present settings, when its memory has filled."""
    return SEC / max(limit.period_ns for limit in limits_of(device))


def rates_of(camera: Camera, wanted_Hz: float | None = None) -> Rates:
    """Return the rate that the camera can reach, and why; wanted_Hz is one that changes should reach."""
    limits = limits_of(camera)
    changes = sorted(_changes(camera, wanted_Hz), key=lambda change: -change.fps)
    return Rates(reached_Hz(camera), limits, longest(limits), tuple(changes[:MAX_CHANGES]), wanted_Hz)


def longest(limits: tuple[Limit, ...]) -> tuple[str, ...]:
    """Return the names of the limits that decide."""
    period = max(limit.period_ns for limit in limits)
    return tuple(limit.name for limit in limits if limit.period_ns == period)


def _changes(camera: Camera, wanted_Hz: float | None) -> Iterator[Change]:
    """Yield changes that raise the rate."""
    now = reached_Hz(camera)
    seen = set[float]()
    for settings in _candidates(camera, wanted_Hz):
        trial = Trial(camera)
        with suppress(Problem):
            for name, value in settings.items():
                trial.set(name, value)
            fps = reached_Hz(trial)
            if fps > now * GAIN and round(fps, 6) not in seen:
                seen.add(round(fps, 6))
                then = longest(limits_of(trial))
                yield Change(settings, fps, _cost(camera, settings), " and ".join(then))


def _candidates(camera: Camera, wanted_Hz: float | None) -> Iterator[Mapping[str, Shown]]:
    """Yield settings that are worth a try."""
    here = {node.feature.name for node in camera.tree.here if not node.feature.elsewhere}
    trial, s = Trial(camera), camera.settings
    smaller = next(iter(_formats(camera)), None) if "PixelFormat" in here else None
    jumbo = trial.top("GevSCPSPacketSize") if "GevSCPSPacketSize" in here else 0
    format_, packets = {"PixelFormat": smaller}, {"GevSCPSPacketSize": min(jumbo, 9000)}
    if smaller:
        yield format_  # pyright: ignore[reportReturnType]
    if jumbo > s.GevSCPSPacketSize:
        yield packets
        if smaller:
            yield {**format_, **packets}  # pyright: ignore[reportReturnType]
    if "Height" in here and (rows := _rows(camera, wanted_Hz or 2 * reached_Hz(camera))):
        yield {"Height": rows}
    for name, value in (
        ("BinningVertical", 2 * s.BinningVertical),
        ("AcquisitionFrameRateEnable", False),
        ("ReadoutMode", "Overlapped"),
        ("DeviceLinkThroughputLimitMode", "Off"),
    ):
        if name in here:
            yield {name: value}
    if "DeviceLinkThroughputLimit" in here:
        yield {"DeviceLinkThroughputLimit": trial.top("DeviceLinkThroughputLimit")}
    others = [limit.period_ns for limit in limits_of(camera) if not limit.name.startswith("exposure")]
    if "ExposureTime" in here and (shorter := max(others)) < s.ExposureTime_ns:
        yield {"ExposureTime": shorter / 1000}


def _formats(camera: Camera) -> list[str]:
    """Return the formats with the fewest bits on the link below the present one's."""
    bits = FORMATS[camera.settings.PixelFormat].bits_per_pixel
    entries = [name for name in camera.tree.find("PixelFormat").words if name in FORMATS]
    lower = [name for name in entries if FORMATS[name].bits_per_pixel < bits]
    return sorted(lower, key=lambda name: FORMATS[name].bits_per_pixel)


def _rows(camera: Camera, wanted_Hz: float) -> int | None:
    """Return the greatest Height with which the camera reaches a rate; None if none does."""
    node = camera.tree.find("Height")
    step, low = int(node.inc or 1), int(node.low or 1)
    found, least, most = None, 0, (camera.settings.Height - low) // step
    while least <= most:
        middle = (least + most) // 2
        trial = Trial(camera)
        try:
            trial.set("Height", low + middle * step)
            reaches = reached_Hz(trial) >= wanted_Hz
        except Problem:
            return found
        if reaches:
            found, least = low + middle * step, middle + 1
        else:
            most = middle - 1
    return found


def _cost(camera: Camera, settings: Mapping[str, Shown]) -> str:
    """Return what the changes cost, in words."""
    words = list[str]()
    for name, value in settings.items():
        if name == "PixelFormat":
            bits = FORMATS[camera.settings.PixelFormat].bits - FORMATS[str(value)].bits
            words.append(f"costs {bits} bits" if bits > 0 else "packs the bits closer")
        elif name == "Height" and isinstance(value, int):
            words.append(f"costs {100 - 100 * value / camera.settings.Height:.0f} % of the field of view")
        else:
            words.append(COSTS.get(name, ""))
    return "; ".join(filter(None, words))
