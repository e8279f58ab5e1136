"""Events: which there are, which are told, when, and what happens when there are too many."""

from itertools import pairwise

import pytest

from camtwin.camera.commands import replay_command
from camtwin.units import MS, SEC, US
from unit.camera.frames.test_triggers import camera, logged, times

LINES = {f"Line{n}{edge}Edge" for n in range(3) for edge in ("Falling", "Rising")}
OWN = LINES | {
    "ExposureEnd",
    "ExposureStart",
    "FrameEnd",
    "FrameStart",
    "FrameTransferSkipped",
    "TransferBufferFull",
    "TransferBufferReady",
    "TriggerOverlapped",
    "TriggerReady",
    "TriggerSkipped",
}
FROM_OUTSIDE = {
    "DeviceTemperatureStatusChanged",
    "EventLost",
    "GigEVisionError",
    "GigEVisionHeartbeatTimeOut",
    "PrimaryApplicationSwitch",
}


def test_the_names_are_the_sheets():
    assert set(camera().twin.camera.tree.nodes["EventSelector"].entries) == OWN | FROM_OUTSIDE


def busy(cam) -> None:
    """Run a camera so that each of its own events happens."""
    cam.ExposureTime = 20_000
    cam.TriggerMode = "On"
    cam.AcquisitionStart()
    cam.TriggerSoftware()
    cam.advance(10 * MS)
    cam.TriggerSoftware()  # skipped
    cam.advance(70 * MS)
    cam.TriggerSoftware()  # overlaps the readout
    cam.advance(500 * MS)
    cam.twin.camera.transmitter.stall()
    for _ in range(2):
        cam.TriggerSoftware()  # one waits in memory, one is skipped
        cam.advance(500 * MS)
    cam.twin.camera.transmitter.resume()
    for name in ("Line0", "Line1", "Line2"):
        cam.lines[name].pulse(100 * US, delay_ns=MS)
    cam.advance(500 * MS)


@pytest.mark.parametrize("name", sorted(OWN))
def test_one_message_for_each_that_happens_and_none_while_it_is_off(name):
    cam = camera(f"EventSelector={name}", "EventNotification=On", "TriggerSource=Software", link="sheet")
    log = logged(cam)
    busy(cam)
    happened = times(log, name)
    assert happened
    assert [(e.name, e.timestamp_ns) for e in cam.events] == [(name, t - t % 8) for t in happened]
    cam.set("EventNotification=Off")
    cam.events.clear()
    cam.lines["Line0"].pulse(MS)
    cam.AcquisitionStop()
    cam.advance(SEC)
    busy(cam)
    assert cam.events == []


def test_an_event_of_a_frame_has_its_number_and_exposure_lasts_as_set():
    cam = camera("ExposureTime=1234", link="sheet")
    for name in ("ExposureStart", "ExposureEnd"):
        cam.EventSelector = name
        cam.EventNotification = "On"
    cam.grab(5)
    starts = [e for e in cam.events if e.name == "ExposureStart"]
    ends = [e for e in cam.events if e.name == "ExposureEnd"]
    assert [e.frame_id for e in starts] == list(range(1, len(starts) + 1))
    assert all(
        abs(b.timestamp_ns - a.timestamp_ns - 1234 * US) <= 8 for a, b in zip(starts, ends, strict=True)
    )


@pytest.mark.parametrize("told", [True, False])
def test_events_beyond_the_queue_are_lost_and_told_once(told):
    """Edges every 4 us, messages every 20 us: the queue of 64 fills up, and empties when the edges end."""
    cam = camera("EventSelector=Line0RisingEdge", "EventNotification=On")
    cam.set("EventSelector=EventLost")
    cam.EventNotification = "On" if told else "Off"
    cam.lines["Line0"].pulse(2 * US, period_ns=4 * US, count=100)
    cam.advance(10 * MS)
    names = [e.name for e in cam.events]
    assert names.count("EventLost") == told
    assert 64 < len(names) < 100
    stamps = [e.timestamp_ns for e in cam.events]
    assert stamps == sorted(stamps)
    cam.events.clear()
    cam.lines["Line0"].pulse(2 * US)
    cam.advance(10 * MS)
    assert [e.name for e in cam.events] == ["Line0RisingEdge"]


def test_a_link_that_waits_for_an_acknowledge_holds_the_queue():
    cam = camera("EventSelector=Line0RisingEdge", "EventNotification=On")
    sent = []
    queue = cam.twin.camera.events.subscribe(lambda event: sent.append((cam.now, event.timestamp_ns)) or True)
    begin = cam.now
    cam.lines["Line0"].pulse(2 * US, period_ns=50 * US, count=3)
    cam.advance(MS)
    assert [t - begin for t, _ in sent] == [2 * US]
    queue.sent()
    cam.advance(MS)
    assert [t - begin for t, _ in sent] == [2 * US, MS]
    queue.sent()
    cam.advance(MS)
    assert [stamp - begin for _, stamp in sent] == [2 * US, 52 * US - 52 * US % 8, 102 * US - 102 * US % 8]


def test_an_early_acknowledge_makes_no_message_come_earlier():
    cam = camera("EventSelector=Line0RisingEdge", "EventNotification=On")
    sent = []

    def send(event) -> bool:
        sent.append(cam.now)
        cam.twin.clock.at(cam.now + US, lambda: queue.sent())
        return True

    queue = cam.twin.camera.events.subscribe(send)
    cam.lines["Line0"].pulse(2 * US, period_ns=4 * US, count=3)
    cam.advance(MS)
    assert [b - a for a, b in pairwise(sent)] == [20 * US] * 2


def test_what_a_link_reports_is_told_too():
    cam = camera("EventSelector=GigEVisionError", "EventNotification=On")
    journal = []
    cam.twin.camera.on_command.subscribe(lambda t_ns, *what: journal.append(what))
    cam.twin.camera.report("GigEVisionError")
    cam.twin.camera.report("PrimaryApplicationSwitch")
    assert [e.name for e in cam.events] == ["GigEVisionError"]
    assert journal == [("report", ("GigEVisionError",))]
    replay_command(cam.twin.camera, "report", "GigEVisionError")
    cam.advance(MS)
    assert len(cam.events) == 2
