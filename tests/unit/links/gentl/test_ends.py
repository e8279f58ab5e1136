"""Ends of the producer: whom a twin answers, programs that fork, and twins that a program has started."""

from __future__ import annotations

import ctypes as c
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import camtwin
from camtwin.links.gentl import server as module
from unit.links.gentl.calls import Library, Opened
from unit.links.gentl.serving import Serving
from warm import run

NOBODY = 65534
TESTS = Path(__file__).parents[3]
MODEL = "baumer-vcxg-124m"


class Stranger(socket.socket):
    """A connection of which the kernel says that it comes from another user."""

    def getsockopt(self, level: int, name: int, size: int = 0) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        if name == socket.SO_PEERCRED:
            return module.CREDENTIALS.pack(1, NOBODY, NOBODY)
        return super().getsockopt(level, name, size)


def test_another_users_program_is_refused(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect as root on behalf of nobody: the kernel's word for who it is counts, not the folder alone."""
    (path,) = Path(os.environ["XDG_RUNTIME_DIR"], "camtwin").glob("gentl1-*")
    ask = (1).to_bytes(4, "little") + bytes(12)

    def answered() -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as ours:
            ours.settimeout(5)
            ours.connect(str(path))
            try:
                ours.send(ask)
                return ours.recv(1 << 16)
            except (BrokenPipeError, ConnectionResetError):
                return b""

    assert b"Baumer" in answered()
    accept = socket.socket.accept

    def stranger(self: socket.socket) -> tuple[socket.socket, Any]:
        made, address = accept(self)
        return Stranger(fileno=made.detach()), address

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "accept", stranger)
        assert answered() == b""


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_to_is_not_looked_into(
    mode: int, lib: Library, serving: Serving
) -> None:
    there = Path(os.environ["XDG_RUNTIME_DIR"], "camtwin")
    lib.must("GCInitLib")
    interface = lib.handle("TLOpenInterface", lib.handle("TLOpen"), b"camtwin-gev")
    lib.must("IFUpdateDeviceList", interface, None, 1000)
    assert lib.count("IFGetNumDevices", interface) == 1
    there.chmod(mode)
    try:
        lib.must("IFUpdateDeviceList", interface, None, 1000)
        assert lib.count("IFGetNumDevices", interface) == 0
    finally:
        there.chmod(0o700)


def test_a_busy_server_has_not_gone(lib: Library, serving: Serving) -> None:
    """Its twins stay on the list, and no program is told that they were lost."""
    lib.must("GCInitLib")
    interface = lib.handle("TLOpenInterface", lib.handle("TLOpen"), b"camtwin-gev")
    lib.must("IFUpdateDeviceList", interface, None, 20_000)
    is_busy, enough, changed = threading.Event(), threading.Event(), c.c_uint8(7)

    def work() -> None:
        is_busy.set()
        enough.wait(60)

    working = threading.Thread(target=serving.on_its_thread, args=(work,))
    working.start()
    try:
        assert is_busy.wait(60)
        lib.must("IFUpdateDeviceList", interface, c.addressof(changed), 20)
        assert (changed.value, lib.count("IFGetNumDevices", interface)) == (0, 1)
    finally:
        enough.set()
        working.join()


FORKS = """
import os, sys
from unit.links.gentl.calls import FOREVER, Library, Opened
lib = Library(sys.argv[1])
opened = Opened(lib)
opened.allocate(1 << 20)
lib.must("DSStartAcquisition", opened.stream, 0, FOREVER)
child = os.fork()
if not child:  # which begins anew, and has not its parent's camera
    assert lib("DSStopAcquisition", opened.stream, 0) == -1002
    lib.must("GCInitLib")
    interface = lib.handle("TLOpenInterface", lib.handle("TLOpen"), b"camtwin-gev")
    lib.must("IFUpdateDeviceList", interface, None, 1000)
    status = lib.value("IFGetDeviceInfo", interface, opened.id, 5)
    lib.must("GCCloseLib")
    os._exit(status)
_, status = os.waitpid(child, 0)
start = int(sys.argv[2])
assert lib.write(opened.port, start, (1).to_bytes(4, "big")) == 0
opened.buffer()
opened.close()
print(os.waitstatus_to_exitcode(status))
"""


def test_a_fork(serving: Serving) -> None:
    """A child sees the camera as another program's, busy (4), and its parent goes on."""
    path = os.pathsep.join(map(str, (TESTS, TESTS.parent / "src")))
    done = subprocess.run(
        [sys.executable, "-c", FORKS, camtwin.gentl.path(), str(serving.address("AcquisitionStart"))],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr


def test_spawn(lib: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The producer starts a twin when its system is opened, and ends it with that."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    told = json.loads(run("gentl", "--json", "--spawn", MODEL).stdout)
    monkeypatch.setenv("CAMTWIN_GENTL_SPAWN", told["environment"]["CAMTWIN_GENTL_SPAWN"])
    opened = Opened(lib)
    assert opened.id.startswith(b"Baumer-VCXG-124M-")
    lib.must("TLClose", opened.system)
    assert not list((tmp_path / "camtwin").glob("gentl1-*")), "it has ended"
    lib.must("GCCloseLib")
    monkeypatch.setenv("CAMTWIN_GENTL_SPAWN", "python:here:baumer-vcxg-124m")
    lib.must("GCInitLib")
    assert lib("TLOpen", None) != 0
    with pytest.raises(AssertionError, match="does not begin with an absolute path"):
        lib.handle("TLOpen")


def test_without_a_compiler(tmp_path: Path) -> None:
    """One line says what is missing."""
    env = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = run("gentl", env=env)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("camtwin: camtwin.cti needs a C compiler, and there is no cc here: install one")
