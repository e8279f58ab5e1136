"""A foreign description evaluated: values, limits and places of registers, as far as they are known.

Registers hold what only the camera knows; what a dump of values, or a user, tells is put in by the names of
features. All else is None, and so is what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final, NamedTuple

from camtwin.genicam.foreign import Foreign, ForeignInvalid, ForeignNode, real, whole
from camtwin.genicam.formula import FormulaInvalid, Value, evaluate

REGISTERS: Final = {"IntReg", "MaskedIntReg", "FloatReg", "StringReg", "Register"}
KNIVES: Final = {"SwissKnife": False, "IntSwissKnife": True}
CONVERTERS: Final = {"Converter": False, "IntConverter": True}
FOLLOWED: Final = ("pValue", "pVariable", "pAddress", "pIndex", "pValueIndexed", "pValueDefault", "pLength")
"""References through which a value is found."""
MAX_CHAIN: Final = 64
"""Limit of nodes that one value is found through."""
MAX_ENTRIES: Final = 4096
"""Limit of entries that a register is placed for."""
Known = Mapping[str, Value]


class Place(NamedTuple):
    """A register: its address, the bytes from one entry to the next by selector, and its coding."""

    address: int
    apart: tuple[int, ...]
    length: int
    bits: tuple[int, int] | None
    order: str
    signed: bool


class NodeMap:
    """The nodes of a description, with values by the names of features."""

    def __init__(self, foreign: Foreign, values: Mapping[str, Value] | None = None) -> None:
        self.foreign, self.nodes = foreign, foreign.nodes
        self.known: dict[str, Value] = dict(values or {})
        for name, value in [*self.known.items()]:
            if (register := self.register_of(name)) is not None:
                self.known.setdefault(register.name, value)
        self._found: dict[str, Value] = {}
        _refuse_circles(self.nodes)

    def node(self, name: str) -> ForeignNode | None:
        return self.nodes.get(name)

    # -- values ----------------------------------------------------------------------------------------
    def value(self, name: str, chosen: Known | None = None, depth: int = 0) -> Value:
        """Return the number that a node has, None if it is unknown.

        chosen: values that stand for those of the nodes of these names, as of selectors
        """
        if chosen is None and name in self._found:
            return self._found[name]
        if depth > MAX_CHAIN:
            raise ForeignInvalid(f"{name}: its value is found through more than {MAX_CHAIN} nodes")
        found = self._value(name, chosen or {}, depth)
        if chosen is None:
            self._found[name] = found
        return found

    def _value(self, name: str, chosen: Known, depth: int) -> Value:
        if name in chosen:
            return chosen[name]
        if name in self.known:
            return self.known[name]
        if (node := self.nodes.get(name)) is None:
            return None
        if node.kind in KNIVES:
            return self._formula(node, node.text("Formula"), {}, chosen, depth)
        if node.kind in CONVERTERS:
            to = self.value(node.text("pValue"), chosen or None, depth + 1)
            return self._formula(node, node.text("FormulaFrom"), {"TO": to}, chosen, depth)
        if index := node.text("pIndex") if node.kind not in REGISTERS else "":
            return self._indexed(node, self.value(index, chosen or None, depth + 1), chosen, depth)
        if pointed := node.text("pValue"):
            found = self.value(pointed, chosen or None, depth + 1)
            if node.kind == "Boolean" and found is not None:
                return int(found == (whole(node.text("OnValue")) or 1))
            return found
        return real(node.text("Value")) if node.kind not in REGISTERS else None

    def _indexed(self, node: ForeignNode, index: Value, chosen: Known, depth: int) -> Value:
        if index is None:
            return None
        for tag, read in (("ValueIndexed", False), ("pValueIndexed", True)):
            for text, attributes in node.properties.get(tag, ()):
                if whole(attributes.get("Index", "")) == index:
                    return self.value(text, chosen or None, depth + 1) if read else real(text)
        if pointed := node.text("pValueDefault"):
            return self.value(pointed, chosen or None, depth + 1)
        return real(node.text("ValueDefault"))

    def _formula(
        self,
        node: ForeignNode,
        text: str,
        more: Known,
        chosen: Known,
        depth: int,
        *,
        whole_numbers: bool | None = None,
    ) -> Value:
        variables = dict(more)
        for pointed, attributes in node.properties.get("pVariable", ()):
            if name := attributes.get("Name"):
                variables[name] = self._variable(name, pointed, chosen, depth)
        for tag in ("Constant", "Expression"):
            for inner, attributes in node.properties.get(tag, ()):
                if name := attributes.get("Name"):
                    variables[name] = (
                        self._evaluated(node, inner, variables, False) if tag[0] == "E" else real(inner)
                    )
        integers = {**KNIVES, **CONVERTERS}.get(node.kind, True) if whole_numbers is None else whole_numbers
        return self._evaluated(node, text, variables, integers)

    def _evaluated(self, node: ForeignNode, text: str, variables: Known, integers: bool) -> Value:
        try:
            return evaluate(text, variables, whole=integers)
        except FormulaInvalid as wrong:
            raise ForeignInvalid(f"{node.name}: {wrong}") from None

    def _variable(self, name: str, pointed: str, chosen: Known, depth: int) -> Value:
        """Return a variable's value: the node's, or of its `.Min`, `.Max`, `.Inc`, `.Entry.NAME`."""
        _, _, part = name.partition(".")
        node = self.nodes.get(pointed)
        if part in ("Min", "Max", "Inc") and node:
            return self.limit(node, part, chosen, depth + 1)
        if part.startswith("Entry.") and node:
            return node.entries.get(part.removeprefix("Entry."))
        return self.value(pointed, chosen or None, depth + 1)

    def limit(self, node: ForeignNode, which: str, chosen: Known | None = None, depth: int = 0) -> Value:
        """Return the minimum, maximum or increment that the description gives, None if a register has it."""
        if depth > MAX_CHAIN:
            raise ForeignInvalid(f"{node.name}: its {which} is found through more than {MAX_CHAIN} nodes")
        if text := node.text(which):
            return real(text)
        if pointed := node.text(f"p{which}"):
            return self.value(pointed, chosen or None, depth + 1)
        behind = self.nodes.get(node.text("pValue")) if node.kind in ("Integer", "Float") else None
        return self.limit(behind, which, chosen, depth + 1) if behind else None

    def asks(self, node: ForeignNode, which: str) -> bool:
        """Tell whether the description says that there is such a limit, wherever it stands."""
        for _ in range(MAX_CHAIN):
            if node.text(which) or node.text(f"p{which}"):
                return True
            behind = self.nodes.get(node.text("pValue")) if node.kind in ("Integer", "Float") else None
            if behind is None:
                return False
            node = behind
        return False

    def holds(self, node: ForeignNode, tag: str) -> bool:
        """Tell whether a property such as pIsImplemented is not known to be 0."""
        return all(self.value(name) != 0 for name in node.texts(tag))

    # -- registers -------------------------------------------------------------------------------------
    def register_of(self, name: str) -> ForeignNode | None:
        """Return the register whose content a feature is, without a formula in between."""
        node = self.nodes.get(name)
        for _ in range(MAX_CHAIN):
            if node is None or node.kind in REGISTERS:
                return node
            if node.kind in KNIVES or node.kind in CONVERTERS or node.text("pIndex"):
                return None
            node = self.nodes.get(node.text("pValue"))
        return None

    def place(self, register: ForeignNode, selectors: Mapping[str, Mapping[str, int]]) -> Place | None:
        """Return where a register is, for each entry of its selectors; None if that is not known.

        selectors: by name, their entries with their values
        """
        length = whole(register.text("Length"))
        if length is None and register.text("pLength"):
            found = self.value(register.text("pLength"))
            length = None if found is None else int(found)
        if length is None or not 0 < length <= 65536:
            return None
        base = [next(iter(entries.values()), 0) for entries in selectors.values()]
        first = self._address(register, self._chosen(selectors, base), length)
        if first is None:
            return None
        apart: list[int] = []
        for position, entries in enumerate(selectors.values()):
            values = [*entries.values()]
            other = next((value for value in values if value != values[0]), None)
            if other is None:
                apart.append(0)
                continue
            moved = [*base[:position], other, *base[position + 1 :]]
            there = self._address(register, self._chosen(selectors, moved), length)
            if there is None or (there - first) % (other - base[position]):
                return None
            apart.append((there - first) // (other - base[position]))
        address = first - sum(value * step for value, step in zip(base, apart, strict=True))
        if not self._fits(register, selectors, address, apart, length):
            return None
        bits = _bits(register, length) if register.kind == "MaskedIntReg" else None
        if register.kind == "MaskedIntReg" and bits is None:
            return None
        order = "little" if register.text("Endianess") != "BigEndian" else "big"
        return Place(address, tuple(apart), length, bits, order, register.text("Sign") == "Signed")

    def _fits(
        self,
        register: ForeignNode,
        selectors: Mapping[str, Mapping[str, int]],
        address: int,
        apart: list[int],
        length: int,
    ) -> bool:
        """Tell whether each entry's register is where the first ones let expect it."""
        for count, values in enumerate(product(*(e.values() for e in selectors.values()))):
            wanted = address + sum(value * step for value, step in zip(values, apart, strict=True))
            if count >= MAX_ENTRIES or wanted != self._address(
                register, self._chosen(selectors, values), length
            ):
                return False
        return True

    def _chosen(
        self, selectors: Mapping[str, object], values: list[int] | tuple[int, ...]
    ) -> dict[str, Value]:
        """Return values of selectors, by their names and by those of the registers that hold them."""
        chosen: dict[str, Value] = {}
        for name, value in zip(selectors, values, strict=True):
            node = self.nodes.get(name)
            for _ in range(MAX_CHAIN):
                if node is None:
                    break
                chosen[node.name] = value
                if node.kind in CONVERTERS:
                    break
                node = self.nodes.get(node.text("pValue"))
        return chosen

    def _address(self, register: ForeignNode, chosen: Known, length: int) -> int | None:
        """Return the sum of all that places a register."""
        parts: list[Value] = [whole(text) for text in register.texts("Address") if text]
        if register.text("Address") == "" and "Address" in register.properties:
            parts.append(0)
        parts += [self.value(name, chosen or None) for name in register.texts("pAddress")]
        for formula, variables in register.properties.get("IntSwissKnife", ()):
            found = {name: self._variable(name, pointed, chosen, 0) for name, pointed in variables.items()}
            parts.append(self._evaluated(register, formula, found, True))
        for name, attributes in register.properties.get("pIndex", ()):
            step: Value = whole(attributes["Offset"]) if "Offset" in attributes else length
            if offset := attributes.get("pOffset"):
                step = self.value(offset, chosen or None)
            index = self.value(name, chosen or None)
            parts.append(None if index is None or step is None else index * step)
        numbers = [int(part) for part in parts if part is not None]
        return sum(numbers) if parts and len(numbers) == len(parts) else None

    def port(self, register: ForeignNode) -> ForeignNode | None:
        return self.nodes.get(register.text("pPort"))


def with_entries(
    nodes: Mapping[str, ForeignNode], told: Mapping[str, Value | str], numbers: Mapping[str, Value]
) -> dict[str, Value]:
    """Return values as numbers: an entry's name is the number that it stands for."""
    entries = {
        name: nodes[name].entries[value]
        for name, value in told.items()
        if isinstance(value, str) and name in nodes and value in nodes[name].entries
    }
    return {**numbers, **entries}


def _bits(register: ForeignNode, length: int) -> tuple[int, int] | None:
    """Return the lowest bit, counted from the number's end, and the width of a MaskedIntReg."""
    ends = [whole(register.text(tag) or register.text("Bit")) for tag in ("LSB", "MSB")]
    if None in ends:
        return None
    if register.text("Endianess") == "BigEndian":  # which counts bits from the top
        ends = [8 * length - 1 - end for end in ends if end is not None]
    low, high = sorted(end for end in ends if end is not None)
    return (low, high - low + 1) if 0 <= low <= high < 8 * length else None


def _references(node: ForeignNode) -> Iterator[str]:
    for tag in FOLLOWED:
        yield from node.texts(tag)
    for _, variables in node.properties.get("IntSwissKnife", ()):
        yield from variables.values()


def _refuse_circles(nodes: Mapping[str, ForeignNode]) -> None:
    """Refuse nodes whose values depend on themselves, and name them."""
    done = set[str]()
    for root in nodes:
        path: list[str] = []
        inside = set[str]()
        waiting: list[tuple[str, bool]] = [(root, False)]
        while waiting:
            name, left = waiting.pop()
            if left:
                inside.discard(path.pop())
                done.add(name)
                continue
            if name in inside:
                circle = path[path.index(name) :]
                shown = " -> ".join([*circle[:8], *(["..."] if len(circle) > 8 else []), name])
                raise ForeignInvalid(f"{name}: its value depends on itself: {shown}")
            if name in done or name not in nodes:
                continue
            path.append(name)
            inside.add(name)
            waiting.append((name, True))
            waiting += [(other, False) for other in _references(nodes[name])]
