"""Timer and counters, wrong one thing at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

from camtwin.twins import Twin
from mutations.registry import mutate
from mutations.tools import WIRE, also_entry, always, deaf, rows, twins

for row, name in rows("timer.source").items():
    if name != "Off":
        mutate(
            f"the timer is deaf to {name}",
            row,
            patch=deaf("Timer.start", WIRE.get(name, name)),
        )
for row, name in rows("counter.event").items():
    for source in {"Counter1End or Counter2End": ["Counter1End", "Counter2End"], "Off": []}.get(name, [name]):
        mutate(f"counters are deaf to {source}", row, patch=deaf("Counter.count", source))
for row, name in rows("counter.reset").items():
    if name != "Off":
        mutate(f"counters are not reset by {name}", row, patch=deaf("Counter.reset", name))


mutate(
    "the timer starts with exposures though Off",
    "baumer.timer.source.off",
    patch=always(
        "ExposureStart", lambda c: c.timers["Timer1"].start, lambda s: s.TimerTriggerSource["Timer1"] != "Off"
    ),
)
mutate(
    "a counter counts exposures though Off",
    "baumer.counter.event.off",
    patch=always(
        "ExposureStart",
        lambda c: c.counters["Counter1"].count,
        lambda s: s.CounterEventSource["Counter1"] != "Off",
    ),
)
mutate(
    "a counter is reset by Line1 though Off",
    "baumer.counter.reset.off",
    patch=always(
        "Line1RisingEdge",
        lambda c: c.counters["Counter1"].reset,
        lambda s: s.CounterResetSource["Counter1"] != "Off",
    ),
)


def runs_over(twin: Twin) -> None:
    """Counters go on beyond CounterDuration."""
    for counter in twin.camera.counters.values():
        true = counter.count

        def count(counter: Any = counter, true: Any = true) -> None:
            before = counter.value
            true()
            counter.value = before + 1

        counter.__dict__["count"] = count


mutate("counters count on beyond their end", "baumer.counter.value", patch=twins(runs_over))


def _together(one: str, other: str, twin: Twin) -> None:
    counters = twin.camera.counters
    true = counters[one].count
    counters[one].__dict__["count"] = lambda: (true(), setattr(counters[other], "value", counters[one].value))


for number, second in ((1, 2), (2, 1)):
    mutate(
        f"Counter{second} moves with Counter{number}",
        f"baumer.counter.selector.{number}",
        patch=twins(partial(_together, f"Counter{number}", f"Counter{second}")),
    )
for feature, limit, value, row in (
    ("TimerDelay", "max", 1_000_000, "delay_range"),
    ("TimerDelay", "inc", 2, "delay_step"),
    ("TimerDuration", "min", 1, "duration_range"),
    ("TimerDuration", "inc", 2, "duration_step"),
):
    mutate(
        f"{feature} has {limit} {value}", f"baumer.timer.{row}", sheet={f"features.{feature}.{limit}": value}
    )
mutate("there is a Timer2", "baumer.timer.selector", patch=also_entry("TimerSelector", "Timer2"))
