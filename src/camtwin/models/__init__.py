"""Data sheets of sensors and cameras, as data, each number with its source.

A camera is named by a data sheet, of the package or of the user's folders, or by the path of one,
`./my-camera.toml`. Where sheets are looked for and what may lie beside one: `places`. The registers of a
sensor are a sheet by the sensor's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from camtwin.models.documents import Document, NoSuchRow, invalid
from camtwin.models.driver_sheet import DriverSheet, ModuleSheet
from camtwin.models.ecosystem_sheet import EcosystemSheet
from camtwin.models.inheritance import Sheet, left, over
from camtwin.models.mode_file import ImageMode, ModesInvalid, modes_text, parse_modes
from camtwin.models.places import (
    MAX_KEPT,
    UnknownModel,
    beside,
    cameras,
    chain,
    in_package,
    is_path,
    ledger_beside,
    opened,
    packaged,
    resolve,
    shelves,
    stem,
    text_at,
)
from camtwin.models.provenance import Fact, SheetInvalid
from camtwin.models.register_sheet import RegisterSheet
from camtwin.models.rig import RigSheet
from camtwin.models.schema import CameraSheet, SensorSheet
from camtwin.problem import first_fault, nearest

__all__ = [
    "CameraSheet",
    "DriverSheet",
    "EcosystemSheet",
    "Fact",
    "ImageMode",
    "ModesInvalid",
    "ModuleSheet",
    "RegisterSheet",
    "RigSheet",
    "SensorSheet",
    "SheetInvalid",
    "UnknownModel",
    "cameras",
    "forget",
    "has_modes",
    "has_rig",
    "has_twin",
    "ledger_beside",
    "load",
    "load_driver",
    "load_ecosystem",
    "load_modes",
    "load_module",
    "load_registers",
    "load_rig",
    "modes_text",
    "module_names",
    "names",
    "parse",
    "parse_driver",
    "parse_ecosystem",
    "parse_registers",
    "parse_rig",
    "read_modes",
    "register_names",
    "resolve",
    "rig_names",
    "shelves",
]

ROOM = files(__name__)
MODES = ".dts"
LINKS: Final = ("gige", "usb3")
"""Links of which the package has a usual sheet: what a camera has that nobody says more of than its link."""
T = TypeVar("T", bound=BaseModel)
Documents = tuple[Document, ...]


def names() -> list[str]:
    """Return the names of the cameras with a data sheet, in the package and on the search path."""
    return [*cameras()]


def has_twin(name: str) -> bool:
    """Tell whether a name or path is that of a camera's data sheet."""
    return is_path(place := resolve(name)) or in_package("camera", place) is not None


def rig_names() -> list[str]:
    """Return the names of the cameras with a rig sheet in the package, whether there is a twin or not."""
    return packaged("rig")


def register_names() -> list[str]:
    """Return the names of the sensors with a register sheet."""
    return _named("registers")


def module_names() -> list[str]:
    """Return the names of the sensor modules that have a driver."""
    return _named("modules")


def _named(folder: str) -> list[str]:
    return sorted(stem(file.name) for file in (ROOM / folder).iterdir() if is_path(file.name))


# -- what surrounds a camera -------------------------------------------------------------------------
def has_rig(name: str) -> bool:
    """Tell whether a camera has a rig sheet."""
    place = resolve(name)
    if not is_path(place):
        return in_package("rig", place) is not None
    return text_at(place) is not None and bool(_rig_of(chain("camera", opened("camera", place))))


def load_rig(name: str) -> RigSheet:
    """Return the rig sheet of a camera.

    Raises:
        UnknownModel: there is none
        SheetInvalid: it is wrong
    """
    place = resolve(name)
    if not is_path(place):
        if (found := in_package("rig", place)) is None:
            known = rig_names()
            raise UnknownModel(f"no model {name!r}: there are {', '.join(known)}{nearest(name, known)}")
        return _rig(place, chain("rig", found))
    if not (documents := _rig_of(chain("camera", opened("camera", place)))):
        raise UnknownModel(f"{name}: there is no {stem(place)}.rig.toml beside it")
    return _rig(stem(place), documents)


def parse_rig(name: str, text: str) -> RigSheet:
    """Parse a rig sheet. SheetInvalid says in one line what is wrong."""
    documents = chain("rig", Document(name, text))
    plain, facts = _folded(documents, by_section=False)
    return _check(RigSheet, documents, {**plain, "name": stem(name).removesuffix(".rig"), "facts": facts})


def _rig_of(documents: Documents) -> Documents:
    """Return the rig sheet beside a camera's sheet, or beside one that it is like; () if there is none."""
    for document in documents:
        name = stem(document.label)
        packed = None if is_path(document.label) else in_package("rig", name)
        if found := beside(document, "rig", name) or packed:
            return chain("rig", found)
    return ()


@lru_cache(maxsize=MAX_KEPT)
def _rig(name: str, documents: Documents) -> RigSheet:
    sheet = parse_rig(documents[0].label, documents[0].text)
    return sheet if sheet.name == name else sheet.model_copy(update={"name": name})


# -- registers ---------------------------------------------------------------------------------------
@cache
def load_registers(name: str) -> RegisterSheet:
    """Return the registers of a sensor, read once.

    Raises:
        UnknownModel: there are none
        SheetInvalid: the sheet is wrong
    """
    if name not in register_names():
        raise UnknownModel(f"no registers of a sensor {name!r}: there are {', '.join(register_names())}")
    return parse_registers(name, (ROOM / "registers" / f"{name}.toml").read_text("utf-8"))


def parse_registers(name: str, text: str) -> RegisterSheet:
    """Parse a register sheet. SheetInvalid says in one line what is wrong."""
    document = Document(name, text)
    plain, facts = document.plain(by_section=False)
    resets = {one: value for group in plain.pop("reset", {}).values() for one, value in group.items()}
    registers = plain.get("registers", {})
    if missing := resets.keys() - registers.keys():
        raise SheetInvalid(f"{name}: reset has {', '.join(sorted(missing))}, of which there is no register")
    plain["registers"] = {
        one: {**row, "name": one, "reset": resets.get(one, 0)} for one, row in registers.items()
    }
    plain["sensor"] = _sensor(stem(str(plain.get("sensor"))), _sensor_of((document,), plain.get("sensor")))
    return _check(RegisterSheet, (document,), {**plain, "facts": facts})


@cache
def load_ecosystem(name: str) -> EcosystemSheet:
    """Return an ecosystem of the package, read once. SheetInvalid if the sheet is wrong."""
    return parse_ecosystem(name, (ROOM / "ecosystems" / f"{name}.toml").read_text("utf-8"))


def parse_ecosystem(name: str, text: str) -> EcosystemSheet:
    """Parse an ecosystem sheet. SheetInvalid says in one line what is wrong."""
    document = Document(name, text)
    plain, facts = document.plain(by_section=False)
    return _check(EcosystemSheet, (document,), {**plain, "name": name, "facts": facts})


# -- modules and their drivers -----------------------------------------------------------------------
def load_module(name: str) -> ModuleSheet:
    """Return what a driver finds on a sensor module. UnknownModel if there is none."""
    document = _in_folder("modules", name, "sensor module")
    plain, facts = document.plain(by_section=False)
    return _check(ModuleSheet, (document,), {**plain, "facts": facts})


def load_driver(name: str) -> DriverSheet:
    """Return a driver of the package by its name, or of the path `./my-driver.toml`.

    A sheet may be `like` one of the package: its rows are added to that one's, or replace them.

    Raises:
        UnknownModel: there is none
        SheetInvalid: it is wrong
    """
    own = text_at(name) if is_path(name) else None
    return _driver(_in_folder("drivers", name, "driver") if own is None else Document(name, own))


def parse_driver(name: str, text: str) -> DriverSheet:
    """Parse a driver's sheet, which may be `like` one of the package. SheetInvalid says what is wrong."""
    return _driver(Document(name, text))


def _driver(document: Document) -> DriverSheet:
    documents = [document]
    if (like := documents[0].tables.get("like")) is not None:
        documents.append(_in_folder("drivers", str(like), "driver"))
    plain, facts = _folded(tuple(documents), by_section=False)
    driver = _check(DriverSheet, tuple(documents), {**plain, "facts": facts})
    registers = load_registers(driver.sensor).registers
    shown = {f"controls.{key}": row.shows for key, row in driver.controls.items() if row.view == "register"}
    for place, register in {f"init.{one}": one for one in driver.init}.items() | shown.items():
        if register not in registers:
            reason = f"{place}: there is no register {register!r:.60}{nearest(register, registers)}"
            raise invalid(documents, place, reason)
    return driver


def _in_folder(folder: str, name: str, what: str) -> Document:
    """Return a sheet of the package by its name. UnknownModel if there is none."""
    known = _named(folder)
    if name not in known:
        raise UnknownModel(f"no {what} {name!r:.60}: there is {', '.join(known)}{nearest(name, known)}")
    return Document(name, (ROOM / folder / f"{name}.toml").read_text("utf-8"))


def has_modes(name: str) -> bool:
    """Tell whether the package has a mode file of this name."""
    return (ROOM / "modes" / f"{name}{MODES}").is_file()


def load_modes(name: str, sensor: str) -> tuple[ImageMode, ...]:
    """Return the modes of a mode file: of the package by its name, or of the path `FILE.dts`.

    The file is read each time, so that one that has changed gives other modes.

    Raises:
        ModesInvalid: the file is wrong
        UnknownModel: there is none, or no such sensor
    """
    if not name.endswith(MODES) and not has_modes(name):
        raise UnknownModel(
            f"no mode file {name!r}: name one of the package, or a path that ends with {MODES}"
        )
    own = name.endswith(MODES)
    text = text_at(name) if own else (ROOM / "modes" / f"{name}{MODES}").read_text("utf-8")
    if text is None:
        raise UnknownModel(f"no mode file {name!r}: there is no such file")
    return read_modes(name, text, sensor)


def read_modes(name: str, text: str, sensor: str) -> tuple[ImageMode, ...]:
    """Parse the text of a mode file; `name` is the file's, for messages. ModesInvalid names what is wrong."""
    return parse_modes(name, text, load_registers(sensor))


# -- cameras and their sensors -----------------------------------------------------------------------
def load(name: str) -> CameraSheet:
    """Return the data sheet of a camera: the same object for as long as the files say the same.

    Raises:
        UnknownModel: there is none
        SheetInvalid: it is wrong
    """
    return _loaded(*_around(opened("camera", resolve(name))))


def parse(name: str, text: str) -> CameraSheet:
    """Parse a camera's data sheet. SheetInvalid says in one line what is wrong."""
    documents, sensor, rig = _around(Document(name, text))
    plain, facts = _folded(documents, by_section=True)
    around = {"rig": _rig(stem(name), rig)} if rig else {}
    sheet = _sensor(stem(sensor[0].label), sensor)
    plain |= {"name": stem(name), "sensor": sheet, "facts": facts, "documents": documents, **around}
    camera = _check(CameraSheet, documents, plain)
    _check_window(camera)
    return camera


def _check_window(sheet: CameraSheet) -> None:
    """Check that images are at most as large as the pixels that the camera uses of its sensor."""
    pixels = sheet.parameters
    for row, side in (("Width", pixels.width), ("Height", pixels.height)):
        most = sheet.features.get(row, {}).get("max")
        if isinstance(most, int | float) and most > side:
            reason = f"is above {side}, the pixels that the camera uses of its sensor ([area])"
            raise sheet.invalid(f"features.{row}", f"{row}.max {most}: {reason}")


def _around(document: Document) -> tuple[Documents, Documents, Documents]:
    """Return a camera's sheet with those that it is like, and the same of its sensor and of its rig."""
    documents = chain("camera", document)
    sensor = next((each.tables["sensor"] for each in documents if "sensor" in each.tables), None)
    return documents, _sensor_of(documents, sensor), _rig_of(documents)


@lru_cache(maxsize=MAX_KEPT)
def _loaded(documents: Documents, sensor: Documents, rig: Documents) -> CameraSheet:
    """Parse a sheet once for each content of the files around it."""
    return parse(documents[0].label, documents[0].text)


def forget() -> None:
    """Forget the sheets that have been read."""
    for known in (_loaded, _rig, _sensor, load_ecosystem, in_package):
        known.cache_clear()


def _sensor_of(documents: Documents, sensor: object) -> Documents:
    """Return the sheet of a sensor that lies beside one of these sheets, or in the package."""
    found = None
    if isinstance(sensor, str):
        own = (beside(document, "sensor", sensor) for document in documents)
        found = next(filter(None, own), None) or in_package("sensor", sensor)
    if found is None:
        known = nearest(str(sensor), packaged("sensor"))
        raise invalid(documents, "sensor", f"there is no data sheet of a sensor {sensor!r:.60}{known}")
    return chain("sensor", found)


@lru_cache(maxsize=MAX_KEPT)
def _sensor(name: str, documents: Documents) -> SensorSheet:
    plain, facts = _folded(documents, by_section=True)
    return _check(SensorSheet, documents, {**plain, "name": name, "facts": facts})


def _folded(documents: Documents, *, by_section: bool) -> Sheet:
    """Return what a sheet and those that it is like say together."""
    sheet: Sheet | None = None
    label = ""
    for document in reversed(documents):
        own = document.plain(by_section=by_section)
        words = own[0].get("without", [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in cast("list[Any]", words)):
            raise invalid(
                [document], "without", "without must be a list of rows, such as features.TestPattern"
            )
        if sheet is None:
            if words:
                raise invalid([document], "without", "without leaves out rows of the sheet that `like` names")
            sheet = own
        else:
            try:
                sheet = over(own, _on_link(sheet, own[0].get("link")), label)
            except NoSuchRow as wrong:
                raise invalid([document], "without", str(wrong)) from None
        label = stem(document.label)
    assert sheet is not None, "a sheet stands in a document at least"
    return sheet


def _on_link(sheet: Sheet, link: object) -> Sheet:
    """Return a camera's sheet on another link, whose usual rows take the place of those of the old one."""
    before = sheet[0].get("link")
    if link in (None, before) or link not in LINKS:
        return sheet
    if before in LINKS:
        own, _ = _usual(str(before))
        rows = [f"features.{name}" for name in own["features"] if name in sheet[0].get("features", {})]
        sheet = left(
            sheet, [*(section for section in own if section in sheet[0] and section != "features"), *rows]
        )
    plain, facts = _usual(str(link))
    return over(sheet, (dict(plain), facts), f"usual of {link}")


@cache
def _usual(link: str) -> Sheet:
    document = Document(f"usual {link}", (ROOM / "usual" / f"{link}.toml").read_text("utf-8"))
    return document.plain(by_section=True)


def _check(schema: type[T], documents: Documents, data: dict[str, Any]) -> T:
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        place = [str(part) for part in error.errors(include_url=False)[0]["loc"]]
        known = _known(schema, place[:-1]) if _is_unknown(error) else ()
        hint = nearest(place[-1], known) if known else ""
        raise invalid(documents, ".".join(place), f"{first_fault(error)}{hint}") from None


def _is_unknown(error: ValidationError) -> bool:
    return error.errors(include_url=False)[0]["type"] == "extra_forbidden"


def _known(schema: type[BaseModel], place: Sequence[str]) -> Iterable[str]:
    """Return the names of the rows that a section of a sheet may have."""
    for part in place:
        field = schema.model_fields.get(part)
        inner = (field.annotation, *get_args(field.annotation)) if field else ()
        found = next((one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if found is None:
            return ()
        schema = found
    return schema.model_fields
