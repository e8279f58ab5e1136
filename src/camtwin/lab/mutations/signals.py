"""Lines, triggers, timers, counters, sequencer, events and chunks, wrong one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from camtwin.camera.features.chunk_data_control import IDS
from camtwin.camera.features.event_control import EVENTS
from camtwin.camera.signals import heard
from camtwin.lab.checks.events import LINK
from camtwin.lab.claims import load
from camtwin.lab.mutations import mutate
from camtwin.lab.mutations.sensor import scaled, without
from camtwin.links.memory import Frame, Session
from camtwin.wire.chunks import HEADER_BYTES

ROWS = load("baumer-vcxg-124m")


def rows(prefix: str) -> dict[str, str]:
    """Row -> value, of a list."""
    return {row: claim.value for row, claim in ROWS.items() if row.startswith(f"baumer.{prefix}.")}


def _what(call: Any) -> str:
    """`Timer.start`: whose method a route leads to."""
    method: Any = call.func if isinstance(call, partial) else call
    return f"{type(method.__self__).__name__}.{method.__name__}"


def deaf(part: str, source: str, activation: str = "AnyEdge") -> Callable[[Session], None]:
    """A part of the camera, `Timer.start`, does not hear a source."""
    moments = heard(source, activation)

    def patch(cam: Session) -> None:
        signals = cam.twin.camera.signals
        connect = signals.connect

        def connected(routes: dict[str, list[Any]]) -> None:
            connect(
                {m: [c for c in calls if m not in moments or _what(c) != part] for m, calls in routes.items()}
            )

        signals.__dict__["connect"] = connected

    return patch


def tell(wrong: Callable[[str, Callable[[str], None]], object]) -> Callable[[Session], None]:
    """Events go another way to the host: wrong(name, tell)."""

    def patch(cam: Session) -> None:
        events = cam.twin.camera.events
        true = events.notify
        events.__dict__["notify"] = lambda name, t, frame: wrong(name, lambda said: true(said, t, frame))

    return patch


def swallow(event: str) -> Callable[[Session], None]:
    """An event is never told."""
    return tell(lambda name, say: None if name == event else say(name))


WIRE = {"GigEVisionHeartbeatTimeout": "GigEVisionHeartbeatTimeOut", "SoftwareTrigger": "Software", "ReadoutActive": "ReadOutActive"}  # fmt: skip

# -- events ------------------------------------------------------------------------------------------
for row, name in rows("event").items():
    if row.endswith("all_only") or name in LINK:
        continue
    name = WIRE.get(name, name)
    if name == "EventLost":
        mutate(
            "no room is kept for EventLost",
            row,
            patch=lambda cam: setattr(cam.twin.camera.events, "_losing", True),
            also=["baumer.*"],
        )
        continue
    mutate(f"{name} is swallowed", row, also=["baumer.*"], patch=swallow(name))
mutate(
    "the camera knows no FrameEnd",
    "baumer.event.all_only",
    also=["baumer.*"],
    sheet={"features.EventSelector.entries": [n for n in EVENTS.split() if n != "EventLost"]},
)

# -- trigger -----------------------------------------------------------------------------------------
for row, name in rows("trigger.source").items():
    if name not in ("All", "Off"):
        mutate(
            f"the trigger is deaf to {name}",
            row,
            "baumer.trigger.source.all",
            also=["baumer.*"],
            patch=deaf("TriggerPath.edge", name, "RisingEdge"),
        )


def hears_all(cam: Session) -> None:
    """TriggerSource Off is All."""
    camera = cam.twin.camera
    true = camera.signals.connect
    edge = camera.acquisition.trigger.edge

    def connected(routes: dict[str, list[Any]]) -> None:
        s = camera.settings
        if s.TriggerMode["FrameStart"] == "On" and s.TriggerSource["FrameStart"] == "Off":
            routes.setdefault("Line1RisingEdge", []).append(partial(edge, 0))
        true(routes)

    camera.signals.__dict__["connect"] = connected


mutate(
    "Line1 triggers though TriggerSource is Off",
    "baumer.trigger.source.off",
    also=["baumer.*"],
    patch=hears_all,
)
mutate(
    "the mask of actions is not asked",
    "baumer.action.trigger",
    "baumer.action.cmd",
    patch=lambda cam: _any_mask(cam),
)


def _any_mask(cam: Session) -> None:
    true = cam.twin.camera.action
    cam.twin.camera.__dict__["action"] = lambda device, group, mask: true(device, group, 0xFFFF_FFFF)


# -- outputs -----------------------------------------------------------------------------------------
OUTPUTS = {
    "exposure_active": "ExposureActive",
    "timer1": "Timer1Active",
    "readout_active": "ReadoutActive",
    "user_output1": "UserOutput1",
    "user_output2": "UserOutput2",
    "user_output3": "UserOutput3",
    "trigger_ready": "TriggerReady",
}
for row, source in OUTPUTS.items():
    mutate(
        f"outputs do not follow {source}",
        f"baumer.io.output_source.{row}",
        also=["baumer.*"],
        patch=deaf("Line.follow", source),
    )
mutate(
    "an output without exposure pulses",
    "baumer.flash.source",
    also=["baumer.*"],
    patch=deaf("Line.follow", "ExposureActive"),
)


def late(**wrong: int) -> Callable[[Session], None]:
    """Output lines follow so much later, as they rise or as they fall."""

    def patch(cam: Session) -> None:
        line, clock = cam.lines["Line3"], cam.twin.clock
        true = line.follow
        line.__dict__["follow"] = lambda level: clock.at(
            clock.now + wrong["up" if level else "down"], true, level
        )

    return patch


mutate("the flash is 4 us late", "baumer.flash.delay", also=["baumer.*"], patch=late(up=4000, down=4000))
mutate("the flash is 2 us longer", "baumer.flash.duration", also=["baumer.*"], patch=late(up=0, down=2000))


def flickers(cam: Session) -> None:
    """Line3 rises with the exposure though its source is Off."""
    camera = cam.twin.camera
    true = camera.signals.connect

    def connected(routes: dict[str, list[Any]]) -> None:
        if camera.settings.LineSource["Line3"] == "Off":
            routes.setdefault("ExposureStart", []).append(partial(camera.lines["Line3"].follow, True))
        true(routes)

    camera.signals.__dict__["connect"] = connected


mutate(
    "Line3 moves though its source is Off", "baumer.io.output_source.off", also=["baumer.*"], patch=flickers
)
mutate("the optocoupler switches on in 5 us", "baumer.io.out.t_on", sheet={"lines.opto_on_ns": 5000})
mutate("the optocoupler switches off in 60 us", "baumer.io.out.t_off", sheet={"lines.opto_off_ns": 60_000})
mutate(
    "pulses of 1 us pass",
    "baumer.io.in.pulse_min",
    "baumer.io.gpio_in.pulse_min",
    also=["baumer.*"],
    sheet={"lines.filter_ns": 1000},
)
mutate(
    "Line0 can be an output",
    "baumer.io.lines.input",
    sheet={"features.LineMode.outputs": ["Line0", "Line1", "Line2", "Line3"]},
)
mutate(
    "Line3 can be an input",
    "baumer.io.lines.output",
    sheet={"features.LineMode.inputs": ["Line0", "Line1", "Line2", "Line3"]},
)
for number, line in ((1, "Line1"), (2, "Line2")):
    mutate(
        f"{line} is an input only",
        f"baumer.io.lines.gpio{number}",
        also=["baumer.*"],
        sheet={"features.LineMode.outputs": without(line)},
    )
mutate(
    "one debouncer for both edges",
    "baumer.io.debouncer.separate",
    also=["baumer.*"],
    patch=lambda cam: _one_debouncer(cam),
)
mutate(
    "the debouncer goes to 4 ms",
    "baumer.io.debouncer.range",
    sheet={"features.LineDebouncerHighTimeAbs.max": 4000},
)
mutate(
    "the debouncer goes in steps of 5 us",
    "baumer.io.debouncer.step",
    sheet={"features.LineDebouncerHighTimeAbs.inc": 5},
)


def _one_debouncer(cam: Session) -> None:
    for line in cam.lines.values():
        host = line._host

        class Same:
            clock, line_timing, emit, told = host.clock, host.line_timing, host.emit, host.told

            @property
            def settings(self) -> Any:
                s = host.settings  # noqa: B023
                both = s.LineDebouncerHighTimeAbs_ns
                return replace(s, LineDebouncerLowTimeAbs_ns=both)

        line._host = Same()


# -- timer and counters ------------------------------------------------------------------------------
for row, name in rows("timer.source").items():
    if name != "Off":
        mutate(
            f"the timer is deaf to {name}",
            row,
            also=["baumer.*"],
            patch=deaf("Timer.start", WIRE.get(name, name)),
        )
for row, name in rows("counter.event").items():
    for source in {"Counter1End or Counter2End": ["Counter1End", "Counter2End"], "Off": []}.get(name, [name]):
        mutate(f"counters are deaf to {source}", row, also=["baumer.*"], patch=deaf("Counter.count", source))
for row, name in rows("counter.reset").items():
    if name != "Off":
        mutate(f"counters are not reset by {name}", row, also=["baumer.*"], patch=deaf("Counter.reset", name))


def always(
    moment: str, part: Callable[[Any], Callable[[], object]], unless: Callable[[Any], bool]
) -> Callable[[Session], None]:
    """A part hears a moment that nobody chose for it."""

    def patch(cam: Session) -> None:
        camera = cam.twin.camera
        true = camera.signals.connect

        def connected(routes: dict[str, list[Any]]) -> None:
            if not unless(camera.settings):
                routes.setdefault(moment, []).append(part(camera))
            true(routes)

        camera.signals.__dict__["connect"] = connected

    return patch


mutate(
    "the timer starts with exposures though Off",
    "baumer.timer.source.off",
    also=["baumer.*"],
    patch=always(
        "ExposureStart", lambda c: c.timers["Timer1"].start, lambda s: s.TimerTriggerSource["Timer1"] != "Off"
    ),
)
mutate(
    "a counter counts exposures though Off",
    "baumer.counter.event.off",
    also=["baumer.*"],
    patch=always(
        "ExposureStart",
        lambda c: c.counters["Counter1"].count,
        lambda s: s.CounterEventSource["Counter1"] != "Off",
    ),
)
mutate(
    "a counter is reset by Line1 though Off",
    "baumer.counter.reset.off",
    also=["baumer.*"],
    patch=always(
        "Line1RisingEdge",
        lambda c: c.counters["Counter1"].reset,
        lambda s: s.CounterResetSource["Counter1"] != "Off",
    ),
)


def runs_over(cam: Session) -> None:
    """Counters go on beyond CounterDuration."""
    for counter in cam.twin.camera.counters.values():
        true = counter.count

        def count(counter: Any = counter, true: Any = true) -> None:
            before = counter.value
            true()
            counter.value = before + 1

        counter.__dict__["count"] = count


mutate("counters count on beyond their end", "baumer.counter.value", also=["baumer.*"], patch=runs_over)
for number, second in ((1, 2), (2, 1)):
    mutate(
        f"Counter{second} moves with Counter{number}",
        f"baumer.counter.selector.{number}",
        also=["baumer.*"],
        patch=lambda cam, number=number, second=second: _together(
            cam, f"Counter{number}", f"Counter{second}"
        ),
    )


def _together(cam: Session, one: str, other: str) -> None:
    counters = cam.twin.camera.counters
    true = counters[one].count
    counters[one].__dict__["count"] = lambda: (true(), setattr(counters[other], "value", counters[one].value))


LIMITS: dict[str, tuple[str, Any, list[str], list[str]]] = {
    "TimerDelay to 1 s": ("TimerDelay.max", 1_000_000, ["baumer.timer.delay_range"], []),
    "TimerDelay in steps of 2": ("TimerDelay.inc", 2, ["baumer.timer.delay_step"], []),
    "TimerDuration from 1": ("TimerDuration.min", 1, ["baumer.timer.duration_range"], []),
    "TimerDuration in steps of 2": ("TimerDuration.inc", 2, ["baumer.timer.duration_step"], []),
    "127 sets": ("SequencerSetSelector.max", 126, ["baumer.sequencer.sets"], []),
    "3 paths": ("SequencerPathSelector.max", 2, ["baumer.sequencer.paths"], []),
    "the sequencer hears no Line2": (
        "SequencerTriggerSource.entries",
        ["Off", "Line0", "Line1", "ExposureActive", "ReadOutActive", "Timer1End", "Counter1End", "Counter2End"],
        ["baumer.sequencer.trigger_count"],
        ["baumer.sequencer.paths", "baumer.sequencer.trigger.line2"],
    ),
    "16 chunks": ("ChunkSelector.entries", [n for n in IDS if n != "Timestamp"], ["baumer.chunk.all_only"], ["baumer.chunk.timestamp"]),
}  # fmt: skip
for name, (path, value, proves, also) in LIMITS.items():
    mutate(name, *proves, also=also, sheet={f"features.{path}": value})


def slow_timer(cam: Session) -> None:
    """TimerDelay is doubled."""
    timer = cam.twin.camera.timers["Timer1"]
    true, host = timer.start, timer._host

    def start() -> None:
        clock = host.clock
        clock.at(clock.now + host.settings.TimerDelay_ns["Timer1"], true)

    timer.__dict__["start"] = start


mutate(
    "TimerTriggerSource without a TimerSelector of its name",
    "baumer.timer.selector",
    patch=lambda cam: _second_timer(cam),
)


def _second_timer(cam: Session) -> None:
    node = cam.twin.camera.tree.nodes["TimerSelector"]
    node.entries = {**node.entries, "Timer2": 2}


mutate("an encoder counts eleven", "baumer.encoder", also=["baumer.*"], patch=lambda cam: _eleven(cam))


def _eleven(cam: Session) -> None:
    counter = cam.twin.camera.counters["Counter1"]
    true, seen = counter.count, [0]

    def count() -> None:
        seen[0] += 1
        if seen[0] % 11:
            true()

    counter.__dict__["count"] = count


# -- sequencer ---------------------------------------------------------------------------------------
def deaf_sequencer(source: str) -> Callable[[Session], None]:
    moments = heard(source, "AnyEdge")

    def patch(cam: Session) -> None:
        sequencer = cam.twin.camera.sequencer
        true = sequencer.hear
        sequencer.__dict__["hear"] = lambda moment: None if moment in moments else true(moment)

    return patch


for row, name in rows("sequencer.trigger").items():
    mutate(
        f"the sequencer is deaf to {name}", row, also=["baumer.*"], patch=deaf_sequencer(WIRE.get(name, name))
    )
for row, name in rows("sequencer.param").items():
    attr = {"ExposureTime": "ExposureTime_ns", "Gain": "Gain_dB"}.get(name, name)
    if name != "UserOutputValueAll":
        mutate(
            f"sets do not hold {name}",
            row,
            also=["baumer.*"],
            patch=lambda cam, attr=attr: _forgets(cam, attr),
        )
mutate(
    "sets do not hold the outputs",
    "baumer.sequencer.param.user_output_value_all",
    "baumer.sequencer.groups",
    also=["baumer.*"],
    patch=lambda cam: _forgets(cam, "UserOutputValue"),
)


def _forgets(cam: Session, attr: str) -> None:
    """Sets are kept without one of their values."""
    sequencer = cam.twin.camera.sequencer
    true = sequencer.save

    def save(number: int) -> None:
        true(number)
        sequencer.sets[number] = {k: v for k, v in sequencer.sets[number].items() if k != attr}

    sequencer.__dict__["save"] = save


# -- chunks ------------------------------------------------------------------------------------------
def spoilt(name: str) -> Callable[[Session], None]:
    """The first byte that counts of this chunk's value is another."""

    def patch(cam: Session) -> None:
        true = cam._frame

        def frame(transfer: Any) -> Frame:
            f = true(transfer)
            return replace(f, chunk_bytes=_spoil(f.chunk_bytes, IDS[name]))

        cam.__dict__["_frame"] = frame

    return patch


def _spoil(tail: bytes, number: int) -> bytes:
    out, end = bytearray(tail), len(tail)
    while end >= HEADER_BYTES:
        found = int.from_bytes(tail[end - 8 : end - 4], "big")
        length = int.from_bytes(tail[end - 4 : end], "big")
        begin = end - HEADER_BYTES - length
        if found == number:
            if begin >= 0:
                out[begin + (0 if length == 8 and number in FLOATS else length - 1)] ^= 1
            else:
                out[end - 1] ^= 2
        end = begin
    return bytes(out)


FLOATS = {IDS[name] for name in ("DeviceTemperature", "ExposureTime", "Gain")}
for row, name in rows("chunk").items():
    if name in IDS:
        mutate(f"chunk {name} has a bit wrong", row, also=["baumer.*"], patch=spoilt(name))
mutate(
    "chunks come though ChunkModeActive is off",
    "baumer.chunk.mode",
    also=["baumer.*"],
    patch=lambda cam: _more_bytes(cam),
)


def _more_bytes(cam: Session) -> None:
    true = cam._frame
    cam.__dict__["_frame"] = lambda transfer: replace(
        f := true(transfer), chunk_bytes=f.chunk_bytes or bytes(8)
    )


# -- what the camera keeps and does to itself --------------------------------------------------------
def other(part: str, name: str, wrong: Callable[..., Any]) -> Callable[[Session], None]:
    """A method of a part of the camera is replaced: wrong(true method, *arguments)."""

    def patch(cam: Session) -> None:
        it: Any = cam.twin.camera
        for step in filter(None, part.split(".")):
            it = getattr(it, step)
        true = getattr(it, name)
        it.__dict__[name] = lambda *args, **more: wrong(true, *args, **more)

    return patch


mutate(
    "a power cycle changes nothing",
    "baumer.userset.1",
    "baumer.userset.2",
    "baumer.userset.3",
    also=["baumer.*"],
    patch=other("", "power_cycle", lambda true: None),
)
mutate(
    "counts of frames wrap at 2^16",
    "baumer.frame_counter",
    also=["baumer.*"],
    patch=other("", "next_frame_id", lambda true: true() % 65536),
)
mutate(
    "timestamps have 32 bits",
    "baumer.timestamp.bits",
    also=["baumer.*"],
    patch=other("", "preset_timestamp", lambda true, ns: true(ns % 2**32)),
)
mutate(
    "the delay between packets is doubled",
    "baumer.net.packet_delay",
    also=["baumer.*"],
    patch=lambda cam: _more_delay(cam),
)
mutate(
    "Exceeded lets images through",
    "baumer.temp.cutoff",
    "baumer.temp.operating_max_internal",
    also=["baumer.*"],
    patch=other("", "stall", lambda true, why: None if why == "heat" else true(why)),
)
mutate(
    "a stalled link flows",
    "baumer.memory.buffer_trigger",
    "baumer.memory.buffer_freerun",
    also=["baumer.*"],
    patch=other("", "stall", lambda true, why: None),
)
for row in ("normal_high", "high_exceeded", "exceeded_normal"):
    mutate(
        f"no event on {row}",
        f"baumer.temp.event.{row}",
        also=["baumer.*"],
        patch=lambda cam, row=row: _no_change(cam, row),
    )
mutate(
    "the thermometer stands still",
    "baumer.temp.sensor",
    "baumer.temp.range",
    "baumer.temp.accuracy_low",
    "baumer.temp.accuracy_high",
    also=["baumer.*"],
    patch=other("housing", "hold", lambda true, C: true(30.0)),
)


def _more_delay(cam: Session) -> None:
    timing = cam.twin.camera.transmitter.timing

    class Wrong:
        wire = getattr(timing, "wire", None)

        def transfer_ns(self, settings: Any, payload_bytes: int) -> int:
            return timing.transfer_ns(replace(settings, GevSCPD=2 * settings.GevSCPD), payload_bytes)

    cam.twin.camera.transmitter.timing = Wrong()


def _no_change(cam: Session, row: str) -> None:
    camera, (before, after) = cam.twin.camera, row.split("_")
    housing, true = camera.housing, camera._status_changed

    def changed(new: str, old: str) -> None:
        if (old.lower(), new.lower()) == (before, after):
            emit = camera.emit
            camera.__dict__["emit"] = lambda *_: None
            true(new, old)
            camera.__dict__["emit"] = emit
        else:
            true(new, old)

    for name, value in vars(housing).items():
        if value == true:
            setattr(housing, name, changed)


for row, feature, entries in (
    ("baumer.auto.exposure", "ExposureAuto", ["Off"]),
    ("baumer.auto.gain", "GainAuto", ["Off"]),
    ("baumer.auto.priority", "BrightnessAutoPriority", ["ExposureAuto"]),
):
    mutate(
        f"{feature} offers {entries[0]} only",
        row,
        also=["baumer.auto.*"],
        sheet={f"features.{feature}.entries": entries},
    )
mutate(
    "custom data are writable at any time",
    "baumer.custom_data.mode",
    sheet={"features.CustomDataConfigurationMode.default": "On"},
)
mutate("127 bytes of custom data", "baumer.custom_data", sheet={"features.CustomDataSelector.max": 126})


# -- the rest ----------------------------------------------------------------------------------------
def also_entry(feature: str, entry: str) -> Callable[[Session], None]:
    """An enumeration offers an entry more."""

    def patch(cam: Session) -> None:
        node = cam.twin.camera.tree.nodes[feature]
        node.entries = {**node.entries, entry: 99}

    return patch


def half_seconds(cam: Session) -> None:
    true = cam._frame
    cam.__dict__["_frame"] = lambda transfer: replace(
        f := true(transfer), timestamp_ns=f.timestamp_ns // 16 * 8
    )


def unlimited(cam: Session) -> None:
    timing = cam.twin.camera.transmitter.timing

    class Wrong:
        wire = getattr(timing, "wire", None)

        def transfer_ns(self, settings: Any, payload_bytes: int) -> int:
            return timing.transfer_ns(replace(settings, DeviceLinkThroughputLimit=10**12), payload_bytes)

    cam.twin.camera.transmitter.timing = Wrong()


mutate(
    "the camera is 3 K warmer than it is held",
    "baumer.noise.condition.temperature",
    also=["baumer.*"],
    patch=other("housing", "hold", lambda true, C: true(C + 3)),
)
mutate(
    "AcquisitionTriggerWait is AcquisitionActive",
    "baumer.acq.status.trigger_wait",
    also=["baumer.*"],
    patch=other(
        "signals",
        "level",
        lambda true, name: true("AcquisitionActive" if name == "AcquisitionTriggerWait" else name),
    ),
)
mutate(
    "AcquisitionActive stays false",
    "baumer.acq.status.active",
    also=["baumer.*"],
    patch=other("signals", "level", lambda true, name: name != "AcquisitionActive" and true(name)),
)
mutate(
    "ExposureMode TriggerWidth",
    "baumer.exposure.mode",
    also=["baumer.*"],
    patch=also_entry("ExposureMode", "TriggerWidth"),
)
mutate("timestamps count halves", "baumer.timestamp.unit", also=["baumer.*"], patch=half_seconds)
mutate("DeviceLinkThroughputLimit is not kept", "baumer.link.throughput_limit", patch=unlimited)
mutate(
    "the wire is as fast as two",
    "baumer.net.gigabit",
    also=["baumer.*"],
    sheet={"gige.bits_per_s": scaled(2)},
)
mutate(
    "kept settings lack the gain",
    "baumer.userset.parameters",
    also=["baumer.*"],
    patch=other(
        "tree",
        "load",
        lambda true, device, kept: true(device, {k: v for k, v in kept.items() if k != "Gain_dB"}),
    ),
)
mutate(
    "the factory's set has 5 ms",
    "baumer.userset.0",
    also=["baumer.*"],
    sheet={"features.ExposureTime.default": 5000},
)
