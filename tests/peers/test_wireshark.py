"""Wireshark's own dissectors read whole sessions between Aravis and the twin, and find nothing malformed.

A session is discovery, control, test packets and a stream on a bad network, so that packets are asked for and
sent again. It is captured twice: by tshark, and by the twin itself (--pcap). Both must say the same.

tshark dissects only what it is told to: a first pass finds the port that the stream comes from (not the one
it goes to: from there Aravis asks for packets, in GVCP), and the check counts what came out as GVCP or GVSP.
Without that, "nothing malformed" would mean nothing.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from peers.gvcp import PORT
from peers.netns import CAMTWIN, Namespace, RunningTwin, sabotaged

WIDTH, HEIGHT, FRAMES = 1024, 512, 3
LEADER, TRAILER, PAYLOAD = 1, 2, 3  # packet formats
SIZES = {LEADER: [str(WIDTH), str(HEIGHT)], TRAILER: ["", str(HEIGHT)]}
RESENT = 0x0100
SETTINGS = (f"Width={WIDTH}", f"Height={HEIGHT}", "AcquisitionFrameRateEnable=true", "AcquisitionFrameRate=4")


def fields(net: Namespace, file: Path, *names: str, options: tuple[str, ...] = ()) -> list[list[str]]:
    args = [a for name in names for a in ("-e", name)]
    said = net.run("tshark", "-r", file, *options, "-T", "fields", "-E", "occurrence=f", *args).stdout
    return [line.split("\t") for line in said.splitlines()]


@contextlib.contextmanager
def listening(prefix: Sequence[str], only: str, file: Path) -> Iterator[None]:
    """Capture the loopback meanwhile, where `prefix` runs a program: the packets of a capture filter."""
    command = [*prefix, "tshark", "-q", "-i", "lo", "-B", "32", "-f", only, "-w", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as tshark:
        assert tshark.stderr
        try:
            for line in tshark.stderr:
                if "Capturing on" in line:
                    break
            time.sleep(1)  # it says so a moment before it does
            yield
            time.sleep(0.5)
        finally:
            tshark.terminate()
            tshark.communicate(timeout=20)


def captured(net: Namespace, file: Path) -> contextlib.AbstractContextManager[None]:
    """Capture the loopback of a namespace meanwhile."""
    return listening(net.prefix, "udp", file)


def session(net: Namespace) -> None:
    """Aravis looks who is there, reads and sets, finds the packet size, and streams; and once more, fixed."""
    assert "VCXG-124M" in net.run("arv-tool-0.8").stdout
    net.arv_tool("control", "Gain=3", "ExposureTime")
    settings = [a for text in SETTINGS for a in ("--set", text)]
    for size in ((), ("--packet-size", "1500")):
        net.aravis("grab", "--frames", str(FRAMES), *settings, *size)


PORT_REMARK = "Possible traceroute"
"""Told of any UDP packet to one of the ports 33434 to 33534: the kernel may give a client one of them."""


def kinds(net: Namespace, file: Path) -> Counter[tuple[str, ...]]:
    """Return the number of packets of each kind, every one of them dissected, none malformed.

    A kind is (GVCP, command, acknowledge, status) or (GVSP, format, status); a test packet has block id 0.
    """
    ports = [(int(a), int(b)) for a, b in fields(net, file, "udp.srcport", "udp.dstport")]
    streams = {sender for sender, receiver in ports if PORT not in (sender, receiver)}
    decode = tuple(a for p in streams for a in ("-d", f"udp.port=={p},gvsp"))
    control = ("gvcp.cmd.command", "gvcp.ack", "gvcp.cmd.status")
    stream = ("gvsp.format", "gvsp.status", "gvsp.blockid16", "gvsp.sizex", "gvsp.sizey", "ip.flags.df")
    remarks = ("_ws.malformed", "_ws.expert.message")
    found: Counter[tuple[str, ...]] = Counter()
    for protocol, *values in fields(
        net, file, "_ws.col.Protocol", *control, *stream, *remarks, options=decode
    ):
        assert protocol in ("GVCP", "GVSP"), protocol
        assert not any(remark for remark in values[9:] if not remark.startswith(PORT_REMARK)), (
            f"malformed, or with an expert's remark: {values}"
        )
        if protocol == "GVCP":
            found["GVCP", *values[:3]] += 1
            continue
        form, status, block_id, *sizes, whole = values[3:9]
        assert whole in ("1", "True"), "do not fragment, as GevSCPSDoNotFragment is by default"
        kind = int(form, 0) if int(block_id, 0) else 0
        assert sizes == SIZES.get(kind, ["", ""]), "sizes of a leader or a trailer"
        found["GVSP", "test" if not kind else str(kind), f"{int(status, 0):#06x}"] += 1
    return found


def check_session(running: RunningTwin, net: Namespace, tmp: Path) -> None:
    with captured(net, tmp / "lo.pcapng"):
        session(net)
    running.__exit__()
    on_the_loopback = kinds(net, tmp / "lo.pcapng")
    by_the_twin = kinds(net, tmp / "twin.pcap")
    assert by_the_twin == on_the_loopback, "the twin's capture differs"

    stream = {key[1:]: count for key, count in by_the_twin.items() if key[0] == "GVSP"}
    resent = sum(count for (_, status), count in stream.items() if int(status, 0) == RESENT)
    assert resent > 5, "one in fifty of three frames of 359 packets was lost"
    assert stream["test", "0x0000"] > 1
    packets = sum(stream[str(PAYLOAD), status] for status in ("0x0000", f"{RESENT:#06x}"))
    assert packets >= FRAMES * -(-WIDTH * HEIGHT // (1500 - 36)), "as a capture of one frame size must have"
    commands = {key[1] for key in by_the_twin if key[0] == "GVCP" and key[1]}
    needed = {"0x0002", "0x0040", "0x0080", "0x0084"}  # DISCOVERY, PACKETRESEND, READREG, READMEM
    assert needed <= {f"{int(command, 0):#06x}" for command in commands}


@contextlib.contextmanager
def lossy(tmp: Path, command=CAMTWIN) -> Iterator[tuple[RunningTwin, Namespace]]:
    options = ("--fault", "drop=0.02", "--pcap", str(tmp / "twin.pcap"))
    with Namespace() as net, RunningTwin(net, command, *options) as running:
        yield running, net
        assert not running.traceback


def test_wireshark(tmp_path):
    with lossy(tmp_path) as (running, net):
        check_session(running, net, tmp_path)


@pytest.mark.parametrize(
    ("sabotage", "because"),
    [
        ("leader-cut", "malformed"),
        ("leader-narrow", "sizes of a leader"),
        ("trailer-short", "sizes of a leader or a trailer"),
        ("fragments", "do not fragment"),
        ("pcap-forgets", "the twin's capture differs"),
        ("pcap-early", "the twin's capture differs"),
    ],
)
def test_turns_red(sabotage, because, tmp_path):
    with (
        lossy(tmp_path, sabotaged(sabotage)) as (running, net),
        pytest.raises(AssertionError, match=because),
    ):
        check_session(running, net, tmp_path)
