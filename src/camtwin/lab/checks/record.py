"""What can be read: identity features, and facts of the sheet that are no features."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from camtwin.lab.case import Case, check

WORDS: Final[Mapping[str, str]] = {
    "baumer.sensor.model": "sensor.model",
    "baumer.sensor.type": "sensor.type",
    "baumer.optics.mount": "optics.mount",
    "baumer.mech.housing": "mechanics.housing",
    "baumer.conformity.kc_number": "conformity.kc_number",
}
NUMBERS: Final[Mapping[str, str]] = {
    "baumer.sensor.optical_size": "sensor.optical_size",
    "baumer.memory.buffer_size": "memory.image_buffer",
    "baumer.mech.weight": "mechanics.weight",
    "baumer.mtbf.45": "reliability.mtbf_45C",
    "baumer.mtbf.60": "reliability.mtbf_60C",
}
SPANS: Final[Mapping[str, str]] = {
    "baumer.env.storage": "environment.storage",
    "baumer.env.humidity": "environment.humidity",
}
SCAN: Final[Mapping[str, tuple[str, str, str]]] = {
    "baumer.sensor.scan_width": ("sensor.scan_width", "SensorWidth", "SensorPixelWidth"),
    "baumer.sensor.scan_height": ("sensor.scan_height", "SensorHeight", "SensorPixelHeight"),
}


@check(*WORDS)
def words(case: Case) -> None:
    fact = case.open().record(WORDS[case.claim.id])
    case.equal("record", fact.value, case.claim.value)


@check(*NUMBERS)
def numbers(case: Case) -> None:
    fact = case.open().record(NUMBERS[case.claim.id])
    case.equal("record", fact.value, case.claim.number)
    case.equal("unit", fact.unit, case.claim.unit)


@check(*SPANS)
def spans(case: Case) -> None:
    fact = case.open().record(SPANS[case.claim.id])
    case.equal("record", tuple(fact.value), case.claim.span)
    case.that(f"in {fact.unit}", fact.unit.startswith(case.claim.unit))


@check(*SCAN)
def scan_area(case: Case) -> None:
    """The record agrees with what the pixels add up to, rounded as the sheet rounds."""
    fact, pixels, pitch = SCAN[case.claim.id]
    cam = case.open()
    case.equal("record", cam.record(fact).value, case.claim.number)
    case.equal(
        "pixels times pitch", round(getattr(cam, pixels) * getattr(cam, pitch) / 1000, 2), case.claim.number
    )


@check("baumer.sensor.pixel_width", "baumer.sensor.pixel_height")
def pixel_size(case: Case) -> None:
    name = "SensorPixelWidth" if case.claim.id.endswith("width") else "SensorPixelHeight"
    case.equal(name, getattr(case.open(), name), case.claim.number)


@check("baumer.sensor.width", "baumer.sensor.height")
def resolution(case: Case) -> None:
    side = "Width" if case.claim.id.endswith("width") else "Height"
    cam = case.open()
    for name in (f"Sensor{side}", f"{side}Max"):
        case.equal(name, getattr(cam, name), case.claim.number)


@check(*(f"baumer.conformity.{name}" for name in ("ce", "rohs", "reach", "kc", "eac")))
def approvals(case: Case) -> None:
    listed = case.open().record("conformity.approvals").value
    case.saw(", ".join(listed))
    if case.claim.value not in listed:
        case.wrong(f"the record lists {', '.join(listed)}")


@check("baumer.conformity.kc_date")
def kc_date(case: Case) -> None:
    day = datetime.strptime(case.claim.value, "%d.%m.%Y").date().isoformat()
    case.equal("record", case.open().record("conformity.kc_date").value, day)


@check("baumer.mech.housing_old")
def housing_until_2020(case: Case) -> None:
    said = case.open().record("mechanics.housing_until_2020-02").value
    case.saw(f"until 2020-02 {said}")
    case.that(f"finish {case.claim.value}", said.endswith(case.claim.value))


@check("baumer.mech.ip")
def protection(case: Case) -> None:
    said = case.open().record("mechanics.protection").value
    case.saw(said)
    if not said.startswith(f"{case.claim.value}, with lens and"):
        case.wrong(f"the record says {said}")


@check("baumer.ident.model")
def model_name(case: Case) -> None:
    name = case.open().DeviceModelName
    case.saw(f"DeviceModelName {name}")
    if case.claim.value not in name:
        case.wrong(f"DeviceModelName {name} does not contain {case.claim.value}")


@check("baumer.sfnc.version")
def sfnc_version(case: Case) -> None:
    cam = case.open()
    major, minor = map(int, case.claim.value.split("."))
    case.equal("DeviceSFNCVersionMajor", cam.DeviceSFNCVersionMajor, major)
    case.equal("DeviceSFNCVersionMinor", cam.DeviceSFNCVersionMinor, minor)
