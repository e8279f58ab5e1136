"""Climate, warmth, lamps and lenses: what is said of readings, what the housing shows, and what fits."""

from __future__ import annotations

from typing import Final

import camtwin
from camtwin import rig
from camtwin.planner.lens import mount_finding
from camtwin.units import MS, SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.signals import listen, times
from camtwin.verify.measurements.wiring import fed, number, on_cable, points, runs, said, wired
from camtwin.verify.measures import measurement

MOUNTS: Final = ("C-Mount", "CS-Mount", "F-Mount", "M12")


@measurement("climate")
def climate(case: Case, reading: str, *wanted: str, heat_sink: bool = False) -> None:
    """Readings, and what the tool says of each: `value+1:outside of limits`."""
    for value, word in points(case, wanted):
        findings = rig.climate(case.around, heat_sink=heat_sink, **{reading: value})
        how = " with a heat sink" if heat_sink else ""
        case.equal(f"{reading} {value:g}{how}", said(f.word for f in findings), word)


@measurement("climate_record")
def climate_record(case: Case, reading: str) -> None:
    """The limits on record are the claim's, in its unit."""
    fact = case.record(f"environment.{reading}")
    case.equal("record", tuple(fact.value), case.claim.span)
    case.that(f"in {fact.unit}", fact.unit.startswith(case.claim.unit))


@measurement("dark_noise_at")
def dark_noise_at(case: Case) -> None:
    """Dark noise at the claimed temperature inside is that at 25 degC, within 5 %."""
    dark = camtwin.scene.Flat(photons_per_s=0.0)
    cam = case.open(scene=dark, render=True, Width=256, Height=128, PixelFormat="Mono12", ExposureTime=100)
    noise: list[float] = []
    for celsius in (25.0, case.claim.number):
        cam.world.hold_internal_C(celsius)
        a, b = (frame.picture.astype(float) for frame in cam.grab(2))
        noise.append((a - b).std() / 2**0.5)
    case.within("dark noise over that at 25 degC", noise[1] / noise[0], 0.95, 1.05)


@measurement("mount")
def mount(case: Case, *words: str) -> None:
    """The claimed mounts are on record; what the lens tool says of lenses with C-, CS-, F-Mount and M12."""
    on_record = [name.casefold() for name in case.record("lens.mount").value]
    claimed = case.claim.value.casefold().replace("c/cs", "c-mount, cs").split(", ")
    case.equal("mounts on record", sorted(on_record), sorted(claimed))
    for name, word in zip(MOUNTS, words, strict=True):
        case.equal(f"a lens with {name}", mount_finding(case.around, name).word, word)


# -- lamps -------------------------------------------------------------------------------------------
@measurement("lamp")
def lamp(case: Case, name: str, look: str) -> None:
    """A lamp looks so in the claimed state, and in none of the others of its own."""
    sheet = case.around.leds[name]
    cam, bench = on_cable(case)
    seen: dict[str, str] = {}
    cam.advance(SEC)
    seen["Link ON"] = bench.leds("cam")[name]
    cam.Gain = 1.0
    seen["RX active"] = bench.leds("cam")[name]
    cam.AcquisitionStart()
    cam.advance(SEC)
    seen["TX active"] = bench.leds("cam")[name]
    cam.world.hold_internal_C(80.0)
    cam.advance(MS)
    seen["Error"] = bench.leds("cam")[name]
    case.equal(f"{name}, {case.claim.value}", seen[case.claim.value], look)
    for other in {sheet.static, sheet.flash} - {case.claim.value}:
        case.that(f"it is another with {other}", seen[other] != look)


@measurement("lamp_on")
def lamp_on(case: Case, name: str, look: str) -> None:
    """A lamp looks so with power, and is off without."""
    cam, bench = wired(case, fed(case))
    case.that("it has power", runs(cam, bench))
    case.equal("with power", bench.leds("cam")[name], look)
    bench.tune(fed(case)[0][0].partition(".")[0], volts=0.0)
    cam.advance(SEC)
    case.equal("without", bench.leds("cam")[name], "off")


# -- warmth ------------------------------------------------------------------------------------------
@measurement("thermometer")
def thermometer(case: Case, error: str, *celsius: float) -> None:
    """Readings of several cameras, as each has its own error: around the true value by a typical error."""
    typical = number(case, error)
    errors: list[float] = []
    for seed in range(12):
        cam = case.open(seed=seed)
        for at in celsius:
            cam.world.hold_internal_C(at)
            cam.advance(SEC)
            errors.append(cam.DeviceTemperature - at)
    case.within("least error", min(errors), -3 * typical, 0.0, "degC")
    case.within("greatest error", max(errors), 0.0, 3 * typical, "degC")
    rms = (sum(e * e for e in errors) / len(errors)) ** 0.5
    case.within("typical error", rms, 0.0, 1.3 * typical, "degC")


@measurement("temperature_event")
def temperature_event(case: Case) -> None:
    """Warmed up by a quarter of a degree at a time, then cooled: one event at the claimed change."""
    cam = case.open()
    listen(cam, "DeviceTemperatureStatusChanged")
    before, changes = "Normal", dict[str, int]()
    for quarters in (*range(4 * 50, 4 * 80), 4 * 40):
        cam.events.clear()
        cam.world.hold_internal_C(quarters / 4)
        cam.advance(SEC)
        now = cam.DeviceTemperatureStatus
        if now != before or cam.events:
            changes[f"{before} to {now}"] = len(times(cam, "DeviceTemperatureStatusChanged"))
        before = now
    case.saw(", ".join(changes))
    case.equal("events at this change", changes.get(case.claim.value), 1)


@measurement("overheating")
def overheating(case: Case, *wanted: str) -> None:
    """Whether images come at these temperatures inside, one after the other: `75:streams`, `76:stopped`."""
    cam = case.open(Height=100)
    cam.AcquisitionStart()
    for celsius, word in points(case, wanted):
        cam.world.hold_internal_C(celsius)
        cam.advance(SEC)
        cam.fetch()
        cam.advance(SEC)
        case.equal(f"images at {celsius:g} degC", "streams" if cam.fetch() else "stopped", word)
        exceeded = cam.DeviceTemperatureStatus == "Exceeded"
        case.equal("DeviceTemperatureStatus is Exceeded", exceeded, word == "stopped")
