"""A scenario in wall time: its twins on their links, the rig around them in one virtual time.

    camtwin play scenario.toml --live

The user's own clients find the cameras, configure them and stream; the scenario's settings are applied
already, but it starts no acquisition. The timeline begins when clients stream from every camera that has
power. Lateness of this computer is counted and changes no virtual time: edges between twins keep their
nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from camtwin.camera.links import KINDS
from camtwin.links.base.link import LinkStatus
from camtwin.links.gige.faults import Faults
from camtwin.links.kind import OPENINGS, Link, NetworkControls, ServedTwin
from camtwin.links.serve import Over, serve
from camtwin.rig.scenario.play import ScenarioRun
from camtwin.rig.scenario.schema import Scenario, Setup
from camtwin.rig.scenario.steps import Packets
from camtwin.rig.wiring.plan import PlanInvalid
from camtwin.units import MS
from camtwin.wire.u3v import usbip

Links = Sequence[Link]
LEAVES_NS: Final = 100 * MS
LEAVES_TRIES: Final = 50
"""Clients have 5 s to release their cameras after the end."""


class LiveRun(ScenarioRun):
    """A scenario whose cameras have addresses.

    binds     addresses of the cameras by name; those on USB have the first one's, with a USB/IP server there
    links     of the cameras by name, once they are open
    statuses  the latest status of each link
    """

    def __init__(self, scenario: Scenario, binds: Sequence[str], usb_port: int = usbip.PORT) -> None:
        super().__init__(scenario)
        if len(binds) != len(self.cams):
            raise PlanInvalid(f"{len(binds)} addresses for {len(self.cams)} cameras: give one for each")
        for name, cam in self.cams.items():
            opening = OPENINGS.get(KINDS[cam.twin.sheet.link])
            if not opening or not opening.has_frames:
                raise PlanInvalid(f"{name} has no link that carries frames, which a live scenario needs")
        self.binds = dict(zip(self.cams, binds, strict=True))
        self.usb_port = usb_port
        self.links: Mapping[str, Link] = {}
        self.statuses: dict[str, LinkStatus] = {}

    def served(self) -> list[ServedTwin]:
        """Return the cameras to serve; those with network faults on the timeline are prepared for them."""
        faulty = {step.camera for step in self.scenario.timeline if isinstance(step, Packets)}
        quiet = Faults(seed=self.scenario.seed)
        first = self.binds[next(iter(self.binds))]
        return [
            ServedTwin(
                cam.twin,
                self.binds[name] if KINDS[cam.twin.sheet.link].has_network else first,
                self.usb_port,
                quiet if name in faulty else None,
            )
            for name, cam in self.cams.items()
        ]

    def run(
        self,
        *,
        ready: Callable[[LiveRun], object] = lambda _: None,
        status: Callable[[Links], object] = lambda _: None,
        wait: bool = True,
    ) -> None:
        """Run the scenario; return when it is over, or was stopped.

        ready   called once the cameras can be discovered
        status  called twice a second
        wait    for clients that stream from every camera; otherwise the timeline begins when all are ready
        """

        def know(links: Links) -> None:
            self.links = dict(zip(self.cams, links, strict=True))

        def are_ready(links: Links) -> None:
            know(links)
            for name, link in self.links.items():
                if link.stream:
                    self.accounts[name].received = link.stream.wanted
            links[0].runtime.command(self.stand_by)
            ready(self)
            links[0].runtime.command(self._await, wait)

        def report(links: Links) -> None:
            know(links)  # the run may be stopped before the cameras are ready
            self.statuses = dict(zip(self.cams, (link.status() for link in links), strict=True))
            status(links)

        serve(self.served(), ready=are_ready, status=report)
        self.end()

    def _await(self, wait: bool) -> None:
        """Begin the timeline once everything that is waited for is there."""
        if wait:
            for cam in self.cams.values():
                cam.twin.camera.on_moment.subscribe(self._started)
        self._begin_if(not wait)

    def _started(self, _t_ns: int, what: str, _frame_id: int | None) -> None:
        if what == "AcquisitionStart" and self.begun_ns is None:
            self.clock.at(self.clock.now, self._begin_if)

    def _begin_if(self, at_once: bool = False) -> None:
        cameras = [cam.twin.camera for cam in self.cams.values()]
        if self.begun_ns is None and (at_once or all(c.acquiring for c in cameras if c.powered)):
            self.begin()
            self.on_word(0.0, "the timeline starts")
            self.clock.at(self.clock.now + round(self.scenario.seconds * 1e9), self._over)

    def _over(self) -> None:
        self.end()
        self._leave(LEAVES_TRIES)

    def _leave(self, tries: int) -> None:
        """End the run once no client is in control: each can stop its stream and release its camera."""
        if not tries or not any(link.status().client for link in self.links.values()):
            raise Over
        self.clock.at(self.clock.now + LEAVES_NS, self._leave, tries - 1)

    def setup(self, name: str) -> Setup:
        """Return a camera's setup in the scenario, without its start, which is the clients' task."""
        return super().setup(name).model_copy(update={"start": False})

    # -- differences on a real network -------------------------------------------------------------------
    def unplug(self, socket: str) -> str:
        name = super().unplug(socket)
        if stream := self.links[name].stream:
            stream.cut()
        return name

    def packets(self, name: str, faults: Faults) -> None:
        self._network(name).set_faults(faults)

    def network(self, name: str) -> None:
        """Do nothing: the camera is on a real network."""

    def client(self, name: str, alive: bool) -> None:
        """Let a camera's client appear dead by losing everything that hosts send, or end that."""
        link = self._network(name)
        self.accounts[name].cause = "" if alive else "the client died"
        link.deaf = not alive

    def _network(self, name: str) -> NetworkControls:
        """Return the network controls of a camera's link.

        Raises:
            ValueError: its link is not a network
        """
        network = self.links[name].network
        if network is None:
            raise ValueError(f"{name} is on no network: its link is {self.cams[name].twin.sheet.link}")
        return network

    def at(self, name: str) -> str:
        """Return the place where hosts find a camera."""
        return self.links[name].where

    def row(self) -> dict[str, Any]:
        names = ("frames", "dropped_frames", "cut_frames", "late_frames", "resent_packets", "packets")
        links = {
            name: {each: getattr(status, each) for each in names} | {"faults": dict(status.faults)}
            for name, status in self.statuses.items()
        }
        return super().row() | {"links": links}

    def lines(self) -> list[str]:
        links = [
            f"{name} at {self.at(name)}: {s.frames} frames sent, {s.cut_frames} cut, {s.dropped_frames} "
            f"dropped because this computer is too slow, {s.resent_packets} packets resent"
            for name, s in self.statuses.items()
        ]
        head, *rest = super().lines()
        return [head, *rest[: len(self.cams)], *links, *rest[len(self.cams) :]]
