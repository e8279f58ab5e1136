"""The sensor, its timing, its pictures and their shape, wrong one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.acquisition import E
from camtwin.lab.claims import load
from camtwin.lab.mutations import mutate
from camtwin.links.memory import Session

Picture = NDArray[np.uint16]
ROWS = load("baumer-vcxg-124m")
ACQUISITION = [row for row in ROWS if row.startswith("baumer.acq.framerate.")]
INTERFACE = [row for row in ROWS if row.startswith("baumer.iface.framerate.")]
LINK_LIMITED = [f"baumer.iface.framerate.{name}" for name in ("full", "uhd", "4096x2048", "4096x1024", "4096x512", "4096x256", "4096x128")]  # fmt: skip


def scaled(factor: float) -> Callable[[Any], Any]:
    """A number that is off by a factor."""
    return lambda old: type(old)(old * factor)


def without(*names: str) -> Callable[[Any], Any]:
    """A list of entries that lacks some."""
    return lambda old: [entry for entry in old if entry not in names]


def picture(change: Callable[[Picture, Any], Picture]) -> Callable[[Session], None]:
    """Pictures are changed after all that the camera does: change(DN, exposure) -> DN."""

    def patch(cam: Session) -> None:
        renderer = cam.twin.renderer
        true = renderer.image
        renderer.__dict__["image"] = lambda exposure: change(true(exposure), exposure)

    return patch


def setting(**wrong: Callable[[Any], Any]) -> Callable[[Session], None]:
    """Exposures are rendered with other settings than they were taken with, by attribute of Settings."""

    def patch(cam: Session) -> None:
        renderer = cam.twin.renderer
        true = renderer.image

        def image(exposure: Any) -> Picture:
            s = exposure.settings
            s = replace(s, **{name: change(getattr(s, name)) for name, change in wrong.items()})
            return true(replace(exposure, settings=s))

        renderer.__dict__["image"] = image

    return patch


def exposed(change: Callable[[Any], Any]) -> Callable[[Session], None]:
    """Exposures are other than the camera says when they are rendered."""

    def patch(cam: Session) -> None:
        renderer = cam.twin.renderer
        true = renderer.image
        renderer.__dict__["image"] = lambda exposure: true(change(exposure))

    return patch


# -- rates -------------------------------------------------------------------------------------------
mutate(
    "rows take 7 % more",
    *ACQUISITION,
    *(row for row in INTERFACE if row not in LINK_LIMITED),
    "baumer.acq.readout_time",
    "baumer.acq.abort_delay",
    also=["baumer.binning.no_speedup"],
    sheet={"readout.row_clocks": scaled(1.07)},
)
mutate(
    "700 bytes of pause between packets",
    *LINK_LIMITED,
    also=["baumer.iface.framerate.*", "baumer.rates.footnote2"],
    sheet={"gige.gap_bytes": 700},
)
SENSOR, FEATURES = "sensor.parameters.", "features."


def transmitter(change: Callable[[int, Any, int], int]) -> Callable[[Session], None]:
    """Frames take another time on the link: change(ns, settings, bytes) -> ns."""

    def patch(cam: Session) -> None:
        timing = cam.twin.camera.transmitter.timing

        class Wrong:
            wire = getattr(timing, "wire", None)

            def transfer_ns(self, settings: Any, payload_bytes: int) -> int:
                return change(timing.transfer_ns(settings, payload_bytes), settings, payload_bytes)

        cam.twin.camera.transmitter.timing = Wrong()

    return patch


def link_ignores_its_speed(cam: Session) -> None:
    timing = cam.twin.camera.transmitter.timing
    if hasattr(timing, "wire"):
        fast = timing.wire.model_copy(update={"bits_per_s": cam.twin.sheet.gige.bits_per_s})
        cam.twin.camera.transmitter.timing = type(timing)(fast)


mutate(
    "the link is a gigabit whatever it was made",
    "baumer.iface.depends",
    "baumer.rates.footnote2",
    "baumer.net.fast",
    patch=link_ignores_its_speed,
)


def machine(name: str, wrong: Callable[[Any, Any], Any]) -> Callable[[Session], None]:
    """A method of the acquisition machine is replaced: wrong(machine, true method) -> what it gives."""

    def patch(cam: Session) -> None:
        acquisition = cam.twin.camera.acquisition
        true = getattr(acquisition, name)
        setattr(acquisition, name, lambda: wrong(acquisition, true))

    return patch


def action(name: str, wrong: Callable[[Any, Any], Any]) -> Callable[[Session], None]:
    """An action of the acquisition's table is replaced: wrong(machine, true action) -> the next event."""

    def patch(cam: Session) -> None:
        acquisition = cam.twin.camera.acquisition
        true = getattr(acquisition, name)
        for row, (does, then) in acquisition._rows.items():
            if does == true:
                acquisition._rows[row] = (lambda: wrong(acquisition, true)), then

    return patch


def ready(wrong: Callable[[Any, Any, int], int]) -> Callable[[Session], None]:
    """The moment from which the next frame may begin is another: wrong(machine, settings, ns) -> ns."""
    return machine("ready_at", lambda m, true: wrong(m, m.host.settings, true()))


MS = 1_000_000
mutate(
    "wide formats are read more slowly",
    "baumer.acq.format_independent",
    patch=ready(lambda m, s, t: t + MS * (s.PixelFormat != "Mono8")),
)


def sensor(change: Callable[[int, Any], int]) -> Callable[[Session], None]:
    """Rows cost another time: change(rows, settings) -> rows that it takes as long as."""

    def patch(cam: Session) -> None:
        camera = cam.twin.camera
        true = camera.sensor

        class Wrong:
            base_ns = true.base_ns
            row_step_ns = true.row_step_ns

            def readout_ns(self, rows: int) -> int:
                return true.readout_ns(change(rows, camera.settings))

        camera.__dict__["sensor"] = Wrong()

    return patch


mutate(
    "binned rows are read faster",
    "baumer.binning.no_speedup",
    also=["baumer.iface.framerate.bin*"],
    patch=sensor(lambda rows, s: rows // s.BinningVertical // s.BinningHorizontal),
)
mutate(
    "narrow pictures are read faster",
    "baumer.roi.true_partial_scan",
    also=["baumer.acq.framerate.*", "baumer.iface.framerate.*"],
    patch=sensor(lambda rows, s: rows * s.Width * s.BinningHorizontal // 4096),
)

# -- free run ----------------------------------------------------------------------------------------
mutate(
    "AcquisitionFrameRate holds though it is off",
    "baumer.acq.rate_enable_off",
    "baumer.acq.mode.continuous",
    also=["baumer.*"],
    patch=ready(lambda m, s, t: max(t, m._started + MS * 1000)),
)
mutate(
    "AcquisitionFrameRate from 0.02", "baumer.acq.rate_min", sheet={"features.AcquisitionFrameRate.min": 0.02}
)
mutate(
    "AcquisitionFrameRate to 60000", "baumer.acq.rate_max", sheet={"features.AcquisitionFrameRate.max": 60000}
)
mutate(
    "SingleFrame takes two",
    "baumer.acq.mode.single",
    patch=machine("_count_frames", lambda m, true: (true(), setattr(m, "_frames_left", m._frames_left + 1))),
    also=["baumer.acq.mode.multi", "baumer.memory.buffer_freerun"],
)
mutate(
    "MultiFrame takes one less",
    "baumer.acq.mode.multi",
    also=["baumer.memory.buffer_freerun"],
    patch=machine(
        "_count_frames",
        lambda m, true: (
            true(),
            setattr(m, "_frames_left", m._frames_left - (m._frames_left == 7) - (m._frames_left == 5)),
        ),
    ),
)
mutate(
    "Overlapped waits for the readout",
    "baumer.readout.overlapped",
    also=["baumer.*"],
    patch=ready(lambda m, s, t: max(t, m.readout_end)),
)
mutate(
    "Sequential overlaps",
    "baumer.readout.sequential",
    also=["baumer.*"],
    patch=ready(lambda m, s, t: min(t, m.readout_end - s.ExposureTime_ns)),
)
mutate(
    "ReadoutMode has no Sequential",
    "baumer.readout.sequential",
    also=["baumer.*"],
    sheet={"features.ReadoutMode.entries": without("Sequential")},
)

# -- what the camera offers --------------------------------------------------------------------------
for name in ("Mono8", "Mono10", "Mono12", "Mono12p"):
    mutate(
        f"{name} is not offered",
        f"baumer.pixelformat.{name.lower()}",
        "baumer.pixelformat.list",
        also=["baumer.*"],
        sheet={"features.PixelFormat.entries": without(name)},
    )
LIMITS: dict[str, tuple[str, Any, list[str], list[str]]] = {
    # name: (path, value, proves, also)
    "Width from 32": ("Width.min", 32, ["baumer.roi.width_min"], ["baumer.*"]),
    "Width in steps of 8": ("Width.inc", 8, ["baumer.roi.width_step"], []),
    "Height from 2": ("Height.min", 2, ["baumer.roi.height_min"], ["baumer.*"]),
    "Height in steps of 2": ("Height.inc", 2, ["baumer.roi.height_step"], ["baumer.*"]),
    "BinningHorizontal to 4": ("BinningHorizontal.max", 4, ["baumer.binning.horizontal"], []),
    "BinningVertical to 3": ("BinningVertical.max", 3, ["baumer.binning.vertical"], []),
    "BlackLevel to 254": ("BlackLevel.max", 254, ["baumer.offset.range"], ["baumer.gain.range"]),
    "Gain to 36": ("Gain.max", 36, ["baumer.gain.range"], []),
    "ExposureTime from 2": ("ExposureTime.min", 2, ["baumer.exposure.min", "baumer.exposure.short.range"], []),
    "ExposureTime from 16": ("ExposureTime.usual_min", 16, ["baumer.exposure.default.range"], []),
    "ExposureTime from 1 always": ("ExposureTime.usual_min", 1, ["baumer.exposure.short.enable"], ["baumer.exposure.default.range"]),
    "ExposureTime to 59 s": (
        "ExposureTime.max",
        59e6,
        ["baumer.exposure.max"],
        ["baumer.exposure.short.range", "baumer.exposure.default.range"],
    ),
    "ExposureTime in steps of 2": ("ExposureTime.inc", 2, ["baumer.exposure.step"], ["baumer.*"]),
    "TimestampIncrement 16": ("TimestampIncrement.value", 16, ["baumer.timestamp.increment"], []),
    "packets from 560": ("GevSCPSPacketSize.min", 560, ["baumer.net.packet_min"], []),
    "packets to 9004": ("GevSCPSPacketSize.max", 9004, ["baumer.net.packet_max"], []),
    "packets to 8000": ("GevSCPSPacketSize.max", 8000, ["baumer.net.jumbo"], ["baumer.*"]),
    "TriggerDelay to 1 s": ("TriggerDelay.max", 1_000_000, ["baumer.trigger.delay_range"], ["baumer.trigger.buffer"]),
    "SensorWidth 2048": ("SensorWidth.value", 2048, ["baumer.binning.size.2x1"], ["baumer.*"]),
    "SensorHeight 1500": ("SensorHeight.value", 1500, ["baumer.binning.size.1x2", "baumer.binning.size.2x2"], ["baumer.*"]),
    "DeviceTemperatureSelector Sensor": ("DeviceTemperatureSelector.entries", ["Sensor"], ["baumer.temp.inhouse"], []),
}  # fmt: skip
for name, (path, value, proves, also) in LIMITS.items():
    mutate(name, *proves, also=also, sheet={f"features.{path}": value})

FACTORY: dict[str, tuple[str, Any, list[str]]] = {
    "trigger_mode": ("TriggerMode", "On", ["baumer.*"]),
    "exposure": ("ExposureTime", 5000, ["baumer.userset.*"]),
    "gain": ("Gain", 1, ["baumer.*"]),
    "offset": ("BlackLevel", 1, ["baumer.*"]),
    "pixelformat": ("PixelFormat", "Mono12", ["baumer.*"]),
    "partial_scan": ("Height", 2999, ["baumer.*"]),
    "frame_rate": ("AcquisitionFrameRateEnable", True, ["baumer.*"]),
    "timer": ("TimerTriggerSource", "ExposureStart", ["baumer.*"]),
    "counter": ("CounterEventSource", "Line0", ["baumer.*"]),
    "sequencer": ("SequencerMode", "On", ["baumer.*"]),
    "defect": ("DefectPixelCorrection", False, ["baumer.*"]),
    "line_out_source": ("LineSource", "ExposureActive", ["baumer.*"]),
    "trigger_source": ("TriggerSource", "Software", ["baumer.*"]),
}
for row, (feature, value, also) in FACTORY.items():
    mutate(
        f"{feature} is {value} at first",
        f"baumer.factory.{row}",
        also=also,
        sheet={f"features.{feature}.default": value},
    )
for row, line in {
    "line_in": "Line0",
    "line_in_invert": "Line0",
    "line_out_invert": "Line3",
    "gpio_invert": "Line1",
}.items():
    mutate(
        f"{line} is inverted at first ({row})",
        f"baumer.factory.{row}",
        also=["baumer.*"],
        sheet={"features.LineInverter.default": {line: True}},
    )
mutate(
    "Line2 is an output at first",
    "baumer.factory.gpio_mode",
    also=["baumer.*"],
    sheet={"features.LineMode.default": lambda old: {**(old or {}), "Line2": "Output"}},
)

# -- features that a mono camera lacks ---------------------------------------------------------------
ABSENT = {
    "BalanceWhiteAuto": "baumer.color.processing",
    "ColorTransformationEnable": "baumer.color.adjustment",
    "ColorEnhancementEnable": "baumer.color.enhancement",
    "ColorTolerance": "baumer.color.tolerance",
    "PtpEnable": "baumer.ptp",
    "FixedPatternNoiseCorrection": "baumer.fpn.correction",
}


def offering(feature: str) -> Callable[[Session], None]:
    """The camera says that it has a feature more."""

    def patch(cam: Session) -> None:
        true = cam.features
        cam.__dict__["features"] = lambda: [*true(), feature]

    return patch


for feature, row in ABSENT.items():
    mutate(f"there is a {feature}", row, patch=offering(feature))


def with_bayer(cam: Session) -> None:
    node = cam.twin.camera.tree.nodes["PixelFormat"]
    node.entries = {**node.entries, "BayerRG8": 0x0108_0009}


mutate(
    "BayerRG8 is offered",
    "baumer.rates.condition.color",
    "baumer.color.models",
    "baumer.pixelformat.list",
    patch=with_bayer,
)

# -- pictures ----------------------------------------------------------------------------------------
mutate(
    "flipped though ReverseX is off, and not when on",
    "baumer.flip.horizontal",
    also=["baumer.*"],
    patch=setting(ReverseX=lambda on: False),
)
mutate(
    "ReverseY does nothing",
    "baumer.flip.vertical",
    also=["baumer.*"],
    patch=setting(ReverseY=lambda on: False),
)
mutate(
    "codes of 8 bits end at 254",
    "baumer.pixelformat.mono8",
    patch=picture(lambda dn, e: np.minimum(dn, 254) if e.pixel_format.bits == 8 else dn),
)
mutate(
    "codes of 10 bits end at 1022",
    "baumer.pixelformat.mono10",
    patch=picture(lambda dn, e: np.minimum(dn, 1022) if e.pixel_format.bits == 10 else dn),
)
mutate(
    "codes of 12 bits end at 4094",
    "baumer.pixelformat.mono12",
    also=["baumer.lut.luminance"],
    patch=picture(lambda dn, e: np.minimum(dn, 4094) if e.pixel_format.name == "Mono12" else dn),
)
mutate(
    "packed codes have their bits swapped",
    "baumer.pixelformat.mono12p",
    patch=picture(
        lambda dn, e: (dn >> 4 | (dn & 15) << 8).astype(np.uint16) if e.pixel_format.packed else dn
    ),
)
mutate(
    "a region is a row too low",
    "baumer.roi.arbitrary",
    also=["baumer.*"],
    patch=exposed(
        lambda e: replace(
            e,
            settings=replace(
                e.settings,
                OffsetY=min(e.settings.OffsetY + (e.settings.OffsetY > 0), 3000 - e.settings.Height),
            ),
        )
    ),
)
mutate(
    "6 dB are 5.8",
    "baumer.gain.range",
    also=["baumer.sequencer.param.gain", "baumer.sequencer.groups"],
    patch=setting(Gain_dB=lambda by: by.replace("All", by["All"] * 0.97)),
)
mutate(
    "the offset counts half",
    "baumer.offset.range",
    also=["baumer.*"],
    patch=setting(BlackLevel_DN=lambda by: by.replace("All", by["All"] // 2)),
)
mutate(
    "exposures are 1 us longer",
    "baumer.exposure.min",
    patch=exposed(lambda e: replace(e, end_ns=e.end_ns + 1000)),
)
mutate(
    "rows are exposed one after the other",
    "baumer.sensor.shutter",
    patch=exposed(lambda e: replace(e, row_step_ns=Fraction(21_522))),
)
mutate(
    "exposures end after 50 s",
    "baumer.exposure.max",
    patch=exposed(lambda e: replace(e, end_ns=min(e.end_ns, e.start_ns + 50 * 1000 * MS))),
)
mutate(
    "a mosaic lies on the sensor",
    "baumer.color.models",
    also=["baumer.*"],
    patch=picture(lambda dn, e: _mosaic(dn)),
)
mutate(
    "columns are evened out",
    "baumer.fpn.correction",
    also=["baumer.*"],
    patch=picture(lambda dn, e: _even(dn)),
)
mutate(
    "a filter cuts the near infrared",
    "baumer.optics.filter",
    sheet={"sensor.parameters.qe": lambda qe: tuple((nm, eta if nm < 750 else 0.0) for nm, eta in qe)},
)
mutate(
    "the table is shifted by a code",
    "baumer.lut.luminance",
    patch=picture(lambda dn, e: dn + np.uint16(e.settings.LUTEnable["Luminance"])),
)
mutate(
    "listed pixels stay as they are",
    "baumer.defect.list",
    patch=setting(DefectPixelCorrection=lambda on: False),
)
mutate(
    "511 entries in the defect list",
    "baumer.defect.count",
    also=["baumer.*"],
    sheet={"features.DefectPixelListIndex.max": 510},
)


def _mosaic(dn: Picture) -> Picture:
    out = dn.copy()
    out[::2, ::2] = out[::2, ::2] * 0.9
    return out


def _even(dn: Picture) -> Picture:
    return np.broadcast_to(dn.mean(axis=1, keepdims=True), dn.shape).astype(np.uint16)


# -- noise -------------------------------------------------------------------------------------------
mutate(
    "2.4 e- of dark noise",
    "baumer.noise.dark",
    also=["baumer.noise.dynamic_range"],
    sheet={"sensor.parameters.read_noise_e": 2.5},
)
mutate(
    "the well holds 8500 e-",
    "baumer.noise.saturation",
    "baumer.noise.snr",
    also=["baumer.*"],
    sheet={"sensor.parameters.full_well_e": 8300.0},
)
mutate(
    "dark noise of 2.6 e- and a small well",
    "baumer.noise.dynamic_range",
    also=["baumer.noise.*"],
    sheet={"sensor.parameters.read_noise_e": 2.6},
)
mutate(
    "the efficiency is 4 % higher",
    "baumer.noise.qe",
    also=["baumer.noise.qe_wavelength", "baumer.*"],
    sheet={"sensor.parameters.qe": lambda qe: tuple((nm, eta * 1.04) for nm, eta in qe)},
)
mutate(
    "the efficiency peaks 60 nm later",
    "baumer.noise.qe_wavelength",
    also=["baumer.*"],
    sheet={"sensor.parameters.qe": lambda qe: tuple((nm + 60, eta) for nm, eta in qe)},
)
# the conditions: a camera that does not keep what it is told
mutate(
    "ExposureTime in steps of 7",
    "baumer.noise.condition.exposure",
    also=["baumer.*"],
    sheet={"features.ExposureTime.inc": 7},
)
mutate(
    "Gain from 0.5 dB",
    "baumer.noise.condition.gain",
    also=["baumer.*"],
    sheet={"features.Gain.min": 0.5, "features.Gain.default": 0.5},
)

# -- trigger and clock -------------------------------------------------------------------------------
mutate(
    "every trigger counts, even off",
    "baumer.trigger.mode_on",
    also=["baumer.*"],
    patch=action("become_ready", lambda m, true: E.TRIGGER),
)
mutate(
    "97.9 us of latency more by 1",
    "baumer.trigger.fixed_delay",
    also=["baumer.*"],
    sheet={"trigger.latency_ns": 98_700},
)
mutate("a grid of 12 us", "baumer.trigger.max_delay", sheet={"trigger.grid_ns": 12_000})
mutate("a queue of 255", "baumer.trigger.buffer", sheet={"trigger.queue": 255})
mutate("a queue of 257", "baumer.trigger.buffer", sheet={"trigger.queue": 257})
mutate(
    "the clock ticks every 4 ns",
    "baumer.timestamp.increment",
    also=["baumer.chunk.timestamp"],
    sheet={"clock.tick_ns": 4},
)
mutate(
    "twice the memory",
    "baumer.memory.buffer_trigger",
    "baumer.memory.buffer_freerun",
    also=["baumer.*"],
    sheet={"memory.size_bytes": 72_000_000},
)
mutate(
    "free run waits",
    "baumer.trigger.mode_off",
    also=["baumer.*"],
    patch=action(
        "become_ready", lambda m, true: None if m.host.settings.TriggerMode["FrameStart"] == "Off" else true()
    ),
)
mutate(
    "triggers wait for the readout",
    "baumer.trigger.overlap",
    also=["baumer.*"],
    patch=ready(lambda m, s, t: max(t, m.readout_end)),
)
mutate(
    "skipped triggers hold the next one up",
    "baumer.iface.condition",
    also=["baumer.*"],
    patch=action("skip", lambda m, true: (setattr(m, "readout_end", m.readout_end + 100_000), true())[1]),
)
mutate(
    "Mono8 is missing",
    "baumer.rates.condition.full",
    also=["baumer.*"],
    sheet={"features.PixelFormat.entries": without("Mono8")},
)
