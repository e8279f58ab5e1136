"""Triggers: sources, edges, delay, latency and status, as a host sets them up."""

import pytest

import camtwin
from camtwin.problem import Refused
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from unit.camera.bench import MODEL

LATENCY = 97_700  # "fixed Trigger Delay out of t_readout"
GREATEST = 114_100  # "max. Trigger Delay during t_readout"
SOURCES = ("Line0", "Line1", "Line2", "Software", "Counter1End", "Counter2End", "Action1")
SMALL = ("Height=16", "ExposureTime=100")


def camera(*texts: str, link: str | None = None, model: str = MODEL) -> Session:
    cam = camtwin.open(model, render=False, link_speed=link)
    for text in texts:
        cam.set(text)
    return cam


def logged(cam: Session) -> list[tuple[int, str]]:
    log: list[tuple[int, str]] = []
    cam.twin.camera.on_moment.subscribe(lambda t, name, _: log.append((t, name)))
    return log


def times(log: list[tuple[int, str]], name: str) -> list[int]:
    return [t for t, n in log if n == name]


def poke(cam: Session, source: str) -> None:
    """Make one such signal, and no other: counters count user-made edges of their own line."""
    match source:
        case "Line0" | "Line1" | "Line2":
            cam.lines[source].pulse(10 * US)
        case "Software":
            cam.twin.camera.trigger_software("FrameStart")
        case "Counter1End" | "Counter2End":
            cam.twin.camera.emit(source)
        case "Action1":
            assert cam.action(7, 8, 1)
    cam.advance(50 * MS)


@pytest.mark.parametrize("source", [*SOURCES, "All", "Off"])
def test_a_frame_for_each_signal_of_its_source_and_none_for_others(source):
    cam = camera(*SMALL, "TriggerMode=On", f"TriggerSource={source}", "ActionDeviceKey=7", "ActionGroupKey=8",
                 "ActionGroupMask=1", "AcquisitionStart")  # fmt: skip
    log, frames = logged(cam), {}
    for other in SOURCES:
        before = len(times(log, "FrameStart"))
        for _ in range(3):
            poke(cam, other)
        frames[other] = len(times(log, "FrameStart")) - before
    assert frames == {other: 3 * (source in (other, "All")) for other in SOURCES}
    assert not times(log, "TriggerSkipped")


def test_sources_are_the_sheets_and_free_run_hears_none():
    cam = camera(*SMALL)
    node = cam.twin.camera.tree.nodes["TriggerSource"]
    assert set(node.entries) == {*SOURCES, "All", "Off"}
    assert (cam.TriggerMode, cam.TriggerSource, cam.TriggerOverlap) == ("Off", "All", "ReadOut")
    cam.AcquisitionStart()
    log = logged(cam)
    for source in ("Line0", "Software"):
        poke(cam, source)
    assert not times(log, "TriggerSkipped")
    assert not times(log, "FrameTrigger")


@pytest.mark.parametrize(
    ("activation", "edges"), [("RisingEdge", [0]), ("FallingEdge", [20 * MS]), ("AnyEdge", [0, 20 * MS])]
)
def test_edges(activation, edges):
    cam = camera(*SMALL, "TriggerMode=On", "TriggerSource=Line0", f"TriggerActivation={activation}",
                 "AcquisitionStart")  # fmt: skip
    log = logged(cam)
    cam.lines["Line0"].pulse(20 * MS)
    cam.advance(SEC)
    assert times(log, "ExposureStart") == [t + LATENCY for t in edges]
    cam.TriggerSource = "Software"
    with pytest.raises(Refused, match="TriggerActivation is not available"):
        cam.TriggerActivation = "AnyEdge"


@pytest.mark.parametrize("delay_us", [0, 1, 1_000_000, 2_000_000])
def test_the_fixed_delay_counts_from_the_pin(delay_us):
    """97.7 us from the edge at the pin, the input's 2 us among them, to the exposure; TriggerDelay adds."""
    cam = camera(
        *SMALL, "TriggerMode=On", "TriggerSource=Line0", f"TriggerDelay={delay_us}", "AcquisitionStart"
    )
    log = logged(cam)
    cam.lines["Line0"].pulse(5 * US, period_ns=33_333_333, count=20)
    cam.advance(5 * SEC)
    expected = [k * 33_333_333 + delay_us * US + LATENCY for k in range(20)]
    assert times(log, "ExposureStart") == expected
    assert cam.limits("TriggerDelay") == (0, 2_000_000)


def test_delays_during_readout_spread_up_to_the_sheets():
    """An edge every 41 ns over a step of the grid: least 97.7 us, greatest 114.1 us within 0.1 us."""
    delays = []
    cam = camera("ExposureTime=15000", "TriggerMode=On", "TriggerSource=Line0", "AcquisitionStart")
    log = logged(cam)
    for k in range(400):
        before = len(log)
        cam.lines["Line0"].pulse(5 * US)  # exposed 15 ms, read for 65.8 ms
        cam.advance(70 * MS)
        edge = cam.now + 41 * k
        cam.lines["Line0"].pulse(5 * US, delay_ns=41 * k)
        cam.advance(500 * MS)
        starts = times(log[before:], "ExposureStart")
        assert len(starts) == 2
        delays.append(starts[1] - edge)
    assert min(delays) >= LATENCY
    assert GREATEST - 100 <= max(delays) <= GREATEST
    assert len(times(log, "TriggerOverlapped")) == 400


def test_256_delayed_triggers_all_expose_and_the_257th_is_skipped():
    """2 s at 7 ms hold 286 pulses: so 257 are under way at once, and one has no place."""
    cam = camera(*SMALL, "TriggerMode=On", "TriggerSource=Line0", "TriggerDelay=2000000",
                 "EventSelector=TriggerSkipped", "EventNotification=On", "AcquisitionStart")  # fmt: skip
    log = logged(cam)
    cam.lines["Line0"].pulse(5 * US, period_ns=7 * MS, count=257)
    cam.advance(5 * SEC)
    assert times(log, "ExposureStart") == [2 * SEC + k * 7 * MS + LATENCY for k in range(256)]
    assert [(e.name, e.timestamp_ns) for e in cam.events] == [("TriggerSkipped", 256 * 7 * MS + 2 * US)]
    assert [f.frame_id for f in cam.frames(256)] == list(range(1, 257))


def test_status():
    cam = camera("ExposureTime=20000", "TriggerMode=On")

    def status() -> tuple[bool, bool]:
        said = []
        for entry in ("AcquisitionActive", "AcquisitionTriggerWait"):
            cam.AcquisitionStatusSelector = entry
            said.append(cam.AcquisitionStatus)
        return said[0], said[1]

    assert status() == (False, False)
    cam.AcquisitionStart()
    assert status() == (True, True)
    cam.TriggerSoftware()
    assert status() == (True, False)
    cam.advance(30 * MS)  # reads since 20.1 ms; the next exposure may end with it: from 65.9 ms on
    assert status() == (True, False)
    cam.advance(36 * MS)
    assert status() == (True, True)
    cam.AcquisitionStop()
    assert status() == (True, False)
    cam.advance(SEC)
    assert status() == (False, False)


def test_actions_need_their_keys_and_a_common_bit_of_the_mask():
    cam = camera(*SMALL, "TriggerMode=On", "TriggerSource=Action1", "ActionDeviceKey=0x1234",
                 "ActionGroupKey=0x55", "ActionGroupMask=0x0C", "AcquisitionStart")  # fmt: skip
    log = logged(cam)
    for keys, matches in (
        ((0x1234, 0x55, 0x04), True),
        ((0x1234, 0x55, 0xFFFFFFFF), True),
        ((0x1234, 0x55, 0x03), False),
        ((0x1234, 0x56, 0x0C), False),
        ((0x1235, 0x55, 0x0C), False),
    ):
        before = len(times(log, "FrameStart"))
        assert cam.action(*keys) is matches
        cam.advance(50 * MS)
        assert len(times(log, "FrameStart")) - before == matches


def test_an_abort_is_over_within_one_readout():
    """65.8 ms by the sheet, whatever is exposed or read at that moment; as AcquisitionStatus tells."""
    cam = camera("AcquisitionStatusSelector=AcquisitionActive", link="sheet")
    for k in range(100):
        cam.ExposureTime = (15, 20_000, 90_000)[k % 3]
        cam.AcquisitionStart()
        cam.advance(k * 3_777_777)
        assert cam.AcquisitionStatus
        cam.AcquisitionAbort()
        cam.advance(65_800 * US)
        assert not cam.AcquisitionStatus


LIMITED = ("AcquisitionFrameRateEnable=true", "AcquisitionFrameRate=10")


def triggered(model: str, period_ns: int, count: int = 20) -> tuple[int, int]:
    """Return the frames that begin, and the triggers that are skipped, of so many software triggers."""
    cam = camera("Height=64", *LIMITED, "TriggerMode=On", "TriggerSource=Software", model=model, link="sheet")
    log = logged(cam)
    cam.AcquisitionStart()
    for _ in range(count):
        cam.TriggerSoftware()
        cam.advance(period_ns)
    return len(times(log, "ExposureStart")), len(times(log, "TriggerSkipped"))


@pytest.mark.parametrize(
    ("model", "period_ns", "frames"),
    [
        ("basler-aca4112-20um", 50 * MS, 10),  # docs.baslerweb.com, Resulting Acquisition Frame Rate
        ("basler-aca4112-20um", 100 * MS - 1, 10),
        ("basler-aca4112-20um", 100 * MS, 20),
        ("baumer-vcxg-124m", 50 * MS, 20),  # SFNC: of frames without triggers
        ("ids-imx412", 60 * MS, 20),
    ],
)
def test_where_the_frame_rate_limits_triggers_early_ones_are_skipped(model, period_ns, frames):
    assert triggered(model, period_ns) == (frames, 20 - frames)


def test_triggers_at_the_resulting_rate_are_all_taken():
    cam = camera(*LIMITED, model="basler-aca4112-20um", link="sheet")
    assert cam.ResultingFrameRate == 10.0
    assert triggered("basler-aca4112-20um", round(SEC / cam.ResultingFrameRate)) == (20, 0)
