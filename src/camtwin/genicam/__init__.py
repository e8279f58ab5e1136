"""GenICam features: one declaration gives a register, its XML, its limits and its field of Settings."""

from camtwin.genicam.bound import SheetError
from camtwin.genicam.device import At, Device, Key, Shown, Writer
from camtwin.genicam.dialect import Dialect
from camtwin.genicam.nodes import Chapter
from camtwin.genicam.registers import Registers
from camtwin.genicam.tree import MAX_KEPT, Tree
from camtwin.genicam.xml import description, zipped

__all__ = [
    "MAX_KEPT",
    "At",
    "Chapter",
    "Device",
    "Dialect",
    "Key",
    "Registers",
    "SheetError",
    "Shown",
    "Tree",
    "Writer",
    "description",
    "zipped",
]
