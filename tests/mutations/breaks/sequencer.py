"""The sequencer, wrong one thing at a time."""

from __future__ import annotations

from camtwin.twins import Twin
from mutations.registry import mutate
from mutations.tools import WIRE, Wrong, rows, twins, without


def deaf_sequencer(source: str) -> Wrong:
    def alter(twin: Twin) -> None:
        moments = twin.camera.signals.moments_of(source, "AnyEdge")
        sequencer = twin.camera.sequencer
        true = sequencer.on_moment
        sequencer.__dict__["on_moment"] = lambda moment: None if moment in moments else true(moment)

    return twins(alter)


def forgets(*attrs: str) -> Wrong:
    """Save sets without some of their values."""

    def alter(twin: Twin) -> None:
        sequencer = twin.camera.sequencer
        true = sequencer.save

        def save(number: int) -> None:
            true(number)
            kept = sequencer.sets[number]
            sequencer.sets[number] = {k: v for k, v in kept.items() if k not in attrs}

        sequencer.__dict__["save"] = save

    return twins(alter)


for row, name in rows("sequencer.trigger").items():
    mutate(f"the sequencer is deaf to {name}", row, patch=deaf_sequencer(WIRE.get(name, name)))
ATTRS = {"ExposureTime": "ExposureTime_ns", "Gain": "Gain_dB"}
GROUPED = ("ExposureTime", "Gain", "TriggerMode", "Height", "UserOutputValue")
"""The parameters by which the row of the groups tries each of them."""
for row, name in rows("sequencer.param").items():
    others = ("baumer.sequencer.groups",) if name in GROUPED else ()
    if name == "UserOutputValue":
        others += (f"{row}_all",)  # a view of the same values
    if name not in ("ExposureMode", "UserOutputValueAll"):  # the first has one value: nothing can change
        mutate(f"sets do not hold {name}", row, *others, patch=forgets(ATTRS.get(name, name)))
mutate(
    "SequencerFeatureSelector has no ExposureMode",
    "baumer.sequencer.param.exposure_mode",
    sheet={"features.SequencerFeatureSelector.entries": without("ExposureMode")},
)
mutate("127 sets", "baumer.sequencer.sets", sheet={"features.SequencerSetSelector.max": 126})
mutate("3 paths", "baumer.sequencer.paths", sheet={"features.SequencerPathSelector.max": 2})
mutate(
    "the sequencer offers no Line2",
    "baumer.sequencer.trigger_count",
    sheet={
        "features.SequencerTriggerSource.entries": [
            *("Off", "Line0", "Line1", "ExposureActive", "ReadoutActive"),
            *("Timer1End", "Counter1End", "Counter2End"),
        ]
    },
)
