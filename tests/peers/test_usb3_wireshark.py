"""Wireshark's dissectors read what Aravis and the USB3 Vision twin say to each other over USB/IP.

tshark captures on the loopback, which needs root. It reassembles TCP; a transfer that bears data is a packet
longer than a URB's header.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from peers.netns import PeerError, sabotaged
from peers.test_wireshark import listening
from peers.usb import UsbTwin

WIDTH, HEIGHT, FRAMES = 640, 40, 3  # 25,600 B: a transfer is one packet on the loopback
URB_BYTES = 48
STANDARD = ("GET ", "SET ", "CLEAR ")


def tshark(*args: str | Path) -> str:
    done = subprocess.run(["tshark", *map(str, args)], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise PeerError(f"tshark: {done.stderr}")
    return done.stdout


def capture(twin: UsbTwin, file: Path) -> None:
    """Capture the twin's port while Aravis sets features and grabs frames."""
    with listening((), f"tcp port {twin.port}", file):
        twin.steps(("set", "Gain", 6.0), ("get", "Gain"), ("set", "Width", 4128))
        twin.grab(frames=FRAMES, Width=WIDTH, Height=HEIGHT)


def check_dissected(twin: UsbTwin, tmp: Path) -> None:
    file = tmp / "session.pcapng"
    capture(twin, file)
    decode = ("-r", file, "-d", f"tcp.port=={twin.port},usbip", "-Y", f"usb && tcp.len > {URB_BYTES}")
    names = ("_ws.col.Protocol", "_ws.col.Info", "_ws.malformed", "u3v.stream.sizex", "u3v.stream.sizey")
    said = tshark(*decode, "-T", "fields", *(a for name in names for a in ("-e", name)))
    rows = [line.split("\t") for line in said.splitlines()]
    known = [protocol == "U3V" or info.startswith(STANDARD) for protocol, info, *_ in rows]
    assert len(known) > 100
    assert sum(known) >= 0.95 * len(known)
    # Aravis reads 4 of the 8 bytes of this register, and the dissector wants them all
    malformed = {info for _, info, remark, *_ in rows if remark}
    assert all("U3VCP_Capability_Register" in info for info in malformed), malformed
    stream = [(info, x, y) for _, info, _, x, y in rows if info.startswith("Stream ")]
    for kind in ("Leader", "Payload", "Trailer"):
        assert sum(f"Stream {kind}" in info for info, _, _ in stream) >= FRAMES
    for info, x, y in stream:
        if "Leader" in info:
            assert (int(x), int(y)) == (WIDTH, HEIGHT)
        if "Trailer" in info:
            assert int(y) == HEIGHT
    for word in ("READMEM_CMD", "READMEM_ACK", "WRITEMEM_CMD", "WRITEMEM_ACK"):
        assert any(word in info for _, info, *_ in rows)


def test_wireshark(tmp_path):
    with UsbTwin() as twin:
        check_dissected(twin, tmp_path)


@pytest.mark.parametrize("sabotage", ["usb-leader-cut", "usb-leader-narrow", "usb-ack-prefix"])
def test_turns_red(sabotage, tmp_path):
    with UsbTwin(command=sabotaged(sabotage)) as twin, pytest.raises(AssertionError):
        check_dissected(twin, tmp_path)
