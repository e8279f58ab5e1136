"""Running devices in the user's folder of sockets (folder.py): their names, and what sysfs says of them.

    $XDG_RUNTIME_DIR/camtwin/i2c-10                    the socket, which only the user may open
                             sys/bus/i2c/devices/...   what a program under `camtwin exec` finds in /sys

Numbers begin with FIRST, where few computers have a device of their own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from camtwin.links.base.folder import answers, folder, is_ours, listen, locked, place
from camtwin.links.base.link import LinkProblem

FIRST: Final = 10
MAX_NUMBER: Final = 99
I2C_MAJOR, VIDEO_MAJOR, MEDIA_MAJOR = 89, 81, 510
"""Linux' numbers of devices; those of media devices are given as they come."""
SUBDEVICE_MINORS: Final = 128
"""The first minor of sub-devices, which share their major with video nodes."""


@dataclass(frozen=True, slots=True)
class Sysfs:
    """Entries of sysfs for devices, by paths below /sys: folders of their own, texts of files, and links."""

    folders: tuple[str, ...]
    files: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict[str, str])


class I2cDevice:
    """An I2C bus, /dev/i2c-N."""

    sockets: Final = socket.SOCK_STREAM
    title, option = "bus i2c-{}", "--bus"

    @staticmethod
    def names(number: int) -> tuple[str, ...]:
        """Return the names in /dev."""
        return (f"i2c-{number}",)

    @staticmethod
    def sysfs(number: int, name: str) -> Sysfs:
        """Return what sysfs says of an adapter of this name."""
        bus = f"i2c-{number}"
        device = f"bus/i2c/devices/{bus}"
        character = f"{device}/i2c-dev/{bus}"
        files = {f"{at}/name": f"{name}\n" for at in (device, character)}
        links = {f"class/i2c-adapter/{bus}": device, f"class/i2c-dev/{bus}": character}
        links[f"{character}/device"] = device
        return Sysfs((device,), {**files, f"{character}/dev": f"{I2C_MAJOR}:{number}\n"}, links)


class CameraDevice:
    """A camera: /dev/videoN, its sub-device and its media device, all with one number."""

    sockets: Final = socket.SOCK_SEQPACKET
    title, option = "/dev/video{}", "--video"

    @staticmethod
    def names(number: int) -> tuple[str, ...]:
        """Return the names in /dev: of the video node, the sub-device and the media device."""
        return f"video{number}", f"v4l-subdev{number}", f"media{number}"

    @classmethod
    def sysfs(cls, number: int, name: str) -> Sysfs:
        """Return what sysfs says of a camera of this name."""
        platform = f"devices/platform/camtwin.{number}"
        files: dict[str, str] = {}
        links: dict[str, str] = {}
        for node, (major, minor) in zip(cls.names(number), cls.nodes(number), strict=True):
            media = node.startswith("media")
            at = f"{platform}/{node}" if media else f"{platform}/video4linux/{node}"
            files[f"{at}/dev"] = f"{major}:{minor}\n"
            files[f"{at}/uevent"] = f"MAJOR={major}\nMINOR={minor}\nDEVNAME={node}\n"
            links[f"{at}/device"] = platform
            links[f"dev/char/{major}:{minor}"] = at
            if media:
                files[f"{at}/model"] = f"{name}\n"
                links[f"bus/media/devices/{node}"] = at
            else:
                files[f"{at}/name"], files[f"{at}/index"] = f"{name}\n", "0\n"
                links[f"class/video4linux/{node}"] = at
                links[f"{at}/subsystem"] = "class/video4linux"
        return Sysfs((platform,), files, links)

    @staticmethod
    def nodes(number: int) -> tuple[tuple[int, int], ...]:
        """Return major and minor of the video node, the sub-device and the media device."""
        return (VIDEO_MAJOR, number), (VIDEO_MAJOR, SUBDEVICE_MINORS + number), (MEDIA_MAJOR, number)


Kind: TypeAlias = type[I2cDevice] | type[CameraDevice]
KINDS: Final[tuple[Kind, ...]] = (I2cDevice, CameraDevice)


def devices() -> tuple[Path, list[str]]:
    """Return the folder, which is not made, and the names of the devices that are served there."""
    there = place()
    if not is_ours(there):
        return there, []
    with locked(there):
        return there, [kind.names(n)[0] for kind in KINDS for n in _served(there, kind)]


def _served(there: Path, kind: Kind) -> list[int]:
    """Return the numbers of the devices that are served, and remove what others have left; locked."""
    prefixes = [name.removesuffix("0") for name in kind.names(0)]
    found = {
        int(rest)
        for prefix in prefixes
        for each in there.glob(f"{prefix}*")
        if (rest := each.name.removeprefix(prefix)).isdecimal()
    }
    served = [number for number in sorted(found) if answers(there / kind.names(number)[0], kind.sockets)]
    for number in found - set(served):
        _remove(there, kind, number)
    return served


@contextlib.contextmanager
def claimed(kind: Kind, number: int | None, name: str) -> Iterator[tuple[int, tuple[socket.socket, ...]]]:
    """Make a device of this number, or of the first free one; yield the number and its sockets, which listen.

    name  as sysfs has it

    Raises:
        LinkProblem: the number is taken
    """
    there = folder()
    with locked(there), contextlib.ExitStack() as opened:
        taken = _served(there, kind)
        chosen = number if number is not None else _free(taken)
        if chosen in taken:
            title = kind.title.format(chosen)
            raise LinkProblem(f"{title} is served already: give another {kind.option}, or none")
        opened.callback(_remove, there, kind, chosen)
        _describe(there, kind.sysfs(chosen, name))
        names = kind.names(chosen)
        listeners = tuple(opened.enter_context(listen(there / each, kind.sockets)) for each in names)
        opened.pop_all()
    try:
        yield chosen, listeners
    finally:
        for listener in listeners:
            listener.close()
        with locked(there):
            _remove(there, kind, chosen)


def _free(taken: list[int]) -> int:
    return next(n for n in range(FIRST, FIRST + len(taken) + 1) if n not in taken)


def _describe(there: Path, said: Sysfs) -> None:
    """Write what sysfs says."""
    root = there / "sys"
    for name, text in said.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, to in said.links.items():
        link = root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(root / to, link.parent))


def _remove(there: Path, kind: Kind, number: int) -> None:
    said = kind.sysfs(number, "")
    for name in kind.names(number):
        (there / name).unlink(missing_ok=True)
    for link in said.links:
        (there / "sys" / link).unlink(missing_ok=True)
    for each in said.folders:
        shutil.rmtree(there / "sys" / each, ignore_errors=True)
