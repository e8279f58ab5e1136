"""The tree as a GenICam description, schema 1.1.

A feature becomes its node, a register node for its value, and one more for each property that a rule
decides: Width, Width_Value, Width_Max. Rules run in the camera only; the host reads their results,
and pInvalidator tells it when to read them again. The order of elements is the schema's.

Pitfalls of the reference GenApi and Aravis that this file avoids: the schema wants vendor and
model names as C names and pIndex to an integer node; floats are WriteAround, as the camera may round
them; big-endian MaskedIntReg counts bits from the top; Aravis follows no chain of invalidators.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from typing import Any, Generic
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

from camtwin.genicam.bound import Node
from camtwin.genicam.device import S
from camtwin.genicam.nodes import Bound, Enumeration, Feature, Numeric, Register, Selector
from camtwin.genicam.tree import Tree

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<RegisterDescription xmlns="http://www.genicam.org/GenApi/Version_1_1"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.genicam.org/GenApi/Version_1_1 http://www.genicam.org/GenApi/GenApiSchema_Version_1_1.xsd"
  ModelName="{model}" VendorName="{vendor}" ToolTip="Digital twin of a {vendor} {model}."
  StandardNameSpace="{space}"
  SchemaMajorVersion="1" SchemaMinorVersion="1" SchemaSubMinorVersion="0"
  MajorVersion="1" MinorVersion="0" SubMinorVersion="0" ProductGuid="{product}" VersionGuid="{version}">
"""
SHIFT = "EventShift"
"""The node that moves fields behind the block id, if block ids may have 64 bits."""
EVENT_TEXTS = {
    "": "Reports the id of the event {event}.",
    "Timestamp": "Reports the time of the event {event} by the camera's clock, in nanoseconds.",
    "FrameID": "Reports the block id of the image that the event {event} belongs to.",
}
"""Texts of the features that tell of an event, by field of its message."""
WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def el(tag: str, *texts: object) -> str:
    """Return one element for each text that is not empty."""
    return "".join(f"<{tag}>{escape(str(t))}</{tag}>" for t in texts if t not in (None, ""))


def texts(doc: str) -> str:
    """Return the ToolTip, a feature text's first sentence, and the Description, the whole text."""
    return el("ToolTip", doc.split(". ")[0].removesuffix(".") + ".") + el("Description", doc)


def description(tree: Tree[S], decimals: int | None = None) -> str:
    """Return the XML document of a tree.

    decimals: digits after the point with which hosts show and store floats; None: as each host does.
    """
    return _Description(tree, decimals).xml()


def zipped(document: str, name: str) -> bytes:
    """Return the document as cameras serve it: a ZIP with one member, with the same bytes every time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), document.encode(), zipfile.ZIP_DEFLATED
        )
    return packed.getvalue()


class _Description(Generic[S]):
    def __init__(self, tree: Tree[S], decimals: int | None) -> None:
        self.tree, self.decimals, self.text = tree, decimals, ""
        self.categories: dict[str, list[str]] = {n.feature.chapter: [] for n in tree.here}
        self.selected: dict[str, list[str]] = {}
        for n in tree.here:
            for selector in dict.fromkeys((*n.feature.by, *n.feature.follows)):
                self.selected.setdefault(selector, []).append(n.feature.name)
        for n in tree.here:
            self.feature(n)

    def xml(self) -> str:
        for n in self.tree.here:
            if isinstance(n.feature, Selector) and n.feature.events and self.tree.dialect.event_fields:
                self.events(n, n.feature)
        inside = {feature for features in self.categories.values() for feature in features}
        self.node(
            "Category",
            "Root",
            el("pFeature", *(c for c in self.categories if c not in inside)),
            standard=True,
        )
        for category, features in self.categories.items():
            self.node("Category", category, el("pFeature", *features), standard=True)
        self.node("Port", "Device", standard=True)
        for number in sorted({n.chunk[0] for n in self.tree.here if n.chunk}):
            self.node("Port", f"Chunk_{number:08X}", el("ChunkID", f"{number:08X}"))
        names = (self.tree.declared[f"Device{n}Name"].row["value"] for n in ("Vendor", "Model"))
        vendor, model = (re.sub(r"\W", "_", name) for name in names)  # the schema wants C names
        guids = {
            "product": uuid5(NAMESPACE_URL, f"{vendor}/{model}"),
            "version": uuid5(NAMESPACE_URL, self.text),
        }
        head = HEAD.format(vendor=vendor, model=model, space=self.tree.dialect.namespace, **guids)
        return head + self.text + "</RegisterDescription>\n"

    def node(self, kind: str, name: str, *inside: str, standard: bool = False) -> None:
        space = "Standard" if standard else "Custom"
        self.text += f'<{kind} Name="{name}" NameSpace="{space}">{"".join(inside)}</{kind}>\n'

    def feature(self, n: Node) -> None:
        """Write the registers of a feature, then the node that a host sees."""
        f = n.feature
        for plane, address, coding in n.registers():
            if plane != "Value" or f.node != "Register":  # that one is its own register, below
                self.register(n, plane, address, coding)
        self.categories[f.chapter].append(f.name)
        head = [
            texts(f.doc),
            el("DisplayName", WORDS.sub(" ", f.name)),
            el("Visibility", f.visibility),
            el("pIsAvailable", self.ref(n, "Available")),
            el("pIsLocked", self.ref(n, "Locked")),
        ]
        if f.node != "Command":
            head += [el("Streamable", "Yes" if n in self.tree.kept and f.saved else "No")]
        value, tail = el("pValue", f"{f.name}_Value"), ""
        if f.node == "Command":
            tail = el("CommandValue", 1)
        elif isinstance(f, Enumeration):
            value = "".join(self.entry(n, e, wire) for e, wire in n.entries.items()) + value
        elif isinstance(f, Numeric):
            writable = n.access != "RO"
            for plane in ("Min", "Max") if writable else ():
                ref = self.ref(n, plane)
                tail += el(f"p{plane}", ref) if ref else el(plane, n.number(plane.lower()))
            tail += (
                el("Inc", n.number("inc") if writable else None)
                + el("Unit", f.unit)
                + el("Representation", f.form)
            )
            if f.node == "Float" and self.decimals is not None:
                tail += el("DisplayNotation", "Fixed") + el("DisplayPrecision", self.decimals)
        elif isinstance(f, Register):
            value = el("Address", hex(n.address)) + el("Length", f.length) + el("AccessMode", n.access)
            live = self.live(n, n.rules.get("Value"))
            value += el("pPort", "Device") + el("Cachable", "NoCache" if live else "WriteThrough")
            value += el("pInvalidator", *(() if live else sorted(self.tree.stale(n, "Value"))))
        tail += el("pSelected", *self.selected.get(f.name, ()))
        self.node(f.node, f.name, *head, value, tail, standard=not f.custom)

    def entry(self, n: Node, name: str, wire: int) -> str:
        can, word = el("pIsAvailable", self.ref(n, f"Can_{name}")), n.feature.shown(name)
        return f'<EnumEntry Name="{word}" NameSpace="Standard">{can}{el("Value", wire)}</EnumEntry>'

    def events(self, n: Node, selector: Selector) -> None:
        """Write, for each event, a port that its messages fill, and features of their contents.

        With 64-bit block ids everything behind the block id moves by eight bytes.
        """
        if wide := self.tree.declared["GevGVSPExtendedIDMode"].here:
            variable = '<pVariable Name="WIDE">GevGVSPExtendedIDMode</pVariable>'
            self.node("IntSwissKnife", SHIFT, variable, el("Formula", "WIDE * 8"))
        for entry in n.entries:
            name = f"Event{selector.shown(entry)}"
            parts = [
                part
                for part in self.tree.dialect.event_fields
                if part != "FrameID" or entry in selector.of_frames
            ]
            self.node("Port", f"{name}_Port", el("EventID", f"{n.ids[entry]:04X}"))
            self.categories[n.feature.chapter].append(f"{name}Data")
            self.categories[f"{name}Data"] = [name + part for part in parts]
            for part in parts:
                at, length, shift = self.tree.dialect.event_fields[part]
                self.node(
                    "IntReg",
                    f"{name}{part}_Value",
                    el("Visibility", "Invisible"),
                    el("Address", hex(at)),
                    el("pAddress", shift if wide else ""),
                    el("Length", length),
                    el("AccessMode", "RO"),
                    el("pPort", f"{name}_Port"),
                    el("Cachable", "NoCache"),
                    el("Sign", "Unsigned"),
                    el("Endianess", f"{self.tree.order.capitalize()}Endian"),
                )
                self.node(
                    "Integer",
                    name + part,
                    texts(EVENT_TEXTS[part].format(event=selector.shown(entry))),
                    el("Visibility", "Expert"),
                    el("pValue", f"{name}{part}_Value"),
                    standard=True,
                )

    def ref(self, n: Node, plane: str) -> str:
        """Return the node with a rule's result: its register, or the feature that it repeats."""
        rule = n.rules.get(plane)
        return "" if rule is None else rule.same or f"{n.feature.name}_{plane}"

    def index(self, n: Node) -> str:
        selectors = zip(n.feature.by, n.strides, strict=True)
        return "".join(
            f'<pIndex Offset="{w}">{s}_Value</pIndex>' for s, w in selectors if self.tree.nodes[s].here
        )

    def live(self, n: Node, rule: Bound | None) -> bool:
        """Tell whether a value changes without a host's write, as a sequencer changes its parameters."""
        if rule is None:
            f = n.feature
            return bool(f.elsewhere or f.chunk or f.volatile or f.sequenced)
        return rule.live or any(self.tree.nodes[name].feature.sequenced for name in rule.needs)

    def register(self, n: Node, plane: str, address: int, coding: Feature[Any]) -> None:
        f, rule, value = n.feature, n.rules.get(plane), plane == "Value"
        live = self.live(n, rule)
        cache = "NoCache" if live else "WriteAround" if coding.node == "Float" else "WriteThrough"
        stale: Iterable[str] = () if live else sorted(self.tree.stale(n, plane))
        kind, bits = {"Float": "FloatReg", "String": "StringReg"}.get(coding.node, "IntReg"), ""
        if coding.bits:
            kind, (low, width) = "MaskedIntReg", coding.bits
            flip = 8 * coding.length - 1 if self.tree.order == "big" else 0
            bits = el("LSB", abs(flip - low)) + el("MSB", abs(flip - (low + width - 1)))
        self.node(
            kind,
            f"{f.name}_{plane}",
            el("Visibility", "Invisible"),
            el("Address", hex(n.chunk[1] if n.chunk else address)),
            self.index(n),
            el("Length", coding.length),
            el("AccessMode", n.access if value else "RO"),
            el("pPort", f"Chunk_{n.chunk[0]:08X}" if n.chunk else "Device"),
            el("Cachable", cache),
            el("pInvalidator", *stale),
            bits,
            el("Sign", "Signed" if coding.signed else "Unsigned") if "Int" in kind else "",
            el("Endianess", f"{self.tree.order.capitalize()}Endian") if kind != "StringReg" else "",
        )
