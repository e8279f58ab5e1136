"""What hosts see of a model: features, their registers, the description. It holds no values, so all cameras
of one data sheet share it."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from camtwin.camera.links import KINDS
from camtwin.camera.settings import Settings
from camtwin.genicam import Registers, Tree, description, zipped
from camtwin.models import CameraSheet

XML_ADDRESS: Final = 0xF000_0000
MAX_KEPT: Final = 8
"""Data sheets whose interfaces are kept: more than are in use at once, and no more memory than that."""


class Interface(NamedTuple):
    """xml_file: the zipped description, at XML_ADDRESS; xml_url: where hosts are told to find it."""

    tree: Tree[Settings]
    registers: Registers[Settings]
    xml: str
    xml_file: bytes
    xml_url: str


_made: dict[int, tuple[CameraSheet, Interface]] = {}


def interface(sheet: CameraSheet) -> Interface:
    """The interface of this very data sheet, made once. SheetError where sheet and features differ."""
    known = _made.get(id(sheet))
    if known is None:
        while len(_made) >= MAX_KEPT:
            del _made[next(iter(_made))]
        known = _made[id(sheet)] = (sheet, _make(sheet))  # the sheet, too, lives on: its id stays its own
    return known[1]


def _make(sheet: CameraSheet) -> Interface:
    tree = Tree(Settings, sheet.features, KINDS[sheet.link].dialect)
    xml = description(tree)
    revision = hashlib.sha1(xml.encode(), usedforsecurity=False).hexdigest()
    name = f"{sheet.vendor}_{sheet.model}_rev{revision}"
    file = zipped(xml, f"{name}.xml")
    return Interface(tree, Registers(tree), xml, file, f"Local:{name}.zip;{XML_ADDRESS:X};{len(file):X}")
