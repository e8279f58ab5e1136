"""Rows of a data sheet from a foreign description: what behaves, and what only holds values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from camtwin.camera.description import XML_ADDRESS
from camtwin.camera.links import KINDS
from camtwin.camera.settings import Settings
from camtwin.genicam.dialect import Dialect
from camtwin.genicam.foreign_features import ForeignFeature, entries_of
from camtwin.genicam.formula import Value
from camtwin.genicam.node_map import Place
from camtwin.genicam.nodes import Enumeration, Feature, Integer, Numeric, Register, Selector, String
from camtwin.genicam.row_words import words_of

Row = dict[str, Any]
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
TAKEN: Final[Mapping[str, tuple[range, ...]]] = {
    "gige": (range(0xA000), range(XML_ADDRESS, XML_ADDRESS + 0x100_0000)),
    "usb3": (range(0x1_0000), range(0x0F00_0000, 0x0F01_0000), range(XML_ADDRESS, XML_ADDRESS + 0x100_0000)),
}
"""Addresses of each link's own registers and of the description: features stand elsewhere."""
WORD: Final = {"gige": 4, "usb3": 1}
"""Bytes in which a link reads registers."""
BOOLEAN_BYTES: Final = 4
OLDER: Final = {
    "ExposureTimeAbs": "ExposureTime",
    "AcquisitionFrameRateAbs": "AcquisitionFrameRate",
    "TriggerDelayAbs": "TriggerDelay",
    "ResultingFrameRateAbs": "ResultingFrameRate",
    "LineDebouncerTimeAbs": "LineDebouncerTime",
}
"""Names of SFNC 1.x for what SFNC 2 names otherwise."""
SYNONYMS: Final = {
    ("UserSetSelector", "Default"): "UserSet0",
    ("UserSetDefault", "Default"): "UserSet0",
    ("AcquisitionStatusSelector", "FrameTriggerWait"): "AcquisitionTriggerWait",
}
"""Entries that mean what camtwin's entry of another name does."""
SIZES: Final = {"Width": ("WidthMax", "SensorWidth"), "Height": ("HeightMax", "SensorHeight")}
TEXTS_OF_OURS: Final = {"DeviceManufacturerInfo": "camtwin digital twin"}


@dataclass
class Rows:
    """Rows by name, and what is to be said of them.

    guessed   by row, the words whose numbers nobody knows
    why_held  names of features that only hold values, and why
    left_out  names that the twin does not have, and why
    moved     names whose register is not where the camera has it, and why
    from_dump rows that a value dump, or --set, took part in
    """

    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    features: dict[str, str] = field(default_factory=dict[str, str])
    guessed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    why_held: dict[str, str] = field(default_factory=dict[str, str])
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    moved: dict[str, str] = field(default_factory=dict[str, str])
    from_dump: set[str] = field(default_factory=set[str])


class RowMaker:
    """Makes the rows of one camera.

    values  what a dump says, by names of features; `given` what the user says, by `Name` or `Name.max`
    base    rows of the sheet that this camera is like
    """

    def __init__(
        self,
        features: Mapping[str, ForeignFeature],
        values: Mapping[str, Value | str],
        given: Mapping[str, Value | str],
        base: Mapping[str, Mapping[str, Any]],
        link: str,
    ) -> None:
        self.features, self.values, self.given, self.base, self.link = features, values, given, base, link
        self.dialect: Dialect = KINDS[link].dialect
        self.out = Rows()

    def make(self) -> Rows:
        events = self._of_events()
        for name, feature in self.features.items():
            if name in events:
                continue  # each entry of EventSelector brings them
            declared = self.declared(name)
            if not NAME.fullmatch(name):
                self.out.left_out[name] = "its name is no name here"
            elif declared is None:
                self.hold(name, "camtwin does not know it")
            elif why := self.behave(name, feature, declared):
                self.hold(name, why)
        self._hide()
        self._free_of_overlaps()
        return self.out

    def _hide(self) -> None:
        """Write rows, hidden from hosts, of what other rules need and the description does not have."""
        for size, (most, sensor) in SIZES.items():
            value = self.out.rows.get(size, {}).get("max") or self._guess(size, "max", None)
            self._hidden(sensor, {"value": int(value or 1)})
            self._hidden(most, {})
        if self._hidden("ExposureTime", {"min": 20, "max": 10_000_000}):
            self.out.guessed["ExposureTime"] = ["min", "max"]

    def _hidden(self, name: str, usual: Row) -> bool:
        """Write a hidden row of this name if there is none; tell whether its numbers are the usual ones."""
        if name in self.out.rows:
            return False
        like = name in self.base
        self.out.rows[name] = {"hidden": True, **({} if like else usual)}
        self.out.features[name] = name
        return not like

    def _of_events(self) -> set[str]:
        """Return the features that tell of an event: each entry of EventSelector brings its own."""
        selector = self.features.get("EventSelector")
        words = selector.entries if selector else ()
        own = {f"Event{word}{part}" for word in words for part in ("", "Timestamp", "FrameID", "Data")}
        return own | {f.name for f in self.features.values() if f.event is not None}

    def declared(self, name: str) -> Feature[Any] | None:
        """Return camtwin's declaration of a feature, by its name or by the one it had in SFNC 1.x."""
        older = OLDER.get(name, "")
        if older and older not in self.features:
            name = older
        found = Settings.features.get(name)
        return None if found is None else found.on(self.link)

    # -- features that behave --------------------------------------------------------------------------
    def behave(self, name: str, x: ForeignFeature, f: Feature[Any]) -> str:
        """Write the row of a feature that camtwin knows; return why that cannot be."""
        if f.node != x.kind:
            return f"it is a {x.kind}, and camtwin's {f.declared} a {f.node}"
        if x.chunk is not None and not f.chunk:
            return "it is a chunk that camtwin does not know"
        key = f.declared
        row: Row = {} if name == f.declared else {"name": name}
        guesses: list[str] = []
        if isinstance(f, Numeric) and not f.elsewhere and not f.chunk:
            row |= self._limits(name, x, f, guesses)
        if isinstance(f, Enumeration):
            row |= self._entries(name, x, f, guesses)
            if not row.get("entries"):
                return "camtwin knows none of its entries"
        if isinstance(f, Selector) and (ids := self._ids(f, row)):
            row["ids"] = ids
            row["entries"] = {entry: wire for entry, wire in row["entries"].items() if entry in ids}
        words = words_of(f)
        if "value" in words:
            row["value"] = self._constant(name, x, f, guesses)
            if row["value"] is None:
                return "its value is unknown, and a constant"
        elif f.stored and (value := self._value(name, f, row)) is not None:
            if not f.by:
                row["default"] = value
            elif entry := self._selected(f.by):
                row["default"] = {entry: value}
        for word in ("inputs", "outputs", "formats"):
            if word in words:
                row |= self._lines(word, f)
        if "cutoff" in words and "max" in row:
            row["cutoff"] = row["max"]
        if isinstance(f, Register) and f.fill and x.place:
            row |= {"count": max(1, x.place.length // f.width), "highest": (1 << 8 * f.width) - 1}
        if f.stored and x.access == "RO" and not isinstance(f, Selector):
            row["access"] = "RO"
        if f.elsewhere or f.at:
            row |= self._planes(x, x.place)
        elif not f.chunk:
            row |= self._placed(name, x, f)
        self.out.rows[key] = row
        self.out.features[key] = name
        if guesses:
            self.out.guessed[key] = guesses
        return ""

    def _told(self, name: str, word: str) -> Value | str:
        told = self.given.get(f"{name}.{word}")
        if told is not None:
            self.out.from_dump.add(name)
        return told

    def _limits(self, name: str, x: ForeignFeature, f: Numeric[Any], guesses: list[str]) -> Row:
        row: Row = {}
        for word, which in (("min", "Min"), ("max", "Max"), ("inc", "Inc")):
            known = self._told(name, word)
            if known is None:
                known = x.limits.get(which)
            if known is None and word == "max" and name in SIZES:
                known = self._number(SIZES[name])
            if known is None and word in self.base.get(f.declared, {}):
                continue
            if isinstance(known, int | float):
                row[word] = self._in_register(known, x, f)
            elif which in x.limits and x.access != "RO" and not f.put and (word != "inc" or name in SIZES):
                if word == "min" and isinstance(f.min, int | float):
                    continue  # camtwin's own
                if word == "max" and callable(f.max) and name not in SIZES:
                    continue  # follows from other features
                guess = self._guess(name, word, f)
                if guess is not None:
                    row[word] = guess
                    guesses.append(word)
        if row.get("inc") == 0:
            del row["inc"]
        low, high = row.get("min"), row.get("max")
        if low is not None and high is not None and low > high:
            row.pop("min")
        return row

    def _in_register(self, known: float, x: ForeignFeature, f: Numeric[Any]) -> float:
        if not isinstance(f, Integer):
            return float(known)
        length = x.place.length if x.place and x.place.length <= 8 else f.length
        return min(int(known), (1 << 8 * length) - 1, 2**63 - 1)

    def _guess(self, name: str, word: str, f: Feature[Any] | None) -> float | None:
        own = self._number((name,))
        if name in SIZES:
            usual = {"Width": 1936, "Height": 1216}[name]
            return {"min": 1, "inc": 1, "max": int(own or usual)}[word]
        usual = {
            "ExposureTime": {"min": 20, "max": 10_000_000},
            "Gain": {"min": 0, "max": 24},
            "AcquisitionFrameRate": {"min": 0.01, "max": 1000},
            "BlackLevel": {"min": 0, "max": 255},
            "TriggerDelay": {"min": 0, "max": 1_000_000},
        }.get(f.declared if f else "", {})
        guess = usual.get(word)
        return max(guess, own) if guess is not None and own is not None and word == "max" else guess

    def _number(self, names: tuple[str, ...]) -> float | None:
        for name in names:
            for source in (self.given, self.values):
                if isinstance(value := source.get(name), int | float):
                    return value
            if (feature := self.features.get(name)) and isinstance(feature.value, int | float):
                return feature.value
        return None

    def _entries(self, name: str, x: ForeignFeature, f: Enumeration, guesses: list[str]) -> Row:
        """Return those entries that camtwin knows, by its names, with the camera's numbers."""
        taken: dict[str, int] = {}
        words: dict[str, str] = {}
        by_number = (
            {code: entry for entry, code in f.values.items()} if f.declared.endswith("PixelFormat") else {}
        )
        for word, value in x.entries.items():
            number = value & 0xFFFF_FFFF
            other = by_number.get(number) or SYNONYMS.get((f.declared, word), "")
            entry = word if word in f.values else other if other not in x.entries else ""
            if f.open and not entry and NAME.fullmatch(word):
                entry = word
            if entry and entry not in taken and number not in taken.values() and value >= 0:
                taken[entry] = value
                if entry != word and NAME.fullmatch(word):
                    words[entry] = word
            else:
                self.out.left_out[f"{name}.{word}"] = "camtwin has no such entry"
        if not taken and name == "PixelFormat":
            guesses.append("entries")
            taken["Mono8"] = f.values["Mono8"]
        return {"entries": taken, **({"words": words} if words else {})}

    def _ids(self, f: Selector, row: Row) -> dict[str, int]:
        """Return the ids of events, or of chunks, by the entries that stand for them."""
        found: dict[str, int] = {}
        if f.events:
            for feature in self.features.values():
                if feature.event is None:
                    continue
                for entry in row["entries"]:
                    word = row.get("words", {}).get(entry, entry)
                    if feature.name.startswith(f"Event{word}"):
                        found.setdefault(entry, feature.event)
        if f.declared == "ChunkSelector":
            for feature in self.features.values():
                declared = Settings.features.get(feature.name)
                if feature.chunk is not None and declared and declared.chunk:
                    found.setdefault(declared.chunk[0], feature.chunk)
            rest = [entry for entry in row["entries"] if entry not in found]
            free = (number for number in range(1, 4096) if number not in {*found.values()})
            found |= dict(zip(rest, free, strict=False))
            found = {entry: number for entry, number in found.items() if entry in row["entries"]}
        return found

    def _constant(self, name: str, x: ForeignFeature, f: Feature[Any], guesses: list[str]) -> Any:
        if name in TEXTS_OF_OURS:
            return TEXTS_OF_OURS[name]
        value = self.given.get(name, self.values.get(name, x.value))
        if isinstance(f, Enumeration):
            word = next((e for e, wire in x.entries.items() if value in (wire, e)), None)
            if word is None and x.entries:
                word = next(iter(x.entries))
                guesses.append("value")
            return word
        if isinstance(f, String):
            return (
                str(value)[: f.length]
                if value not in (None, "")
                else {"DeviceVersion": "1.0"}.get(name, "unknown")
            )
        if isinstance(value, int | float):
            return int(value) if isinstance(f, Integer) else float(value)
        usual = (
            {"SensorWidth": self._guess("Width", "max", f), "SensorHeight": self._guess("Height", "max", f)}
            if isinstance(f, Numeric)
            else {}
        )
        usual |= {"SensorPixelWidth": 3.45, "SensorPixelHeight": 3.45, "TimestampIncrement": 8}
        usual |= {"DeviceSFNCVersionMajor": 2, "DeviceSFNCVersionMinor": 0, "DeviceSFNCVersionSubMinor": 0}
        guesses.append("value")
        return usual.get(name)

    def _value(self, name: str, f: Feature[Any], row: Row) -> Any:
        """Return the value that the camera had, if the feature takes it."""
        value = self.given.get(name, self.values.get(name))
        if value is None:
            return row.get("max") if name in SIZES else None
        if isinstance(f, Enumeration):
            words = {word: entry for entry, word in row.get("words", {}).items()}
            entry = words.get(str(value), str(value))
            return entry if entry in row["entries"] else None
        if isinstance(f, Register):
            return None
        try:
            taken = f.take(value)
        except (ValueError, TypeError, OverflowError):
            return None
        if isinstance(f, Numeric):
            low, high, inc = row.get("min", taken), row.get("max", taken), row.get("inc")
            on_step = not inc or not isinstance(f, Integer) or (taken - row.get("min", 0)) % inc == 0
            return taken if low <= taken <= high and on_step else None
        return taken.decode(errors="replace") if isinstance(taken, bytes) else taken

    def _selected(self, by: tuple[str, ...]) -> str:
        """Return the entry that the one selector of a feature selects in the dump, "" if it is not known."""
        selector = self.features.get(by[0]) if len(by) == 1 else None
        if selector is None:
            return ""
        value = self.given.get(by[0], self.values.get(by[0], selector.value))
        word = next((e for e, wire in selector.entries.items() if value in (e, wire)), "")
        row = self.out.rows.get(by[0], {})
        entry = next((e for e, shown in row.get("words", {}).items() if shown == word), word)
        return entry if entry in row.get("entries", {}) else ""

    def _lines(self, word: str, f: Feature[Any]) -> Row:
        selector = self.features.get("LineSelector")
        lines = [line for line in selector.entries if NAME.fullmatch(line)] if selector else ["Line0"]
        return {word: dict.fromkeys(lines, "TTL") if word == "formats" else lines}

    # -- features that hold values ---------------------------------------------------------------------
    def hold(self, name: str, why: str) -> None:
        """Write the row of a feature that holds what is written."""
        x = self.features[name]
        key = name
        if hasattr(Settings, name) or name.startswith("_"):
            key = f"Held{name}"
        if name in Settings.features and name in ("DeviceVendorName", "DeviceModelName"):
            self.out.left_out[name] = why
            return
        if x.chunk is not None:
            self.out.left_out[name] = "it is a chunk that camtwin does not know"
            return
        if name == "ExposureTime" or name in {*SIZES, *SIZES["Width"], *SIZES["Height"]}:
            key = f"Held{name}"
        row: Row = {"holds": x.kind}
        if key != name:
            row["name"] = name
        row |= {"doc": _printable(x.doc)} if x.doc else {}
        row |= {"chapter": x.chapter} if NAME.fullmatch(x.chapter) and x.chapter != "Root" else {}
        row |= {"visibility": x.visibility, "standard": x.standard}
        if x.kind != "Command" and x.access != "RW":
            row["access"] = x.access
        if x.by and (by := [self._row_of(s) for s in x.by]) and all(by):
            row["by"] = by
        if x.kind == "Enumeration":
            row["entries"] = {e: w for e, w in x.entries.items() if NAME.fullmatch(e) and 0 <= w < 2**32}
            if not row["entries"] or len({*row["entries"].values()}) < len(row["entries"]):
                self.out.left_out[name] = "its entries cannot be told apart"
                return
        if x.kind in ("Integer", "Float"):
            row |= {word: _printable(text) for word, text in (("unit", x.unit), ("form", x.form)) if text}
        placed = self._placed(name, x, None)
        if x.kind == "Float":
            placed.setdefault("length", 8)
        if x.kind == "Integer" and "length" not in placed:
            placed |= {"length": 8}
        if x.kind in ("String", "Register") and "length" not in placed:
            placed |= {"length": -(-x.place.length // 4) * 4 if x.place else 64}
        row |= placed
        if x.kind in ("Integer", "Float") and x.access != "RO":
            row |= self._held_limits(name, x, row)
        value = self.given.get(name, self.values.get(name, x.value))
        if (default := _held_value(x, row, value)) is not None:
            if "by" not in row:
                row["default"] = default
            elif entry := self._selected(x.by):
                row["default"] = {entry: default}
        self.out.rows[key], self.out.features[key], self.out.why_held[name] = row, name, why

    def _row_of(self, name: str) -> str:
        """Return the row that a selector has, "" if it has none that can be told yet."""
        declared = Settings.features.get(name)
        if declared is None:
            return "" if hasattr(Settings, name) else name
        return name if isinstance(declared, Selector | Integer) else ""

    def _held_limits(self, name: str, x: ForeignFeature, row: Row) -> Row:
        limits: Row = {}
        bits = row["bits"][1] if "bits" in row else 8 * row.get("length", 8)
        signed = row.get("signed", False)
        floor = -(2 ** (bits - 1)) if signed else 0
        ceiling = min(2 ** (bits - signed) - 1, 2**63 - 1)
        for word, which in (("min", "Min"), ("max", "Max"), ("inc", "Inc")):
            known = self._told(name, word)
            known = x.limits.get(which) if known is None else known
            if not isinstance(known, int | float):
                continue
            if x.kind == "Float" and (word != "inc" or known > 0):
                limits[word] = float(known)
            elif x.kind == "Integer" and word != "inc":
                limits[word] = max(floor, min(int(known), ceiling))
            elif x.kind == "Integer" and known > 0:
                limits[word] = int(known)
        if x.kind == "Integer" and "bits" in row:
            limits.setdefault("max", ceiling)
        if limits.get("min", floor) > limits.get("max", ceiling):
            limits = {}
        return limits

    # -- registers -------------------------------------------------------------------------------------
    def _placed(self, name: str, x: ForeignFeature, f: Feature[Any] | None) -> Row:
        """Return the words that place a feature's registers where the camera has them."""
        place = x.place
        why = x.why_not if place is None else self._why_not(place, x, f)
        if place is None or why:
            self.out.moved[name] = why
            return {}
        usual = f.length if f else {"Float": 8, "String": 64}.get(x.kind, 4)
        row: Row = {"at": {"Value": place.address}}
        if (place.length != usual or f is None) and not (isinstance(f, Register) and f.fill):
            row["length"] = place.length
        if place.bits and place.bits != (0, 8 * place.length):
            row["bits"] = [*place.bits]
        if place.signed and x.kind == "Integer":
            row["signed"] = True
        if apart := self._apart(place, x, f):
            row["apart"] = apart
        if not place.bits and (planes := self._planes(x, place)):
            row["at"] |= planes["at"]
        return row

    def _planes(self, x: ForeignFeature, place: Place | None) -> Row:
        """Return where the registers are that decide a feature's limits and access."""
        at: dict[str, int] = {}
        for plane, other in x.planes.items():
            length = place.length if place and plane in ("Min", "Max") else BOOLEAN_BYTES
            alike = place is None or (other.apart == place.apart and other.order == place.order)
            if alike and other.length == length and not other.bits and not self._why_not(other, x, None):
                at[plane] = other.address
        return {"at": at} if at else {}

    def _why_not(self, place: Place, x: ForeignFeature, f: Feature[Any] | None) -> str:
        last = place.address + sum(map(abs, place.apart)) * 256 + place.length
        if place.order != self.dialect.order and x.kind not in ("String", "Register") and place.length > 1:
            return f"its register counts bytes from the {'end' if place.order == 'little' else 'top'}"
        own = any(place.address in taken or last - 1 in taken for taken in TAKEN[self.link])
        if own or not 0 <= place.address <= last <= 1 << 32:
            return f"its register at {place.address:#x} is among the link's own"
        if any(number % WORD[self.link] for number in (place.address, place.length, *place.apart)):
            return "its register is no whole word of the link"
        if x.kind == "Float" and place.length not in (4, 8):
            return "its register is no floating-point number"
        if x.kind in ("Integer", "Enumeration", "Boolean", "Command") and place.length > 8:
            return f"its register has {place.length} bytes"
        if place.bits and place.bits != (0, 8 * place.length) and (x.by or place.signed or place.length > 8):
            return "it is a part of a register that others select, or signed"
        if isinstance(f, Register) and not f.fill and place.length != f.length:
            return f"its register has {place.length} bytes, and camtwin's {f.length}"
        if f and self._apart(place, x, f) is None:
            return f"it is selected by {', '.join(x.by) or 'nothing'}, here by {', '.join(f.by) or 'nothing'}"
        return ""

    def _apart(self, place: Place, x: ForeignFeature, f: Feature[Any] | None) -> list[int] | None:
        """Return the bytes from one entry's register to the next, by the selectors that camtwin has for it.

        None if the camera's registers are selected otherwise.
        """
        steps = dict(zip(x.by, place.apart, strict=True))
        if f is None:
            return [*place.apart]
        if any(step for name, step in steps.items() if name not in f.by):
            return None
        if any(name in self.features and name not in steps for name in f.by):
            return None
        return [steps.get(name, 0) for name in f.by]

    def _free_of_overlaps(self) -> None:
        """Move registers that another feature's register lies on; parts of one may share it."""
        taken: dict[int, tuple[str, tuple[int, int] | None, int]] = {}  # by word of four bytes
        for key, row in self.out.rows.items():
            if "at" not in row:
                continue
            for plane in [*row["at"]]:
                spans = self._spans(key, row, plane)
                clash = spans is None or any(self._clashes(taken, word, row, plane) for word in spans)
                if clash:
                    self.out.moved.setdefault(self.out.features[key], "another feature has its register")
                    del row["at"][plane]
                    if plane == "Value":
                        row.pop("bits", None)
                else:
                    part = tuple(row["bits"]) if plane == "Value" and "bits" in row else None
                    for word in spans or ():
                        before = taken.get(word)
                        mask = sum(1 << bit for bit in range(part[0], sum(part))) if part else -1
                        mask |= before[2] if before else 0
                        taken[word] = (key, part, mask)
            if not row["at"]:
                del row["at"]
                row.pop("apart", None)

    def _clashes(
        self, taken: Mapping[int, tuple[str, tuple[int, int] | None, int]], word: int, row: Row, plane: str
    ) -> bool:
        if word not in taken:
            return False
        other, part, mask = taken[word]
        if plane != "Value" or "bits" not in row or part is None:
            return True
        mine = self.out.rows[other]
        low, width = row["bits"]
        same = mine.get("at", {}).get("Value") == row["at"]["Value"] and mine.get("length", 4) == row.get(
            "length", 4
        )
        return not same or bool(mask & ((1 << width) - 1) << low)

    def _spans(self, key: str, row: Row, plane: str) -> set[int] | None:
        """Return the words of four bytes that the registers of a row cover; None if they are too many."""
        x = self.features[self.out.features[key]]
        length = row.get("length", 8 if x.kind == "Float" else 64 if x.kind == "String" else 4)
        if plane in ("Available", "Locked"):
            length = BOOLEAN_BYTES
        offsets = [0]
        if x.by:
            by = Settings.features[key].by if key in Settings.features else x.by
            options = [entries_of(self.features[s]).values() for s in by if s in self.features]
            steps = row.get("apart", ())
            offsets = [
                sum(v * step for v, step in zip(each, steps, strict=False)) for each in product(*options)
            ]
        if len({*offsets}) < len(offsets) or len(offsets) * length > 1 << 20:
            return None
        begin = row["at"][plane]
        return {word for o in offsets for word in range((begin + o) // 4, (begin + o + length - 1) // 4 + 1)}


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:1000]


def _held_value(x: ForeignFeature, row: Row, value: Value | str) -> Any:
    """Return a value that the row's feature can hold, else None."""
    if value is None or x.kind in ("Command", "Register"):
        return None
    if x.kind == "Enumeration":
        return next((e for e, wire in row["entries"].items() if value in (e, wire)), None)
    if x.kind == "String":
        text = _printable(str(value))
        return text if text and len(text.encode()) <= row.get("length", 64) else None
    if not isinstance(value, int | float):
        return None
    if x.kind == "Boolean":
        return bool(value)
    whole = x.kind == "Integer"
    number = int(value) if whole else float(value)
    low, high = row.get("min", 0 if whole and not row.get("signed") else -1e300), row.get("max", 1e300)
    bits = row["bits"][1] if "bits" in row else 8 * row.get("length", 8)
    if whole and not -(2 ** (bits - 1)) <= number < 2 ** (bits - bool(row.get("signed"))):
        return None
    return number if low <= number <= high else None
