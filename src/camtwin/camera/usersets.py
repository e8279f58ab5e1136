"""What the camera keeps without power: user sets, custom data, and a few words about itself.

Records go to a storage that is handed in, by name: "UserSet1" .. "UserSet3", "custom", "device". A user set
is every saved setting as its register's bytes, by feature, so one of an older version still fits where
features are the same.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, Protocol

from camtwin.genicam import Refused, Tree
from camtwin.genicam.bound import Node
from camtwin.genicam.nodes import By
from camtwin.problem import Problem

KEPT = ("UserSetDefault", "DeviceUserID")
CUSTOM = "CustomData"


class StorageProblem(Problem):
    """The storage does not take a record; one line that says why. What it had before is still there."""


class Storage(Protocol):
    """Non-volatile memory. `store` is atomic: whatever happens, `load` gives the old record or the new."""

    def load(self, name: str) -> bytes | None: ...
    def store(self, name: str, data: bytes) -> None: ...


class MemoryStorage:
    """Keeps records as long as the twin lives: over its power cycles."""

    def __init__(self) -> None:
        self._records: dict[str, bytes] = {}

    def load(self, name: str) -> bytes | None:
        return self._records.get(name)

    def store(self, name: str, data: bytes) -> None:
        self._records[name] = data


class Keeper:
    """Settings to records and back, in `most_bytes` of non-volatile memory."""

    def __init__(self, tree: Tree, storage: Storage, most_bytes: int) -> None:
        self.tree, self.storage, self.most_bytes = tree, storage, most_bytes
        stored = [n for n in tree.here if n.feature.stored]
        self._saved = {n.feature.name: n for n in stored if n.feature.saved}
        self._device = {n.feature.name: n for n in stored if n.feature.name in KEPT}
        self._custom = {n.feature.name: n for n in stored if n.feature.name == CUSTOM}
        names = ["device", "custom", *tree.declared["UserSetSelector"].entries]
        self._sizes = {name: len(storage.load(name) or b"") for name in names}

    def save(self, name: str, settings: Any) -> None:
        """Keep a user set; Refused where there is no room, and the old one stays."""
        self._store(name, self._saved, settings)

    def load(self, name: str) -> Mapping[str, Any]:
        """The settings of a user set; the factory's where it was never saved."""
        factory = self.tree.factory()
        plain = {n.feature.attr: getattr(factory, n.feature.attr) for n in self._saved.values()}
        own = self.tree.declared["UserSetSave"].row.get("fixed", {}).get(name)
        return plain | (self._load(name, self._saved) if own is None else self._fixed(own))

    def _fixed(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """What a set that nobody can save into has beside the factory's settings, as the data sheet says."""
        held = {}
        for name, shown in own.items():
            node = self.tree.declared[name]
            value = node.feature.held(shown)
            held[node.feature.attr] = By(dict.fromkeys(node.keys, value)) if node.feature.by else value
        return held

    def restored(self) -> Mapping[str, Any]:
        """What the camera knows of itself as it is switched on, the default user set included."""
        device = self._load("device", self._device)
        default = device.get("UserSetDefault", self.tree.factory().UserSetDefault)
        return {**self.load(default), **device, **self._load("custom", self._custom)}

    def watch(self, old: Any, new: Any) -> None:
        """Settings are about to change: keep those at once that are kept outside of user sets."""
        for record, nodes in (("device", self._device), ("custom", self._custom)):
            attrs = [n.feature.attr for n in nodes.values()]
            pairs = [(getattr(old, attr), getattr(new, attr)) for attr in attrs]
            if any(was is not becomes and was != becomes for was, becomes in pairs):
                self._store(record, nodes, new)

    # -- records ---------------------------------------------------------------------------------
    def _store(self, record: str, nodes: Mapping[str, Node], settings: Any) -> None:
        table = {name: self._packed(node, settings).hex() for name, node in nodes.items()}
        data = zlib.compress(json.dumps(table).encode())
        total = sum(self._sizes.values()) - self._sizes[record] + len(data)
        if total > self.most_bytes:
            raise Refused("storage", f"{record} needs {total} of {self.most_bytes} bytes of memory")
        try:
            self.storage.store(record, data)
        except StorageProblem as problem:
            raise Refused("storage", f"{record} is not saved: {problem}") from None
        self._sizes[record] = len(data)

    def _load(self, record: str, nodes: Mapping[str, Node]) -> dict[str, Any]:
        """Held values by attribute; what does not fit the features of this model is left out."""
        data = self.storage.load(record)
        if data is None:
            return {}
        try:
            table = json.loads(zlib.decompress(data))
            return {
                nodes[n].feature.attr: self._held(nodes[n], text) for n, text in table.items() if n in nodes
            }
        except (ValueError, KeyError, AttributeError, TypeError, zlib.error):
            return {}

    def _packed(self, node: Node, settings: Any) -> bytes:
        f, held = node.feature, getattr(settings, node.feature.attr)
        shown = [f.shown(held[key] if f.by else held) for key in node.keys]
        return b"".join(f.pack(node.words.get(v, v) if node.entries else v, "big") for v in shown)

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
