"""One twin on both links: stock Aravis by GigE Vision, and a GenTL program, each with a stream of its own.

Whoever has control controls; the other one looks, and is told why it may not touch. Each check is run on a
twin that gives control to everybody, too, and fails there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import camtwin
from camtwin.models import load
from camtwin.twins import build
from peers.gvcp import CCP, CONTROL
from peers.netns import CAMTWIN, MODEL, Namespace, PeerError, sabotaged, twin
from peers.session import Session
from unit.links.gentl import calls
from unit.links.gentl.calls import ACCESS_DENIED, FOREVER, NOT_INITIALIZED, Failed, Library, Opened

SMALL = ("--set", "Width=640", "--set", "Height=480")
SIZE = 640 * 480
FRAME_ID, ACCESS_STATUS = 16, 5  # BUFFER_INFO_FRAMEID, DEVICE_INFO_ACCESS_STATUS
READWRITE, READ = 1, 2


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(camtwin.gentl.path())


@pytest.fixture
def lib(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield library
    assert library("GCCloseLib") in (0, NOT_INITIALIZED)


@pytest.fixture(scope="module")
def address() -> dict[str, int]:
    return {name: node.address for name, node in build(load(MODEL)).camera.tree.nodes.items()}


def status(lib: Library) -> int:
    """Return what the list says of who could open the twin."""
    lib.must("GCInitLib")
    interface = lib.handle("TLOpenInterface", lib.handle("TLOpen"), b"camtwin-gev")
    lib.must("IFUpdateDeviceList", interface, None, 1000)
    name = lib.text("IFGetDeviceID", interface, 0).encode()
    told = lib.value("IFGetDeviceInfo", interface, name, ACCESS_STATUS)
    lib.must("GCCloseLib")
    return told


def ids(opened: Opened, count: int) -> list[int]:
    """Return the ids of the next frames."""
    found = []
    for _ in range(count):
        buffer = opened.buffer()
        found.append(opened.of(buffer, FRAME_ID))
        opened.lib.must("DSQueueBuffer", opened.stream, buffer)
    return found


def starts(opened: Opened) -> None:
    opened.allocate(SIZE, 8)
    opened.lib.must("DSStartAcquisition", opened.stream, 0, FOREVER)


def in_a_row(found: Sequence[int]) -> bool:
    return list(found) == list(range(found[0], found[0] + len(found)))


def check_gige_controls(net: Namespace, lib: Library, address: dict[str, int]) -> None:
    """Stream by Aravis. A GenTL program is refused control, sees frames as a monitor, and cannot write."""
    with Session(net) as aravis:
        aravis("set", "AcquisitionFrameRate", 20)
        aravis("set", "AcquisitionFrameRateEnable", "true")
        aravis("stream")
        assert aravis("frame") == "success"
        assert status(lib) == READ
        for access in (calls.CONTROL, calls.EXCLUSIVE):
            with pytest.raises(Failed, match=rf"{ACCESS_DENIED} .*is controlled by another host"):
                Opened(lib, access=access)
            lib.must("GCCloseLib")
        monitor = Opened(lib, access=calls.READONLY)
        starts(monitor)
        assert in_a_row(ids(monitor, 5))
        assert lib.write(monitor.port, address["AcquisitionStop"], (1).to_bytes(4, "big")) == ACCESS_DENIED
        assert "was opened read-only" in lib.error()[1]
        assert [aravis("frame") for _ in range(3)] == ["success"] * 3
        monitor.close()
        assert aravis("frame") == "success"
        assert status(lib) == READ
    # control ends with its heartbeat, which other tests judge


def check_gentl_controls(net: Namespace, lib: Library, address: dict[str, int]) -> None:
    """Stream by GenTL. Aravis may look and not touch; when the program closes, Aravis has control."""
    opened = Opened(lib, access=calls.CONTROL)
    starts(opened)
    assert lib.write(opened.port, address["AcquisitionStart"], (1).to_bytes(4, "big")) == 0
    assert in_a_row(ids(opened, 3))
    with Session(net) as aravis:
        for step in (("set", "Gain", 6), ("write", CCP, CONTROL), ("execute", "AcquisitionStop")):
            assert "access-denied" in str(aravis(*step)), step
        assert aravis("get", "Width") == "640"
        assert in_a_row(ids(opened, 5))
        opened.close()
        assert status(lib) == READWRITE
        assert aravis("write", CCP, CONTROL) is None
        assert aravis("set", "Gain", 6) is True
        assert status(lib) == READ


CHECKS = (check_gige_controls, check_gentl_controls)


@pytest.mark.parametrize("check", CHECKS)
def test_both_links(check, lib: Library, address: dict[str, int]) -> None:
    with twin(*SMALL, command=CAMTWIN) as net:
        check(net, lib, address)


@pytest.mark.parametrize("check", CHECKS)
def test_they_turn_red(check, lib: Library, address: dict[str, int]) -> None:
    broken = sabotaged("control-everybodys")
    with (
        twin(*SMALL, command=broken) as net,
        pytest.raises((AssertionError, PeerError, pytest.fail.Exception)),
    ):
        check(net, lib, address)
