"""Record of what reached a camera: features written, commands, triggers, requests for lost packets, clients.

    assert twin.seen.writes == [("ExposureTime", 2000.0), ("TriggerMode", "On")]
    assert twin.seen.commands == ["AcquisitionStart"]

Everything is noted on its way into the camera, by whichever link or session it came, in order. Features have
their own units, as hosts see them. Lists are copies, which tests may compare while the camera runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

from camtwin.camera import Camera
from camtwin.camera.module.driver import ModuleDriver
from camtwin.genicam import Key, Shown
from camtwin.problem import Refused
from camtwin.units import Ns
from camtwin.wire.request import Request

T = TypeVar("T")
MAX_KEPT: Final = 100_000
FORGOTTEN: Final = 10_000
"""Limit of entries of each kind, and how many of the oldest are forgotten beyond it; `forgotten` counts."""


@dataclass(frozen=True, slots=True)
class Written:
    """A feature that a host wrote, or a command that it executed.

    key  the selected entry, None for a feature without selectors
    """

    t_ns: Ns
    name: str
    value: Shown
    key: Key
    command: bool


@dataclass(frozen=True, slots=True)
class Resend:
    """A request for packets that a client missed: first to last, both included."""

    block: int
    first: int
    last: int


class Seen:
    """Record of what reached one camera since the test began, or since `clear`."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self.clear()
        self._leaving = [
            camera.on_feature.subscribe(self._feature),
            camera.on_request.subscribe(self._request),
            camera.on_refusal.subscribe(self._refuse),
            camera.on_moment.subscribe(self._moment),
        ]

    def follow(self, driver: ModuleDriver) -> None:
        """Note the controls of a sensor module, too, as features that were written."""
        names = {control.id: control.key for control in driver.controls}

        def set_(id: int, value: int) -> None:
            written = Written(self._camera.clock.now, names[id], value, None, command=False)
            self._keep(self._written, written)

        self._leaving.append(driver.on_set.subscribe(set_))

    def close(self) -> None:
        """See nothing more."""
        for leave in self._leaving:
            leave()

    def clear(self) -> None:
        """Forget everything seen so far."""
        self._written: list[Written] = []
        self._requests: list[tuple[Ns, Request]] = []
        self._refused: list[tuple[Ns, str]] = []
        self._moments: list[tuple[Ns, str, int | None]] = []
        self.forgotten = 0

    # -- what tests ask ---------------------------------------------------------------------------------
    @property
    def history(self) -> list[Written]:
        """Features and commands, with their times and selected entries."""
        return list(self._written)

    @property
    def writes(self) -> list[tuple[str, Shown]]:
        """(name, value) of each feature written, in order."""
        return [(each.name, each.value) for each in self.history if not each.command]

    @property
    def commands(self) -> list[str]:
        """Names of the commands executed, in order."""
        return [each.name for each in self.history if each.command]

    @property
    def refusals(self) -> list[str]:
        """Why register writes of hosts were refused, in order."""
        return [text for _, text in list(self._refused)]

    @property
    def triggers(self) -> list[Ns]:
        """Times of the triggers that arrived at the acquisition, those that came too early among them."""
        return self.moments("FrameTrigger")

    @property
    def missed_triggers(self) -> list[Ns]:
        """Times of the triggers that came too early and were skipped."""
        return self.moments("TriggerSkipped")

    @property
    def exposures(self) -> list[Ns]:
        """Times at which exposures began."""
        return self.moments("ExposureStart")

    def moments(self, name: str) -> list[Ns]:
        """Return the times of an internal event, by the name that journals have."""
        return [t_ns for t_ns, each, _ in list(self._moments) if each == name]

    @property
    def requests(self) -> list[Request]:
        """Requests of hosts, as they came by the link."""
        return [request for _, request in list(self._requests)]

    @property
    def resends(self) -> list[Resend]:
        """Requests for packets that were lost."""
        return [Resend(each.block, *each.packets) for each in self.requests if each.block is not None]

    @property
    def clients(self) -> list[str]:
        """Hosts that wrote registers, each once, in the order in which they came."""
        return list(dict.fromkeys(each.peer for each in self.requests if each.writes))

    @property
    def hosts(self) -> list[str]:
        """Hosts that sent anything, a discovery among them, each once."""
        return list(dict.fromkeys(each.peer for each in self.requests))

    def lines(self) -> list[str]:
        """Return everything as lines for people, in the order of time."""
        lines = [(each.t_ns, _said(each)) for each in self.history]
        lines += [(t_ns, f"refused: {text}") for t_ns, text in list(self._refused)]
        lines += [
            (t_ns, name if frame is None else f"{name} of frame {frame}")
            for t_ns, name, frame in list(self._moments)
        ]
        lines += [(t_ns, f"{each.word} from {each.peer}") for t_ns, each in list(self._requests)]
        return [f"{t_ns / 1e6:.6f} ms  {text}" for t_ns, text in sorted(lines, key=lambda line: line[0])]

    # -- what the camera reports ------------------------------------------------------------------------
    def _feature(self, t_ns: Ns, name: str, shown: Shown, key: Key) -> None:
        command = self._camera.tree.find(name).feature.node == "Command"
        self._keep(self._written, Written(t_ns, name, shown, key, command))

    def _request(self, t_ns: Ns, request: Request) -> None:
        self._keep(self._requests, (t_ns, request))

    def _refuse(self, t_ns: Ns, refused: Refused) -> None:
        self._keep(self._refused, (t_ns, str(refused)))

    def _moment(self, t_ns: Ns, name: str, frame: int | None) -> None:
        self._keep(self._moments, (t_ns, name, frame))

    def _keep(self, kept: list[T], what: T) -> None:
        kept.append(what)
        if len(kept) > MAX_KEPT:
            del kept[:FORGOTTEN]
            self.forgotten += FORGOTTEN


def _said(written: Written) -> str:
    selected = "" if written.key is None else f"[{written.key}]"
    return f"{written.name}{selected}" + ("" if written.command else f" = {written.value}")
