"""Browsing a feature tree: the entries that can be selected now, and the present access of a feature."""

from __future__ import annotations

from camtwin.genicam.bound import Node, NoSuchFeature
from camtwin.genicam.device import At, Device, S
from camtwin.genicam.nodes import Enumeration
from camtwin.genicam.tree import Tree


def choices(tree: Tree[S], device: Device[S], name: str) -> tuple[str, ...]:
    """Return the entries of an enumeration that can be selected now.

    Raises:
        NoSuchFeature: it is not an enumeration
    """
    node = tree.find(name)
    if not isinstance(node.feature, Enumeration):
        raise NoSuchFeature(f"{name} is no enumeration")
    at = _at(tree, device, node)
    can = {e: node.rules.get(f"Can_{e}") for e in node.entries}
    return tuple(node.feature.shown(e) for e, rule in can.items() if rule is None or rule(at))


def access(tree: Tree[S], device: Device[S], name: str) -> str:
    """Return the present access, RO, RW or WO: RO for a locked feature, NA for an unavailable one."""
    node = tree.find(name)
    at = _at(tree, device, node)
    if "Available" in node.rules and not tree.ask(node, "Available", at):
        return "NA"
    locked = "Locked" in node.rules and tree.ask(node, "Locked", at)
    return "RO" if locked and node.access == "RW" else node.access


def _at(tree: Tree[S], device: Device[S], node: Node) -> At:
    return At(device.settings, device, tree.key(device.settings, node))
