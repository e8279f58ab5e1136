"""Twins in process, as tests have them: what they see, and what is let happen to them."""

import pytest

from camtwin.rig.scenario.steps import WORDS
from camtwin.rig.wiring.plan import PlanInvalid
from camtwin.session.session import NoFrame
from camtwin.testing.stage import NAMES, Impossible
from camtwin.testing.twin import InProcess, Wanted, in_process
from camtwin.units import MS

SMALL = ("Width=64", "Height=64", "ExposureTime=1000")
PLAN = """
wires = [["psu.+", "cam.VCC"], ["psu.-", "cam.GND"]]
[devices]
cam = { kind = "camera", model = "baumer-vcxg-124m" }
psu = { kind = "supply", volts = 24 }
"""


def opened(**options) -> InProcess:
    return in_process(Wanted(**{"scene": "dark", "set": SMALL, "render": False, **options}), 1)


def test_what_reaches_the_camera_is_seen_in_order():
    twin = opened()
    twin.cam.Gain = 6
    twin.cam.UserOutputSelector, twin.cam.UserOutputValue = "UserOutput1", True
    twin.cam.TriggerMode, twin.cam.TriggerSource = "On", "Software"
    twin.cam.AcquisitionStart()
    twin.cam.advance(50 * MS)
    twin.cam.TriggerSoftware()
    twin.cam.TriggerSoftware()
    twin.cam.advance(50 * MS)
    assert twin.seen.writes[-5:] == [
        ("Gain", 6),
        ("UserOutputSelector", "UserOutput1"),
        ("UserOutputValue", True),
        ("TriggerMode", "On"),
        ("TriggerSource", "Software"),
    ]
    assert twin.seen.history[2].key == "UserOutput1"
    assert twin.seen.commands == ["AcquisitionStart", "TriggerSoftware", "TriggerSoftware"]
    assert twin.seen.triggers == [50 * MS, 50 * MS]
    assert twin.seen.missed_triggers == [50 * MS]
    assert len(twin.seen.exposures) == 1
    twin.seen.clear()
    assert twin.seen.lines() == []


def test_a_refused_feature_has_not_reached_it():
    twin = opened()
    with pytest.raises(Exception, match="above the maximum"):
        twin.cam.Gain = 1000
    assert twin.seen.writes == []


def test_hosts_are_seen_with_their_requests():
    twin = opened()
    host, other = twin.cam.host(1), twin.cam.host(2)
    assert host.write(0xA00, 2) == 0
    assert other.write(0xA00, 2) == 0x8006
    other.send(bytes.fromhex("42 00 0040 000c 0001 0000 0007 00000003 00000005"))
    assert twin.seen.clients == ["10.0.0.2:50000", "10.0.0.3:50000"]
    assert [request.word for request in twin.seen.requests] == ["WRITEREG", "WRITEREG", "PACKETRESEND"]
    (resend,) = twin.seen.resends
    assert (resend.block, resend.first, resend.last) == (7, 3, 5)
    assert twin.seen.requests[0].touches(0xA00)
    assert not twin.seen.requests[0].touches(0xA04)


def test_malformed_requests_are_seen_as_such():
    twin = opened()
    twin.cam.host(1).send(bytes.fromhex("42 01 0080 0005 0001 00000a00ff"))
    twin.cam.host(1).send(b"\x42")
    assert [request.word for request in twin.seen.requests] == ["MALFORMED"]


# -- words -----------------------------------------------------------------------------------------------
def test_a_word_happens_now():
    twin = opened()
    assert twin.inject("heat", internal_C=95).at_ns == 0
    with pytest.raises(NoFrame, match="too hot"):
        twin.cam.grab()


def test_a_word_happens_at_a_frame():
    twin = opened()
    heat = twin.inject("heat", at_frame=3, internal_C=95)
    with pytest.raises(NoFrame):
        twin.cam.grab(100)
    assert heat.at_ns == twin.seen.exposures[2]


def test_a_word_happens_at_a_time():
    twin = opened()
    twin.cam.advance(100 * MS)
    with pytest.raises(Impossible, match="unplug at 50 ms: it is 100 ms already"):
        twin.inject("unplug", at_ms=50)
    unplugged = twin.inject("unplug", at_ms=250.5)
    twin.cam.advance(150 * MS)
    assert twin.session.twin.camera.plugged
    twin.cam.advance(MS)
    assert not twin.session.twin.camera.plugged
    assert unplugged.at_ns == 250_500_000


def test_a_word_happens_at_a_packet():
    twin = opened(set=("ExposureTime=1000",))
    transfers = []
    twin.session.twin.camera.transmitter.on_transfer.subscribe(transfers.append)
    unplugged = twin.inject("unplug", at_packet=(2, 4000))
    twin.cam.AcquisitionStart()
    twin.cam.advance(1000 * MS)
    second = transfers[1]
    packets = 2 + -(-12_288_000 // (twin.cam.GevSCPSPacketSize - 36))
    assert unplugged.at_ns == second.start_ns + (second.end_ns - second.start_ns) * 4000 // packets


def test_a_word_happens_at_a_feature_or_a_register():
    twin = opened()
    stopped = twin.inject("die", at_register="AcquisitionStop")
    taken = twin.inject("heat", at_register=0xA00, internal_C=80)
    twin.cam.AcquisitionStart()
    twin.cam.advance(MS)
    assert (stopped.at_ns, taken.at_ns) == (None, None)
    twin.cam.host(1).write(0xA00, 2)
    twin.cam.advance(0)
    assert taken.at_ns == MS
    twin.cam.AcquisitionStop()
    twin.cam.advance(0)
    assert stopped.at_ns == MS
    assert not twin.session.twin.camera.powered


def test_a_word_happens_once():
    twin = opened()
    twin.inject("write", at_frame=2, features=["Gain=3"])
    twin.cam.grab(5)
    assert twin.seen.writes.count(("Gain", "3")) == 1


def test_every_word_has_its_name():
    assert set(NAMES.values()) == set(WORDS)


@pytest.mark.parametrize(
    ("word", "parameters", "message"),
    [
        ("unplugg", {}, "no word 'unplugg'; do you mean unplug?; there are"),
        ("heat", {}, "heat.internal_C: is missing"),
        ("heat", {"internal_C": 5000}, "heat.internal_C 5000"),
        ("pulse", {"device": "plc"}, 'there are no wires: give the test a wiring plan, plan="FILE.toml"'),
        ("unplug", {"socket": "tram.data"}, "no cable is in tram.data; there are cables in cameras: cam"),
        ("write", {"features": ["Gain=1000x"]}, "Gain '1000x'"),
        ("die", {"at_ms": 5, "at_frame": 1}, "die at 2 moments: give one, and inject again for others"),
        ("die", {"at_register": "Gainn"}, "no feature Gainn; do you mean Gain?"),
    ],
)
def test_what_cannot_happen_is_told_in_one_line(word, parameters, message):
    with pytest.raises(Exception) as refused:
        opened().inject(word, **parameters)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_word_that_cannot_happen_at_its_moment_is_a_problem_of_the_twin():
    twin = opened()
    twin.inject("write", at_ms=1, features=["AcquisitionStart", "Width=128"])
    twin.cam.advance(2 * MS)
    (problem,) = twin.problems
    assert "Width is locked now" in problem


def test_a_camera_that_dies_is_repaired():
    twin = opened()
    twin.inject("die")
    with pytest.raises(Exception, match="no power"):
        twin.cam.grab()
    twin.inject("repair")
    assert len(twin.cam.grab(2)) == 2


def test_a_bus_feeds_its_camera():
    twin = opened(model="basler-aca4112-20um")
    twin.inject("unplug")
    assert not twin.session.twin.camera.powered
    twin.inject("plug")
    assert twin.session.twin.camera.powered


def test_a_client_falls_silent():
    twin = opened()
    host = twin.cam.host(1)
    host.write(0xA00, 2)
    twin.inject("silence")
    assert host.write(0xA00, 2) == 0xFFFF
    twin.cam.advance(10_000 * MS)
    assert twin.session._network.gev.controller is None
    twin.inject("attach")
    assert host.write(0xA00, 2) == 0


def test_silence_needs_a_network():
    with pytest.raises(Impossible, match="cam is on no network: its link is USB3 Vision"):
        opened(model="basler-aca4112-20um").inject("silence")


def test_words_of_wires_happen_on_the_plan():
    twin = opened(plan=PLAN)
    assert twin.session.twin.camera.powered
    twin.inject("set", device="psu", level="off", at_ms=5)
    twin.cam.advance(10 * MS)
    assert not twin.session.twin.camera.powered
    assert next(note.word for note in twin.stage.notes) == "set"


def test_a_plan_is_a_file_or_its_tables(tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN)
    assert opened(plan=tmp_path / "plan.toml").session.twin.camera.powered
    devices = {"cam": {"kind": "camera", "model": "baumer-vcxg-124m"}}
    assert not opened(plan={"devices": devices}).session.twin.camera.powered
    with pytest.raises(PlanInvalid):
        opened(plan="no plan\n")


def test_packets_of_a_host_are_struck():
    twin = opened(set=("Width=512", "Height=512", "ExposureTime=1000"))
    host = twin.cam.host(1)
    host.write(0xA00, 2)
    host.write(0xD18, 0x0A00_0002)
    host.write(0xD00, 5000)
    twin.inject("packets", drop=0.5)
    twin.cam.AcquisitionStart()
    twin.cam.advance(100 * MS)
    struck = twin.session._network.faults["drop"]
    assert struck > 100
    twin.inject("packets")
    host.packets.clear()
    twin.cam.advance(100 * MS)
    assert host.packets
    assert twin.session._network.faults["drop"] == struck
