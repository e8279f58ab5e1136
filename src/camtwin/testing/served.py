"""Twins in a test that clients reach by their link: the fixtures `gige_twin`, `usb_twin` and their like.

They run in a thread of the test's process, in wall time, as `camtwin run` does, so that tests can look into
them and let things happen while a client in a subprocess or thread uses them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from camtwin.camera.links import CSI2, GIGE, KINDS, USB3, V4L2, LinkKind
from camtwin.camera.module.driver import ModuleDriver
from camtwin.links import native
from camtwin.links.background import Background, wait_until
from camtwin.links.base.link import LinkProblem, LinkStatus
from camtwin.links.base.record import recorded
from camtwin.links.gentl import producer
from camtwin.links.gige.faults import Faults
from camtwin.links.kind import ServedTwin
from camtwin.links.v4l2.link import ModuleLink, VideoOptions
from camtwin.models import load
from camtwin.problem import Problem
from camtwin.session.session import Session
from camtwin.simtime import Scheduler
from camtwin.testing.stage import Impossible, Injection, TestStage
from camtwin.testing.twin import TwinInTest, Wanted, opened

T = TypeVar("T")
TRIES: Final = 16
"""Addresses that are tried until one is free."""
WAIT_s: Final = 10.0
CLIENT_s: Final = 60.0


class NotServable(Problem):
    """A model that no client can reach by the link that a test asks for."""


class ClientFailed(AssertionError):
    """A client ended with an error; the message is what it wrote."""


def output_of(command: Sequence[str], timeout_s: float = CLIENT_s) -> str:
    """Run a client; return what it prints. ClientFailed if it fails, or takes too long."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as late:
        raise ClientFailed(f"{' '.join(command)}: not done within {timeout_s:g} s") from late
    if done.returncode:
        raise ClientFailed(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Served(TwinInTest):
    """A twin that is served; its clients find it as they find a camera.

    kinds    the links that models may have
    gentl    whether clients reach it by GenTL alone
    journals, networked   whether it has a journal, and a network
    where    its address on the network, its USB/IP server and bus id there, or its nodes
    journal  the file that records it, and `pcap` the one that captures its network; None without
    """

    kinds: ClassVar[tuple[LinkKind, ...]]
    gentl: ClassVar[bool] = False
    journals: ClassVar[bool] = True
    networked: ClassVar[bool] = False
    background: Background
    number: int
    journal: Path | None = None
    pcap: Path | None = None

    @property
    def where(self) -> str:
        return self.background.links[self.number].where

    @property
    def status(self) -> LinkStatus:
        """Figures of its link."""
        return self.background.links[self.number].status()

    @property
    def serial(self) -> str:
        return self.session.twin.camera.serial

    def ask(self, question: Callable[[Session], T]) -> T:
        """Ask or change something of the camera, `ask(lambda cam: cam.Width)`: on its thread, at its time."""
        return self.background.call(question, self.session)

    def inject(self, word: str, **parameters: Any) -> Injection:
        return self.background.call(super().inject, word, **parameters)

    def begun(self, settings: Sequence[str]) -> None:
        """Finish what needs the link, once it is open; `settings` are those that the session has taken."""

    def wait_until(self, what: Callable[[], object], timeout_s: float = WAIT_s) -> None:
        """Wait until `what` returns something true. AssertionError if it does not in time."""
        assert wait_until(what, timeout_s), f"not within {timeout_s:g} s; the camera has seen " + "\n".join(
            self.seen.lines()[-20:]
        )


S = TypeVar("S", bound=Served)


class GigeTwin(Served):
    """A twin on the network."""

    kinds, networked = (GIGE,), True

    @property
    def address(self) -> str:
        """Its IPv4 address now."""
        return self.where


class Reached(Served):
    """A twin that programs find when `run` or `command` starts them: no kernel module, no root."""

    options: tuple[str, ...] = ()

    def command(self, *args: object) -> list[str]:
        """Return the command that runs a program with this twin as its device."""
        return [sys.executable, "-m", "camtwin", "exec", *self.options, "--", *map(str, args)]

    def run(self, *args: object, timeout_s: float = CLIENT_s) -> str:
        """Run a program with this twin as its device; return what it prints. ClientFailed if it fails."""
        return output_of(self.command(*args), timeout_s)


class UsbTwin(Reached):
    """A twin on USB."""

    kinds = (USB3,)

    @property
    def port(self) -> int:
        """TCP port of its USB/IP server."""
        return int(self.where.partition(" ")[0].rpartition(":")[2])

    @property
    def options(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return (f"--port={self.port}",)


class GentlTwin(Reached):
    """A twin of the GenTL producer. Programs find all of this user there, and theirs by its serial number."""

    kinds, gentl = (GIGE, USB3, CSI2), True

    @property
    def path(self) -> str:
        """Path of the producer, camtwin.cti."""
        return producer.path()


class V4l2Twin(Reached):
    """A sensor module as a video device."""

    kinds, journals = (V4L2,), False

    @property
    def link(self) -> ModuleLink:
        link = self.background.links[self.number]
        assert isinstance(link, ModuleLink)
        return link

    @property
    def path(self) -> str:
        """Path of its video node, for programs that `run` starts."""
        return f"/dev/video{self.link.nodes.number}"

    @property
    def driver(self) -> ModuleDriver:
        """Its driver: modes and controls. Look at it by `ask`, which is on its thread."""
        return self.link.module.driver

    def begun(self, settings: Sequence[str]) -> None:
        native.build(native.PRELOAD)  # a client that has to wait for the compiler is late
        driver = self.driver
        values: dict[int, int] = {}
        for text in settings:
            name, _, value = text.partition("=")
            values[driver.control(name).id] = int(value)
        self.ask(lambda _: driver.set(values))
        self.seen.follow(driver)

    def inject(self, word: str, **parameters: Any) -> Injection:
        raise Impossible(f"{word}: nothing can happen to a sensor module yet; words are of cameras")


def serve(
    wanted: Sequence[Wanted],
    seed: int,
    *,
    make: type[S],
    network: int,
    pace: float,
    stack: ExitStack,
    files: Path | None = None,
) -> list[S]:
    """Serve twins until the stack closes, in one virtual time; return once clients can discover all of them.

    make     the class that the test gets for each of them
    network  twins on a network take addresses of 127.0.NETWORK.0/24, those that are free
    files    folder for journals and captures; None: none are made

    Raises:
        NotServable: a model has another link
        LinkProblem: there is no address left
    """
    clock, sessions, twins = Scheduler(), dict[str, Session](), list[S]()
    starts, plan = list[dict[str, Any]](), None
    for number, each in enumerate(wanted):
        own = (seed + number if each.seed is None else each.seed) % 2**64
        serial = each.serial or serial_of(each.model, own, network)
        kind = KINDS[load(each.model).link]
        if kind not in make.kinds:
            titles = " or ".join(each.title for each in make.kinds)
            raise NotServable(f"{each.model} has {kind.title}, and the test asks for a camera with {titles}")
        of_camera = each.set if kind is not V4L2 else ()
        name, cam, plan = opened(replace(each, serial=serial, set=of_camera), own, clock, number)
        sessions[name] = cam
        starts.append(start_of(each, own, serial))
    stage = TestStage(sessions, seed, plan)
    served: list[ServedTwin] = []
    for number, (name, cam) in enumerate(sessions.items()):
        twin = make(name, starts[number]["seed"], cam, stage)
        twin.number = number
        if files:
            twin.journal = files / f"{name}.journal.jsonl" if make.journals else None
            twin.pcap = files / f"{name}.pcap" if make.networked else None
        running = stack.enter_context(recorded(cam.twin, twin.journal, starts[number]))
        twins.append(twin)
        video = VideoOptions(convert=wanted[number].convert, still=wanted[number].still)
        served.append(ServedTwin(running, "", 0, Faults(seed=seed), twin.pcap, video=video))
    background = begun(served, make, network, pace, stack)
    stage.links = dict(zip(sessions, background.links, strict=True))
    for twin, each in zip(twins, wanted, strict=True):
        twin.background = background
        stack.callback(twin.seen.close)
        twin.begun(each.set)
        twin.apply(each.faults)
    return twins


def serial_of(model: str, seed: int, network: int) -> str:
    """Return the serial number of a twin: clients tell cameras of parallel tests apart by it."""
    return load(model).serial.number((seed + (network << 32)) % 2**64)


def start_of(wanted: Wanted, seed: int, serial: str) -> dict[str, Any]:
    """Return the arguments with which a journal's twin is made again (links/base/record.py).

    A scene that is an object has no words, and is replayed as the chart: its frames differ then.
    """
    return {
        "model": wanted.model,
        "scene": wanted.scene if isinstance(wanted.scene, str) else "chart",
        "seed": seed,
        "serial": serial,
        "settings": list(wanted.set),
        "link_speed": "unlimited" if wanted.link_speed is None else str(wanted.link_speed),
    }


def begun(
    served: Sequence[ServedTwin], make: type[Served], network: int, pace: float, stack: ExitStack
) -> Background:
    """Begin to serve, at the first addresses that are free."""
    problem: LinkProblem | None = None
    for first in range(1, TRIES * len(served), len(served)):
        hosts = range(first, first + len(served))
        binds = [f"127.0.{network}.{host}" if make.networked else "127.0.0.1" for host in hosts]
        placed = [replace(each, bind=bind) for each, bind in zip(served, binds, strict=True)]
        try:
            return stack.enter_context(Background(placed, pace=pace, gentl_only=make.gentl))
        except LinkProblem as used:
            problem = used
    raise problem or LinkProblem("no twin is to be served")
