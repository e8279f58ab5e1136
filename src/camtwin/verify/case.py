"""A case gives a measurement its claim, fresh sessions of the twin, and ways to report what was seen.

    @measurement("increment")
    def increment(case: Case, feature: str) -> None:
        case.equal(f"increment of {feature}", case.open().increment(feature), case.claim.number)

What it measures is noted, and the first thing that is not as claimed ends it. Measurements know no camera, no
data sheet and no number but the claim's and those that its row of the ledger gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import camtwin
from camtwin import rig
from camtwin.problem import Refused
from camtwin.scene import Scene
from camtwin.sensor.flaws import Flaws
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.verify.claims import Claim

if TYPE_CHECKING:
    from camtwin import BareSensor
    from camtwin.genicam import Shown
    from camtwin.models import Fact
    from camtwin.models.rig import Input, Output

T = TypeVar("T")
NOTES: Final = 8
CLEAN: Final = "clean"
"""In place of the words of findings: nothing is to be said."""
DEVICES: Final[dict[str, dict[str, Any]]] = {
    "psu": {"kind": "supply", "volts": 24.0},
    "host": {"kind": "host"},
    "gen": {"kind": "generator", "ohm": 0.01},
    "ext": {"kind": "supply", "volts": 24.0},
    "load": {"kind": "generator", "ohm": 1.0, "limit_mA": 10.0},
}
"""Devices of wiring plans, if a wire names them and a measurement has no other of that name."""


class Wrong(Exception):
    """The sheet claims something else than was measured; one line that says how."""


@dataclass
class Case:
    """Give a measurement the claim and fresh sessions, and keep what it says of them.

    shared  kept between the rows of one measurement, for work that serves several of them
    """

    model: str
    claim: Claim
    shared: dict[Any, Any] = field(default_factory=dict[Any, Any])
    notes: list[str] = field(default_factory=list[str])
    unmeasured: str = ""  # why the claim is not measured in full

    # -- a camera --------------------------------------------------------------------------------
    def open(
        self,
        settings: Mapping[str, Shown] | None = None,
        /,
        *,
        scene: Scene | None = None,
        seed: int = 1,
        render: bool | None = None,
        link_speed: str | int | None = "sheet",
        **features: Shown,
    ) -> Session:
        """Open a fresh session, switched on at virtual time 0, with settings and features in this order.

        render: make pictures, as it does of a scene; without them thousands of frames take no time.
        """
        render = scene is not None if render is None else render
        cam = camtwin.open(self.model, scene=scene, seed=seed, render=render, link_speed=link_speed)
        self.write(cam, **(settings or {}))
        self.write(cam, **features)
        return cam

    def shot(
        self,
        features: Mapping[str, Shown] | None = None,
        /,
        scene: Scene | None = None,
        link_speed: str | int | None = "sheet",
        **more: Shown,
    ) -> Frame:
        """Take one picture of a scene, with a fresh session."""
        settings = {**(features or {}), **more}
        return self.open(settings, scene=scene, render=True, link_speed=link_speed).grab()[0]

    def sensor(
        self,
        registers: Mapping[str, int] | None = None,
        /,
        *,
        scene: Scene | None = None,
        inck_MHz: float = 24,
        beside: BareSensor | None = None,
        flaws: Flaws | None = None,
        **more: int,
    ) -> BareSensor:
        """Power up the bare sensor, and write registers in this order.

        beside: another one, on whose clock and board it lives, with the other address.
        """
        there = camtwin.open_sensor(
            self.model,
            scene=scene,
            seed=1,
            inck_hz=round(inck_MHz * 1e6),
            clock=beside and beside.clock,
            slasel=beside is not None,
            flaws=flaws,
        )
        for name, value in {**(registers or {}), **more}.items():
            if there.write(name, value).refusal:
                self.wrong(f"register {name} is not acknowledged")
        return there

    # -- a camera in a wiring plan ---------------------------------------------------------------
    @cached_property
    def around(self) -> rig.RigSheet:
        """Look up what surrounds the camera: connectors, circuits, supplies, climate."""
        return rig.sheet_of(self.model)

    def input(self, line: str) -> Input:
        """Look up the circuit of an input."""
        return self._circuit(line, self.around.inputs)

    def output(self, line: str) -> Output:
        """Look up the circuit of an output."""
        return self._circuit(line, self.around.outputs)

    def _circuit(self, line: str, known: Mapping[str, T]) -> T:
        if line not in known:
            self.wrong(f"{line} is none of {', '.join(sorted(known)) or 'its lines, as there are none'}")
        return known[line]

    def planned(
        self,
        wires: Iterable[list[str]],
        *,
        outputs: Iterable[str] = (),
        cable: dict[str, Any] | None = None,
        **devices: dict[str, Any],
    ) -> rig.Plan:
        """Plan the camera, `cam`, with the devices that are given, and those that wires name of DEVICES."""
        joined = [*wires, *(cable or {}).get("wires", ())]
        used = {end.partition(".")[0] for wire in joined for end in wire}
        camera = {"kind": "camera", "model": self.model, "outputs": list(outputs)}
        usual = {name: device for name, device in DEVICES.items() if name in used}
        plan = {
            "devices": {"cam": camera, **usual, **devices},
            "wires": list(wires),
            "cables": [cable] if cable else [],
        }
        return rig.read(plan, {"cam": self.around})

    def wired(
        self, wires: Iterable[list[str]], *, cam: Session | None = None, **plan: Any
    ) -> tuple[Session, rig.Bench]:
        """Open a session, and put the rig of such a plan around it."""
        session = cam or self.open()
        return session, rig.Bench(self.planned(wires, **plan), {"cam": session})

    def judged(self, wires: Iterable[list[str]], where: str = "", **plan: Any) -> tuple[str, str]:
        """Ask the wiring tool of a plan, at connections whose name contains this: its words, and why.

        A level that is close to its limit is as the sheet wants it.
        """
        findings = [f for f in rig.check(self.planned(wires, **plan)).findings if where in f.where]
        words = {f.word for f in findings if f.verdict != "ok"} - {"low", "high"}
        return said(words), "; ".join(f.reason for f in findings)

    # -- and what is on record -------------------------------------------------------------------
    def record(self, name: str) -> Fact:
        """Look up a fact on record, `mechanics.weight`, as `camtwin show` has it: value, unit, source."""
        facts = self.around.facts if rig.has_rig(self.model) else ()
        known = (fact for fact in facts if fact.path.removeprefix("record.") == name)
        return next(known, None) or self.open().record(name)

    def write(self, cam: Session, **features: Shown) -> None:
        """Write features in this order; what is refused is a failure, named."""
        for name, value in features.items():
            try:
                setattr(cam, name, value)
            except (Refused, AttributeError) as refused:
                self.wrong(str(refused))

    def once(self, key: object, measure: Callable[[], T]) -> T:
        """Measure what other rows of the same measurement need, too, the first time it is asked for."""
        if key not in self.shared:
            self.shared[key] = measure()
        return self.shared[key]

    # -- what was measured -----------------------------------------------------------------------
    def saw(self, text: object) -> None:
        """Note what the report shall show beside the sheet's value."""
        if (note := str(text)) not in self.notes:
            self.notes.append(note)

    def leaves_out(self, what: str) -> None:
        """Name a part of the row that cannot be measured here: the report says so."""
        self.unmeasured = f"not measured: {what}"

    @property
    def measured(self) -> str:
        more = len(self.notes) - NOTES
        return "; ".join(self.notes[:NOTES]) + (f"; and {more} more" if more > 0 else "")

    def wrong(self, reason: str) -> NoReturn:
        raise Wrong(reason)

    def that(self, what: str, holds: object) -> None:
        """Require that something is so, in words."""
        if not holds:
            self.wrong(f"not so: {what}")
        self.saw(what)

    def equal(self, what: str, measured: object, wanted: object) -> None:
        self.saw(f"{what} {shown(measured)}")
        if measured != wanted:
            self.wrong(f"{what} is {shown(measured)}, wanted is {shown(wanted)}")

    def near(self, what: str, measured: float, wanted: float, tolerance: float, unit: str = "") -> None:
        """Require a number near another; `tolerance` is in the unit of both."""
        end = f" {unit}".rstrip()
        self.saw(f"{what} {shown(measured)}{end}")
        if not abs(measured - wanted) <= tolerance:
            self.wrong(
                f"{what} is {shown(measured)}{end}, wanted is {shown(wanted)} within {shown(tolerance)}{end}"
            )

    def within(self, what: str, measured: float, low: float, high: float, unit: str = "") -> None:
        end = f" {unit}".rstrip()
        self.saw(f"{what} {shown(measured)}{end}")
        if not low <= measured <= high:
            self.wrong(f"{what} is {shown(measured)}{end}, outside of {shown(low)} to {shown(high)}{end}")

    # -- features --------------------------------------------------------------------------------
    def takes(self, cam: Session, name: str, *values: Shown) -> None:
        """Write each value to the feature, which must read it back."""
        for value in values:
            self.write(cam, **{name: value})
            self.equal(name, getattr(cam, name), value)

    def refuses(self, cam: Session, name: str, *values: Shown) -> None:
        """Write each value to the feature, which must refuse it and keep what it had."""
        for value in values:
            before = getattr(cam, name)
            try:
                setattr(cam, name, value)
            except Refused:
                self.saw(f"{name} {shown(value)} refused")
            else:
                self.wrong(f"{name} takes {shown(value)}")
            self.equal(name, getattr(cam, name), before)

    def limits(self, cam: Session, name: str, low: float, high: float) -> None:
        found = cam.limits(name)
        self.saw(f"{name} {shown(found[0])}..{shown(found[1])}")
        if found != (low, high):
            self.wrong(
                f"{name} goes from {shown(found[0])} to {shown(found[1])}, wanted is {low:g} to {high:g}"
            )

    def entries(self, cam: Session, name: str, wanted: Iterable[str]) -> None:
        """Check that an enumeration offers these and no others, in any order."""
        there, wanted = set(cam.entries(name)), set(wanted)
        self.saw(f"{name}: {', '.join(sorted(there))}")
        if missing := wanted - there:
            self.wrong(f"{name} has no {', '.join(sorted(missing))}")
        if more := there - wanted:
            self.wrong(f"{name} has {', '.join(sorted(more))}, too")

    def lacks(self, cam: Session, *names: str) -> None:
        """Require that there is no feature of these names or patterns."""
        found = [f for f in cam.features() if any(fnmatchcase(f, name) for name in names)]
        self.saw(f"no {', '.join(names)}")
        if found:
            self.wrong(f"has {', '.join(found)}")


def said(words: Iterable[str]) -> str:
    """Join the words of findings, in one order."""
    return " + ".join(sorted(words)) or CLEAN


def shown(value: object) -> str:
    """Show a value to people: numbers with six digits at most."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {shown(v)}" for k, v in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(map(shown, value))
    return str(value)
