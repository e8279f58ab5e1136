"""What can be read of a camera with a colour sensor: identity features, and what is on record."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot
from typing import Final

from camtwin.session.session import Session
from camtwin.verify.case import Case, check

WORDS: Final[Mapping[str, str]] = {
    "ids.status.availability": "status.availability",
    "ids.link.usb3": "link.name",
    "ids.sensor.aspect": "sensor.aspect",
    "ids.sensor.optical_class": "sensor.optical_class",
    "ids.sensor.model": "sensor.model",
}
NUMBERS: Final[Mapping[str, str]] = {
    "ids.sensor.pixel_class": "sensor.pixel_class",
    "ids.design.mass": "design.mass",
}


def sensor_mm(cam: Session) -> tuple[float, float]:
    """Width and height of what is shown."""
    return (
        cam.SensorWidth * cam.SensorPixelWidth / 1000,
        cam.SensorHeight * cam.SensorPixelHeight / 1000,
    )


@check(*WORDS)
def words(case: Case) -> None:
    cam = case.open()
    case.equal("record", cam.record(WORDS[case.claim.id]).value, case.claim.value)
    match case.claim.id.partition(".")[2]:
        case "sensor.model":
            case.equal("SensorName", cam.SensorName, case.claim.value)
        case "sensor.aspect":
            case.near("Width / Height", cam.Width / cam.Height, 4 / 3, 4 / 3 * 1e-3)
        case "link.usb3":
            case.equal("DeviceTLType", cam.DeviceTLType, "USB3Vision")
            case.that("DeviceLinkSpeed is beyond USB 2.0's 60 MB/s", cam.DeviceLinkSpeed > 60e6)
            case.leaves_out("a host that enumerates it, as there is none in process")


@check(*NUMBERS)
def numbers(case: Case) -> None:
    fact = case.open().record(NUMBERS[case.claim.id])
    case.equal("record", fact.value, case.claim.number)
    case.equal("unit", fact.unit, case.claim.unit)


@check("ids.sensor.technology")
def technology(case: Case) -> None:
    said = case.open().record("sensor.type").value
    case.that(f"the record says {case.claim.value}: {said}", said.startswith(case.claim.value))
    case.leaves_out("the device's own description: no feature names the technology")


@check("ids.sensor.manufacturer")
def manufacturer(case: Case) -> None:
    case.equal("record", case.open().record("sensor.manufacturer").value, case.claim.value)


@check("ids.sensor.resolution_mpix")
def megapixels(case: Case) -> None:
    cam = case.open()
    case.equal("Mpixel", round(cam.SensorWidth * cam.SensorHeight / 1e6, 2), case.claim.number)
    case.equal("record", cam.record("sensor.resolution").value, case.claim.number)


@check("ids.sensor.width", "ids.sensor.height")
def resolution(case: Case) -> None:
    side = case.claim.id.rpartition(".")[2].capitalize()
    cam = case.open(render=True)
    for name in (f"Sensor{side}", f"{side}Max", side):
        case.equal(name, getattr(cam, name), case.claim.number)
    case.equal("picture", cam.grab()[0].picture.shape[side == "Width"], case.claim.number)


@check("ids.sensor.optical_width", "ids.sensor.optical_height")
def optical_size(case: Case) -> None:
    axis, cam = int(case.claim.id.endswith("height")), case.open()
    case.equal("record", cam.record("sensor.optical_size").value[axis], case.claim.number)
    case.near("pixels times pitch", sensor_mm(cam)[axis], case.claim.number, 1e-3, "mm")


@check("ids.sensor.diagonal")
def diagonal(case: Case) -> None:
    cam = case.open()
    case.equal("record", cam.record("sensor.diagonal").value, case.claim.number)
    case.equal("of the sides", round(hypot(*sensor_mm(cam)), 2), case.claim.number)


@check("ids.sensor.pixel_pitch")
def pitch(case: Case) -> None:
    cam = case.open()
    for name in ("SensorPixelWidth", "SensorPixelHeight"):
        case.equal(name, getattr(cam, name), case.claim.number)


@check("ids.design.dimensions")
def dimensions(case: Case) -> None:
    wanted = [float(side) for side in case.claim.value.split(" x ")]
    case.equal("height, width, length", list(case.open().record("design.dimensions").value), wanted)


@check("ids.design.ip", "ids.design.housing")
def none_named(case: Case) -> None:
    name = case.claim.id.removeprefix("ids.")
    case.equal(f"record of {name}", case.open().record(name).value, "none")


@check("ids.doc.date")
def document(case: Case) -> None:
    cam = case.open()
    case.equal("record", cam.record("document.date").value, case.claim.value)
    case.equal("changes are reserved", cam.record("document.reserved").value, True)


TABLE: Final = {
    "Freerun": True,
    "Software trigger": True,
    "Hardware trigger": True,
    "Trigger controlled exposure": False,
    "Denoiser": False,
    "Long exposure": False,
    "Line scan": False,
    "Global start": False,
    "Flashing": False,
    "PWM flashing": False,
}


@check("ids.features.scope")
def scope(case: Case) -> None:
    said = dict(case.open().record("features.on_camera").value)
    case.equal("on the camera itself", said, TABLE)
