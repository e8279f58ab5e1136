"""A model as hosts see it: features, their registers, the GenICam description.

It holds no values, so all cameras of one data sheet share it.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from camtwin.camera.links import KINDS
from camtwin.camera.settings import Settings
from camtwin.genicam import MAX_KEPT, Registers, SheetError, Tree, description, zipped
from camtwin.genicam.held import with_held
from camtwin.models import CameraSheet

XML_ADDRESS: Final = 0xF000_0000


class Interface(NamedTuple):
    """The features of a model, their registers and the description.

    xml_file  the zipped description, at XML_ADDRESS
    xml_url   the location of xml_file, as hosts read it
    """

    tree: Tree[Settings]
    registers: Registers[Settings]
    xml: str
    xml_file: bytes
    xml_url: str


_made: dict[int, tuple[CameraSheet, Interface]] = {}


def interface(sheet: CameraSheet) -> Interface:
    """Return the interface of this very data sheet object, made once.

    Raises:
        SheetInvalid: data sheet and features disagree
    """
    kept = _made.get(id(sheet))
    if kept is None:
        while len(_made) >= MAX_KEPT:
            del _made[next(iter(_made))]
        kept = _made[id(sheet)] = (sheet, _make(sheet))  # keeping the sheet keeps its id unique
    return kept[1]


def _make(sheet: CameraSheet) -> Interface:
    try:
        tree = Tree(with_held(Settings, sheet.features), sheet.features, KINDS[sheet.link].dialect)
    except SheetError as error:
        raise sheet.invalid(error.row, str(error)) from None
    xml = description(tree, sheet.display.decimals if sheet.display else None)
    revision = hashlib.sha1(xml.encode(), usedforsecurity=False).hexdigest()
    name = f"{sheet.vendor}_{sheet.model}_rev{revision}"
    file = zipped(xml, f"{name}.xml")
    return Interface(tree, Registers(tree), xml, file, f"Local:{name}.zip;{XML_ADDRESS:X};{len(file):X}")
