"""What can be read: identity features, and facts of the sheet that are no features."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import floor, hypot
from typing import Final
from xml.etree import ElementTree

from camtwin.verify.case import Case, check

WORDS: dict[str, str] = {
    "baumer.sensor.model": "sensor.model",
    "baumer.sensor.type": "sensor.type",
    "baumer.optics.mount": "optics.mount",
    "baumer.mech.housing": "mechanics.housing",
    "baumer.conformity.kc_number": "conformity.kc_number",
    "basler.ident.product_line": "general.product_line",
    "basler.sensor.model": "sensor.model",
    "basler.sensor.technology": "sensor.type",
    "basler.design.material": "mechanics.material",
    "basler.design.drawing": "mechanics.drawing",
    "basler.conformity.ip": "mechanics.protection",
    "basler.conformity.eu_doc": "conformity.eu_declaration",
    "basler.cable.usb.recommended": "cable.recommended",
    "basler.cable.io.recommended": "cable.recommended",
    "basler.cable.io.magnetic": "cable.magnetic_fields",
}
WORDS |= {
    "sony.ident.optical_type": "sensor.optical_type",
    "sony.desc.low_power": "sensor.low_power",
    "sony.desc.application": "sensor.application",
    "sony.feature.snr": "sensor.snr",
    "sony.doc.changes": "document.changes",
    "sony.doc.trademarks": "document.trademarks",
    "sony.doc.url": "document.url",
    "sony.starvis.trademark": "starvis.trademark",
    "sony.starvis.band": "starvis.band",
}
WORDS |= {
    "framos.doc.title": "document.title",
    "framos.ident.product": "ident.product",
    "framos.ident.variant": "ident.variant",
    "framos.ident.model": "ident.model",
    "framos.sensor.vendor": "sensor.vendor",
    "framos.sensor.name": "sensor.model",
    "framos.sensor.optical_format": "sensor.optical_format",
    "framos.mech.depth": "mechanics.depth",
    "framos.libargus.closed": "libargus.source",
    "framos.opencv.open": "opencv.source",
    "framos.opencv.easy": "opencv.easy",
    "framos.opencv.not_recommended": "opencv.advice",
    "framos.mech.drawing": "mechanics.drawing",
}
WORDS["ids.temp.pcb_hint"] = "environment.board_hint"
NUMBERS: Final[Mapping[str, str]] = {
    "baumer.sensor.optical_size": "sensor.optical_size",
    "baumer.memory.buffer_size": "memory.image_buffer",
    "baumer.mech.weight": "mechanics.weight",
    "baumer.mtbf.45": "reliability.mtbf_45C",
    "baumer.mtbf.60": "reliability.mtbf_60C",
    "basler.sensor.optical_size": "sensor.optical_size",
    "basler.sensor.pixel_width": "sensor.pixel_width",
    "basler.sensor.pixel_height": "sensor.pixel_height",
    "basler.design.weight": "mechanics.weight",
    "basler.soft.pylon": "software.pylon",
    "sony.doc.version": "document.version",
    "framos.sensor.pixel_width": "sensor.pixel_width",
    "framos.sensor.pixel_height": "sensor.pixel_height",
    "framos.mech.height": "mechanics.height",
    "framos.mech.width": "mechanics.width",
    "sony.csi2.dphy": "link.dphy",
    "sony.starvis.definition": "starvis.sensitivity",
}
SPANS: Final[Mapping[str, str]] = {
    "baumer.env.storage": "environment.storage",
    "baumer.env.humidity": "environment.humidity",
    "basler.env.humidity_storage": "environment.humidity_storage",
}
SIZES: Final[Mapping[str, str]] = {
    "basler.design.size_body": "mechanics.size_body",
    "basler.design.size_overall": "mechanics.size_overall",
}
LISTED: Final[Mapping[str, str]] = {
    **{f"baumer.conformity.{name}": "conformity.approvals" for name in ("ce", "rohs", "reach", "kc", "eac")},
    **{f"basler.conformity.{name}": "conformity.approvals" for name in ("ce", "ul", "fcc", "reach")},
    **{f"basler.soft.{name}": "software.systems" for name in ("windows", "linux_x86", "linux_arm", "osx")},
}
NOTICES: Final[Mapping[str, str]] = {
    "basler.safety.shock": "safety.shock",
    "basler.safety.fire": "safety.fire",
}
FAHRENHEIT: Final[Mapping[str, str]] = {
    "basler.temp.operating_f": "environment.operating_housing",
    "basler.temp.storage_f": "environment.storage",
    "ids.temp.operating_f": "environment.operating_device",
    "ids.temp.storage_f": "environment.storage",
}
RESOLUTION: Final = (
    "baumer.sensor.width",
    "baumer.sensor.height",
    "basler.sensor.width_full",
    "basler.sensor.height_full",
)
SCAN: Final[Mapping[str, tuple[str, str, str]]] = {
    "baumer.sensor.scan_width": ("sensor.scan_width", "SensorWidth", "SensorPixelWidth"),
    "baumer.sensor.scan_height": ("sensor.scan_height", "SensorHeight", "SensorPixelHeight"),
}


@check(*WORDS)
def words(case: Case) -> None:
    fact = case.record(WORDS[case.claim.id])
    case.equal("record", fact.value, case.claim.value)


@check(*NUMBERS)
def numbers(case: Case) -> None:
    fact = case.record(NUMBERS[case.claim.id])
    recorded, claimed = (
        f"{value:g} {unit}".rstrip()
        for value, unit in ((fact.value, fact.unit), (case.claim.number, case.claim.unit))
    )
    case.equal("record", recorded, claimed)


@check(*SPANS)
def spans(case: Case) -> None:
    fact = case.record(SPANS[case.claim.id])
    case.equal("record", tuple(fact.value), case.claim.span)
    case.that(f"in {fact.unit}", fact.unit.startswith(case.claim.unit))


@check(*SIZES)
def sizes(case: Case) -> None:
    fact = case.record(SIZES[case.claim.id])
    case.equal("record", " x ".join(f"{side:g}" for side in fact.value) + f" {fact.unit}", case.claim.sheet)


@check(*NOTICES)
def notices(case: Case) -> None:
    """The record says what the notice is about, which the claim has behind its colon."""
    fact = case.record(NOTICES[case.claim.id])
    _, _, about = case.claim.claim.partition(": ")
    case.saw(fact.value)
    if about not in fact.value:
        case.wrong(f"the record says {fact.value}")


@check(*FAHRENHEIT)
def fahrenheit(case: Case) -> None:
    fact = case.record(FAHRENHEIT[case.claim.id])
    case.equal("unit", fact.unit, "degC")
    case.equal(
        "record in degF", tuple(round(32 + 1.8 * degrees, 6) for degrees in fact.value), case.claim.span
    )


@check(*SCAN)
def scan_area(case: Case) -> None:
    """The record agrees with what the pixels add up to, rounded as the sheet rounds."""
    fact, pixels, pitch = SCAN[case.claim.id]
    cam = case.open()
    case.equal("record", case.record(fact).value, case.claim.number)
    case.equal(
        "pixels times pitch", round(getattr(cam, pixels) * getattr(cam, pitch) / 1000, 2), case.claim.number
    )


@check(
    "baumer.sensor.pixel_width",
    "baumer.sensor.pixel_height",
    "sony.structure.cell_width",
    "sony.structure.cell_height",
)
def pixel_size(case: Case) -> None:
    name = "SensorPixelWidth" if case.claim.id.endswith("width") else "SensorPixelHeight"
    case.equal(name, getattr(case.open(), name), case.claim.number)


@check(*RESOLUTION)
def resolution(case: Case) -> None:
    side = "Width" if "width" in case.claim.id else "Height"
    cam = case.open()
    for name in (f"Sensor{side}", f"{side}Max"):
        case.equal(name, getattr(cam, name), case.claim.number)


@check(*LISTED)
def listed(case: Case) -> None:
    there = case.record(LISTED[case.claim.id]).value
    case.saw(", ".join(there))
    if case.claim.value not in there:
        case.wrong(f"the record lists {', '.join(there)}")


@check("baumer.conformity.kc_date")
def kc_date(case: Case) -> None:
    day = datetime.strptime(case.claim.value, "%d.%m.%Y").date().isoformat()
    case.equal("record", case.record("conformity.kc_date").value, day)


@check("baumer.mech.housing_old")
def housing_until_2020(case: Case) -> None:
    said = case.record("mechanics.housing_until_2020-02").value
    case.saw(f"until 2020-02 {said}")
    case.that(f"finish {case.claim.value}", said.endswith(case.claim.value))


@check("baumer.mech.ip")
def protection(case: Case) -> None:
    said = case.record("mechanics.protection").value
    case.saw(said)
    if not said.startswith(f"{case.claim.value}, with lens and"):
        case.wrong(f"the record says {said}")


@check("baumer.ident.model", "basler.ident.model", "sony.ident.model")
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


@check("basler.sensor.diagonal")
def diagonal(case: Case) -> None:
    cam = case.open()
    pitch = case.record("sensor.pixel_width").value
    case.equal("record", case.record("sensor.diagonal").value, case.claim.number)
    computed = hypot(cam.SensorWidth, cam.SensorHeight) * pitch / 1000
    case.equal("pixels times pitch", round(computed, 1), case.claim.number)


@check("basler.acc.list")
def accessories(case: Case) -> None:
    case.equal("record", tuple(case.record("accessories").value), case.claim.names)


@check("basler.doc.references")
def references(case: Case) -> None:
    """Each page that the claim names is on record, as one that is not in the sheet."""
    fact = case.record("references")
    case.saw(", ".join(fact.value))
    for name in case.claim.claim.partition(": ")[2].split(", "):
        if not any(name.partition(" ")[0] in page for page in fact.value):
            case.wrong(f"the record has no {name}")
    case.that("their content is not in the sheet", "not in it" in fact.source)


@check("basler.io.opto_out.load_min", "basler.io.gpio_out.load_min")
def least_load(case: Case) -> None:
    case.equal("record", case.record("load.least_mA").value, case.claim.value)
    case.equal("hints", len(case.record("load.hints").value), 4)


@check("basler.io.opto_out.hint_emi", "basler.io.gpio_out.hint_emi")
def interference(case: Case) -> None:
    hints = [hint for hint in case.record("load.hints").value if "high impedance" in hint]
    case.saw("; ".join(hints) or "no such hint")
    if len(hints) != 1:
        case.wrong("the record has no hint of high impedance")
    case.leaves_out("a hint of the wiring tool for a load that it knows to be of high impedance")


@check("basler.conformity.genicam")
def genicam_version(case: Case) -> None:
    """The version on record, and a description of a schema of that version."""
    case.equal("record", f"GenICam {case.record('conformity.genicam').value}", f"GenICam {case.claim.value}")
    root = ElementTree.fromstring(case.open().xml)
    case.equal("root", root.tag.rpartition("}")[2], "RegisterDescription")
    schema = root.get("SchemaMajorVersion"), root.get("SchemaMinorVersion")
    case.that(f"schema {schema[0]}.{schema[1]} is of GenICam 2", schema in (("1", "0"), ("1", "1")))


@check("basler.conformity.sfnc")
def sfnc_names(case: Case) -> None:
    cam = case.open()
    major = case.claim.value.removeprefix("SFNC ").partition(".")[0]
    case.equal("DeviceSFNCVersionMajor", cam.DeviceSFNCVersionMajor, int(major))
    for name in ("ExposureTime", "Gain", "BlackLevel", "AcquisitionFrameRate"):
        case.that(f"it has {name}", cam.has(name))
        case.lacks(cam, f"{name}Abs", f"{name}Raw")


PFNC: Final = {
    "Mono8": 0x01080001,
    "Mono10": 0x01100003,
    "Mono10p": 0x010A0046,
    "Mono12": 0x01100005,
    "Mono12p": 0x010C0047,
}
"""Codes of the Pixel Format Naming Convention 2."""


@check("basler.conformity.pfnc")
def pfnc_codes(case: Case) -> None:
    cam = case.open()
    root = ElementTree.fromstring(cam.xml)
    node = next(n for n in root.iter() if n.get("Name") == "PixelFormat")
    codes = {e.get("Name", ""): int(e[0].text or "0", 0) for e in node if e.tag.endswith("EnumEntry")}
    case.equal("entries", sorted(codes), sorted(cam.entries("PixelFormat")))
    for name, code in codes.items():
        case.equal(f"code of {name}", f"{code:#010x}", f"{PFNC.get(name, 0):#010x}")


# -- a sensor by itself ------------------------------------------------------------------------------
CONTAINED: Final = {
    "sony.ident.technology": "sensor.type",
    "sony.desc.stacked": "sensor.type",
    "sony.desc.back_illuminated": "sensor.type",
    "sony.package": "sensor.package",
    "sony.structure.package": "sensor.package",
}


@check(*CONTAINED)
def words_of_a_record(case: Case) -> None:
    fact = case.record(CONTAINED[case.claim.id])
    case.saw(fact.value)
    if missing := [word for word in case.claim.value.split() if word not in fact.value]:
        case.wrong(f"the record has no {', '.join(missing)}")


COUNTED: Final = ("total", "effective")
AREAS: Final = {
    **{f"sony.structure.{part}_width": f"sensor.{part}_pixels" for part in COUNTED},
    **{f"sony.structure.{part}_height": f"sensor.{part}_pixels" for part in COUNTED},
    **{f"sony.structure.{part}_mpix": f"sensor.{part}_pixels" for part in COUNTED},
    "sony.structure.chip_width": "sensor.chip",
    "sony.structure.chip_height": "sensor.chip",
}


@check(*AREAS)
def areas(case: Case) -> None:
    """A side, or the product in Mpixel, rounded or cut to the digits of the sheet."""
    fact, side = case.record(AREAS[case.claim.id]), case.claim.id.rpartition("_")[2]
    case.saw(f"record {fact.value[0]:g} x {fact.value[1]:g} {fact.unit}")
    if side == "mpix":
        product = fact.value[0] * fact.value[1] / 1e6
        if case.claim.number not in (round(product, 2), floor(100 * product) / 100):
            case.wrong(f"{product:g} Mpixel is not {case.claim.value}")
    else:
        case.equal(side, fact.value[side == "height"], case.claim.number)


@check("framos.sensor.mpix")
def megapixels(case: Case) -> None:
    columns, rows = case.record("sensor.pixels").value
    case.equal(f"{columns} x {rows} in Mpixel", round(columns * rows / 1e6, 1), case.claim.number)


@check("sony.ident.diagonal")
def image_diagonal(case: Case) -> None:
    cam = case.open()
    case.equal("record", case.record("sensor.diagonal").value, case.claim.number)
    computed = hypot(cam.SensorWidth * cam.SensorPixelWidth, cam.SensorHeight * cam.SensorPixelHeight) / 1e3
    case.near("pixels times pitch", computed, case.claim.number, 0.001, "mm")
