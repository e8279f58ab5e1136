"""Rows of an adopted camera's features that only hold what is written."""

from __future__ import annotations

from sys import float_info
from typing import Any

from camtwin.camera.settings import Settings
from camtwin.genicam.foreign_features import ForeignFeature
from camtwin.genicam.formula import Value
from camtwin.genicam.nodes import FLOAT32_MAX, Integer, Selector
from camtwin.planner.adopted_known import NAME, SIZES, Known, Row, printable
from camtwin.planner.adopted_registers import Placer


class Holder:
    """Makes the rows of features that hold values."""

    def __init__(self, known: Known, placer: Placer) -> None:
        self.known, self.placer, self.out = known, placer, known.out

    def hold(self, name: str, why: str) -> None:
        """Write the row of a feature that holds what is written."""
        x = self.known.features[name]
        key = name
        if hasattr(Settings, name) or name.startswith("_"):
            key = f"Held{name}"
        if name in Settings.features and name in ("DeviceVendorName", "DeviceModelName"):
            self.out.left_out[name] = why
            return
        if x.chunk is not None and (unfit := self.placer.unfit_in_chunk(x)):
            self.out.left_out[name] = unfit
            return
        if name == "ExposureTime" or name in {*SIZES, *SIZES["Width"], *SIZES["Height"]}:
            key = f"Held{name}"
        row: Row = {"holds": x.kind}
        if key != name:
            row["name"] = name
        row |= {"doc": printable(x.doc)} if x.doc else {}
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
            row |= {word: printable(text) for word, text in (("unit", x.unit), ("form", x.form)) if text}
        placed = self.placer.in_chunk(x) if x.chunk is not None else self.placer.placed(name, x, None)
        if x.kind == "Float":
            placed.setdefault("length", 8)
        if x.kind == "Integer" and "length" not in placed:
            placed |= {"length": 8}
        if x.kind in ("String", "Register") and "length" not in placed:
            placed |= {"length": -(-x.place.length // 4) * 4 if x.place else 64}
        row |= placed
        if x.kind in ("Integer", "Float") and x.access != "RO":
            row |= self._held_limits(name, x, row)
        if x.chunk is not None:
            self.out.rows[key], self.out.features[key], self.out.why_held[name] = row, name, why
            return
        value = self.known.given.get(name, self.known.values.get(name, x.value))
        if (default := _held_value(x, row, value)) is not None:
            if "by" not in row:
                row["default"] = default
            elif entry := self.known.selected(x.by):
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
            known = self.known.told(name, word)
            known = x.limits.get(which) if known is None else known
            if not isinstance(known, int | float):
                continue
            if x.kind == "Float" and (word != "inc" or known > 0):
                most = FLOAT32_MAX if row.get("length") == 4 else float_info.max
                limits[word] = max(-most, min(float(known), most))
            elif x.kind == "Integer" and word != "inc":
                limits[word] = max(floor, min(int(known), ceiling))
            elif x.kind == "Integer" and known > 0:
                limits[word] = int(known)
        if x.kind == "Integer" and "bits" in row:
            limits.setdefault("max", ceiling)
        if limits.get("min", floor) > limits.get("max", ceiling):
            limits = {}
        return limits


def _held_value(x: ForeignFeature, row: Row, value: Value | str) -> Any:
    """Return a value that the row's feature can hold, else None."""
    if value is None or x.kind in ("Command", "Register"):
        return None
    if x.kind == "Enumeration":
        return next((e for e, wire in row["entries"].items() if value in (e, wire)), None)
    if x.kind == "String":
        text = printable(str(value))
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
