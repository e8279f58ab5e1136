"""Non-volatile memory: user sets, custom data, and a few settings of the camera itself.

Records go to a storage by name: "UserSet1" .. "UserSet3", "custom", "device", and "FileUserData", which holds
the user's bytes. A user set is every saved setting as its register's bytes, by feature, so one of an older
version still fits wherever features are unchanged.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from camtwin.camera.settings import Settings
from camtwin.genicam import MAX_KEPT, At, Tree
from camtwin.genicam.bound import Node
from camtwin.genicam.nodes import By
from camtwin.models.schema import Memory
from camtwin.problem import Problem, Refused
from camtwin.simtime import Scheduler
from camtwin.units import Ns

KEPT = (
    *("UserSetDefault", "DeviceUserID"),
    *("GevCurrentIPConfigurationDHCP", "GevCurrentIPConfigurationPersistentIP"),
    *("GevPersistentIPAddress", "GevPersistentSubnetMask", "GevPersistentDefaultGateway"),
)
"""Features of the record "device": stored when written, whatever user set is loaded."""
CUSTOM = "CustomData"
WORDS = ("device", "custom")
"""Records written word by word, at once; a user set is a block that is erased and written."""
FILE = "File{}"


class StorageProblem(Problem):
    """The storage refuses a record; one line that says why. The old record is still there."""


class Storage(Protocol):
    """Non-volatile memory. `store` is atomic: whatever happens, `load` returns the old record or the new."""

    def load(self, name: str) -> bytes | None: ...
    def store(self, name: str, data: bytes) -> None: ...


class MemoryStorage:
    """Keeps records as long as the twin lives, over its power cycles."""

    def __init__(self) -> None:
        self._records: dict[str, bytes] = {}

    def load(self, name: str) -> bytes | None:
        return self._records.get(name)

    def store(self, name: str, data: bytes) -> None:
        self._records[name] = data


@lru_cache(maxsize=MAX_KEPT)
def _nodes(tree: Tree[Settings]) -> tuple[dict[str, Node], dict[str, Node], dict[str, Node], tuple[str, ...]]:
    """Return the features of user sets, the camera's own, the user's, and the attributes of the last two."""
    saved = {n.feature.name: n for n in tree.kept if n.feature.saved}
    device = {n.feature.name: n for n in tree.kept if n.feature.name in KEPT}
    custom = {n.feature.name: n for n in tree.kept if n.feature.name == CUSTOM}
    return saved, device, custom, tuple(n.feature.attr for n in (*device.values(), *custom.values()))


@lru_cache(maxsize=MAX_KEPT)
def _plain(tree: Tree[Settings]) -> Mapping[str, Any]:
    """Return the factory's values of the features of user sets, by attribute."""
    values, factory = dict[str, Any](), tree.factory()
    for node in _nodes(tree)[0].values():
        values |= tree.changes(node, _value(tree, node, factory))
    return values


def _value(tree: Tree[Settings], node: Node, settings: Settings) -> Any:
    """Return what a feature holds, also if it only stands for a setting."""
    f = node.feature
    return f.held(tree.ask(node, "Value", At(settings, None))) if f.put else getattr(settings, f.attr)


class Keeper:
    """Settings to records and back, in the camera's non-volatile memory.

    busy_until_ns  virtual time at which the last record counts as stored. It is stored at once; a link delays
                   its acknowledge until then
    watched        settings outside of user sets that are stored as soon as they change
    """

    def __init__(self, tree: Tree[Settings], storage: Storage, memory: Memory, clock: Scheduler) -> None:
        self.tree, self.storage, self.memory, self._clock = tree, storage, memory, clock
        self.busy_until_ns: Ns = 0
        self._saved, self._device, self._custom, self.watched = _nodes(tree)
        files = map(FILE.format, tree.declared["FileSelector"].entries)
        names = ["device", "custom", *tree.declared["UserSetSelector"].entries, *files]
        self._sizes = {name: len(storage.load(name) or b"") for name in names}

    def save(self, name: str, settings: Settings) -> None:
        """Store a user set; Refused if there is no room, and the old one stays."""
        self._store(name, self._saved, settings)

    def load(self, name: str) -> Mapping[str, Any]:
        """Return the settings of a user set; the factory's if it was never saved."""
        plain = _plain(self.tree)
        own = self.tree.declared["UserSetSave"].row.get("fixed", {}).get(name)
        return {**plain, **(self._load(name, self._saved) if own is None else self._fixed(own))}

    def _fixed(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values, beyond the factory's, of a read-only set in the data sheet."""
        held = {}
        for name, shown in own.items():
            node = self.tree.declared[name]
            value = node.feature.held(shown)
            held[node.feature.attr] = By(dict.fromkeys(node.keys, value)) if node.feature.by else value
        return held

    def restored(self) -> Mapping[str, Any]:
        """Return the settings at power-on, the default user set included."""
        device = self._load("device", self._device)
        default = device.get("UserSetDefault", self.tree.factory().UserSetDefault)
        return {**self.load(default), **device, **self._load("custom", self._custom)}

    def watch(self, old: Settings, new: Settings) -> None:
        """Store settings outside of user sets that are about to change."""
        for record, nodes in zip(WORDS, (self._device, self._custom), strict=True):
            attrs = [n.feature.attr for n in nodes.values()]
            pairs = [(getattr(old, attr), getattr(new, attr)) for attr in attrs]
            if any(was is not becomes and was != becomes for was, becomes in pairs):
                self._store(record, nodes, new)

    def file(self, name: str) -> bytes:
        """Return the content of a user file; empty if it was never written."""
        return self.storage.load(FILE.format(name)) or b""

    def save_file(self, name: str, content: bytes) -> None:
        """Store a file; Refused if there is no room, and the old one stays."""
        self._put(FILE.format(name), content)

    # -- records ---------------------------------------------------------------------------------
    def _store(self, record: str, nodes: Mapping[str, Node], settings: Settings) -> None:
        table = {name: self._packed(node, settings).hex() for name, node in nodes.items()}
        self._put(record, zlib.compress(json.dumps(table).encode()))

    def _put(self, record: str, data: bytes) -> None:
        total = sum(self._sizes.values()) - self._sizes[record] + len(data)
        if total > (most := self.memory.nonvolatile_bytes):
            raise Refused(
                "storage", f"{record}: with it the memory would hold {total} bytes, above the maximum {most}"
            )
        try:
            self.storage.store(record, data)
        except StorageProblem as problem:
            raise Refused("storage", f"{record} is not saved: {problem}") from None
        self._sizes[record] = len(data)
        if record not in WORDS:
            self.busy_until_ns = self._clock.now + self.memory.store_ns

    def _load(self, record: str, nodes: Mapping[str, Node]) -> dict[str, Any]:
        """Return held values by attribute, without those that do not fit the features of this model."""
        data = self.storage.load(record)
        if data is None:
            return {}
        try:
            table = json.loads(zlib.decompress(data))
            values: dict[str, Any] = {}
            for name in table.keys() & nodes.keys():
                values |= self.tree.changes(nodes[name], self._held(nodes[name], table[name]))
            return values
        except (ValueError, KeyError, AttributeError, TypeError, zlib.error):
            return {}

    def _packed(self, node: Node, settings: Settings) -> bytes:
        held = _value(self.tree, node, settings)
        return b"".join(node.content(held[key] if node.feature.by else held, "big") for key in node.keys)

    def _held(self, node: Node, text: str) -> Any:
        f, data = node.feature, bytes.fromhex(text)
        if len(data) != f.length * len(node.keys):
            raise ValueError(f"{f.name}: {len(data)} bytes")
        names = {wire: name for name, wire in node.words.items()}
        values = []
        for at in range(0, len(data), f.length):
            shown = f.unpack(data[at : at + f.length], "big")
            values.append(f.held(names[shown] if names else f.take(shown)))
        return By(dict(zip(node.keys, values, strict=True))) if f.by else values[0]
