"""Adopted twins before the reference GenApi: no node may fail where the camera's own description does not.

Both descriptions stand on the registers of the twin, and on zeros where it has none. Then hosts write what
they like: nothing but a refusal may come of it.

python tests/unit/genicam/judge_adopt.py FILE.xml...
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from genicam.genapi import AbstractPort, EAccessMode, GenericException, NodeMap

from camtwin.camera.description import interface
from camtwin.genicam.foreign import ForeignInvalid, read
from camtwin.planner.adopt import Adopted, Wanted, adopt
from camtwin.problem import Refused
from unit.genicam.adopted_twin import twin_of, write_and_read

READABLE = (EAccessMode.RO, EAccessMode.RW)
QUESTIONS = ("value", "min", "max", "inc")


class Memory(AbstractPort):
    """The registers of a twin; zeros where it has none."""

    def __init__(self, twin: Any) -> None:
        super().__init__()
        self.camera, self.registers = twin.camera, interface(twin.sheet).registers

    def get_access_mode(self):
        return EAccessMode.RW

    def read(self, address: int, length: int) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]
        try:
            return self.registers.read(self.camera, address, length)
        except Refused:
            return bytes(length)


@dataclass(frozen=True)
class Judged:
    """A description that was adopted.

    own, twin  what each node says that fails, by its name, in the camera's own description and in the twin's
    worse      names of nodes that fail in the twin's alone
    """

    adopted: Adopted
    own: dict[str, str]
    twin: dict[str, str]

    @property
    def worse(self) -> list[str]:
        return sorted(self.twin.keys() - self.own.keys())


def failures(xml: str, memory: Memory, names: list[str]) -> dict[str, str]:
    """Return what each of these nodes says when it is asked for its value and limits, if it fails.

    Raises:
        GenericException: the reference refuses the description
    """
    nodes, found = NodeMap(), dict[str, str]()
    nodes.load_xml_from_string(xml)
    nodes.connect(memory, "Device")
    for name in names:
        try:
            node = nodes.get_node(name)
            if node is None:
                found[name] = "there is no such node"
            elif node.get_access_mode() in READABLE:
                for question in QUESTIONS:
                    if question != "inc" or not hasattr(node, "has_inc") or node.has_inc():
                        getattr(node, question, None)
        except GenericException as error:
            found[name] = str(error)
    nodes.disconnect()
    return found


def judge(data: bytes, **words: Any) -> Judged:
    """Adopt a description; ask each feature of the twin in both descriptions.

    Raises:
        ForeignInvalid: it cannot be adopted
        GenericException: the reference refuses the camera's own description
    """
    words = {"name": "judged", "file": "judged.xml", "values": {}, "given": {}, "assume": True, **words}
    found = adopt(data, Wanted(**words))
    twin = twin_of(found)
    memory, names = Memory(twin), sorted({*found.behaves, *found.holds})
    own = data[data.index(b"<") :].decode(errors="replace")
    judged = Judged(found, failures(own, memory, names), failures(twin.camera.xml, memory, names))
    write_and_read(twin, random.Random(0))
    return judged


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    wrong = 0
    print("behaves holds left out, nodes that fail: own twin worse")
    for file in parser.parse_args().files:
        data = file.read_bytes()
        try:
            judged = judge(data)
        except (ForeignInvalid, GenericException) as refused:
            print(f"{file.name}: {str(refused)[:200]}", flush=True)
            wrong += isinstance(refused, GenericException)
            continue
        a = judged.adopted
        maker = read(data).vendor
        counts = f"{len(a.behaves):4} {len(a.holds):4} {len(a.left_out):4}"
        fails = f"{len(judged.own):4} {len(judged.twin):4} {len(judged.worse):4}"
        print(f"{counts}  {fails}  {maker} {file.name}", flush=True)
        wrong += bool(judged.worse)
        for name in judged.worse[:10]:
            print(f"    {name}: {judged.twin[name][:200]}")
    return int(bool(wrong))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
