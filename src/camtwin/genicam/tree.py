"""The features of one model: declarations, bound to a data sheet and to each other.

The data sheet selects features and enumeration entries, sets constants and narrows limits; it cannot
contradict a rule. The tree holds no values: it reads, checks and replaces `device.settings`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, Generic

from camtwin.genicam.binding import Binder
from camtwin.genicam.bound import Node, NoSuchFeature, SheetError
from camtwin.genicam.device import At, Device, Key, S, Shown, Writer
from camtwin.genicam.dialect import Dialect, Order
from camtwin.genicam.held import HeldRegister
from camtwin.genicam.nodes import By, Numeric, Register, String
from camtwin.genicam.row_words import check_row
from camtwin.problem import Refused, nearest

MAX_KEPT: Final = 32
"""Limit of models whose trees, and what is made of them, are kept: a few MB each, all of the package's."""
MAX_SHOWN = 64
"""Longest table that `shown` lists entry by entry."""


def _by_name(pairs: Iterable[tuple[str, Node]]) -> Mapping[str, list[Node]]:
    """Return, by the name of a feature, the nodes that depend on it."""
    found = defaultdict[str, list[Node]](list)
    for name, node in pairs:
        found[name].append(node)
    return dict(found)


class Tree(Generic[S]):
    """The features of one model, whose settings are an S.

    nodes     those of all models, by the names that this model's hosts see
    declared  the same by declared name
    here      those that this model has
    unlisted  those that hold a register and have no node: hosts find them by their address alone
    kept      those of them that show a setting: their own, or one that the model has under no other name
    """

    def __init__(self, settings: type[S], sheet: Mapping[str, Mapping[str, Any]], dialect: Dialect) -> None:
        self.settings = settings
        self._factory: S | None = None
        self.dialect, self.link = dialect, dialect.name
        self.order: Order = dialect.order
        link = dialect.name
        if unknown := sorted(sheet.keys() - settings.features.keys()):
            close = nearest(unknown[0], settings.features)
            raise SheetError(f"there are no features {', '.join(unknown)}{close}", unknown[0])
        for name, row in sheet.items():
            check_row(settings.features[name].on(dialect.name), row)
        names = {name: row["name"] for name, row in sheet.items() if "name" in row}
        taken = {*names.values()} - sheet.keys()
        names |= {name: f"{name}_" for name in taken & settings.features.keys()}  # another one has the name
        self.declared = {
            name: Node(f.on(link).of(names, row), row, name in sheet and not row.get("hidden"), link=link)
            for name, f in settings.features.items()
            for row in (sheet.get(name, {}),)
        }
        self.nodes = {n.feature.name: n for n in self.declared.values()}
        if len(self.nodes) < len(self.declared):
            raise SheetError(f"two features share a name: one of {', '.join(names.values())}")
        self.here = [n for n in self.nodes.values() if n.here]
        hidden = (n for n in self.nodes.values() if n.row.get("hidden"))
        self.unlisted = [n for n in hidden if isinstance(n.feature, HeldRegister)]
        Binder(self.nodes)
        self._limited = [n for n in self.here if self.pullers(n)]
        self._pulled = _by_name((name, n) for n in self.here for name in self.pullers(n))
        self._views = _by_name(
            (name, n) for n in self.here if n.feature.put for name in n.rules["Value"].needs
        )
        self._joint = _by_name((name, n) for n in self.here for name in n.joint)
        self._loads = [n.feature.name for n in self.here if n.feature.reloads]
        self.kept = [n for n in self.here if n.feature.stored or self._stands_in(n)]

    def _stands_in(self, node: Node) -> bool:
        """Tell whether this feature is the only view of the setting that it shows and changes."""
        f = node.feature
        alone = f.put and not f.by and not f.follows
        return bool(alone) and not any(self.nodes[name].here for name in node.rules["Value"].needs)

    def changes(self, node: Node, held: Any) -> Mapping[str, Any]:
        """Return the settings, by attribute, that a kept feature with this value stands for."""
        put = node.feature.put
        return put(held, self.factory()) if put else {node.feature.attr: held}

    def pullers(self, node: Node) -> set[str]:
        """Return the features whose writing may pull this one back into moved limits."""
        rules = [node.rules[p] for p in ("Min", "Max") if p in node.rules and node.feature.stored]
        return {name for rule in rules for name in rule.needs} - {node.feature.name}

    def stale(self, node: Node, plane: str) -> set[str]:
        """Return all features after whose writing a host must read this register again.

        All, because Aravis does not follow chains of invalidators. Selectors are among them, because it keeps
        one cache flag for all entries of a selector.
        """
        stale, rule = set[str](), node.rules.get(plane)
        queue = list(rule.needs) if rule else self._changers(node)
        while queue:
            name = queue.pop()
            if name not in stale:
                stale.add(name)
                queue += self._changers(self.nodes[name])
        stale |= {*node.feature.by}
        return {name for name in stale if self.nodes[name].here} - (set() if rule else {node.feature.name})

    def _changers(self, node: Node) -> list[str]:
        f = node.feature
        others = [n.feature.name for n in (*self._views.get(f.name, ()), *self._joint.get(f.name, ()))]
        return [*self.pullers(node), *others, *(self._loads if f.saved and f.stored else ())]

    # ---- values, as the host sees them

    def factory(self) -> S:
        """Return the factory settings."""
        if self._factory is None:
            stored = {n.feature.attr: self._first(n) for n in self.nodes.values() if n.feature.stored}
            self._factory = self.settings(**stored)
        return self._factory

    def _first(self, node: Node) -> Any:
        f = node.feature
        blank = "" if isinstance(f, String) else next(iter(node.entries), node.number("min") or 0)
        usual = f.default if f.default is not None else blank
        default = node.row.get("default", usual)
        if not f.by:
            return f.held(default)
        return By(
            {k: f.held(default.get(k, usual) if isinstance(default, Mapping) else default) for k in node.keys}
        )

    def shown(self, settings: S) -> dict[str, Any]:
        """Return every setting by feature name, as a host sees it; a selected one by entry.

        Long tables, and features with two selectors, list only values that differ from the factory's; bytes
        are hexadecimal digits.
        """
        table: dict[str, Any] = {}
        plain = self.factory()
        for node in self.kept:
            at, before = At(settings, None), At(plain, None)
            values = {key: self.ask(node, "Value", at._replace(key=key)) for key in node.keys}
            if len(node.keys) > MAX_SHOWN or len(node.feature.by) > 1 or isinstance(node.feature, Register):
                values = {
                    key: value.hex() if isinstance(value, bytes) else value
                    for key, value in values.items()
                    if value != self.ask(node, "Value", before._replace(key=key))
                }
                if not values:
                    continue
            table[node.feature.name] = (
                {str(k): v for k, v in values.items()} if node.feature.by else values[None]
            )
        return table

    def ask(self, node: Node, plane: str, at: At) -> Any:
        """Return the present content of this plane's register."""
        f, bound = node.feature, node.rules.get(plane)
        if plane in ("Min", "Max"):
            return self.limits(node, at)[plane == "Max"]
        if bound is not None:
            result = bound(at)
            return f.shown(result) if plane == "Value" and node.entries else result
        return f.shown(self.held(node, at))

    def held(self, node: Node, at: At) -> Any:
        """Return the value that the settings hold for this feature."""
        held = getattr(at.settings, node.feature.attr)
        return held if at.key is None else held[at.key]

    def limits(self, node: Node, at: At) -> tuple[Any, Any]:
        """Return the present minimum and maximum: by rules, but never beyond the data sheet's."""
        low, high, inc = node.low, node.high, node.inc
        if "Min" in node.rules:
            low = max(limit for limit in (low, node.rules["Min"](at)) if limit is not None)
        if "Max" in node.rules:
            high = min(limit for limit in (high, node.rules["Max"](at)) if limit is not None)
        return low, high - (high - low) % inc if inc and node.feature.node == "Integer" else high

    def find(self, name: str) -> Node:
        """Return the node of a feature that this model has and the tree answers.

        Raises:
            NoSuchFeature: there is none; the message suggests a similar name
        """
        node = self.nodes.get(name)
        if node is None or not node.here or node.feature.elsewhere or node.feature.chunk:
            others = [n.feature.name for n in self.here if n.feature.name != name]
            raise NoSuchFeature(f"no feature {name or repr(name)}{nearest(name, others)}")
        return node

    def key(self, settings: S, node: Node) -> Key:
        """Return the entry that a feature's selectors select; a tuple if it has several."""
        selectors = [self.nodes[name] for name in node.feature.by]
        entries = [getattr(settings, s.feature.attr) if s.here else next(iter(s.entries)) for s in selectors]
        return tuple(entries) if len(entries) > 1 else entries[0] if entries else None

    def parse(self, text: str) -> tuple[Node, Shown]:
        """Return the node and the value of `Name=Value`, or of a command's `Name`, as on a command line.

        Raises:
            NoSuchFeature: there is none
            Refused: the feature never takes this, whatever the camera's present settings
        """
        name, equals, value = (part.strip() for part in text.partition("="))
        node = self.find(name)
        if bool(equals) == (node.feature.node == "Command"):
            raise Refused(
                "range",
                f"{text}: write {name} alone, it is a command" if equals else f"{text}: write {name}=VALUE",
            )
        self._writable(node)
        if equals:
            self._taken(node, value)
        return node, value if equals else 1

    def assign(self, device: Device[S], text: str) -> None:
        """Carry out `Name=Value`, or a command's `Name`, as on a command line."""
        node, value = self.parse(text)
        self.set(device, node.feature.name, value, self.key(device.settings, node))

    def get(self, device: Device[S], name: str, key: Key = None) -> Any:
        return self.ask(self.nodes[name], "Value", At(device.settings, device, key))

    def available(self, device: Device[S], name: str, key: Key = None) -> bool:
        node = self.nodes[name]
        return "Available" not in node.rules or bool(
            self.ask(node, "Available", At(device.settings, device, key))
        )

    def set(self, device: Device[S], name: str, shown: Shown = 1, key: Key = None) -> None:
        """Write a feature, or execute a command, as a host does; Refused gives the reason."""
        self._set(device, name, shown, key)
        device.wrote(name, shown, key)

    def _set(self, device: Device[S], name: str, shown: Shown, key: Key) -> None:
        node, at = self.nodes[name], At(device.settings, device, key)
        f = node.feature
        self._writable(node)
        if "Available" in node.rules and not self.ask(node, "Available", at):
            raise Refused("unavailable", f"{name} is not available now")
        if "Locked" in node.rules and self.ask(node, "Locked", at):
            raise Refused("locked", f"{name} is locked now")
        if f.do:
            if shown:
                f.do(device, *(() if key is None else key if isinstance(key, tuple) else (key,)))
            return
        shown = self._check(node, shown, at)
        if f.put:
            changes = f.put(f.held(shown) if node.entries else shown, device.settings)
            return self.load(device, changes, by=Writer.HOST)
        settings, moved = device.settings, (name, *node.joint)
        for each in moved:
            settings = self._changed(settings, self.nodes[each], key, shown)
        pulled = [n for each in moved for n in self._pulled.get(each, ())]
        device.apply(self._pull(settings, pulled, at), by=Writer.HOST)

    def load(self, device: Device[S], changes: Mapping[str, Any], *, by: Writer) -> None:
        """Replace several settings at once."""
        device.apply(self.fit(device.settings.replaced(changes), device), by=by)

    def fit(self, settings: S, device: Device[S]) -> S:
        """Return the settings with every value pulled into its limits."""
        return self._pull(settings, self._limited, At(settings, device))

    def _writable(self, node: Node) -> None:
        if node.access == "RO":
            raise Refused("readonly", f"{node.feature.name} is read-only")

    def _taken(self, node: Node, shown: Shown) -> Any:
        """Return a value in the feature's type; an entry must be one of the model's."""
        f = node.feature
        if node.entries and shown not in node.words:
            raise Refused("range", f"{f.name} {shown} is none of {', '.join(node.words)}")
        try:
            return f.take(shown)
        except (ValueError, TypeError, OverflowError) as error:
            raise Refused("range", f"{f.name} {shown!r}: {error}") from None

    def _check(self, node: Node, shown: Shown, at: At) -> Any:
        f = node.feature
        taken = self._taken(node, shown)
        can = node.rules.get(f"Can_{f.held(shown)}") if node.entries else None
        if can and not can(at):
            raise Refused("range", f"{f.name} {shown} is none of {', '.join(node.words)}")
        shown = taken
        if not isinstance(f, Numeric):
            return shown
        (low, high), inc = self.limits(node, at), node.inc
        if not low <= shown <= high:
            side, edge = ("below the minimum", low) if shown < low else ("above the maximum", high)
            value, limit = (f"{number:.12g} {f.unit}".rstrip() for number in (shown, edge))
            raise Refused("range", f"{f.name} {value} is {side} {limit}")
        snapped = low + round((shown - low) / inc) * inc if inc else shown
        if f.node == "Integer" and snapped != shown:
            raise Refused("range", f"{f.name} {shown} is not {low} plus a multiple of {inc}")
        return min(snapped, high)

    def _changed(self, settings: S, node: Node, key: Key, shown: Shown) -> S:
        f, held = node.feature, node.feature.held(shown)
        change = held if key is None else getattr(settings, f.attr).replace(key, held)
        return settings.replaced({f.attr: change})

    def _pull(self, settings: S, nodes: Iterable[Node], at: At) -> S:
        """Pull values back into moved limits, in the order of declaration."""
        for node, key in ((n, k) for n in nodes for k in n.keys):
            at = at._replace(settings=settings, key=key)
            shown, (low, high), inc = self.ask(node, "Value", at), self.limits(node, at), node.inc
            kept = max(low, min(shown, high))
            if inc and node.feature.node == "Integer":
                kept -= (kept - low) % inc
            if kept != shown:
                settings = self._changed(settings, node, key, kept)
        return settings
