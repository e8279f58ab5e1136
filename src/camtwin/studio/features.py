"""The feature tree for the page: sent once, then what changed; why features are locked; writes, with undo."""

from __future__ import annotations

import ipaddress
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from camtwin.genicam import At, Chapter, Key, Shown
from camtwin.genicam.bound import Node
from camtwin.genicam.nodes import Boolean, Enumeration, Feature, Numeric, Register
from camtwin.problem import Problem, Refused
from camtwin.session.session import Session

MAX_UNDO: Final = 200
MAX_LINES: Final = 5000
"""Limit of the lines of a set."""
PASSES: Final = 4
"""A factory value may be locked until another one is restored."""
FIELDS: Final = ("value", "access", "min", "max", "entries", "changed")
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """A write that can be undone: the value before it."""

    name: str
    key: Key
    before: Shown


class Features:
    """The features of one camera, as a host sees them. Runs on the camera's thread."""

    def __init__(self, cam: Session) -> None:
        self.cam = cam
        tree = cam.twin.camera.tree
        self._nodes = [n for n in tree.here if not n.feature.elsewhere and not n.feature.chunk]
        self._sent: dict[str, State] = {}
        self._undo: list[list[Done]] = []

    # -- description -----------------------------------------------------------------------------
    def described(self) -> list[dict[str, Any]]:
        """Return what never changes of each feature."""
        return [self._description(node) for node in self._nodes]

    def _description(self, node: Node) -> dict[str, Any]:
        f = node.feature
        row: dict[str, Any] = {
            "name": f.name,
            "chapter": f.chapter,
            "kind": f.node,
            "doc": f.doc,
            "visibility": f.visibility,
            "by": list(f.by),
            "access": node.access,
        }
        if isinstance(f, Numeric):
            row |= {"unit": f.unit, "form": f.form, "inc": node.inc}
        return row

    # -- state -----------------------------------------------------------------------------------
    def states(self) -> dict[str, State]:
        """Return the present state of every feature."""
        return {node.feature.name: self._state(node) for node in self._nodes}

    def changes(self) -> dict[str, State]:
        """Return the states that differ from those that were returned before."""
        now = self.states()
        changed = {name: state for name, state in now.items() if self._sent.get(name) != state}
        self._sent = now
        return changed

    def _at(self, node: Node) -> At:
        camera = self.cam.twin.camera
        return At(camera.settings, camera, camera.tree.key(camera.settings, node))

    def _state(self, node: Node) -> State:
        camera, f, at = self.cam.twin.camera, node.feature, self._at(node)
        tree = camera.tree
        access = self.cam.access(f.name)
        state: State = {"access": access}
        if f.node == "Command":
            return state
        try:
            value = tree.ask(node, "Value", at)
        except Refused as refused:
            return state | {"value": None, "access": "NA", "why": str(refused)}
        state["value"] = _json(f, value)
        if isinstance(f, Numeric):
            state["min"], state["max"] = tree.limits(node, at)
        if isinstance(f, Enumeration):
            state["entries"] = list(self.cam.entries(f.name))
        if node in tree.kept and node.access == "RW":
            factory = tree.ask(node, "Value", At(tree.factory(), camera, at.key))
            state["changed"] = value != factory
            state["factory"] = _json(f, factory)
        return state

    # -- why not ---------------------------------------------------------------------------------
    def why(self, name: str) -> dict[str, Any]:
        """Return why a feature cannot be written now, and the write that would help: {text, fix}.

        The rule itself is asked: which other value of one feature that it depends on makes it say otherwise?
        """
        camera = self.cam.twin.camera
        node = camera.tree.find(name)
        if not camera.powered:
            return {"text": "Not available: the camera has no power.", "fix": None}
        access = self.cam.access(name)
        plane = {"NA": "Available", "RO": "Locked"}.get(access, "")
        if plane == "Locked" and node.access == "RO":
            return {"text": "Read-only: the camera reports it.", "fix": None}
        if plane not in node.rules:
            return {"text": "", "fix": None}
        word = "Not available" if plane == "Available" else "Locked"
        for needed, value, current in self._others(node, plane):
            text = f"{word} while {needed} is {in_words(current)}."
            return {"text": text, "fix": f"{needed}={value}"}
        if node.rules[plane].live and camera.acquiring:
            text = f"{word} while the acquisition runs: hosts have sized their buffers for this."
            return {"text": text, "fix": "AcquisitionStop" if name != "AcquisitionStart" else None}
        needs = ", ".join(n for n in node.rules[plane].needs if camera.tree.nodes[n].here)
        return {"text": f"{word}{f' by {needs}' if needs else ': as this model is made'}.", "fix": None}

    def _others(self, node: Node, plane: str) -> Iterator[tuple[str, Shown, Shown]]:
        """Yield a feature, another value of it with which the rule would not lock, and its present value."""
        camera = self.cam.twin.camera
        tree, at, rule = camera.tree, self._at(node), node.rules[plane]
        free = plane == "Available"
        for needed in rule.needs:
            other = tree.nodes[needed]
            f = other.feature
            if not other.here or other.access != "RW" or not f.stored:
                continue
            key = tree.key(camera.settings, other)
            current = tree.ask(other, "Value", At(camera.settings, camera, key))
            values: tuple[Shown, ...] = tuple(other.words) if isinstance(f, Enumeration) else ()
            values = (not current,) if isinstance(f, Boolean) else values
            for value in values:
                if (
                    value != current
                    and bool(rule(at._replace(settings=_with(at.settings, f, key, value)))) == free
                ):
                    yield needed, value, current
                    break

    # -- writes ----------------------------------------------------------------------------------
    def write(self, name: str, value: Shown) -> None:
        """Write a feature, or execute a command; it can be undone unless it is a command.

        Raises:
            Problem: the camera refuses it
        """
        camera = self.cam.twin.camera
        tree = camera.tree
        node = tree.find(name)
        key = tree.key(camera.settings, node)
        if node.feature.node == "Command":
            tree.set(camera, name, 1, key)
            return
        done = self._written(node, key, value)
        if done:
            self._remember([done])

    def write_all(self, first: Mapping[str, Shown], then: Mapping[str, Shown]) -> None:
        """Write several features, those of `first` before the others if there are such; undone together.

        Raises:
            Problem: the camera refuses one; those before it are written
        """
        done = list[Done]()
        tree, settings = self.cam.twin.camera.tree, self.cam.twin.camera.settings
        steps = [(name, value) for name, value in first.items() if tree.nodes[name].here] + [*then.items()]
        try:
            for name, value in steps:
                node = tree.find(name)
                if each := self._written(node, tree.key(settings, node), value):
                    done.append(each)
        finally:
            self._remember(done)

    def _written(self, node: Node, key: Key, value: Shown) -> Done | None:
        """Write a feature; return how to undo it, or None if nothing changed."""
        camera = self.cam.twin.camera
        name = node.feature.name
        before = camera.tree.get(camera, name, key)
        camera.tree.set(camera, name, _taken(node, value), key)
        return Done(name, key, before) if camera.tree.get(camera, name, key) != before else None

    def _remember(self, done: list[Done]) -> None:
        if done:
            self._undo.append(done)
            del self._undo[:-MAX_UNDO]

    @property
    def undoable(self) -> str:
        """The name of the feature whose write would be undone; "" if there is none."""
        return self._undo[-1][-1].name if self._undo else ""

    def undo(self) -> str:
        """Undo the last write, or the last ones that belong together; return a feature's name.

        Raises:
            Problem: there is none, or the camera refuses it
        """
        if not self._undo:
            raise Problem("nothing to undo")
        last = self._undo[-1]
        for done in reversed(last):
            self.cam.twin.camera.tree.set(self.cam.twin.camera, done.name, done.before, done.key)
        self._undo.pop()
        return last[-1].name

    def factory_reset(self) -> list[str]:
        """Write the factory's values, all of them, as a host would; return the names of those that stay.

        Every entry of a selected feature is restored. The acquisition ends first.
        """
        camera = self.cam.twin.camera
        tree = camera.tree
        self.cam.AcquisitionStop()
        left = list[str]()
        for _ in range(PASSES):
            left = []
            for node, key, value in self._differing():
                try:
                    tree.set(camera, node.feature.name, value, key)
                except Problem:
                    left.append(node.feature.name)
            if not left:
                break
        self._undo.clear()
        return sorted({node.feature.name for node, _, _ in self._differing()})

    def as_lines(self) -> list[str]:
        """Return the features that differ from the factory's as NAME=VALUE, after their selectors."""
        lines = list[str]()
        for node, key, _ in self._differing():
            value = self.cam.twin.camera.tree.get(self.cam.twin.camera, node.feature.name, key)
            lines += assignments(node, key, value)
        return lines

    def take_lines(self, lines: Iterable[str]) -> list[str]:
        """Write lines of NAME=VALUE in order, and again those that others had locked; return the refusals."""
        left = [line.strip() for line in lines if line.strip()][:MAX_LINES]
        refusals = dict[str, str]()
        for _ in range(PASSES):
            refusals = {}
            for line in left:
                try:
                    self.cam.set(line)
                except Problem as problem:
                    refusals[line] = str(problem)
            if not refusals:
                break
        self._undo.clear()
        return [*refusals.values()]

    def _differing(self) -> Iterator[tuple[Node, Key, Shown]]:
        camera = self.cam.twin.camera
        tree = camera.tree
        plain = tree.factory()
        for node in [n for n in tree.kept if n.access == "RW"]:
            for key in node.keys:
                factory = tree.ask(node, "Value", At(plain, camera, key))
                if tree.ask(node, "Value", At(camera.settings, camera, key)) != factory:
                    yield node, key, factory


def assignments(node: Node, key: Key, value: Shown) -> list[str]:
    """Return a write as NAME=VALUE, after those of the feature's selectors; a command as its name."""
    keys = key if isinstance(key, tuple) else (key,)
    words = [f"{by}={entry}" for by, entry in zip(node.feature.by, keys, strict=False)]
    if node.feature.node == "Command":
        return [*words, node.feature.name]
    if isinstance(value, bytes):
        text = value.hex()
    else:
        text = str(int(value)) if isinstance(value, bool) else str(value)
    return [*words, f"{node.feature.name}={text}"]


def _with(settings: Chapter, feature: Feature[Any], key: Key, value: Shown) -> Chapter:
    """Return settings with another value of one feature."""
    held = feature.held(value)
    change = held if key is None else getattr(settings, feature.attr).replace(key, held)
    return replace(settings, **{feature.attr: change})


def in_words(value: Shown) -> str:
    """Return a value as people say it."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _json(feature: Feature[Any], value: Shown) -> Shown:
    """Return a value as JSON has it: bytes as hexadecimal digits, at most 64 of them; addresses as text."""
    if isinstance(value, bytes):
        return value.hex()[:64]
    if isinstance(feature, Numeric) and feature.form == "IPV4Address":
        return str(ipaddress.IPv4Address(int(value)))
    return value


def _taken(node: Node, value: Shown) -> Shown:
    f = node.feature
    if isinstance(f, Register):
        raise Refused("range", f"{f.name} is a table of bytes, which this page does not write")
    if isinstance(f, Numeric) and f.form == "IPV4Address" and isinstance(value, str) and "." in value:
        try:
            return int(ipaddress.IPv4Address(value))
        except ValueError:
            raise Refused("range", f"{f.name} {value[:40]!r} is no IPv4 address") from None
    return value


# -- as code -----------------------------------------------------------------------------------------
LANGUAGES: Final = ("camtwin", "Aravis", "Harvesters", "arv-tool")
KINDS: Final[Mapping[str, str]] = {"Integer": "integer", "Float": "float", "Boolean": "boolean"}


def code(cam: Session, name: str) -> dict[str, str]:
    """Return the lines that write a feature's present value, by language; selectors come first.

    `cam`, `camera` and `ia` are an open camera: of camtwin, Aravis (python3-gi) and Harvesters.
    """
    camera = cam.twin.camera
    tree = camera.tree
    steps: list[tuple[str, str, Any]] = []
    for each in (*tree.find(name).feature.by, name):
        node = tree.find(each)
        command = node.feature.node == "Command"
        key = tree.key(camera.settings, node)
        steps.append((node.feature.node, each, None if command else tree.get(camera, each, key)))
    lines: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    words = list[str]()
    for kind, each, value in steps:
        if kind == "Command":
            lines["camtwin"].append(f"cam.{each}()")
            lines["Aravis"].append(f'camera.execute_command("{each}")')
            lines["Harvesters"].append(f"ia.remote_device.node_map.{each}.execute()")
            words.append(each)
            continue
        text = json.dumps(value) if isinstance(value, str) else repr(value)  # quoted, whatever is in it
        lines["camtwin"].append(f"cam.{each} = {text}")
        lines["Aravis"].append(f'camera.set_{KINDS.get(kind, "string")}("{each}", {text})')
        lines["Harvesters"].append(f"ia.remote_device.node_map.{each}.value = {text}")
        words.append(f"{each}={str(value).lower() if isinstance(value, bool) else value}")
    lines["arv-tool"].append(shlex.join(["arv-tool-0.8", "control", *words]))
    return {language: "\n".join(text) for language, text in lines.items()}
