"""Binding of declarations to a data sheet's rows: entries, registers' addresses, rules.

A rule is a function whose parameters name its inputs; here each of them is connected to its source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from inspect import Parameter, signature
from itertools import product
from operator import attrgetter
from typing import Any

from camtwin.genicam.bound import Node, SheetError
from camtwin.genicam.nodes import Bound, By, Enumeration, Numeric, Register, Rule, Selector, Source
from camtwin.problem import nearest


class Binder:
    """Binds the nodes of one model; it is not needed afterwards."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self.nodes = nodes
        self._by_attr = {n.feature.attr: n for n in nodes.values()}
        self._asking: list[str] = []  # features whose rules are being bound, to detect circles
        for node in nodes.values():
            self.pick_entries(node)
        for node in nodes.values():
            self.number(node)
            self.place(node)
        for node in nodes.values():
            if node.here:
                self.check_values(node)
        for node in nodes.values():
            if node.here:
                self.bind_rules(node)

    def pick_entries(self, node: Node) -> None:
        f = node.feature
        if isinstance(f, Enumeration):
            values = f.values
            numbered = node.row.get("ids", values)  # of events and chunks: those that have a number
            usual = [entry for entry in values if entry in numbered]
            picked = node.row.get("entries", usual if node.here else list(values)[:1])
            declared = {*values, *picked} if f.open and isinstance(picked, Mapping) else values
            named = (*picked, *node.row.get("words", {}), *node.row.get("same", {}))
            if wrong := [e for e in named if e not in declared]:
                close = nearest(wrong[0], declared)
                raise SheetError(f"{f.name} has no entry {', '.join(wrong)}{close}", self._declared(node))
            node.entries = picked if isinstance(picked, Mapping) else {e: values[e] for e in picked}
            node.words = {f.shown(entry): wire for entry, wire in node.entries.items()}
            node.names = {wire: word for word, wire in node.words.items()}

    @staticmethod
    def _declared(node: Node) -> str:
        """Return the name of a feature's row."""
        return node.feature.declared

    def number(self, node: Node) -> None:
        """Set the data sheet's ids of events, and the chunk that holds a value."""
        f, missing = node.feature, list[str]()
        if isinstance(f, Selector):
            node.ids = node.row.get("ids", {})
            missing = [e for e in node.entries if f.events and node.here and e not in node.ids]
        if f.chunk and "chunk" in node.row:
            node.chunk = node.row["chunk"][0], node.row["chunk"][1]
        elif f.chunk and node.here:
            name, at = f.chunk
            ids = self._by_attr["ChunkSelector"].row.get("ids", {})
            if name in ids:
                node.chunk = ids[name], at
            else:
                missing = [name]
        if missing:
            raise SheetError(
                f"{f.name}: the data sheet gives no id for {', '.join(missing)}", self._declared(node)
            )

    def place(self, node: Node) -> None:
        """Place a register for each combination of selected entries.

        A selector that the model lacks has one entry.
        """
        options: list[Mapping[Any, int]] = []
        apart = node.row.get("apart")
        if apart is not None and len(apart) != len(node.feature.by):
            reason = f"apart has {len(apart)} numbers, and {len(node.feature.by)} selectors"
            raise SheetError(f"{node.feature.name}: {reason}", self._declared(node))
        stride = node.feature.apart or node.feature.length
        for selector in (self.nodes[name] for name in reversed(node.feature.by)):
            low = selector.number("min")
            high = selector.number("max") if selector.here else low
            options.insert(0, selector.entries or {i: i for i in range(low, high + 1)})
            node.strides.insert(0, stride)
            stride *= 1 + max(options[0].values())
        if apart is not None:
            node.strides = [*apart]
        for combination in product(*(o.items() for o in options)):
            names = tuple(name for name, _ in combination)
            key = names if len(names) > 1 else names[0] if names else None
            node.keys[key] = sum(wire * w for (_, wire), w in zip(combination, node.strides, strict=True))

    def check_values(self, node: Node) -> None:
        """Check that what the row says fits the feature's limits and entries, and other features."""
        f, row, told = node.feature, node.row, self._declared(node)
        default = row.get("default", {})
        each = default if isinstance(default, Mapping) else {None: default}
        if f.by and (strangers := [key for key in each if key is not None and key not in node.keys]):
            known = nearest(str(strangers[0]), map(str, node.keys))
            raise SheetError(f"{f.name}.default has {strangers[0]}, of which there is no entry{known}", told)
        if isinstance(f, Numeric):
            for word in {"min", "max"} & row.keys():
                if not f.span[0] <= row[word] <= f.span[1]:
                    held = f"{f.span[0]:.12g} to {f.span[1]:.12g}"
                    raise SheetError(f"{f.name}.{word} {row[word]}: its register holds {held}", told)
        for value in (*each.values(), *((row["value"],) if "value" in row else ())):
            if node.entries and value not in node.entries:
                reason = f"is none of {', '.join(node.entries)}{nearest(str(value), node.entries)}"
                raise SheetError(f"{f.name} {value!r:.60}: {reason}", told)
            if node.low is not None and isinstance(value, int | float) and value < node.low:
                raise SheetError(f"{f.name} {value}: is below its minimum {node.low}", told)
            if node.high is not None and isinstance(value, int | float) and value > node.high:
                raise SheetError(f"{f.name} {value}: is above its maximum {node.high}", told)
        if len({*node.entries.values()}) < len(node.entries):
            raise SheetError(f"{f.name}: two entries have one number", told)
        if len(node.words) < len(node.entries):
            raise SheetError(f"{f.name}: two entries share a name", told)
        if wrong := next((name for name in node.joint if not self._is_here(name)), ""):
            raise SheetError(f"{f.name}.joint: there is no feature {wrong}{nearest(wrong, self.nodes)}", told)

    def _is_here(self, name: str) -> bool:
        return name in self.nodes and self.nodes[name].here

    def bind_rules(self, node: Node) -> None:
        f = node.feature
        if isinstance(f, Register) and f.fill and not f.length:
            raise SheetError(f"{f.name} needs a 'count' in the data sheet", self._declared(node))
        planes = {p.capitalize(): getattr(f, p, None) for p in ("value", "min", "max", "available", "locked")}
        planes |= {f"Can_{e}": r for e, r in getattr(f, "only", {}).items() if e in node.entries}
        for plane, rule in planes.items():
            if isinstance(rule, str) or callable(rule) or (plane == "Value" and rule is not None):
                node.rules[plane] = self._bind(node, rule)

    def _bind(self, node: Node, rule: Rule) -> Bound:
        if isinstance(rule, str):
            bound, other = self._source(node, rule), self._by_attr[rule]
            return replace(bound, same=other.feature.name if other.here else "")
        if not callable(rule):
            return constant(rule)
        parameters = signature(rule).parameters.values()
        bounds = {p.name: self._source(node, p.name, p.default) for p in parameters}
        return joined(rule, bounds)

    def _source(self, node: Node, name: str, default: object = Parameter.empty) -> Bound:
        """Return the source of a rule's parameter."""
        f, by = node.feature, tuple(self.nodes[s].feature.attr for s in node.feature.by)
        if name == "device":
            return Bound(None, {name: attrgetter("device")}, live=True)
        if name[0].islower():
            number = node.row.get(name, default)
            if number is Parameter.empty:
                raise SheetError(f"{f.name} needs a {name!r} in the data sheet", self._declared(node))
            return constant(number)
        if name in by:
            key = attrgetter("key") if len(by) == 1 else lambda at: at.key[by.index(name)]
            return Bound(None, {name: key})
        other = self._by_attr.get(name)
        if other is not None and other.feature.stored:
            find: Source = attrgetter(f"settings.{name}")
            if other.feature.by == f.by != ():  # the value of the same line, counter, ...
                return Bound(None, {name: lambda at: find(at)[at.key]}, (other.feature.name,))
            return Bound(None, {name: find}, (other.feature.name,))
        if other is None or other.feature.value is None or not (other.here or other.row):
            reason = f"a rule of {f.name} needs {name}, for which this model has no value"
            raise SheetError(reason, self._declared(node))
        if other.feature.name in self._asking:
            circle = " -> ".join([*self._asking, other.feature.name])
            raise SheetError(f"rules depend on each other in a circle: {circle}", self._declared(node))
        self._asking.append(other.feature.name)
        try:
            bound = self._bind(other, other.feature.value)
        finally:
            self._asking.pop()
        if other.feature.by in ((), f.by):
            return bound
        each = lambda at: By({k: bound(at._replace(key=k)) for k in other.keys})  # noqa: E731
        return replace(bound, rule=None, sources={name: each})


def constant(value: object) -> Bound:
    """Return a rule that always gives the same value."""
    return Bound(lambda: value)


def joined(rule: Callable[..., Any], bounds: Mapping[str, Bound]) -> Bound:
    """Return a rule whose parameters are results of other rules; constants are filled in at once."""
    fixed = {name: bound.rule() for name, bound in bounds.items() if bound.rule and not bound.sources}
    sources = {name: bound.source for name, bound in bounds.items() if bound.sources}
    needs = dict.fromkeys(name for bound in bounds.values() for name in bound.needs)
    live = any(bound.live for bound in bounds.values())
    return Bound(partial(rule, **fixed) if fixed else rule, sources, tuple(needs), live)
