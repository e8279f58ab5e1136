"""The user's own folder of sockets, which servers and programs of this user find each other by.

    $XDG_RUNTIME_DIR/camtwin, or camtwin-UID in the folder of temporary files

Nobody else can open it. A server that was killed leaves its socket behind, to which nobody can connect:
whoever comes next removes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from camtwin.links.base.link import LinkProblem


def folder() -> Path:
    """Return the folder, which is the user's alone; make it if necessary.

    Raises:
        LinkProblem: it cannot be made, or belongs to somebody else
    """
    there = place()
    try:
        there.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise LinkProblem(f"{there}: no folder for sockets there: {problem.strerror}") from None
    if not is_ours(there):
        raise LinkProblem(f"{there}: is not a folder that you alone can open")
    return there


def place() -> Path:
    """Return the path of the folder, which may not be there."""
    given = os.environ.get("XDG_RUNTIME_DIR")
    return Path(given) / "camtwin" if given else Path(tempfile.gettempdir()) / f"camtwin-{os.getuid()}"


def is_ours(there: Path) -> bool:
    """Tell whether it is a folder that belongs to the user, and that nobody else can open."""
    try:
        found = there.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


@contextlib.contextmanager
def locked(there: Path) -> Iterator[None]:
    """Keep other servers from making or removing a socket meanwhile."""
    with (there / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def answers(path: Path, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Tell whether a server listens there."""
    with socket.socket(socket.AF_UNIX, kind) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def listening(prefix: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[socket.socket]:
    """Listen on the first free one of PREFIX1, PREFIX2, ..., and remove those that nobody listens on.

    Raises:
        LinkProblem: there can be no socket
    """
    there = folder()
    with locked(there):
        taken = {path.name for path in _served(there, prefix, kind)}
        numbers = range(1, len(taken) + 2)
        path = there / next(name for n in numbers if (name := f"{prefix}{n}") not in taken)
        listener = listen(path, kind)
    try:
        yield listener
    finally:
        with locked(there):
            path.unlink(missing_ok=True)
            listener.close()


def served(prefix: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[Path]:
    """Return the sockets PREFIX1, PREFIX2, ... that somebody listens on; the folder is not made."""
    there = place()
    if not is_ours(there):
        return []
    with locked(there):
        return _served(there, prefix, kind)


def _served(there: Path, prefix: str, kind: socket.SocketKind) -> list[Path]:
    """Return the sockets that somebody listens on, and remove the others; locked."""
    found = list[Path]()
    for each in sorted(there.glob(f"{prefix}*")):
        if answers(each, kind):
            found.append(each)
        else:
            each.unlink(missing_ok=True)
    return found


def listen(path: Path, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """Return a socket that listens there, which only the user may open.

    Raises:
        LinkProblem: it cannot be made
    """
    listener = socket.socket(socket.AF_UNIX, kind)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
    except OSError as problem:
        listener.close()
        raise LinkProblem(f"cannot listen at {path}: {problem.strerror or problem}") from None
    return listener
