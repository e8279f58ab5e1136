"""Registers of an adopted camera: where the rows' features stand in it, and where that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, Final

from camtwin.camera.description import XML_ADDRESS
from camtwin.camera.links import KINDS
from camtwin.camera.settings import Settings
from camtwin.genicam.foreign_features import ForeignFeature, entries_of
from camtwin.genicam.node_map import Place
from camtwin.genicam.nodes import Feature, Register
from camtwin.planner.adopted_known import Known, Row

TAKEN: Final[Mapping[str, tuple[range, ...]]] = {
    "gige": (range(0xA000), range(XML_ADDRESS, XML_ADDRESS + 0x100_0000)),
    "usb3": (range(0x1_0000), range(0x0F00_0000, 0x0F01_0000), range(XML_ADDRESS, XML_ADDRESS + 0x100_0000)),
}
"""Addresses of each link's own registers and of the description: features stand elsewhere."""
WORD: Final = {"gige": 4, "usb3": 1}
"""Bytes in which a link reads registers."""
BOOLEAN_BYTES: Final = 4


class Placer:
    """Places the rows' registers where the camera has them."""

    def __init__(self, known: Known) -> None:
        self.features, self.link, self.out = known.features, known.link, known.out
        self.dialect = KINDS[known.link].dialect

    def placed(self, name: str, x: ForeignFeature, f: Feature[Any] | None) -> Row:
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
        if not place.bits and (planes := self.planes(x, place)):
            row["at"] |= planes["at"]
        return row

    def planes(self, x: ForeignFeature, place: Place | None) -> Row:
        """Return where the registers are that decide a feature's limits and access."""
        at: dict[str, int] = {}
        for plane, other in x.planes.items():
            length = place.length if place and plane in ("Min", "Max") else BOOLEAN_BYTES
            alike = place is None or (other.apart == place.apart and other.order == place.order)
            if alike and other.length == length and not other.bits and not self._why_not(other, x, None):
                at[plane] = other.address
        return {"at": at} if at else {}

    def in_chunk(self, x: ForeignFeature) -> Row:
        """Return the words that place a value in its chunk; `unfit_in_chunk` tells whether it has a place."""
        place = x.place
        if place is None:
            return {}
        row: Row = {"chunk": [x.chunk, place.address], "length": place.length}
        if place.bits and place.bits != (0, 8 * place.length):
            row["bits"] = [*place.bits]
        if place.signed and x.kind == "Integer":
            row["signed"] = True
        if place.apart:
            row["apart"] = [*place.apart]
        return row

    def unfit_in_chunk(self, x: ForeignFeature) -> str:
        """Return why a value cannot be read from its chunk as the camera has it, "" if it can."""
        place = x.place
        if place is None:
            return x.why_not
        if place.order != self.dialect.order and x.kind != "String" and place.length > 1:
            return f"its chunk counts bytes from the {'end' if place.order == 'little' else 'top'}"
        numbers = {"Float": (4, 8), "String": range(1, 65537)}.get(x.kind, range(1, 9))
        if x.kind in ("Command", "Register") or place.length not in numbers:
            return f"its chunk has {place.length} bytes"
        return (
            ""
            if 0 <= place.address < 1 << 32 and min(place.apart, default=0) >= 0
            else "its place in the chunk"
        )

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

    def free_of_overlaps(self) -> None:
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
