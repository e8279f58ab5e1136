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
from camtwin.problem import Refused
from camtwin.rig import RigSheet, has_rig, sheet_of
from camtwin.scene import Scene
from camtwin.sensor.flaws import Flaws
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.verify.claims import Claim

if TYPE_CHECKING:
    from camtwin import BareSensor
    from camtwin.genicam import Shown
    from camtwin.models import Fact

T = TypeVar("T")
NOTES: Final = 8


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
        render: bool = False,
        link_speed: str | int | None = "sheet",
        **features: Shown,
    ) -> Session:
        """Open a fresh session, switched on at virtual time 0, with settings and features in this order.

        render: make pictures; without them thousands of frames take no time.
        """
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

    @cached_property
    def around(self) -> RigSheet:
        """Look up what surrounds the camera: connectors, circuits, supplies, climate."""
        return sheet_of(self.model)

    def record(self, name: str) -> Fact:
        """Look up a fact on record, `mechanics.weight`, as `camtwin show` has it: value, unit, source."""
        facts = self.around.facts if has_rig(self.model) else ()
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


def shown(value: object) -> str:
    """Show a value to people: numbers with six digits at most."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {shown(v)}" for k, v in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(map(shown, value))
    return str(value)
