"""Twins in this process with faults on purpose, and who meets them: Aravis, Harvesters, and tshark beside."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from camtwin.sensor import fast
from camtwin.testing.served import GentlTwin, GigeTwin, S, Served, UsbTwin, serve
from camtwin.testing.twin import Wanted
from mutations.registry import broken, named
from peers.gentl import harvesters
from peers.gvcp import PORT
from peers.session import Session
from peers.test_usb3_wireshark import tshark

GIGE_MODEL, USB_MODEL = "baumer-vcxg-124m", "basler-aca4112-20um"
PERIOD_ns: Final = 100_000_000
SMALL: Final = ("Width=64", "Height=64", "ExposureTime=1000")
PACED: Final = ("AcquisitionFrameRateEnable=true", "AcquisitionFrameRate=10")
EPOCH: Final = "frame.time_epoch"
NETWORKS: Final = 200
"""Number from which on addresses 127.0.N.1 are these tests', one N a worker."""


@dataclass(frozen=True)
class Answer:
    """A register that was read: why it was refused, or nothing, and how long that took."""

    refused: str
    took_s: float


@dataclass(frozen=True)
class Frame:
    """A frame as a client has it; `status` and `crc` are empty and 0 where the client has none."""

    block: int
    timestamp_ns: int
    arrived_ns: int
    status: str = ""
    crc: int = 0


@dataclass(frozen=True)
class Met:
    """Everything that one client met: registers that it read, and frames; then why a write was refused."""

    answers: Sequence[Answer]
    frames: Sequence[Frame]
    refused: str = ""


@contextmanager
def faulty(make: type[S], model: str, settings: Sequence[str] = (), *, breaks: str = "") -> Iterator[S]:
    """Serve a twin of small dark frames, which no other user's programs find by GenTL.

    breaks  names of what is wrong with it besides, NAME+NAME
    """
    fast.warm_up()
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    wanted = Wanted(model, scene="dark", seed=7, set=(*SMALL, *settings))
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("XDG_RUNTIME_DIR", stack.enter_context(TemporaryDirectory()))
        if breaks:
            stack.enter_context(broken(*named(breaks)))
        (twin,) = serve([wanted], 7, make=make, network=NETWORKS + worker, pace=1.0, stack=stack)
        yield twin


class _Here:
    """The place of a client that reaches a twin by its link: `prefix` runs it there."""

    def __init__(self, prefix: Sequence[str] = ()) -> None:
        self.prefix = prefix


@contextmanager
def aravis(twin: Served) -> Iterator[Session]:
    """Run Aravis beside a twin on the network or on USB."""
    if isinstance(twin, UsbTwin):
        here, address = _Here(twin.command()), "usb"
    else:
        assert isinstance(twin, GigeTwin)
        here, address = _Here(), twin.address
    with Session(here, address=address) as client:
        yield client


def refusal(answer: Any) -> str:
    return answer["error"] if isinstance(answer, dict) else ""


def by_aravis(twin: Served, asked: Sequence[int], frames: int, written: int = 0) -> Met:
    """Let Aravis read registers, take so many frames, and write a register."""
    answers = list[Answer]()
    with aravis(twin) as client:
        for address in asked:
            begun = time.monotonic()
            answers.append(Answer(refusal(client("read", address)), time.monotonic() - begun))
        client("stream")
        rows = client("take", frames, 2)
        refused = refusal(client("write", written, 0)) if written else ""
    return Met(answers, [Frame(block, t, arrived, *rest) for rest, block, t, arrived in _rows(rows)], refused)


def _rows(rows: Any) -> Iterator[tuple[tuple[str, int], int, int, int]]:
    for status, block, t_ns, arrived_ns, crc in rows:
        yield (status, crc), block, t_ns, arrived_ns


def by_harvesters(twin: Served, asked: Sequence[int], frames: int, written: int = 0) -> Met:
    """Let Harvesters do the same."""
    assert isinstance(twin, GentlTwin)
    words = f"asked={list(asked)}", f"count={frames}", f"written={written}"
    got = harvesters("met", f"model={twin.session.twin.sheet.model}", *words)
    answers = [Answer(*each) for each in got["answers"]]
    return Met(answers, [Frame(*each) for each in got["frames"]], " ".join(got["refused"]))


# -- tshark -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Dissected:
    """Names of tshark's fields: of a command and its acknowledge, and of the leader of a block."""

    number: str
    status: str
    block: str
    timestamp: str
    leader: str


GVCP: Final = Dissected(
    "gvcp.cmd.req_id", "gvcp.cmd.status", "gvsp.blockid16", "gvsp.timestamp", "gvsp.format==1"
)
U3V: Final = Dissected(
    "u3v.gencp.req_id", "u3v.gencp.status", "u3v.stream.block_id", "u3v.stream.timestamp", "u3v.stream.sizex"
)


def listens(twin: Served) -> str:
    """Return the capture filter of what a twin and its clients say to each other."""
    return f"tcp port {twin.port}" if isinstance(twin, UsbTwin) else f"udp and host {twin.where}"


def by_tshark(twin: Served, asked: Sequence[int], file: Path) -> Met:
    """Return what a client met, as tshark reads it from a capture: reads of registers, leaders of frames."""
    if isinstance(twin, UsbTwin):
        names = U3V
        decode = ("-d", f"tcp.port=={twin.port},usbip")
    else:
        names = GVCP
        ports = {tuple(row) for row in _rows_of(file, (), "udp.srcport", "udp.dstport")}
        streams = {source for source, to in ports if str(PORT) not in (source, to)}
        decode = tuple(a for port in streams for a in ("-d", f"udp.port=={port},gvsp"))
    told = _rows_of(file, (*decode, "-Y", names.number), EPOCH, names.number, names.status, "_ws.col.Info")
    acks = {number: (float(at), int(status, 0), info) for at, number, status, info in told if status}
    answers = list[Answer]()
    for at, number, status, info in told:
        if not status and any(f"0x{address:08X}" in info for address in asked):
            acked, code, text = acks[number]
            answers.append(Answer(text if code else "", acked - float(at)))
    leaders = _rows_of(file, (*decode, "-Y", names.leader), EPOCH, names.block, names.timestamp)
    frames = [Frame(int(block, 0), int(t_ns, 0), round(float(at) * 1e9)) for at, block, t_ns in leaders]
    return Met(answers[: len(asked)], frames)


def _rows_of(file: Path, options: Sequence[str], *names: str) -> list[list[str]]:
    fields = [a for name in names for a in ("-e", name)]
    said = tshark("-r", file, *options, "-T", "fields", "-E", "occurrence=f", *fields)
    return [line.split("\t") for line in said.splitlines()]
