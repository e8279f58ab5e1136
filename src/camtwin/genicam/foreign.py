"""A camera's own GenICam description, read: nodes by name, each with its properties as the file has them.

The file is from outside, so nothing in it is trusted: no DOCTYPE, bounded bytes, nodes, depth and formulas, a
ZIP with one member whose name is never a path. One line says what is wrong with it.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from camtwin.genicam.formula import MAX_CHARS
from camtwin.problem import Problem

MAX_BYTES: Final = 8_000_000
MAX_NODES: Final = 50_000
MAX_ELEMENTS: Final = 250_000
MAX_DEPTH: Final = 64
MAX_HEADER: Final = 4096
"""Limit of what stands before the document: a byte order mark, and the line that arv-tool writes."""
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,255}")
ENTRY: Final = re.compile(r"[!-~]{1,128}")
HEADER: Final = ("VendorName", "ModelName", "StandardNameSpace")
PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "AccessMode": ("RO", "RW", "WO"),
    "ImposedAccessMode": ("RO", "RW", "WO"),
    "Visibility": ("Beginner", "Expert", "Guru", "Invisible"),
    "Endianess": ("LittleEndian", "BigEndian"),
    "Sign": ("Signed", "Unsigned"),
    "Cachable": ("NoCache", "WriteThrough", "WriteAround"),
    "Streamable": ("Yes", "No"),
}
"""Properties of which the schema says which words there are; it takes no spaces around them."""
NOT_NODES: Final = {"Extension", "EnumEntry", "StructEntry", "Group"}


class ForeignInvalid(Problem):
    """A description that cannot be used; one line that names the node and the limit."""


@dataclass(slots=True)
class Element:
    """An element of the document."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list[Element] = field(default_factory=list["Element"])


@dataclass(slots=True)
class ForeignNode:
    """A node of the description.

    space       its NameSpace, Standard or Custom
    properties  texts and attributes by tag, in the file's order
    entries     of an enumeration
    """

    kind: str
    name: str
    space: str
    properties: dict[str, list[tuple[str, dict[str, str]]]]
    entries: dict[str, int] = field(default_factory=dict[str, int])

    def text(self, tag: str) -> str:
        """Return the first property of this tag, "" if there is none."""
        found = self.properties.get(tag)
        return found[0][0] if found else ""

    def texts(self, tag: str) -> list[str]:
        return [text for text, _ in self.properties.get(tag, ())]


@dataclass(frozen=True)
class Foreign:
    """A description: names of its maker and model, name space, and its nodes."""

    vendor: str
    model: str
    namespace: str
    nodes: Mapping[str, ForeignNode]


def unpacked(data: bytes) -> bytes:
    """Return the document of a file: itself, a ZIP's one member, or what follows arv-tool's header line.

    Raises:
        ForeignInvalid: it is too large, or no such file
    """
    if len(data) > MAX_BYTES:
        raise ForeignInvalid(f"has {len(data)} bytes: at most {MAX_BYTES}")
    if data[:4] == b"PK\x03\x04":
        data = _member(data)
    begin = data.find(b"<", 0, MAX_HEADER)
    if begin < 0 and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data
    if begin < 0:
        raise ForeignInvalid(f"is no XML: there is no < in its first {MAX_HEADER} bytes")
    return data if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data[begin:]


def _member(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise ForeignInvalid(f"is a ZIP with {len(members)} members: it must have one")
            member = members[0]
            if member.compress_type not in PACKED or member.flag_bits & 1:
                raise ForeignInvalid("is a ZIP whose member is encrypted, or not stored or deflated")
            if member.file_size > MAX_BYTES:
                raise ForeignInvalid(f"is a ZIP with {member.file_size} bytes in it: at most {MAX_BYTES}")
            with archive.open(member) as packed:
                document = packed.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise ForeignInvalid(f"is a damaged ZIP: {str(error) or type(error).__name__:.80}") from None
    except (ValueError, OverflowError, IndexError, KeyError) as error:
        raise ForeignInvalid(f"is a damaged ZIP: {error!s:.80}") from None
    if len(document) > MAX_BYTES:
        raise ForeignInvalid(f"is a ZIP with more than {MAX_BYTES} bytes in it")
    return document


def read(data: bytes) -> Foreign:
    """Read a description: XML, a ZIP of it, or arv-tool's export.

    Raises:
        ForeignInvalid: it is none, or beyond a limit; one line
    """
    root = _Reader().read(unpacked(data))
    if root.tag != "RegisterDescription":
        raise ForeignInvalid(f"is no GenICam description: its root is {root.tag!r:.60}")
    nodes: dict[str, ForeignNode] = {}
    _collect(root, nodes)
    if not nodes:
        raise ForeignInvalid("is a description without nodes")
    vendor, model, space = (root.attributes.get(key, "") for key in HEADER)
    return Foreign(vendor, model, space, nodes)


class _Reader:
    """Builds elements from expat's events, within the limits."""

    def __init__(self) -> None:
        self.open: list[Element] = []
        self.parts: list[list[str]] = []
        self.root: Element | None = None
        self.elements = self.nodes = 0

    def read(self, document: bytes) -> Element:
        parser = expat.ParserCreate(namespace_separator=None)
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            raise ForeignInvalid(f"is no XML: {error}") from None
        except (LookupError, ValueError) as error:  # an encoding that nobody knows
            raise ForeignInvalid(f"is no XML: {error!s:.80}") from None
        if self.root is None:
            raise ForeignInvalid("is no XML: it has no root")
        return self.root

    def _doctype(self, *_: object) -> None:
        raise ForeignInvalid("has a DOCTYPE, which descriptions of cameras do not")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        self.elements += 1
        self.nodes += "Name" in attributes
        if self.nodes > MAX_NODES or self.elements > MAX_ELEMENTS:
            what, limit = ("nodes", MAX_NODES) if self.nodes > MAX_NODES else ("elements", MAX_ELEMENTS)
            raise ForeignInvalid(f"has more than {limit} {what}")
        if len(self.open) >= MAX_DEPTH:
            raise ForeignInvalid(f"{tag:.60}: elements are nested more than {MAX_DEPTH} deep")
        element = Element(tag, attributes)
        if self.open:
            self.open[-1].inside.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.parts.append([])

    def _end(self, _: str) -> None:
        self.open.pop().text = "".join(self.parts.pop())

    def _text(self, text: str) -> None:
        self.parts[-1].append(text)


def _collect(root: Element, nodes: dict[str, ForeignNode]) -> None:
    """Collect the nodes of a document, those in groups, too; entries of a StructReg are registers."""
    for element in root.inside:
        if element.tag == "Group":
            _collect(element, nodes)
        elif element.tag == "StructReg":
            shared = _properties(element, "StructReg")
            for entry in element.inside:
                if entry.tag == "StructEntry":
                    _add(nodes, "MaskedIntReg", entry, shared)
        elif element.tag not in NOT_NODES:
            _add(nodes, element.tag, element, {})


def _add(
    nodes: dict[str, ForeignNode],
    kind: str,
    element: Element,
    shared: Mapping[str, list[tuple[str, dict[str, str]]]],
) -> None:
    name = element.attributes.get("Name", "")
    if not NAME.fullmatch(name):
        raise ForeignInvalid(f"{kind:.40} {name!r:.60}: the name of a node must be letters, digits and _")
    if name in nodes:
        raise ForeignInvalid(f"{name}: there are two nodes of this name")
    own = _properties(element, name)
    node = nodes[name] = ForeignNode(kind, name, element.attributes.get("NameSpace", ""), {**shared, **own})
    for entry in element.inside:
        if entry.tag == "EnumEntry":
            _add_entry(node, entry)


def _add_entry(node: ForeignNode, entry: Element) -> None:
    word = entry.attributes.get("Name", "")
    properties = _properties(entry, f"{node.name}.{word:.60}")
    text = properties.get("Value", [("", {})])[0][0]
    value = whole(text)
    if not ENTRY.fullmatch(word) or value is None:
        raise ForeignInvalid(f"{node.name}: entry {word!r:.60} with the value {text!r:.40} cannot be read")
    if word in node.entries:
        raise ForeignInvalid(f"{node.name}: there are two entries {word}")
    if properties.get("pIsImplemented", [("", {})])[0][0] != "":
        node.properties.setdefault("entry implemented", []).append(
            (properties["pIsImplemented"][0][0], {"Name": word})
        )
    node.entries[word] = value


def _properties(element: Element, name: str) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Return the properties of a node; one that places a register keeps its order among its kind."""
    found: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for one in element.inside:
        if one.tag in ("EnumEntry", "StructEntry", "Extension"):
            continue
        text = one.text if not one.inside else ""
        if (words := WORDS.get(one.tag)) and text not in words:
            raise ForeignInvalid(f"{name}: {one.tag} {text!r:.60} must be one of {', '.join(words)}")
        if one.tag.startswith("Formula") and len(text) > MAX_CHARS:
            raise ForeignInvalid(f"{name}: a formula of {len(text)} characters, at most {MAX_CHARS}")
        if one.tag == "IntSwissKnife":  # an address that is a formula
            inside = _properties(one, name)
            variables = {
                attributes["Name"]: text
                for text, attributes in inside.get("pVariable", ())
                if "Name" in attributes
            }
            formula = inside.get("Formula", [("", {})])[0][0]
            found.setdefault(one.tag, []).append((formula, variables))
            continue
        found.setdefault(one.tag, []).append((text.strip(), one.attributes))
    return found


def whole(text: str) -> int | None:
    """Return the whole number that a description writes, in decimal or as 0x..; None if it is none."""
    text = text.strip()
    if not 0 < len(text) <= 24:
        return None
    try:
        value = int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        return None
    return value if -(2**63) <= value < 2**64 else None


def real(text: str) -> float | None:
    """Return the number that a description writes; None if it is none."""
    if (value := whole(text)) is not None:
        return value
    try:
        number = float(text) if len(text) <= 40 else float("nan")
    except ValueError:
        return None
    return number if number - number == 0 else None
