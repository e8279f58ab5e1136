"""Triggers and the clock, wrong one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from camtwin.camera.frames.acquisition import E
from camtwin.session.session import Session
from camtwin.twins import Twin
from camtwin.units import MS
from mutations.registry import mutate
from mutations.tools import Wrong, action, always, answers, both, deaf, framed, other, ready, rows, twins

for row, name in rows("trigger.source").items():
    if name not in ("All", "Off"):
        mutate(
            f"the trigger is deaf to {name}",
            row,
            "baumer.trigger.source.all",
            *(["basler.trigger.hardware"] if name == "Line1" else []),
            patch=deaf("TriggerPath.edge", name, "RisingEdge"),
        )
mutate(
    "Line1 triggers though TriggerSource is Off",
    "baumer.trigger.source.off",
    patch=always(
        "Line1RisingEdge",
        lambda c: partial(c.acquisition.trigger.edge, 0),
        lambda s: s.TriggerMode["FrameStart"] == "Off" or s.TriggerSource["FrameStart"] != "Off",
    ),
)
mutate(
    "the mask of actions is not asked",
    "baumer.action.trigger",
    "baumer.action.cmd",
    patch=other("", "action", lambda true, device, group, mask: true(device, group, 0xFFFF_FFFF)),
)


def impatient(m: Any, true: Any) -> Any:
    """Five seconds without a trigger, and the camera takes a frame by itself."""
    then = true()
    m.host.clock.at(m.host.clock.now + 5000 * MS, m.fire, E.TRIGGER)
    return then


def stays_on(true: Any, cam: Session, name: str, value: Any) -> None:
    """TriggerMode, once On, stays On."""
    if (name, value) == ("TriggerMode", "On"):
        vars(cam)["_on"] = True
    true(cam, name, "On" if name == "TriggerMode" and "_on" in vars(cam) else value)


def _every_eleventh(twin: Twin) -> None:
    counter = twin.camera.counters["Counter1"]
    true, seen = counter.count, [0]

    def count() -> None:
        seen[0] += 1
        if seen[0] % 11:
            true()

    counter.__dict__["count"] = count


def _dear() -> Wrong:
    """Let each skipped trigger delay the next frame."""

    def skip(m: Any, true: Any) -> None:
        m._skipped = getattr(m, "_skipped", 0) + 1
        true()
        m.fire(E.RETIME)

    def take(m: Any, true: Any) -> Any:
        m._skipped = 0
        return true()

    late = ready(lambda m, s, t: t + getattr(m, "_skipped", 0) * MS)
    return both(action("skip", skip), action("take", take), late)


mutate(
    "no trigger for five seconds is a trigger",
    "baumer.trigger.mode_on",
    "basler.trigger.software",
    patch=action("become_ready", impatient),
)
mutate(
    "TriggerMode does not go back to Off",
    "baumer.trigger.mode_off",
    "basler.trigger.freerun",
    patch=answers("__setattr__", stays_on),
)
mutate("triggers take 1 us longer", "baumer.trigger.fixed_delay", sheet={"trigger.latency_ns": 98_700})
mutate("a grid of 12 us", "baumer.trigger.max_delay", sheet={"trigger.grid_ns": 12_000})
mutate("a queue of 255", "baumer.trigger.buffer", sheet={"trigger.queue": 255})
mutate("a queue of 257", "baumer.trigger.buffer", sheet={"trigger.queue": 257})
mutate(
    "triggers wait for the readout",
    "baumer.trigger.overlap",
    patch=ready(lambda m, s, t: max(t, m.readout_end)),
)
mutate(
    "each skipped trigger costs a millisecond",
    "baumer.iface.condition",
    patch=_dear(),
)
mutate(
    "an edge of an encoder gets lost",
    "baumer.encoder",
    patch=twins(_every_eleventh),
)

# -- the clock ---------------------------------------------------------------------------------------
mutate("the clock ticks every 4 ns", "baumer.timestamp.increment", sheet={"clock.tick_ns": 4})
mutate(
    "timestamps are 200 ppm fast",
    "baumer.timestamp.unit",
    patch=framed(lambda f: replace(f, timestamp_ns=f.timestamp_ns + f.timestamp_ns // 40_000 * 8)),
)
mutate(
    "timestamps have 32 bits",
    "baumer.timestamp.bits",
    patch=other("", "preset_timestamp", lambda true, ns: true(ns % 2**32)),
)
mutate(
    "counts of frames wrap at 2^16",
    "baumer.frame_counter",
    patch=other("numbers", "begin", lambda true: true() % 65536),
)
