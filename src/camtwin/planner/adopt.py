"""`camtwin adopt`: the data sheet of a camera from its own GenICam description, and a report.

The description has the structure, and limits as far as they are no registers. Values come from a dump, from
the sheet of a similar camera, or from the user. What nobody tells is unknown: the sheet has a guess that says
so, and does not run until it is told or accepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from camtwin.camera.links import KINDS
from camtwin.camera.settings import Settings
from camtwin.genicam import Registers, SheetError, Tree, description
from camtwin.genicam.foreign import ForeignInvalid, read
from camtwin.genicam.foreign_features import ForeignFeature, features_of
from camtwin.genicam.formula import Value
from camtwin.genicam.held import with_held
from camtwin.genicam.node_map import NodeMap, with_entries
from camtwin.genicam.unowned import Span, spans
from camtwin.models import CameraSheet
from camtwin.models.schema import UNKNOWN
from camtwin.pixels.formats import FORMATS
from camtwin.planner.adopted_known import Known, Row, Rows, fitting
from camtwin.planner.adopted_registers import TAKEN, WORD
from camtwin.planner.adopted_rows import RowMaker
from camtwin.planner.new_sheet import BAYER, Given, camera_head, sensor_text

NEEDED: Final = ("DeviceVendorName", "DeviceModelName", "Width", "Height", "PixelFormat")
"""Features without which there is no twin."""
SPACES: Final[Mapping[str, Literal["gige", "usb3"]]] = {
    "GEV": "gige",
    "GigE": "gige",
    "U3V": "usb3",
    "USB": "usb3",
}
MAX_REPAIRS: Final = 400
"""Limit of rows that are changed since they do not go together."""


class AdoptProblem(ForeignInvalid):
    """A description, or a value for it, from which no sheet can be made; one line."""


@dataclass(frozen=True)
class Adopted:
    """Texts of the sheets, and what the twin does.

    behaves   features that do what camtwin's do
    holds     those that only hold what is written, and why
    left_out  what could not be taken over, and why
    moved     those whose register is not where the camera has it, and why
    unowned   bytes of registers that no feature has, and that hold what the camera had
    unknown   rows with guesses, and the words that are guessed
    """

    camera: str
    sensor: str
    behaves: tuple[str, ...]
    holds: Mapping[str, str]
    left_out: Mapping[str, str]
    moved: Mapping[str, str]
    placed: int
    unowned: int
    unknown: Mapping[str, tuple[str, ...]]

    def row(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "behaves": [*self.behaves],
            "holds": dict(self.holds),
            "left_out": dict(self.left_out),
            "moved": dict(self.moved),
            "placed": self.placed,
            "unowned_bytes": self.unowned,
            "unknown": {name: [*words] for name, words in self.unknown.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A camera that is adopted, and the report on it.

    name    of the sheet
    file    name of the description's file, for the sources
    values  by names of features, from a dump or the camera; `dump` says where they are from
    limits  by `Name.max`, from the camera
    registers  bytes by address, from the camera
    given   by `Name` or `Name.max`, from the user
    like    sheet of a similar camera
    played  whether its frames are a recording's: chunks are as the camera sends them
    """

    name: str
    file: str
    values: Mapping[str, Value | str]
    dump: str = ""
    limits: Mapping[str, Value | str] = field(default_factory=dict[str, Value | str])
    registers: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    given: Mapping[str, Value | str]
    like: CameraSheet | None = None
    like_name: str = ""
    link: Literal["gige", "usb3"] | None = None
    assume: bool = False
    played: bool = False


def adopt(data: bytes, wanted: Wanted) -> Adopted:
    """Return the sheets of the camera whose description this is.

    Raises:
        ForeignInvalid: the description cannot be used; one line that says why
    """
    foreign = read(data)
    numbers = {
        name: value for name, value in {**wanted.values, **wanted.given}.items() if not isinstance(value, str)
    }
    nodes = NodeMap(foreign, with_entries(foreign.nodes, {**wanted.values, **wanted.given}, numbers))
    features, without = features_of(nodes)
    if strange := [name for name in wanted.given if name.partition(".")[0] not in features | {"fps": None}]:
        raise AdoptProblem(f"--set {strange[0]:.60}: the description has no such feature")
    link = wanted.link or _link(foreign.namespace, features)
    values = dict(wanted.values)
    for row, name in (("DeviceVendorName", foreign.vendor), ("DeviceModelName", foreign.model)):
        if features.get(row) is None or (values.get(row) in (None, "") and not features[row].value):
            values[row] = name.replace("_", " ") or "unknown"
            features.setdefault(
                row, ForeignFeature(row, "String", "DeviceControl", "", "Beginner", True, "RO")
            )
    base = wanted.like.features if wanted.like else {}
    known = Known(features, values, {**wanted.limits, **wanted.given}, base, link, wanted.played)
    rows = RowMaker(known).make()
    rows.left_out |= without
    taken = _repair(rows, base, link)
    if missing := [name for name in NEEDED if name not in rows.rows]:
        reason = rows.left_out.get(missing[0]) or rows.why_held.get(missing[0], "the description has none")
        raise AdoptProblem(f"{missing[0]}: {reason}; without it there is no twin")
    rest = spans(nodes, wanted.registers, lambda at, length: _is_taken(taken, link, at, length), WORD[link])
    return _adopted(wanted, rows, features, link, rest)


def _link(namespace: str, features: Mapping[str, ForeignFeature]) -> Literal["gige", "usb3"]:
    """Return the link of the camera: by its name space, else by the order of bytes in its registers."""
    orders = [f.place.order for f in features.values() if f.place]
    usual = "usb3" if orders.count("little") > orders.count("big") else "gige"
    return SPACES.get(namespace, usual)


def _is_taken(taken: Registers[Any], link: str, address: int, length: int) -> bool:
    """Tell whether registers of the link or of the twin's features lie in these bytes."""
    last = address + length - 1
    own = any(address in each or last in each for each in TAKEN[link])
    return own or taken.any_in(address, length)


def _repair(rows: Rows, base: Mapping[str, Mapping[str, Any]], link: str) -> Registers[Any]:
    """Let rows that do not go together with the others hold values, or leave them out, until all do.

    Returns their registers.
    """
    tried: dict[str, int] = {}
    for _ in range(MAX_REPAIRS):
        merged = {key: {**base.get(key, {}), **row} for key, row in rows.rows.items()}
        try:
            tree = Tree(with_held(Settings, merged), merged, KINDS[link].dialect)
            registers = Registers(tree)
            read(description(tree).encode())  # no two of its nodes have one name
        except (SheetError, ForeignInvalid) as wrong:
            key = _at_fault(wrong, rows)
            if not key:
                raise AdoptProblem(f"its features do not go together: {wrong}") from None
            tried[key] = tried.get(key, 0) + 1
            _degrade(rows, key, str(wrong), tried[key])
            continue
        return registers
    raise AdoptProblem(f"more than {MAX_REPAIRS} of its features do not go together")


def _at_fault(wrong: SheetError | ForeignInvalid, rows: Rows) -> str:
    """Return the row that an error is about."""
    row = wrong.row.removeprefix("features.") if isinstance(wrong, SheetError) else ""
    if isinstance(wrong, ForeignInvalid):
        doubled = str(wrong).partition(":")[0]
        held = [key for key, each in rows.rows.items() if "holds" in each and rows.features[key] in doubled]
        return max(held, key=len, default="")
    if row in rows.rows:
        return row
    words = re.findall(r"\w+", str(wrong))
    named = next((key for word in words for key, name in rows.features.items() if word in (key, name)), "")
    if named:
        return named
    for address in re.findall(r"0x[0-9a-f]+", str(wrong)):  # registers that overlap
        for key, each in rows.rows.items():
            if int(address, 16) in each.get("at", {}).values():
                return key
    return (
        next((key for key, each in reversed(rows.rows.items()) if "at" in each), "")
        if "overlap" in str(wrong)
        else ""
    )


def _degrade(rows: Rows, key: str, why: str, times: int) -> None:
    row, name = rows.rows[key], rows.features[key]
    if times > 2 and key in NEEDED:
        raise AdoptProblem(f"{name}: {why}; without it there is no twin")
    if times == 1 and "overlap" in why and "at" in row:
        del row["at"]
        row.pop("apart", None)
        row.pop("bits", None)
        rows.moved[name] = "another register lies there"
    elif times == 1 and "default" in row:
        del row["default"]
    elif times <= 2 and "by" in row:
        for word in ("by", "at", "apart"):
            row.pop(word, None)
    else:
        del rows.rows[key]
        rows.guessed.pop(key, None)
        rows.why_held.pop(name, None)
        rows.left_out[name] = why


def _adopted(
    wanted: Wanted,
    rows: Rows,
    features: Mapping[str, ForeignFeature],
    link: Literal["gige", "usb3"],
    rest: list[Span],
) -> Adopted:
    text, sensor = _texts(wanted, rows, features, link, rest)
    behaves = tuple(
        name
        for key, name in rows.features.items()
        if key in rows.rows and not {"holds", "hidden"} & rows.rows[key].keys()
    )
    placed = sum("Value" in row.get("at", {}) for row in rows.rows.values())
    held = {rows.features[key] for key, row in rows.rows.items() if "holds" in row}
    return Adopted(
        text,
        sensor,
        behaves,
        {name: why for name, why in rows.why_held.items() if name in held},
        rows.left_out,
        {name: why for name, why in rows.moved.items() if name in {*behaves, *held}},
        placed,
        sum(len(span.data) for span in rest),
        {
            **{key: tuple(words) for key, words in rows.guessed.items() if key in rows.rows},
            **_rate_unknown(wanted, rows),
        },
    )


def _rate_unknown(wanted: Wanted, rows: Rows) -> dict[str, tuple[str, ...]]:
    return {} if wanted.like or _fps(wanted, rows) else {"readout.row_clocks": ("value",)}


def _fps(wanted: Wanted, rows: Rows) -> float | None:
    """Return the frames per second at full size, as the user or the camera's greatest rate tells."""
    if isinstance(told := wanted.given.get("fps"), int | float) and 0.01 <= told <= 100_000:
        return float(told)
    row = rows.rows.get("AcquisitionFrameRate", {})
    most = row.get("max")
    if most is None or "max" in rows.guessed.get("AcquisitionFrameRate", ()):
        return None
    return float(most) if 0.1 <= most < 2000 else None


def _texts(
    wanted: Wanted,
    rows: Rows,
    features: Mapping[str, ForeignFeature],
    link: Literal["gige", "usb3"],
    rest: list[Span],
) -> tuple[str, str]:
    dump, told = f"; values {wanted.dump}" if wanted.dump else "", "; --set" if wanted.given else ""
    source = toml(f"XML {wanted.file}{dump}{told}")
    lines = [f"{key} = {_row(row, rows.guessed.get(key, []), source)}" for key, row in rows.rows.items()]
    lines += [f"Registers_{span.address:08x} = {_row(_unowned(span), [], source)}" for span in rest]
    accepted = ["assume = true"] if wanted.assume else []
    model = rows.rows["DeviceModelName"]["value"]
    head = [
        f"# {wanted.name}, adopted from the description {wanted.file} by `camtwin adopt`.",
        f"# Rows that begin with {UNKNOWN!r} are guesses: write what the camera has, with its source.",
        "schema = 1",
    ]
    if wanted.like:
        gone = [f"features.{name}" for name in wanted.like.features if name not in rows.rows]
        without = [f"without = {toml(gone)}"] if gone else []
        more = [
            f"like = {toml(wanted.like_name)}",
            *without,
            f"title = {toml(str(model))}",
            *accepted,
            "",
            "[features]",
        ]
        return "\n".join([*head, *more, *lines, ""]), ""
    given = _given(wanted, rows, features, link)
    fps = _fps(wanted, rows)
    text = camera_head(given, "" if fps else f"{UNKNOWN}frames per second; --set fps=N tells them")
    body = text.replace("schema = 1\n", "\n".join([*head[2:], *accepted, ""]), 1)
    return "\n".join([*head[:2], body, "[features]", *lines, ""]), sensor_text(given)


def _unowned(span: Span) -> Row:
    """Return the row of registers that no feature has."""
    place = {"at": {"Value": span.address}, "length": len(span.data), "access": span.access}
    return {"holds": "Register", "hidden": True, **place, "default": span.data.hex()}


def _given(
    wanted: Wanted, rows: Rows, features: Mapping[str, ForeignFeature], link: Literal["gige", "usb3"]
) -> Given:
    """Return what the rows say of the sensor; the rest is what new sheets assume."""
    width, height = (int(rows.rows[name].get("max", 0)) for name in ("Width", "Height"))
    entries = rows.rows["PixelFormat"]["entries"]
    bits = max((FORMATS[e].bits for e in entries if e in FORMATS), default=8)
    mosaic = next((e for e in entries if e.startswith("Bayer")), "")
    cfa = next((cfa for cfa, word in BAYER.items() if mosaic.startswith(word)), "")
    pitch = rows.rows.get("SensorPixelWidth", {}).get("value", 3.45)
    shutter = rows.rows.get("SensorShutterMode", {}).get("value", "Global")
    exposure = rows.rows.get("ExposureTime", {})
    return Given(
        name=wanted.name,
        width=max(16, min(width, 65536)),
        height=max(2, min(height, 65536)),
        pixel_um=max(0.3, min(float(pitch), 100.0)),
        shutter="Rolling" if str(shutter).startswith("Rolling") else "Global",
        fps=_fps(wanted, rows) or 30.0,
        bits=12 if bits > 10 else 10 if bits > 8 or cfa else 8,
        link=link,
        cfa=cfa,
        vendor=_short(rows.rows["DeviceVendorName"]["value"]),
        model=_short(rows.rows["DeviceModelName"]["value"]),
        min_exposure_us=max(0.1, min(float(exposure.get("min", 20)), 1e6)) or None,
    )


def _short(text: str) -> str:
    return fitting("".join(c for c in text if c.isprintable()), 32) or "unknown"


def _row(row: Row, guesses: list[str], source: str) -> str:
    words = ", ".join(f"{word} = {toml(value)}" for word, value in row.items())
    said = f"assumed = {toml(f'{UNKNOWN}' + ', '.join(guesses))}" if guesses else f"source = {source}"
    return f"{{ {words}, {said} }}" if words or guesses else "{}"


def toml(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps("".join(c if c.isprintable() else " " for c in value), ensure_ascii=False)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(one)}' for key, one in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return repr(value)
