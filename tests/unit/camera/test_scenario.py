"""Long random runs: triggers, settings, stalls and sequencer steps, held against the rules of the camera.

The rules, whatever comes: a trigger that is heard becomes a frame or is skipped; exposures follow each other,
and one may overlap the readout of the frame before, but never end before it; readouts follow each other;
numbers rise by one, timestamps never fall; a frame has the exposure time of its own settings.
"""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

import camtwin
from camtwin.problem import Refused
from camtwin.units import MS, SEC, US
from unit.camera.signals.test_sequencer import sequence

KEPT = {
    "AcquisitionStart",
    "AcquisitionEnd",
    "FrameTrigger",
    "TriggerSkipped",
    "FrameStart",
    "ExposureStart",
    "ExposureEnd",
    "ReadoutStart",
    "ReadoutEnd",
    "FrameEnd",
    "FrameTransferSkipped",
    "Line0RisingEdge",
    "Software",
    "Action1",
}


class Run:
    """A camera under random commands, its log, its exposures, and how many frames arrived."""

    def __init__(self) -> None:
        self.cam = cam = camtwin.open("baumer-vcxg-124m", render=False)
        self.camera = cam.twin.camera
        self.log: list[tuple[int, str, int | None]] = []
        self.exposures: list = []
        self.arrived: list[int] = []
        self.edges = self.forgotten = 0
        self.camera.on_moment.subscribe(lambda *e: self.log.append(e) if e[1] in KEPT else None)
        self.camera.on_exposure.subscribe(self.exposures.append)
        self.camera.transmitter.on_delivery.subscribe(lambda t: self.arrived.append(t.exposure.frame_id))
        for text in ("TriggerMode=On", "ActionGroupMask=1", "Height=64", "ExposureTime=500"):
            cam.set(text)

    def trigger(self, source: str) -> None:
        if self.camera.acquiring:
            self.edges += 1
        match source:
            case "line":
                self.cam.lines["Line0"].pulse(2 * US)
                self.cam.advance(4 * US)  # through the filter, while nothing else happens
            case "software":
                self.camera.trigger_software("FrameStart")
            case "action":
                self.cam.action(0, 0, 1)

    def write(self, text: str) -> None:
        """Write a feature; a locked one is refused, and nothing else."""
        try:
            self.cam.set(text)
        except Refused as refused:
            assert refused.why in ("locked", "range", "unavailable")

    def stop(self) -> None:
        if self.camera.acquiring:
            self.forgotten += self.camera.acquisition.trigger.under_way
        self.cam.AcquisitionStop()

    def finish(self) -> None:
        self.camera.transmitter.resume()
        self.cam.advance(5 * SEC)
        self.stop()
        self.cam.advance(5 * SEC)

    def count(self, name: str) -> int:
        return sum(n == name for _, n, _ in self.log)

    def check(self) -> None:
        """Check the rules above over the whole run."""
        frames = self.count("FrameStart")
        assert self.edges == frames + self.count("TriggerSkipped") + self.forgotten
        assert self.count("FrameTrigger") == frames + self.count("TriggerSkipped") - self.full()
        assert frames == self.count("FrameEnd") == len(self.exposures)
        assert frames == len(self.arrived) + self.count("FrameTransferSkipped")
        assert [e.frame_id for e in self.exposures] == list(range(1, frames + 1))
        assert self.arrived == sorted(self.arrived)
        stamps = [t for t, _, _ in self.log]
        assert stamps == sorted(stamps)
        for a, b in pairwise(self.exposures):
            assert a.end_ns <= b.start_ns
            assert a.timestamp_ns < b.timestamp_ns
        times = {name: [t for t, n, _ in self.log if n == name] for name in KEPT}
        for e, ended in zip(self.exposures, times["ExposureEnd"], strict=True):
            assert e.end_ns - e.start_ns == e.settings.ExposureTime_ns
            assert e.end_ns == ended
            assert 97_700 - 2_000 <= e.start_ns - e.trigger_ns <= 114_100
        reads = list(zip(times["ReadoutStart"], times["ReadoutEnd"], strict=True))
        assert all(a[1] <= b[0] for a, b in pairwise(reads))
        for (_, before), e in zip(reads, self.exposures[1:], strict=False):
            assert e.end_ns >= before  # overlapping a readout, but not over before it

    def full(self) -> int:
        """Triggers that found no place among those under way: skipped before they were due."""
        moments = [(t, n) for t, n, _ in self.log if n in ("FrameTrigger", "TriggerSkipped")]
        return sum(n == "TriggerSkipped" and (not i or moments[i - 1] != (t, "FrameTrigger"))
                   for i, (t, n) in enumerate(moments))  # fmt: skip


EXPOSURES = ("15", "500", "4000", "20000", "90000")
HEIGHTS = ("1", "64", "1000", "3000")


def random_step(run: Run, rng: random.Random, *, sequenced: bool) -> None:
    kind = rng.random()
    if kind < 0.02:
        run.stop()
        run.cam.advance(rng.randrange(300 * MS))
        for text in (f"Height={rng.choice(HEIGHTS)}", f"ExposureTime={rng.choice(EXPOSURES)}"):
            run.write(text)
        run.write("AcquisitionStart")
    elif kind < 0.03:
        stall = run.camera.transmitter.stall if rng.random() < 0.3 else run.camera.transmitter.resume
        stall()
    elif kind < 0.08:
        run.write(f"ExposureTime={rng.choice(EXPOSURES)}")
    elif kind < 0.10:
        run.write(f"TriggerDelay={rng.choice((0, 1, 700, 50_000))}")
    elif kind < 0.11:
        run.write(f"Height={rng.choice(HEIGHTS)}")  # locked while it acquires
    elif kind < 0.12 and sequenced:
        run.write(f"SequencerMode={rng.choice(('On', 'On', 'Off'))}")
    else:
        run.trigger(rng.choice(("line", "software", "action")))
    run.cam.advance(round(rng.expovariate(1) * rng.choice((100 * US, 3 * MS, 40 * MS))))


def scenario(seed: int, triggers: int) -> Run:
    rng, run = random.Random(seed), Run()
    for text in ("TriggerSource=All", "LineSelector=Line0"):
        run.cam.set(text)
    sequence(run.cam, [[f"ExposureTime={e}", f"Height={h}"] for e in EXPOSURES for h in HEIGHTS])
    run.cam.SequencerMode = "Off"
    run.write("AcquisitionStart")
    while run.edges < triggers:
        random_step(run, rng, sequenced=True)
    run.finish()
    return run


def test_all_triggers_are_accounted_for(request):
    """Account for thousands of random triggers; `make day` runs 100,000."""
    triggers = request.config.getoption("--triggers")
    run = scenario(seed=5, triggers=triggers)
    run.check()
    assert run.count("FrameStart") > triggers / 10
    assert run.count("TriggerSkipped") > triggers / 10
    assert run.count("FrameTransferSkipped") > triggers / 1000
    assert len({e.sequencer_set for e in run.exposures}) == len(EXPOSURES) * len(HEIGHTS)
    assert run.forgotten > 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_any_short_scenario(seed, triggers):
    scenario(seed, triggers).check()


def test_the_same_seed_makes_the_same_run():
    first, again = (scenario(3, 500) for _ in range(2))
    assert first.log == again.log
    assert first.exposures == again.exposures


def test_the_checks_see_a_lost_trigger_and_an_early_exposure(monkeypatch):
    """A machine that drops a trigger, or begins before the readout allows, does not pass."""
    from camtwin.camera.frames.acquisition import Acquisition

    for name, wrong in (
        ("skip", lambda self: None),
        ("ready_at", lambda self: self.host.clock.now),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(Acquisition, name, wrong)
            try:
                scenario(1, 300).check()
            except AssertionError:
                continue
        raise AssertionError(f"{name} was broken, and nothing was noticed")
