"""Rows of a data sheet from a foreign description: what behaves, and what only holds values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from camtwin.camera.settings import Settings
from camtwin.genicam.foreign_features import ForeignFeature
from camtwin.genicam.nodes import CODING, Enumeration, Feature, Integer, Numeric, Register, Selector, String
from camtwin.genicam.row_words import words_of
from camtwin.planner.adopted_held import Holder
from camtwin.planner.adopted_known import NAME, SIZES, Known, Row, Rows, fitting, printable
from camtwin.planner.adopted_registers import Placer

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
TEXTS_OF_OURS: Final = {"DeviceManufacturerInfo": "camtwin digital twin"}


class RowMaker:
    """Makes the rows of one camera from what is known of it."""

    def __init__(self, known: Known) -> None:
        self.known, self.features, self.base, self.out = known, known.features, known.base, known.out
        self.placer = Placer(known)
        self.holder = Holder(known, self.placer)

    def make(self) -> Rows:
        events = self._of_events()
        for name, feature in self.features.items():
            if name in events:
                continue  # each entry of EventSelector brings them
            declared = self.declared(name)
            if not NAME.fullmatch(name):
                self.out.left_out[name] = "its name is no name here"
            elif declared is None:
                self.holder.hold(name, "camtwin does not know it")
            elif why := self.behave(name, feature, declared):
                self.holder.hold(name, why)
        self._hide()
        self.placer.free_of_overlaps()
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
        return None if found is None else found.on(self.known.link)

    # -- features that behave --------------------------------------------------------------------------
    def behave(self, name: str, x: ForeignFeature, f: Feature[Any]) -> str:
        """Write the row of a feature that camtwin knows; return why that cannot be."""
        if f.node != x.kind:
            return f"it is a {x.kind}, and camtwin's {f.declared} a {f.node}"
        if x.chunk is not None and (why := self._unlike_chunk(name, x, f)):
            return why
        if x.chunk is None and f.chunk:
            return "its value is in no chunk by itself"
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
            if f.events:  # each has a message
                row["entries"] = {entry: wire for entry, wire in row["entries"].items() if entry in ids}
        words = words_of(f)
        if "value" in words:
            row["value"] = self._constant(name, x, f, guesses)
            if row["value"] is None:
                return "its value is unknown, and a constant"
        elif f.stored and (value := self._value(name, f, row)) is not None:
            if not f.by:
                row["default"] = value
            elif entry := self.known.selected(f.by):
                row["default"] = {entry: value}
        for word in ("inputs", "outputs", "formats"):
            if word in words:
                row |= self._lines(word, row)
        if "cutoff" in words and "max" in row:
            row["cutoff"] = row["max"]
        if isinstance(f, Register) and f.fill and x.place:
            row |= {"count": max(1, x.place.length // f.width), "highest": (1 << 8 * f.width) - 1}
        if f.stored and x.access == "RO" and not isinstance(f, Selector):
            row["access"] = "RO"
        if f.elsewhere or f.at:
            row |= self.placer.planes(x, x.place)
        elif not f.chunk:
            row |= self.placer.placed(name, x, f)
        if isinstance(f, Numeric):
            self._fit(row, f)
        self.out.rows[key] = row
        self.out.features[key] = name
        if guesses:
            self.out.guessed[key] = guesses
        return ""

    def _unlike_chunk(self, name: str, x: ForeignFeature, f: Feature[Any]) -> str:
        """Return why a feature that is in chunks is not to be the one that camtwin has, "" if it is.

        The twin's own frames have camtwin's layout, and recorded ones that of the camera.
        """
        if not f.chunk:
            return "it is a chunk that camtwin does not know"
        place, order = x.place, self.placer.dialect.order
        alike = (
            place is not None
            and (place.address, place.length) == (f.chunk[1], f.length)
            and not (place.bits or x.by)
            and (f.length == 1 or place.order == order)
        )
        if alike:
            return ""
        self.out.moved[name] = "its chunk has another layout than camtwin's"
        return self.out.moved[name] if self.known.played else ""

    def _limits(self, name: str, x: ForeignFeature, f: Numeric[Any], guesses: list[str]) -> Row:
        row: Row = {}
        for word, which in (("min", "Min"), ("max", "Max"), ("inc", "Inc")):
            known = self.known.told(name, word)
            if known is None:
                known = x.limits.get(which)
            if known is None and word == "max" and name in SIZES:
                known = self.known.number(SIZES[name])
            if known is None and word in self.base.get(f.declared, {}):
                continue
            if isinstance(known, int | float):
                row[word] = int(known) if isinstance(f, Integer) else float(known)
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

    @staticmethod
    def _fit(row: Row, f: Numeric[Any]) -> None:
        """Keep limits within what the row's register holds; one of camtwin's own may be signed for them."""
        if isinstance(f, Integer) and row.get("min", 0) < 0 and "Value" not in row.get("at", {}):
            row["signed"] = True
        coding = {word: row.get(word, getattr(f, word)) for word in CODING}
        least, most = replace(f, **coding).span
        for word in {"min", "max"} & row.keys():
            limit = max(least, min(row[word], most))
            row[word] = int(min(limit, 2**63 - 1)) if isinstance(f, Integer) else float(limit)

    def _guess(self, name: str, word: str, f: Feature[Any] | None) -> float | None:
        own = self.known.number((name,))
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
                elif (
                    feature.chunk is not None
                    and (word := feature.name.removeprefix("Chunk")) in row["entries"]
                ):
                    found.setdefault(word, feature.chunk)
            taken = {feature.chunk for feature in self.features.values()}
            rest = [e for e in ("Image", *row["entries"]) if e in f.values and e not in found]
            free = (number for number in range(1, 4096) if number not in taken)
            found |= dict(zip(rest, free, strict=False))
            found = {e: number for e, number in found.items() if e in row["entries"] or e == "Image"}
        return found

    def _constant(self, name: str, x: ForeignFeature, f: Feature[Any], guesses: list[str]) -> Any:
        if name in TEXTS_OF_OURS:
            return TEXTS_OF_OURS[name]
        value = self.known.given.get(name, self.known.values.get(name, x.value))
        if isinstance(f, Enumeration):
            word = next((e for e, wire in x.entries.items() if value in (wire, e)), None)
            if word is None and x.entries:
                word = next(iter(x.entries))
                guesses.append("value")
            return word
        if isinstance(f, String):
            usual_text = {"DeviceVersion": "1.0"}.get(name, "unknown")
            return fitting(printable(str(value)), f.length) or usual_text if value else usual_text
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
        value = self.known.given.get(name, self.known.values.get(name))
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

    def _lines(self, word: str, row: Row) -> Row:
        selector = self.features.get("LineSelector")
        lines = [line for line in selector.entries if NAME.fullmatch(line)] if selector else ["Line0"]
        if word != "formats":
            return {word: lines}
        entries = row["entries"]
        return {word: dict.fromkeys(lines, "TTL" if "TTL" in entries else next(iter(entries)))}
