"""Bench of the camera's tests: a camera in virtual time without images, and queries of its log."""

from dataclasses import dataclass, field, replace
from typing import Any

from camtwin.camera import Camera, Exposure, Transfer
from camtwin.genicam import Writer
from camtwin.models import load
from camtwin.twins import Twin, build
from camtwin.units import Ns

MODEL = "baumer-vcxg-124m"


@dataclass
class Bench:
    """One camera, what it said and what it delivered."""

    twin: Twin
    log: list[tuple[Ns, str, int | None]] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    delivered: list[Transfer] = field(default_factory=list)
    sent: list[Transfer] = field(default_factory=list)
    aborts: list[Ns] = field(default_factory=list)

    @property
    def camera(self) -> Camera:
        return self.twin.camera

    def set(self, **settings: Any) -> None:
        """Write settings past all limits, as they are held: By values by their one key."""
        s = self.camera.settings
        for name, value in settings.items():
            held = getattr(s, name)
            keyed = hasattr(held, "replace") and not isinstance(held, str)
            s = replace(s, **{name: held.replace(next(iter(held)), value) if keyed else value})
        self.camera.apply(s, by=Writer.HOST)

    def at(self, t_ns: Ns) -> Camera:
        """Return the camera at t_ns, for a command."""
        self.twin.clock.advance_to(t_ns)
        return self.camera

    def times(self, name: str) -> list[Ns]:
        return [t for t, n, _ in self.log if n == name]


def bench(link_bits_per_s: int | None = 0, **settings: Any) -> Bench:
    twin = build(load(MODEL), link_bits_per_s=link_bits_per_s)
    b = Bench(twin)
    twin.camera.on_moment.subscribe(lambda *event: b.log.append(event))
    twin.camera.on_exposure.subscribe(b.exposures.append)
    twin.camera.transmitter.on_delivery.subscribe(b.delivered.append)
    twin.camera.transmitter.on_transfer.subscribe(b.sent.append)
    twin.camera.transmitter.on_abort.subscribe(lambda: b.aborts.append(twin.clock.now))
    b.set(**settings)
    return b


def rate_Hz(moments: list[Ns]) -> float:
    return (len(moments) - 1) * 1e9 / (moments[-1] - moments[0])
