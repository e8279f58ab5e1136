"""One declaration of a feature gives its register, its XML, its limits and its field of Settings."""

from camtwin.genicam.bound import SheetError
from camtwin.genicam.device import At, Device, Key, Shown, Writer
from camtwin.genicam.nodes import Chapter
from camtwin.genicam.registers import Registers
from camtwin.genicam.tree import Tree
from camtwin.genicam.xml import description, zipped

__all__ = [
    "At",
    "Chapter",
    "Device",
    "Key",
    "Registers",
    "SheetError",
    "Shown",
    "Tree",
    "Writer",
    "description",
    "zipped",
]
