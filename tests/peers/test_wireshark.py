"""Wireshark's own dissectors read a whole session between Aravis and the twin, and find nothing malformed.

tshark dissects only what it is told to: the stream's port is chosen by the host, so a first pass finds it,
and the check counts what came out as GVCP or GVSP. Without that, "nothing malformed" would mean nothing.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from peers.gvcp import PORT
from peers.netns import Namespace, sabotaged, twin

WIDTH, HEIGHT, FRAMES, PACKET = 640, 64, 2, 1500
LEADER, TRAILER, PAYLOAD = 1, 2, 3  # packet formats


def fields(net: Namespace, file: Path, *names: str, options: tuple[str, ...] = ()) -> list[list[str]]:
    args = [a for name in names for a in ("-e", name)]
    said = net.run("tshark", "-r", file, *options, "-T", "fields", "-E", "occurrence=f", *args).stdout
    return [line.split("\t") for line in said.splitlines()]


def capture(net: Namespace, file: Path) -> None:
    """What is on the loopback while Aravis grabs two frames."""
    grab = (
        f"--frames {FRAMES} --packet-size {PACKET} --set Width={WIDTH} --set Height={HEIGHT} --plain-socket"
    )
    command = [*net.prefix, "tshark", "-q", "-i", "lo", "-f", "udp", "-w", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as tshark:
        assert tshark.stderr
        try:
            for line in tshark.stderr:
                if "Capturing on" in line:
                    break
            net.run("sleep", "1")  # it says so a moment before it does
            net.aravis("grab", *grab.split())
            net.run("sleep", "0.5")
        finally:
            tshark.terminate()
            tshark.communicate(timeout=20)


def check_dissected(net: Namespace, tmp: Path) -> None:
    file = tmp / "session.pcapng"
    capture(net, file)
    ports = [(int(a), int(b)) for a, b in fields(net, file, "udp.srcport", "udp.dstport")]
    streams = {receiver for sender, receiver in ports if PORT not in (sender, receiver)}
    decode = tuple(a for p in streams for a in ("-d", f"udp.port=={p},gvsp"))
    packets = fields(net, file, "_ws.col.Protocol", "_ws.malformed", "_ws.expert.message", options=decode)
    protocols = Counter(protocol for protocol, _, _ in packets)
    assert set(protocols) == {"GVCP", "GVSP"}, protocols
    remarks = [remark for _, *remark in packets if any(remark)]
    assert not remarks, "malformed, or with an expert's remark"

    stream = fields(net, file, "gvsp.format", "gvsp.sizex", "gvsp.sizey", options=(*decode, "-Y", "gvsp"))
    kinds = Counter(int(kind, 0) for kind, _, _ in stream)
    assert kinds[LEADER] >= kinds[TRAILER] >= FRAMES
    assert kinds[PAYLOAD] >= kinds[TRAILER] * -(-WIDTH * HEIGHT // (PACKET - 36))
    said = {(int(kind, 0), x, y) for kind, x, y in stream if int(kind, 0) != PAYLOAD}
    assert said == {(LEADER, str(WIDTH), str(HEIGHT)), (TRAILER, "", str(HEIGHT))}


def test_wireshark(tmp_path):
    with twin() as net:
        check_dissected(net, tmp_path)


@pytest.mark.parametrize("sabotage", ["leader-cut", "leader-narrow", "trailer-short"])
def test_turns_red(sabotage, tmp_path):
    with twin(command=sabotaged(sabotage)) as net, pytest.raises(AssertionError):
        check_dissected(net, tmp_path)
