"""The station's programs, as clients use a camera: on the network, on Aravis and on viva-genicam."""

import threading

import pytest
from inspector import station

SMALL = ("Width=256", "Height=128", "ExposureTime=1000")
SLOW = ("AcquisitionFrameRateEnable=true", "AcquisitionFrameRate=5")
camera = pytest.mark.camtwin("baumer-vcxg-124m", scene="dark", set=SMALL)
clients = pytest.mark.parametrize("client", ["aravis", "viva"])


@camera
def test_the_camera_is_found_by_its_serial_number(gige_twin):
    found = {each["serial"]: each["address"] for each in station("find")}
    assert found[gige_twin.serial] == gige_twin.address


@camera
@clients
def test_parameters_reach_the_camera_in_this_order(gige_twin, client):
    got = station("set", gige_twin.address, "Gain=6", "ExposureTime=2500", client=client)
    assert {name: float(value) for name, value in got.items()} == {"Gain": 6, "ExposureTime": 2500}
    assert gige_twin.seen.writes == [("Gain", 6.0), ("ExposureTime", 2500.0)]


@camera
@clients
def test_each_trigger_gives_one_image(gige_twin, client):
    modes = ("TriggerMode=On", "TriggerSource=Software")
    frames = station("grab", gige_twin.address, 3, *modes, "--trigger", client=client)
    assert [frame["status"] for frame in frames] == ["success"] * 3
    assert len(gige_twin.seen.triggers) == len(gige_twin.seen.exposures) == 3
    assert gige_twin.seen.missed_triggers == []


@camera
@clients
def test_chunk_data_say_how_each_image_was_exposed(gige_twin, client):
    chunks = ("ChunkModeActive=true", "ChunkSelector=ExposureTime", "ChunkEnable=true")
    gige_twin.inject("write", at_frame=2, features=["ExposureTime=2000"])
    frames = station("grab", gige_twin.address, 4, *SLOW, *chunks, client=client)
    assert [frame["exposure_us"] for frame in frames] == [1000, 1000, 2000, 2000]


@camera
@clients
def test_lost_packets_are_asked_for_again(gige_twin, client):
    gige_twin.inject("packets", drop=[(2, 5), (2, 6), (3, 10)])
    frames = station("grab", gige_twin.address, 5, *SLOW, client=client)
    assert [frame["status"] for frame in frames] == ["success"] * 5
    asked = {(each.block, n) for each in gige_twin.seen.resends for n in range(each.first, each.last + 1)}
    assert asked == {(2, 5), (2, 6), (3, 10)}


@camera
@clients
def test_the_station_connects_again_after_a_cable_was_pulled(gige_twin, client):
    answers = []
    watch = ("watch", gige_twin.address, 20, *SLOW)
    watching = threading.Thread(target=lambda: answers.append(station(*watch, client=client)))
    watching.start()
    gige_twin.wait_until(lambda: len(gige_twin.seen.exposures) > 1)
    gige_twin.inject("unplug")
    gige_twin.wait_until(lambda: gige_twin.status.client is None, 30)
    gige_twin.inject("plug")
    watching.join()
    before, after = answers[0]
    assert before < 20
    assert after == 20
