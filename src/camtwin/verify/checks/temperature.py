"""Temperature: what the camera tells of it, and does about it."""

from __future__ import annotations

from camtwin.problem import Refused
from camtwin.units import SEC
from camtwin.verify.case import Case, check
from camtwin.verify.checks.signals import listen, times


@check("baumer.temp.inhouse")
def inhouse(case: Case) -> None:
    case.entries(case.open(), "DeviceTemperatureSelector", case.claim.names)


@check("baumer.temp.sensor", "baumer.temp.range", "baumer.temp.accuracy_low", "baumer.temp.accuracy_high")
def reading(case: Case) -> None:
    """Of several cameras, as each has its own error: reading less true value."""
    row = case.claim.id.rpartition(".")[2]
    points = {"accuracy_low": (-40, -20, -1), "accuracy_high": (1, 25, 60, 85)}.get(row, (-40, -5, 5, 60, 85))
    errors = []
    for seed in range(12):
        cam = case.open(seed=seed)
        for celsius in points:
            cam.world.hold_internal_C(float(celsius))
            cam.advance(SEC)
            errors.append(cam.DeviceTemperature - celsius)
    typical = case.claim.number if row.startswith("accuracy") else 2.0
    case.within("least error", min(errors), -3 * typical, 0.0, "degC")
    case.within("greatest error", max(errors), 0.0, 3 * typical, "degC")
    rms = (sum(e * e for e in errors) / len(errors)) ** 0.5
    case.within("typical error", rms, 0.0, 1.3 * typical, "degC")


CHANGES = {
    "normal_high": ("Normal", "High"),
    "high_exceeded": ("High", "Exceeded"),
    "exceeded_normal": ("Exceeded", "Normal"),
}


@check(*(f"baumer.temp.event.{name}" for name in CHANGES))
def transition(case: Case) -> None:
    """Warmed up by a quarter of a degree at a time, then cooled: changes of status and their events."""
    cam = case.open()
    listen(cam, "DeviceTemperatureStatusChanged")
    before, changes = "Normal", {}
    for quarters in (*range(4 * 50, 4 * 80), 4 * 40):
        cam.events.clear()
        cam.world.hold_internal_C(quarters / 4)
        cam.advance(SEC)
        now = cam.DeviceTemperatureStatus
        if now != before or cam.events:
            changes[before, now] = len(times(cam, "DeviceTemperatureStatusChanged"))
        before = now
    case.saw(", ".join(f"{a} to {b}" for a, b in changes))
    case.equal("events at this change", changes.get(CHANGES[case.claim.id.rpartition(".")[2]]), 1)


@check("baumer.temp.cutoff", "baumer.temp.operating_max_internal")
def cutoff(case: Case) -> None:
    cam = case.open(Height=100)
    cam.AcquisitionStart()
    for celsius, streams in ((75.0, True), (76.0, False), (40.0, True)):
        cam.world.hold_internal_C(celsius)
        cam.advance(SEC)
        cam.fetch()
        cam.advance(SEC)
        case.equal(f"images at {celsius:g} degC", len(cam.fetch()) > 0, streams)
        if celsius > 75:
            case.equal("DeviceTemperatureStatus", cam.DeviceTemperatureStatus, "Exceeded")


@check("baumer.custom_data")
def custom_data(case: Case) -> None:
    size, data = int(case.claim.number), bytes(range(128))
    cam = case.open(CustomDataConfigurationMode="On")
    for index, byte in enumerate(data):
        case.write(cam, CustomDataSelector=index, CustomData=byte)
    case.refuses(cam, "CustomDataSelector", size)
    case.write(cam, CustomDataConfigurationMode="Off")
    cam.world.power_cycle()
    found = bytearray()
    for index in range(size):
        case.write(cam, CustomDataSelector=index)
        found.append(cam.CustomData)
    case.that("128 bytes are back after a power cycle", found == data)


@check("baumer.custom_data.mode")
def custom_mode(case: Case) -> None:
    cam = case.open(CustomDataSelector=5)
    try:
        cam.CustomData = 7
    except Refused as refused:
        case.saw(f"outside of the mode: {refused}")
    else:
        case.wrong("CustomData is written outside of the mode")
    case.write(cam, CustomDataConfigurationMode="On")
    case.takes(cam, "CustomData", 7)
