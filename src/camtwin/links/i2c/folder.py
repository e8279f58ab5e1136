"""The user's folder of running buses: a socket for each, and what Linux says of it in sysfs.

    $XDG_RUNTIME_DIR/camtwin/i2c-10                    the socket, which only the user may open
                             sys/bus/i2c/devices/...   what a program under `camtwin exec` finds in /sys

Numbers begin with FIRST, where few computers have a bus of their own. The folder and its rules are those of
base/folder.py.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from camtwin.links.base.folder import answers, folder, is_ours, listen, locked, place
from camtwin.links.base.link import LinkProblem

FIRST: Final = 10
MAX_NUMBER: Final = 99
MAJOR: Final = 89
"""Linux' number of I2C devices."""


def buses() -> tuple[Path, list[int]]:
    """Return the folder, which is not made, and the numbers of the buses that are served there."""
    there = place()
    if not is_ours(there):
        return there, []
    with locked(there):
        return there, _served(there)


def _served(there: Path) -> list[int]:
    """Return the numbers of the buses that are served, and remove what others have left; locked."""
    numbers = [int(each.name[4:]) for each in there.glob("i2c-*") if each.name[4:].isdigit()]
    served = [number for number in sorted(numbers) if answers(there / f"i2c-{number}")]
    for number in set(numbers) - set(served):
        _remove(there, number)
    return served


@contextlib.contextmanager
def claimed(number: int | None, name: str) -> Iterator[tuple[int, socket.socket]]:
    """Make a bus of this number, or of the first free one; yield the number and its socket, which listens.

    name  of the adapter, as sysfs has it

    Raises:
        LinkProblem: the number is taken
    """
    there = folder()
    with locked(there):
        taken = _served(there)
        chosen = number if number is not None else _free(taken)
        if chosen in taken:
            raise LinkProblem(f"bus i2c-{chosen} is served already: give another --bus, or none")
        listener = listen(there / f"i2c-{chosen}")
        _describe(there, chosen, name)
    try:
        yield chosen, listener
    finally:
        listener.close()
        with locked(there):
            _remove(there, chosen)


def _free(taken: list[int]) -> int:
    return next(n for n in range(FIRST, FIRST + len(taken) + 1) if n not in taken)


def _device(there: Path, number: int) -> Path:
    return there / "sys/bus/i2c/devices" / f"i2c-{number}"


def _links(there: Path, number: int) -> dict[Path, str]:
    """Return the symbolic links of a bus in /sys/class, and where they point."""
    name = f"i2c-{number}"
    device = f"../../bus/i2c/devices/{name}"
    classes = there / "sys/class"
    return {classes / "i2c-adapter" / name: device, classes / "i2c-dev" / name: f"{device}/i2c-dev/{name}"}


def _describe(there: Path, number: int, name: str) -> None:
    """Write what sysfs says of an adapter."""
    device = _device(there, number)
    character = device / "i2c-dev" / f"i2c-{number}"
    character.mkdir(parents=True, exist_ok=True)
    (device / "name").write_text(f"{name}\n")
    (character / "name").write_text(f"{name}\n")
    (character / "dev").write_text(f"{MAJOR}:{number}\n")
    for link, to in {**_links(there, number), character / "device": "../.."}.items():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(to)


def _remove(there: Path, number: int) -> None:
    (there / f"i2c-{number}").unlink(missing_ok=True)
    for link in _links(there, number):
        link.unlink(missing_ok=True)
    shutil.rmtree(_device(there, number), ignore_errors=True)
