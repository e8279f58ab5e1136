"""Features of a foreign description, as far as they are known: what a viewer of that camera would show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from camtwin.genicam.foreign import ForeignNode, whole
from camtwin.genicam.formula import Value
from camtwin.genicam.node_map import CONVERTERS, KNIVES, MAX_CHAIN, NodeMap, Place

KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("Integer", "IntReg", "MaskedIntReg", "IntSwissKnife", "IntConverter"), "Integer"),
    **dict.fromkeys(("Float", "FloatReg", "SwissKnife", "Converter"), "Float"),
    **dict.fromkeys(("String", "StringReg"), "String"),
    **{kind: kind for kind in ("Boolean", "Enumeration", "Command", "Register")},
}
PLANES: Final[Mapping[str, str]] = {
    "Min": "pMin",
    "Max": "pMax",
    "Available": "pIsAvailable",
    "Locked": "pIsLocked",
}
"""Properties of a feature that registers of their own may decide, each with the element that names one."""
MAX_SELECTED: Final = 1024
"""Limit of entries of selectors that one feature is selected by."""


@dataclass(slots=True)
class ForeignFeature:
    """A feature as its description has it.

    chapter   category it stands in
    by        its selectors
    limits    of Min, Max, Inc: those that are said somewhere; None if only the camera knows
    place     its register, and by plane those that decide limits and access; why_not says why there is none
    event     EventID of its register's port, as a number; `chunk` its ChunkID: then its place is in the chunk
    """

    name: str
    kind: str
    chapter: str
    doc: str
    visibility: str
    standard: bool
    access: str
    unit: str = ""
    form: str = ""
    by: tuple[str, ...] = ()
    entries: dict[str, int] = field(default_factory=dict[str, int])
    limits: dict[str, Value] = field(default_factory=dict[str, Value])
    value: Value | str = None
    place: Place | None = None
    planes: dict[str, Place] = field(default_factory=dict[str, Place])
    why_not: str = ""
    event: int | None = None
    chunk: int | None = None


def features_of(nodes: NodeMap) -> tuple[dict[str, ForeignFeature], dict[str, str]]:
    """Return the features below the category Root, and why others are none, by name."""
    found: dict[str, ForeignFeature] = {}
    without: dict[str, str] = {}
    selectors: dict[str, list[str]] = {}
    for name, node in nodes.nodes.items():
        for selected in dict.fromkeys(node.texts("pSelected")):  # a description may name one twice
            selectors.setdefault(selected, []).append(name)
    for chapter, name in _listed(nodes):
        node = nodes.node(name)
        if node is None:
            without[name] = "the description has no such node"
        elif node.kind not in KINDS:
            without[name] = f"a {node.kind} is no feature here"
        elif not nodes.holds(node, "pIsImplemented"):
            without[name] = "the camera does not implement it"
        elif name not in found:
            found[name] = _feature(nodes, node, chapter)
    for name, feature in found.items():
        _select(nodes, feature, [s for s in selectors.get(name, []) if s in found], found)
        _locate(nodes, feature, found)
    return found, without


def _listed(nodes: NodeMap) -> Iterator[tuple[str, str]]:
    """Return names of features with their categories, in the order in which a viewer shows them."""
    waiting, seen = [("", "Root")], set[str]()
    while waiting:
        chapter, name = waiting.pop()
        node = nodes.node(name)
        if node is None or node.kind != "Category":
            if chapter:
                yield chapter, name
            continue
        if name in seen:
            continue
        seen.add(name)
        waiting += [(name, inside) for inside in reversed(node.texts("pFeature"))]


def _feature(nodes: NodeMap, node: ForeignNode, chapter: str) -> ForeignFeature:
    feature = ForeignFeature(
        node.name,
        KINDS[node.kind],
        chapter,
        " ".join((node.text("Description") or node.text("ToolTip")).split())[:1000],
        node.text("Visibility") or "Beginner",
        node.space != "Custom",
        _access(nodes, node),
        unit=node.text("Unit")[:32],
        form=node.text("Representation"),
    )
    if feature.kind == "Enumeration":
        hidden = {a["Name"] for n, a in node.properties.get("entry implemented", ()) if nodes.value(n) == 0}
        feature.entries = {word: value for word, value in node.entries.items() if word not in hidden}
    if feature.kind in ("Integer", "Float"):
        feature.limits = {
            which: nodes.limit(node, which) for which in ("Min", "Max", "Inc") if nodes.asks(node, which)
        }
    if feature.kind == "String":
        feature.value = node.text("Value") or None
    elif feature.kind != "Command":
        feature.value = nodes.value(node.name)
    return feature


def _access(nodes: NodeMap, node: ForeignNode) -> str:
    if node.kind == "Command":
        return "WO"
    imposed, behind = node.text("ImposedAccessMode"), ""
    at: ForeignNode | None = node
    for _ in range(MAX_CHAIN):
        if at is None:
            break
        if at.kind in KNIVES:
            behind = "RO"
            break
        if mode := at.text("AccessMode"):
            behind = mode
            break
        at = nodes.node(at.text("pValue"))
    both = {imposed, behind} - {"", "RW"}
    return "RW" if not both else "RO" if "RO" in both else "WO"


def _select(
    nodes: NodeMap, feature: ForeignFeature, by: list[str], found: Mapping[str, ForeignFeature]
) -> None:
    """Take over those selectors whose entries can be told."""
    usable = [name for name in by if name != feature.name and entries_of(found[name])]
    count = 1
    for name in usable:
        count *= len(entries_of(found[name]))
    if count <= MAX_SELECTED:
        feature.by = tuple(usable)


def entries_of(selector: ForeignFeature) -> dict[str, int]:
    """Return the entries of a selector with their values; a selector may be a number, too."""
    if selector.entries:
        return selector.entries
    low, high = selector.limits.get("Min", 0), selector.limits.get("Max")
    if selector.kind != "Integer" or low is None or high is None or not 0 <= low <= high < low + MAX_SELECTED:
        return {}
    return {str(i): i for i in range(int(low), int(high) + 1)}


def _locate(nodes: NodeMap, feature: ForeignFeature, found: Mapping[str, ForeignFeature]) -> None:
    """Find the registers of a feature."""
    node = nodes.nodes[feature.name]
    register = nodes.register_of(feature.name)
    if register is None:
        formula = any(n.kind in KNIVES or n.kind in CONVERTERS for n in _chain(nodes, node))
        feature.why_not = "a formula stands before its register" if formula else "it has no register"
        return
    port = nodes.port(register)
    if port is not None:
        feature.event = _hexadecimal(port.text("EventID"))
        feature.chunk = _hexadecimal(port.text("ChunkID"))
    if feature.event is not None:
        return
    selectors = {name: entries_of(found[name]) for name in feature.by}
    feature.place = nodes.place(register, selectors)
    if feature.place is None:
        feature.why_not = "where its register is depends on the camera"
    if feature.chunk is not None:
        return
    for plane, tag in PLANES.items():
        decides = nodes.node(node.text(tag))
        if decides is None or decides.kind not in ("IntReg", "FloatReg"):
            continue
        if (place := nodes.place(decides, selectors)) is not None:
            feature.planes[plane] = place


def _chain(nodes: NodeMap, node: ForeignNode | None) -> Iterator[ForeignNode]:
    for _ in range(MAX_CHAIN):
        if node is None:
            return
        yield node
        node = nodes.node(node.text("pValue"))


def _hexadecimal(text: str) -> int | None:
    """Return an id, which descriptions write in hexadecimal digits."""
    return whole(f"0x{text.removeprefix('0x')}") if text else None
